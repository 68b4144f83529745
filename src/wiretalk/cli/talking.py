"""One conversation between a source of messages and standard output, as a pipe or a script holds it: no terminal.

A thread says what the source gives, and then half-closes; meanwhile the caller's thread shows what the peer says. It
goes on until the peer has ended and so has the source, whichever comes first; and what else ends it is told by `why`.
"""

from __future__ import annotations

import time
from _thread import allocate_lock, start_new_thread

from wiretalk.cli.showing import ending_of
from wiretalk.errors import ClosedError, FinishedError, TimedOutError, TruncatedError, WiretalkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretalk.blocking import Connection
    from wiretalk.cli.looping import LoopedConnection
    from wiretalk.cli.reading import Watch
    from wiretalk.cli.showing import Shown


def how_it_failed(error: BaseException) -> dict[str, str]:
    """Return what an error says of how a conversation ended: the same words as in the error and the exit status."""
    if isinstance(error, KeyboardInterrupt):
        return {"how": "interrupted", "by": "us"}
    if not isinstance(error, WiretalkError):
        return {}
    return {"how": error.how, "by": error.by, "reason": str(error)}


class Talk:
    """Hold one conversation.

    Args:
        connection: opened; it is closed when the talk is over.
        source: what we say: lists of messages for `Connection.send_all`.
        shown: what writes the peer's messages.
        watch: what tells that who reads standard output has left.
        wait_s: once the source has ended, how long the peer may be silent before the talk is over; None: for ever.
        replies: how many messages of the peer end the talk; None: any number.
        expects: how many messages of the peer there must have been when it has been silent for `wait_s`.
        alone: whether the end of the peer's input is the end of the talk although the source has not ended (a terminal:
            nobody would know that it still listens).
        says_all: whether all of the source is to be said, even where the replies that end the talk come before (a
            server that greets).
    """

    def __init__(
        self,
        connection: Connection | LoopedConnection,
        source: Iterator[list[bytes]],
        shown: Shown,
        watch: Watch,
        *,
        wait_s: float | None = None,
        replies: int | None = None,
        expects: int = 0,
        alone: bool = False,
        says_all: bool = False,
    ) -> None:
        self._connection = connection
        self._source = source
        self._shown = shown
        self._watch = watch
        self._wait_s = wait_s
        self._replies = replies
        self._expects = expects
        self._alone = alone
        self._says_all = says_all
        # Held until the source has ended, or failed.
        self._saying = allocate_lock()
        self._failure: BaseException | None = None
        self._heard_at = 0.0
        self._heard = 0
        self.why = ""
        """What ended it, where neither the peer nor an error did: "replies", "wait", "reader"."""

    def hold(self) -> None:
        """Hold the conversation to its end, and close it.

        Raises:
            WiretalkError: it ended in any other way than in good order.
            BrokenPipeError: who read standard output has left.
            OSError: standard input cannot be read, or standard output not written.
        """
        connection = self._connection
        try:
            self._shown.opened(connection.peer, connection.as_dict())
            try:
                self._hold()
            except KeyboardInterrupt:
                connection.hang_up()
                raise
            connection.close()
        except BaseException as error:
            self._close_after(error)
            raise
        self._shown.ended(connection.peer, ending_of(connection.as_dict()))

    def _close_after(self, error: BaseException) -> None:
        try:
            self._connection.close()
        except WiretalkError:
            # What went wrong first is what the caller has to know.
            pass
        if not isinstance(error, OSError) or isinstance(error, WiretalkError):
            # If it was standard output that failed, there is nobody to be told.
            self._shown.ended(self._connection.peer, ending_of(self._connection.as_dict()) | how_it_failed(error))

    def _hold(self) -> None:
        if self._replies == 0:
            self._say_all()
            self.why = "replies"
            return
        self._saying.acquire()
        self._heard_at = time.monotonic()
        start_new_thread(self._say, ())
        try:
            self._hear()
        except ClosedError:
            # Our own doing: the other thread has failed, or found it over.
            if self._failure is not None:
                raise self._failure from None
            if not self.why:
                raise
            if self.why == "wait" and self._heard < self._expects:
                raise TimedOutError(self._connection.peer, "receive", self._wait_s) from None
            return
        if self.why == "replies" and not self._says_all:
            return
        if not self._alone:
            # The peer has finished, or said enough; what we have to say goes on to its own end.
            self._shown.finished(self._watch)
            self._saying.acquire()
            if self._failure is not None:
                raise self._failure

    # the peer's messages, in the caller's thread

    def _hear(self) -> None:
        connection, received, peer = self._connection, self._shown.received, self._connection.peer
        timed = self._wait_s is not None
        try:
            for message in connection:
                received(peer, message)
                if timed:
                    self._heard_at = time.monotonic()
                self._heard += 1
                if self._heard == self._replies:
                    self.why = "replies"
                    return
        except TruncatedError as error:
            self._shown.cut(peer, error.rest)
            raise

    # ours, in a thread of its own

    def _say(self) -> None:
        try:
            self._say_all()
        except BaseException as error:  # noqa: BLE001  # raised again by the thread that holds the conversation
            self._fail(error)
        finally:
            self._saying.release()
        if self._failure is None:
            try:
                self._wait()
            except OSError as error:
                self._fail(error)

    def _say_all(self) -> None:
        connection, peer = self._connection, self._connection.peer
        for messages in self._source:
            if self._shown.wants_sent:
                # Before it is sent, so that the answer to it cannot come first.
                for message in messages:
                    self._shown.sent(peer, message)
            if len(messages) == 1:
                connection.send(messages[0])
            else:
                connection.send_all(messages)
        connection.half_close()

    def _fail(self, error: BaseException) -> None:
        self._failure = error
        if isinstance(error, WiretalkError) and not isinstance(error, FinishedError) and error.by != "us":
            # What the peer said before it broke off is still to be heard, and the hearing thread learns of it itself.
            return
        self._connection.hang_up()

    def _wait(self) -> None:
        """After the end of the source: see that it ends when the peer is silent too long, or nobody reads us."""
        while self._wait_s is not None or self._watch.output:
            left_s = None
            if self._wait_s is not None:
                left_s = self._heard_at + self._wait_s - time.monotonic()
            if self._watch.wait_for_leaving(left_s):
                self.why = "reader"
            elif self._wait_s is not None and time.monotonic() >= self._heard_at + self._wait_s:
                self.why = "wait"
            else:
                continue
            self._connection.hang_up()
            return
