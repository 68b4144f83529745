"""The conversations of one server, each in a thread of its own, from the handshake to the end; and their sums.

How many there may be, and where they come from, is decided by `server` and `accepting`.
"""

from __future__ import annotations

import threading

from wiretalk.blocking.carrying import shakes_hands
from wiretalk.blocking.logs import log
from wiretalk.blocking.replying import ReplyConversation
from wiretalk.blocking.waiting import Deadline
from wiretalk.conversing import leaving_for
from wiretalk.ending import Ending
from wiretalk.errors import ClosedError, LimitError, WiretalkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretalk.blocking.channel import Channel
    from wiretalk.blocking.connection import Connection
    from wiretalk.conversing import Conversation

    Held = Connection | ReplyConversation
    Session = Callable[[Connection], None]
    Observer = Callable[[Conversation], None]

SUMMED = ("bytes_received", "bytes_sent", "messages_received", "messages_sent")
"""What `Sessions.totals` sums up."""


class Sessions:
    """Hold conversations.

    Args:
        session: called with each connection; None where a function answers.
        on_open: called with each conversation when it opens, in its thread; or None.
        on_close: called with each conversation when it is over, in its thread; or None.
        ended: called after each.

    Attributes:
        accepted: how many conversations there have been.
    """

    def __init__(
        self,
        session: Session | None,
        on_open: Observer | None,
        on_close: Observer | None,
        ended: Callable[[], None],
    ) -> None:
        self._session = session
        self._on_open = on_open
        self._on_close = on_close
        self._told = ended
        # Guards all that follows; notified when a thread has ended.
        self._changed = threading.Condition()
        self._open: dict[Held, threading.Thread] = {}
        self._threads: set[threading.Thread] = set()
        self._past = dict.fromkeys(SUMMED, 0)
        self.accepted = 0

    def __len__(self) -> int:
        """The threads that have not ended: at least one for each open conversation."""
        return len(self._threads)

    def open(self) -> set[Held]:
        """Return the conversations open now."""
        with self._changed:
            return set(self._open)

    def totals(self) -> dict[str, int]:
        """Return the sums over all conversations so far: bytes and messages each way."""
        with self._changed:
            sums = dict(self._past)
            for one in self._open:
                for what in SUMMED:
                    sums[what] += getattr(one, what)
        return sums

    def count(self) -> int:
        """Count one more conversation, which has no thread; return how many there have been."""
        with self._changed:
            self.accepted += 1
            return self.accepted

    def emptied(self, within_s: float) -> bool:
        """Wait until every thread has ended, but for the one that asks; return whether they have."""
        asking = {threading.current_thread()}
        with self._changed:
            return self._changed.wait_for(lambda: not self._threads - asking, within_s)

    def hang_up(self) -> None:
        """Call off the waits of all, but for the one whose thread asks."""
        for conversation in self._others():
            conversation.leaving = conversation.leaving or "stopping"
            conversation.hang_up()

    def abort(self) -> None:
        """Cut all off from their peers, but for the one whose thread asks."""
        for conversation in self._others():
            conversation.abort(ClosedError(conversation.peer, Ending("closed", "us")))

    def _others(self) -> list[Held]:
        asking = threading.current_thread()
        with self._changed:
            return [conversation for conversation, thread in self._open.items() if thread is not asking]

    def begin(self, conversation: Held, channel: Channel) -> None:
        """Hold a conversation in a thread of its own.

        Raises:
            LimitError: the system gives no more threads; the conversation is over.
        """
        thread = threading.Thread(
            target=self._hold, args=(conversation, channel), name=f"wiretalk {conversation.peer}", daemon=True
        )
        with self._changed:
            self._open[conversation] = thread
            self._threads.add(thread)
            self.accepted += 1
        try:
            thread.start()
        except RuntimeError as error:
            with self._changed:
                self._open.pop(conversation, None)
                self._threads.discard(thread)
                self.accepted -= 1
                now = len(self._threads)
            conversation.abort()
            raise LimitError("threads", now, f"the system gives no more threads ({error})", by="us") from None

    def _hold(self, conversation: Held, channel: Channel) -> None:
        """Have one conversation, from its handshake to its end; whatever happens is its own matter."""
        try:
            if self._handshaken(conversation, channel):
                self._converse(conversation)
            channel.leaving = conversation.leaving
            try:
                conversation.close()
            except WiretalkError as error:
                log().info("%s: %s", conversation.peer, error)
        finally:
            self._ended(conversation)

    def _handshaken(self, conversation: Conversation, channel: Channel) -> bool:
        if not shakes_hands(conversation.plan):
            return True
        try:
            deadline = Deadline(conversation.plan.limits.tls_handshake_timeout_s)
            channel.shake_hands(deadline)
        except WiretalkError:
            # The ending tells it.
            return False
        return True

    def _converse(self, conversation: Held) -> None:
        try:
            if self._on_open is not None:
                self._on_open(conversation)
            if isinstance(conversation, ReplyConversation):
                conversation.run()
            else:
                self._session(conversation)  # type: ignore[misc]  # a connection exists only where there is a session
        except WiretalkError as error:
            conversation.leaving = conversation.leaving or leaving_for(error)
            # How the conversation ended is told where it ended; only what we did wrong ourselves is news.
            if error.by == "us" and not isinstance(error, ClosedError):
                log().warning("%s: %s; the connection is ended", conversation.peer, error)
        except Exception:  # noqa: BLE001  # whatever a handler raises ends its own conversation and nothing else
            conversation.leaving = "failed"
            log().exception("%s: the session failed; the connection is ended", conversation.peer)

    def _ended(self, conversation: Held) -> None:
        with self._changed:
            self._open.pop(conversation, None)
            for what in SUMMED:
                self._past[what] += getattr(conversation, what)
            agreed = conversation.websocket if conversation.address.kind == "messages" else conversation.tls
            if agreed is None and shakes_hands(conversation.plan):
                # No handshake, so no conversation: one that was never held must not end a server of one.
                self.accepted -= 1
        try:
            if conversation.ending is not None and conversation.ending.how != "finished":
                log().info("%s: %s", conversation.peer, conversation.ending)
            if self._on_close is not None:
                self._on_close(conversation)
        finally:
            with self._changed:
                self._threads.discard(threading.current_thread())
                self._changed.notify_all()
            self._told()
