"""WebSocket (RFC 6455) for one connection, without I/O: bytes in, messages out, and back. Both faces use it.

The protocol itself is the `websockets` package's sans-IO core (an extra); here is what it is to be asked, and what its
answers mean in our words.
"""

from __future__ import annotations

import logging

from wiretalk.ending import Ending
from wiretalk.errors import (
    LimitError,
    MalformedError,
    MissingPackageError,
    RefusedError,
    ResetError,
    WiretalkError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.address import Address

NORMAL_CLOSES = frozenset({1000, 1001, 1005})
"""Close codes of a good end: done, going away, none given (RFC 6455, section 7.4)."""

TOO_BIG = 1009
OPCODE_TEXT = 1

quiet = logging.getLogger("wiretalk.websocket")
"""The package's own log: debugging alone, since all that matters is told as an ending."""


class WebSocketEngine:
    """One side of one WebSocket connection.

    Args:
        address: its path, and its options `subprotocol`, `origin`, `compress` and `opcode`.
        peer: the peer's name, for errors.
        accepted: whether the peer came to us, so that we are the server.
        max_message_bytes: the largest message either way, unpacked.

    Attributes:
        handshaken: whether both sides have agreed.
        peer_finished: whether the peer has said that it is done (a close frame).
        fault: why nothing more can be understood, or None; what was whole before it has been returned.
        subprotocol: what was agreed on, or None.

    Raises:
        MissingPackageError: the websockets package is not installed.
    """

    def __init__(self, address: Address, peer: str, *, accepted: bool, max_message_bytes: int) -> None:
        self.peer = peer
        self.handshaken = False
        self.peer_finished = False
        self.fault: WiretalkError | None = None
        self.accepted = accepted
        self._address = address
        self._max = max_message_bytes
        self._opcode = str(address.option("opcode", "auto"))
        # The pieces of a message that comes in several frames.
        self._pieces: list[bytes] = []
        self._protocol = _protocol(address, accepted=accepted, max_message_bytes=max_message_bytes)

    def start(self) -> None:
        """Begin: a client asks; a server waits to be asked."""
        if not self.accepted:
            self._protocol.send_request(self._protocol.connect())

    @property
    def subprotocol(self) -> str | None:
        """What was agreed on; None for nothing."""
        agreed: str | None = self._protocol.subprotocol
        return agreed

    def outgoing(self) -> bytes:
        """Return what is to be sent to the peer now."""
        return b"".join(self._protocol.data_to_send())

    # what comes

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes as they arrived; return the messages they complete. Look at `fault` and `peer_finished` then."""
        if self.fault is not None:
            return []
        self._protocol.receive_data(data)
        return self._events()

    def feed_eof(self) -> None:
        """Take the end of the peer's bytes; without a close frame before it, that is a fault."""
        self._protocol.receive_eof()
        if self.peer_finished or self.fault is not None:
            return
        reason = "it ended without a WebSocket close" if self.handshaken else "it ended within the WebSocket handshake"
        self.fault = ResetError(self.peer, Ending("reset", "peer", reason=reason))

    def _events(self) -> list[bytes]:
        messages: list[bytes] = []
        for event in self._protocol.events_received():
            if self.handshaken:
                self._frame(event, messages)
            else:
                self._handshake(event)
        self._look_for_fault()
        return messages

    def _handshake(self, event: Any) -> None:
        protocol = self._protocol
        if self.accepted:
            if self._address.path not in {"/", event.path.partition("?")[0]}:
                response = protocol.reject(404, f"There is no WebSocket at {event.path}.\n")
            else:
                response = protocol.accept(event)
            protocol.send_response(response)
            self.handshaken = response.status_code == 101
            if not self.handshaken:
                why = protocol.handshake_exc or f"there is none at {event.path}"
                self.fault = MalformedError(f"no WebSocket handshake: {why}")
            return
        failed = protocol.handshake_exc
        if failed is None:
            self.handshaken = True
            return
        status = getattr(getattr(failed, "response", None), "status_code", None)
        said = f"the server answers with HTTP {status}" if status else str(failed)
        self.fault = RefusedError(str(self._address), f"no WebSocket there: {said}")

    def _frame(self, frame: Any, messages: list[bytes]) -> None:
        kind = frame.opcode.name
        if kind in {"TEXT", "BINARY", "CONT"}:
            if frame.fin and not self._pieces:
                messages.append(bytes(frame.data))
                return
            self._pieces.append(bytes(frame.data))
            if frame.fin:
                messages.append(b"".join(self._pieces))
                self._pieces = []
        elif kind == "CLOSE":
            self._closed()

    def _closed(self) -> None:
        close = self._protocol.close_rcvd
        code = close.code if close is not None else 1005
        if code in NORMAL_CLOSES:
            self.peer_finished = True
            return
        reason = f"WebSocket close {code}" + (f": {close.reason}" if close.reason else "")
        self.fault = ResetError(self.peer, Ending("reset", "peer", reason=reason))

    def _look_for_fault(self) -> None:
        failed = self._protocol.parser_exc
        if failed is None or self.fault is not None or self.peer_finished:
            return
        sent = self._protocol.close_sent
        if sent is not None and sent.code == TOO_BIG:
            self.fault = LimitError("max_message_bytes", self._max, "a WebSocket message over the limit")
        elif not self.handshaken:
            self._handshake_broken(failed)
        else:
            self.fault = MalformedError(f"the peer breaks the WebSocket protocol: {failed}")

    def _handshake_broken(self, failed: Exception) -> None:
        if self.accepted:
            self.fault = MalformedError(f"no WebSocket handshake: {failed}")
        else:
            self.fault = RefusedError(str(self._address), f"no WebSocket there: {failed}")

    # what goes

    def send(self, message: bytes) -> None:
        """Send one message; after the end of the conversation nothing is sent."""
        if not self.open:
            return
        if self._opcode == "text" or (self._opcode == "auto" and is_text(message)):
            self._protocol.send_text(message)
        else:
            self._protocol.send_binary(message)

    @property
    def open(self) -> bool:
        """Whether messages can be sent."""
        return self.handshaken and self._protocol.state.name == "OPEN"

    def close(self) -> None:
        """Say that we are done: a close frame, to which the peer answers with its own."""
        if self.open:
            self._protocol.send_close(1000)


def is_text(message: bytes) -> bool:
    """Return whether a message is UTF-8, as a text message must be (RFC 6455, section 5.6)."""
    try:
        message.decode()
    except UnicodeDecodeError:
        return False
    return True


def _protocol(address: Address, *, accepted: bool, max_message_bytes: int) -> Any:
    """Return the package's sans-IO object for our side."""
    try:
        from websockets.client import ClientProtocol
        from websockets.extensions.permessage_deflate import (
            enable_client_permessage_deflate,
            enable_server_permessage_deflate,
        )
        from websockets.server import ServerProtocol
        from websockets.uri import parse_uri
    except ImportError:
        raise MissingPackageError("websockets", "ws", f"the scheme {address.scheme}") from None
    subprotocols: Any = str(address.option("subprotocol", "")).split(",") if address.option("subprotocol") else None
    origin: Any = address.option("origin")
    compress = address.option("compress", default=True)
    if accepted:
        return ServerProtocol(
            origins=origin.split(",") if origin else None,
            extensions=enable_server_permessage_deflate(None) if compress else None,
            subprotocols=subprotocols,
            max_size=max_message_bytes,
            logger=quiet,
        )
    return ClientProtocol(
        parse_uri(str(address.but(options={}, host=address.host or "localhost"))),
        origin=origin,
        extensions=enable_client_permessage_deflate(None) if compress else None,
        subprotocols=subprotocols,
        max_size=max_message_bytes,
        logger=quiet,
    )
