"""`wiretalk connect` on a terminal: typed lines go out, what the peer says appears above the line being typed."""

from __future__ import annotations

import threading
import time

from wiretalk.cli.awaiting import Once
from wiretalk.cli.connect import DATAGRAM_WAIT_S, UNSAID
from wiretalk.cli.dialling import dial
from wiretalk.cli.output import colours
from wiretalk.cli.screen import UNFINISHED_S, Voice, short_name
from wiretalk.cli.terminal import Interrupted, Terminal
from wiretalk.errors import (
    ClosedError,
    EndedError,
    FinishedError,
    LimitError,
    MessageError,
    RefusedError,
    TimedOutError,
    TruncatedError,
    WiretalkError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from wiretalk.blocking import Connection
    from wiretalk.cli.looping import LoopedConnection
    from wiretalk.cli.manner import Manner
    from wiretalk.layer import Layering


def chat(manner: Manner, arguments: Namespace, *, layers: Sequence[Layering] = ()) -> int:
    """Hold a conversation on the terminal; return the exit status.

    Raises:
        WiretalkError: it could not be opened, or ended in any other way than in good order.
    """
    connection = dial(manner, arguments, for_reading=True, layers=layers)
    terminal = Terminal(history=arguments.history)
    talk = Chat(manner, arguments, connection, terminal)
    try:
        talk.hold()
    finally:
        terminal.close()
    return 0


class Chat:
    """One conversation on the terminal.

    Args:
        manner: how it is held.
        arguments: the options wait, replies and verbose.
        connection: opened; it is closed when the chat is over.
        terminal: where the user types.
    """

    def __init__(
        self, manner: Manner, arguments: Namespace, connection: Connection | LoopedConnection, terminal: Terminal
    ) -> None:
        self._manner = manner
        self._connection = connection
        self._terminal = terminal
        self._replies = arguments.replies
        self._datagrams = manner.address.kind == "datagram"
        self._wait_s: float | None = arguments.wait
        if self._wait_s == UNSAID:
            self._wait_s = DATAGRAM_WAIT_S if self._datagrams else None
        self._voice = Voice(short_name(connection.peer), manner.words, 0 if colours() else None)
        self._fault: WiretalkError | None = None
        self._heard_at = time.monotonic()
        # Waited for in place of the thread itself, whose `join` does not bear to be interrupted.
        self._heard_all = Once()
        self._hearer = threading.Thread(target=self._hear, name="wiretalk-hear", daemon=True)

    def hold(self) -> None:
        """Hold the conversation to its end.

        Raises:
            WiretalkError: it ended in any other way than in good order.
            KeyboardInterrupt: the user left.
        """
        connection = self._connection
        self._hearer.start()
        try:
            self._type()
            self._wait_for_peer()
        except Interrupted:
            pass
        finally:
            connection.hang_up()
            try:
                connection.close()
            except WiretalkError as error:
                self._fault = self._fault or error
            self._heard_all.wait()
            self._terminal.show(f"{connection.peer}: {connection.ending}")
        if self._fault is not None:
            raise self._fault

    # ours

    def _type(self) -> None:
        while True:
            try:
                line = self._terminal.read_line()
            except UnicodeDecodeError as error:
                self._terminal.show(f"not sent: what was typed is not {error.encoding}")
                continue
            if line is None:
                return
            # A paste may hold several lines.
            for one in line.split("\n"):
                self._say(one)

    def _say(self, line: str) -> None:
        try:
            self._connection.send(self._manner.typed(line.encode(errors="surrogateescape")))
        except (MessageError, LimitError) as error:
            self._terminal.show(f"not sent: {error}")
        except RefusedError as error:
            # Of a datagram before; there may be somebody by now.
            self._terminal.show(str(error))
        except (EndedError, TimedOutError):
            # The hearing thread learns how it ended, and what the peer said last.
            self._heard_all.wait()
            raise Interrupted from None

    def _wait_for_peer(self) -> None:
        connection = self._connection
        connection.half_close()
        if not self._datagrams:
            self._terminal.show("we have finished; waiting for the peer to do so (Ctrl-C leaves)")
        self._heard_at = time.monotonic()
        while not self._heard_all.happened:
            left_s = None
            if self._wait_s is not None:
                left_s = self._heard_at + self._wait_s - time.monotonic()
                if left_s <= 0:
                    return
            self._heard_all.wait(left_s)

    # the peer's, in a thread of its own

    def _hear(self) -> None:
        try:
            self._hear_all()
        except (FinishedError, ClosedError):
            pass
        except TruncatedError as error:
            self._fault = error
            self._terminal.show(self._voice.message(error.rest))
        except WiretalkError as error:
            self._fault = error
        finally:
            if self._voice.unfinished:
                self._terminal.show(self._voice.rest())
            self._heard_all.happen()
            self._terminal.end()

    def _hear_all(self) -> None:
        heard = 0
        while heard != self._replies:
            message = self._next()
            if message is None:
                continue
            heard += 1
            self._heard_at = time.monotonic()
            text = self._voice.message(message) if self._manner.whole else self._voice.piece(message)
            if text:
                self._terminal.show(text)

    def _next(self) -> bytes | None:
        """Return the next message or piece; None where something else was told meanwhile."""
        try:
            message: bytes = self._connection.receive(timeout_s=UNFINISHED_S if self._voice.unfinished else None)
        except TimedOutError as error:
            if error.wait != "receive":
                raise
            self._terminal.show(self._voice.rest())
            return None
        except RefusedError as error:
            if not self._datagrams:
                raise
            self._terminal.show(str(error))
            return None
        return message
