"""A stream channel, with TLS or without, with WebSocket on it: messages for whoever waits, one at a time.

No WebSocket here: that is the sans-IO engine's. It is not for two threads at once, so each use of it is under the
channel's own lock, and what it wants sent is held in the same turn.
"""

from __future__ import annotations

from collections import deque

from wiretalk.blocking.channel import Channel
from wiretalk.blocking.tlschannel import TlsChannel
from wiretalk.blocking.waiting import NEVER, READABLE, WRITABLE, Deadline
from wiretalk.errors import TimedOutError, WiretalkError
from wiretalk.limits import CLOSE_TIMEOUT_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from wiretalk.blocking.waiting import Bell
    from wiretalk.layer.wsengine import WebSocketEngine
    from wiretalk.layer.wsfacts import WebSocketFacts
    from wiretalk.transport.tls import TlsEngine


class _Messages(Channel):
    """What a channel does otherwise with WebSocket on it. What is sent and received is whole messages."""

    # No slots: a class with TLS below has slots of its own, and two such bases cannot be joined.

    def _take_engine(self, engine: WebSocketEngine, ping_s: float | None) -> None:
        self._websocket = engine
        self._ping_s = ping_s
        self._pinged = False
        # What has come: messages nobody has taken, and bytes nobody has looked at, since they may unpack to many more.
        self._messages: deque[bytes] = deque()
        self._pieces: deque[bytes] = deque()

    @property
    def websocket(self) -> WebSocketFacts | None:
        """What the handshake agreed on; None before."""
        return self._websocket.facts

    # the handshake

    def shake_hands(self, deadline: Deadline) -> None:
        """Do the handshake, after TLS's where there is TLS; if it fails, the channel is over.

        Raises:
            RefusedError, LimitError, MalformedError, ResetError: as the engine says.
            TimedOutError: not in time (wait "websocket-handshake"; with TLS also "tls-handshake").
        """
        self._shake_below(deadline)
        self._enter()
        try:
            with self._state:
                self._websocket.start()
                self._hold_outgoing_messages()
            while not self._websocket.handshaken:
                self._look(deadline)
                if self._websocket.fault is not None and not self._websocket.handshaken:
                    self._say_last()
                    raise self._fail(self._websocket.fault)
            if self._websocket.open and not self._websocket.peer_finished:
                # What ended it in the same read is told to who receives, after the messages before it.
                self._flush(deadline)
        except TimedOutError as error:
            if error.wait not in {"send", "receive"}:
                raise
            late = TimedOutError(self.peer, "websocket-handshake", deadline.seconds)
            self.abort(late)
            raise late from None
        except BaseException:
            self.abort()
            raise
        finally:
            self._leave()

    def _shake_below(self, deadline: Deadline) -> None:
        """Do the handshake of what is below."""

    # receiving

    def receive(self, deadline: Deadline = NEVER) -> bytes | None:
        """Wait for a message and return it; None: the peer has finished.

        Raises:
            TimedOutError: none came in time (wait "receive"); it goes on.
            EndedError, TimedOutError, LimitError, MalformedError: it is over, or was called off.
        """
        self._enter()
        try:
            while not self._messages:
                engine = self._websocket
                if engine.fault is not None:
                    self._say_last()
                    raise self._fail(self.broken or engine.fault)
                if engine.peer_finished:
                    if self.broken is not None:
                        raise self._fail(self.broken)
                    return None
                self._look(deadline)
            message = self._messages.popleft()
            self.bytes_received += len(message)
            return message
        finally:
            self._leave()

    def _look(self, deadline: Deadline) -> None:
        """Wait for bytes, and let the engine look at them, or at those that have come before."""
        if not self._pieces:
            if not self._eager:
                self._wait_for_life(deadline)
            data = self._read()
            if data is None:
                return
            # Messages are counted, when they are taken.
            self.bytes_received -= len(data)
            if not data:
                with self._state:
                    self._websocket.feed_eof()
                return
            self._pieces.extend(self._websocket.pieces(data))
        self._look_at(self._pieces.popleft())

    def _look_at(self, piece: bytes) -> None:
        with self._state:
            self._messages.extend(self._websocket.feed(piece))
            self._hold_outgoing_messages()
        # Pongs, say, must not wait for the next message. Who sends now sends them too.
        if self._held and self._sending.acquire(blocking=False):
            self._sent_held()

    def _wait_for_life(self, deadline: Deadline) -> None:
        """Wait for bytes; a peer that is silent for so long as the option `ping` says is asked for a sign of life."""
        if self._ping_s is None or not self._websocket.open:
            self._wait_for_input(deadline)
            return
        while True:
            try:
                self._wait_for_input(deadline.within(self._ping_s))
            except TimedOutError as error:
                if error.wait != "receive":
                    raise
                if deadline.left_s() == 0:
                    raise TimedOutError(self.peer, "receive", deadline.seconds) from None
            else:
                self._pinged = False
                return
            if self._pinged:
                raise self._fail(TimedOutError(self.peer, "heartbeat", self._ping_s, self.backlog_bytes))
            self._pinged = True
            with self._state:
                self._websocket.ping()
                self._hold_outgoing_messages()

    # sending

    def _hold_outgoing_messages(self) -> None:
        self._websocket.congested(congested=self.backlog_bytes > 0)
        wire = self._websocket.outgoing()
        if wire:
            self._hold_below(wire)

    def _hold_below(self, wire: bytes) -> None:
        self._hold(wire)

    def _put(self, data: bytes) -> bool:
        if self.broken is not None:
            raise self.broken.with_traceback(None)
        with self._state:
            if self._websocket.fault is not None:
                raise self._websocket.fault.with_traceback(None)
            self._websocket.send(data)
            self._hold_outgoing_messages()
            self.bytes_sent += len(data)
        return True

    def _count_sent(self, sent: int) -> None:
        """Count nothing: messages are counted, not what makes frames of them."""

    # ending

    def half_close(self) -> None:
        """Say that we are done: the peer may finish what it is saying, and then is done too."""
        with self._state:
            if self._finishing or self._off is not None:
                return
            self._finishing = True
            self._websocket.close(self.leaving, half=True)
            self._hold_outgoing_messages()
            # As `_enter`: the peer may answer, and who receives then ends it, before another line is done.
            self._users += 1
        try:
            self._flush(NEVER)
            self._end_if_closed()
        finally:
            self._leave()

    def settle(self) -> None:
        """Take note that the end of input has been dealt with: it is over if we have finished too."""
        with self._state:
            self._ended = True
        self._end_if_closed()

    def _end_if_closed(self) -> None:
        if self._ended and self._websocket.closed and not self.over:
            # Whoever sends is about to be done, since the peer has answered what was sent last.
            if not self._sending.acquire(timeout=CLOSE_TIMEOUT_S):
                self.abort(TimedOutError(self.peer, "close", CLOSE_TIMEOUT_S, self.backlog_bytes))
                return
            try:
                with self._state:
                    self._finish()
                if self._send_on():
                    self._linger()
            except WiretalkError:
                # The peer has gone, after both had said that they are done.
                pass
            finally:
                self._sending.release()
            self._end(self.broken)

    def _close(self, deadline: Deadline) -> None:
        engine = self._websocket
        try:
            if engine.handshaken and self.broken is None:
                with self._state:
                    engine.close(self.leaving)
                    self._hold_outgoing_messages()
                self._await_close(deadline)
        except TimedOutError as error:
            self.abort(error)
            return
        except WiretalkError:
            # It has gone without a close frame. It had been sent all there was, and nobody waits for more from it.
            pass
        # TLS, where there is any, has not said yet that it has finished.
        self._finishing = False
        super()._close(deadline)

    def _await_close(self, deadline: Deadline) -> None:
        """Send what is held, and read until the peer has said that it is done too. Under the sending lock."""
        engine = self._websocket
        while True:
            sent = self._send_on()
            if sent and engine.closed:
                return
            if not self._pieces and not self._await(READABLE | (0 if sent else WRITABLE), deadline):
                raise TimedOutError(self.peer, "close", CLOSE_TIMEOUT_S, self.backlog_bytes)
            data = self._pieces.popleft() if self._pieces else self._read()
            if data == b"":
                return
            if data is not None:
                with self._state:
                    engine.feed(data)
                    self._hold_outgoing_messages()


class WsChannel(_Messages):
    """Carry the messages of one WebSocket connection over a plain stream; `shake_hands` comes first.

    Args:
        engine: of this connection.
        ping_s: the option `ping`.
    """

    def __init__(
        self,
        sock: socket.socket,
        peer: str,
        engine: WebSocketEngine,
        *,
        ping_s: float | None = None,
        bell: Bell | None = None,
    ) -> None:
        super().__init__(sock, peer, bell)
        self._take_engine(engine, ping_s)


class WssChannel(_Messages, TlsChannel):
    """Carry the messages of one WebSocket connection over TLS; `shake_hands` comes first.

    Args:
        secure: the TLS engine of this connection.
        engine: its WebSocket engine.
        ping_s: the option `ping`.
    """

    def __init__(
        self,
        sock: socket.socket,
        peer: str,
        secure: TlsEngine,
        engine: WebSocketEngine,
        *,
        ping_s: float | None = None,
        bell: Bell | None = None,
    ) -> None:
        TlsChannel.__init__(self, sock, peer, secure, bell)
        self._take_engine(engine, ping_s)

    def _shake_below(self, deadline: Deadline) -> None:
        TlsChannel.shake_hands(self, deadline)

    def _hold_below(self, wire: bytes) -> None:
        self._engine.write(wire)
        self._hold_outgoing()
