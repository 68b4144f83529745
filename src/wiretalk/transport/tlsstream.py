"""A stream transport with TLS on it: the sans-IO engine between the socket and the sink.

No TLS here: what the engine wants sent is sent, what it makes of what came is pushed on.
"""

from __future__ import annotations

from wiretalk.errors import TimedOutError, WiretalkError
from wiretalk.limits import READ_BYTES
from wiretalk.transport.oserrors import explain
from wiretalk.transport.stream import StreamTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from wiretalk.transport.loop import Loop, Sink, Timer
    from wiretalk.transport.tls import TlsEngine, TlsFacts


class TlsTransport(StreamTransport):
    """Carry the bytes of one TLS connection; the sink is told `opened` when the handshake is done.

    Args:
        engine: the TLS engine of this connection.
        handshake_timeout_s: how long the handshake may take, in seconds.
    """

    __slots__ = ("_deadline", "_opened", "_plain_received", "_plain_sent", "engine", "handshake_timeout_s")

    def __init__(
        self, loop: Loop, sock: socket.socket, sink: Sink, peer: str, engine: TlsEngine, handshake_timeout_s: float
    ) -> None:
        super().__init__(loop, sock, sink, peer)
        self.engine = engine
        self.handshake_timeout_s = handshake_timeout_s
        self._opened = False
        self._deadline: Timer | None = None
        self._plain_received = 0
        self._plain_sent = 0

    @property
    def bytes_received(self) -> int:
        """Bytes the peer has sent us, without TLS's own."""
        return self._plain_received

    @property
    def bytes_sent(self) -> int:
        """Bytes we have sent, without TLS's own."""
        return self._plain_sent

    @property
    def tls(self) -> TlsFacts | None:
        """What the handshake agreed on; None before."""
        return self.engine.facts if self._opened else None

    def start(self) -> None:
        """Begin the handshake."""
        self._deadline = self.loop.call_later(self.handshake_timeout_s, self._handshake_late)
        self.engine.start()
        self._transmit_engine()
        self.resume()

    def _handshake_late(self) -> None:
        self._deadline = None
        self.abort(TimedOutError(self.peer, "tls-handshake", self.handshake_timeout_s))

    def _transmit_engine(self) -> None:
        ciphertext = self.engine.outgoing()
        if ciphertext:
            super().write(ciphertext)

    def _readable(self) -> None:
        try:
            data = self.sock.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._over(self.broken or explain(error, self.peer, "receive"))
            return
        if data:
            self.wire_received += len(data)
            sent = self.wire_sent
            self._received(data)
            if self.wire_sent == sent:
                self._look_behind()
        else:
            self._end_of_input()

    def _received(self, data: bytes) -> None:
        try:
            plain = self.engine.feed(data)
        except WiretalkError as error:
            # The alert that tells the peer why goes first, and no reset may overtake it.
            self._transmit_engine()
            self._cancel_deadline()
            self.broken = self.broken or error
            super().close()
            return
        self._transmit_engine()
        if not self._opened and self.engine.handshaken:
            self._opened = True
            self._cancel_deadline()
            if self.sink is not None:
                self.sink.opened()
        if plain and self.sink is not None and not self._closing:
            self._plain_received += len(plain)
            answer = self.sink.data(plain)
            if answer:
                self.write(answer)
        if self.engine.fault is not None and self.sink is not None:
            # It came right behind the data: what was whole has been delivered.
            self._over(self.engine.fault)
            return
        if self.engine.peer_finished and self.sink is not None and not self._closing:
            super()._end_of_input()

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end_of_input(self) -> None:
        try:
            self.engine.feed_eof()
        except WiretalkError as error:
            self.pause()
            self._over(self.broken or error)
            return
        super()._end_of_input()

    def write(self, data: bytes) -> None:
        """Encrypt and send all of `data`."""
        if self._finishing or self._closing or self.sink is None or self.broken is not None:
            return
        self.engine.write(data)
        self._plain_sent += len(data)
        self._transmit_engine()

    def half_close(self) -> None:
        """Send TLS's own end of input, then TCP's."""
        self._finish_tls()
        super().half_close()

    def close(self) -> None:
        """Send what is held and TLS's end of input, then close."""
        if not self._closing:
            self._finish_tls()
            super().close()

    def _finish_tls(self) -> None:
        if self._opened and not self._finishing and self.sink is not None and self.broken is None:
            self.engine.half_close()
            self._transmit_engine()

    def _over(self, error: WiretalkError | None) -> None:
        self._cancel_deadline()
        super()._over(error)
