"""A stream channel with TLS on it: the sans-IO engine between the socket and whoever waits.

No TLS here. The engine is not for two threads at once, so each use of it is under the channel's own lock, and what it
wants sent is held in the same turn: records leave in the order in which they were made.
"""

from __future__ import annotations

from wiretalk.blocking.channel import Channel
from wiretalk.errors import TimedOutError, WiretalkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from wiretalk.blocking.waiting import Bell, Deadline
    from wiretalk.transport.tls import TlsEngine, TlsFacts


class TlsChannel(Channel):
    """Carry the bytes of one TLS connection; `shake_hands` comes first.

    Args:
        engine: the TLS engine of this connection.
    """

    __slots__ = ("_early", "_engine")

    def __init__(self, sock: socket.socket, peer: str, engine: TlsEngine, bell: Bell | None = None) -> None:
        super().__init__(sock, peer, bell)
        self._engine = engine
        # What came in the same read as the end of the handshake.
        self._early = b""

    @property
    def tls(self) -> TlsFacts | None:
        """What the handshake agreed on; None before."""
        with self._state:
            return self._engine.facts

    def shake_hands(self, deadline: Deadline) -> None:
        """Do the handshake; if it fails, the channel is over.

        Raises:
            NotTrustedError, RefusedError, MalformedError, ResetError: as the engine says.
            TimedOutError: not in time (wait "tls-handshake").
        """
        self._enter()
        try:
            with self._state:
                self._engine.start()
                self._hold_outgoing()
            while not self._engine.handshaken:
                self._wait_for_input(deadline)
                self._early += self._decrypted() or b""
            self._flush(deadline)
            self._eager = bool(self._early) or self._engine.peer_finished or self._engine.fault is not None
        except TimedOutError as error:
            if error.wait not in ("send", "receive"):
                raise
            late = TimedOutError(self.peer, "tls-handshake", deadline.seconds)
            self.abort(late)
            raise late from None
        except BaseException:
            self.abort()
            raise
        finally:
            self._leave()

    def _hold_outgoing(self) -> None:
        ciphertext = self._engine.outgoing()
        if ciphertext:
            self._hold(ciphertext)

    def _read(self) -> bytes | None:
        plain: bytes | None
        if self._early:
            plain, self._early = self._early, b""
        else:
            plain = self._decrypted()
        engine = self._engine
        # What the engine knows already need not be waited for.
        self._eager = self._eager or engine.peer_finished or engine.fault is not None
        if plain:
            self.bytes_received += len(plain)
        return plain

    def _decrypted(self) -> bytes | None:
        """Return the plaintext of what has come, b"" at the end of input, None if there is none yet."""
        engine = self._engine
        if engine.peer_finished:
            return b""
        plain = b""
        if engine.fault is None:
            data = self._take()
            if data is None:
                return None
            with self._state:
                try:
                    if data:
                        plain = engine.feed(data)
                    else:
                        engine.feed_eof()
                except WiretalkError:
                    # The engine keeps it as its fault, which is raised below.
                    pass
                self._hold_outgoing()
        if engine.fault is not None and not plain:
            self._say_last()
            raise self._fail(self.broken or engine.fault)
        return plain or (b"" if engine.peer_finished else None)

    def _put(self, data: bytes) -> bool:
        if self.broken is not None:
            raise self.broken.with_traceback(None)
        with self._state:
            self._engine.write(data)
            self._hold_outgoing()
            self.bytes_sent += len(data)
        return True

    def _count_sent(self, sent: int) -> None:
        """Count nothing: what is sent is counted before TLS adds its own."""

    def _finish(self) -> None:
        with self._state:
            self._engine.half_close()
            self._hold_outgoing()
