"""WebSocket (RFC 6455) for one connection, without I/O: bytes in, messages out, and back. Both faces use it.

The protocol itself is the `websockets` package's sans-IO core (an extra; see `wsprotocol`); here is what it is to be
asked, and what its answers mean in our words. What is said in a handshake is in `wshandshake`.
"""

from __future__ import annotations

from wiretalk.ending import Ending
from wiretalk.errors import LimitError, MalformedError, ResetError, TruncatedError, WiretalkError
from wiretalk.layer import wshandshake
from wiretalk.limits import WS_HANDSHAKE_BYTES, WS_PIECE_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.conversing import Plan
    from wiretalk.layer.wsfacts import WebSocketFacts

GOOD_CLOSES = frozenset({1000, 1001, 1005})
"""Close codes of a good end: done, going away, none given (RFC 6455, section 7.4)."""

CLOSES = {
    1002: "we break the protocol",
    1003: "it does not take such messages",
    1007: "a message of ours is not what it says to be",
    1008: "its policy",
    1009: "a message of ours is too long for it",
    1010: "it misses an extension",
    1011: "it failed",
    1012: "it restarts",
    1013: "it has too much to do",
    1014: "its own server failed",
}
"""What a peer says by its close code (RFC 6455, section 7.4.1, and IANA's registry)."""

STILL_LISTENING = "done, and still listening"
"""What we say with the close frame that stands for a half-close: an answer may take its time."""

LEAVING = {"": 1000, "stopping": 1001, "codec": 1007, "failed": 1011}
"""Our own close codes, by why we leave (`conversing.Conversation.leaving`)."""


class Binary(bytes):
    """A message that came as binary. Sent on as it is, by an echo or a relay, it goes as binary again."""

    __slots__ = ()


class WebSocketEngine:
    """One side of one WebSocket connection.

    After every call, send what `outgoing` gives; after `feed` and `feed_eof`, look at `fault` and `peer_finished`.

    Args:
        address: its path, and its options `subprotocol`, `origin`, `compress` and `opcode`.
        peer: the peer's name, for errors.
        accepted: whether the peer came to us, so that we are the server.
        max_message_bytes: the largest message either way, unpacked.
        textual: whether messages that are UTF-8 go as text, where the option `opcode` says nothing.

    Attributes:
        handshaken: whether both sides have agreed.
        peer_finished: whether the peer has said that it is done (a close frame); we may still send.
        peer_listens: whether the peer, though it is done, says that it takes what we still send, however late.
        fault: why nothing more can be understood, or None; what was whole before it has been returned.
        facts: what the handshake agreed on, or None.

    Raises:
        MissingPackageError: the websockets package is not installed.
    """

    def __init__(
        self, address: Address, peer: str, *, accepted: bool, max_message_bytes: int, textual: bool = True
    ) -> None:
        self.peer = peer
        self.accepted = accepted
        self.handshaken = False
        self.peer_finished = False
        self.peer_listens = False
        self.fault: WiretalkError | None = None
        self.facts: WebSocketFacts | None = None
        self._address = address
        self._max = max_message_bytes
        self._opcode = str(address.option("opcode", "auto" if textual else "binary"))
        self._shaken_bytes = 0
        # The pieces of a message that comes in several frames.
        self._pieces: list[bytes] = []
        self._binary = False
        # What is to go out, and did not come from the package.
        self._ours = b""
        self._protocol = wshandshake.protocol(address, accepted=accepted, max_message_bytes=max_message_bytes)

    def start(self) -> None:
        """Begin: a client asks; a server waits to be asked."""
        if not self.accepted:
            self._protocol.send_request(self._protocol.connect())

    def outgoing(self) -> bytes:
        """Return what is to be sent to the peer now."""
        protocol = self._protocol
        if protocol.pong is not None and not protocol.congested and protocol.state.name == "OPEN":
            protocol.send_pong(protocol.pong)
            protocol.pong = None
        wire = b"".join(protocol.data_to_send())
        if self._ours:
            wire, self._ours = wire + self._ours, b""
        return wire

    # what comes

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Return what to feed one after another: less at once where it may unpack to a thousand times as much."""
        if self.facts is None or not self.facts.compressed or len(data) <= WS_PIECE_BYTES:
            return iter((data,))
        return (data[at : at + WS_PIECE_BYTES] for at in range(0, len(data), WS_PIECE_BYTES))

    def congested(self, *, congested: bool) -> None:
        """Say whether the peer does not read what it is sent, so that it is sent nothing that can wait."""
        self._protocol.congested = congested

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes as they arrived; return the messages they complete."""
        if self.fault is not None or self.peer_finished:
            return []
        if not self.handshaken:
            self._shaken_bytes += len(data)
            if self._shaken_bytes > WS_HANDSHAKE_BYTES and b"\n\r\n" not in data:
                self._handshake_endless()
                return []
        self._protocol.receive_data(data)
        return self._events()

    def feed_eof(self) -> None:
        """Take the end of the peer's bytes; without a close frame before it, that is a fault."""
        if self.peer_finished or self.fault is not None:
            return
        if not self.handshaken:
            if not self.accepted:
                # An answer that says no may go on until the end.
                self._protocol.receive_eof()
                for response in self._protocol.events_received():
                    self._handshake(response)
            self.fault = self.fault or wshandshake.left(self._address, self.peer, accepted=self.accepted)
        elif self._pieces:
            pieces, self._pieces = self._pieces, []
            self.fault = TruncatedError(sum(map(len, pieces)), rest=b"".join(pieces))
        else:
            self.fault = ResetError(
                self.peer, Ending("reset", "peer", reason="it ended without a WebSocket close (1006)")
            )

    def _events(self) -> list[bytes]:
        messages: list[bytes] = []
        for event in self._protocol.events_received():
            if self.handshaken:
                self._frame(event, messages)
            else:
                self._handshake(event)
        if self.fault is None:
            self._look_for_fault()
        return messages

    def _handshake(self, event: Any) -> None:
        """Take the client's request, or the server's response."""
        shake = wshandshake.answer if self.accepted else wshandshake.judge
        self.facts, self.fault = shake(self._protocol, self._address, self.peer, event)
        self.handshaken = self.fault is None

    def _handshake_endless(self) -> None:
        self.fault = wshandshake.endless(self._address, accepted=self.accepted)
        if self.accepted:
            self._ours = wshandshake.rejection(self._protocol, 431, str(self.fault))

    def _frame(self, frame: Any, messages: list[bytes]) -> None:
        if frame.opcode.name not in {"TEXT", "BINARY", "CONT"}:
            return
        if frame.opcode.name != "CONT":
            self._binary = frame.opcode.name == "BINARY"
        kind = Binary if self._binary else bytes
        if frame.fin and not self._pieces:
            messages.append(kind(frame.data))
            return
        self._pieces.append(bytes(frame.data))
        if frame.fin:
            messages.append(kind(b"".join(self._pieces)))
            self._pieces = []

    def _look_for_fault(self) -> None:
        protocol = self._protocol
        failed = protocol.parser_exc
        if protocol.too_long:
            self._pieces = []
            self.fault = LimitError("max_message_bytes", self._max, "a WebSocket message over the limit")
        elif not self.handshaken:
            if protocol.handshake_exc is not None:
                self.fault = wshandshake.broken(protocol, self._address, accepted=self.accepted)
                if self.accepted:
                    self._ours = wshandshake.rejection(protocol, 400, str(self.fault))
        elif failed is not None:
            self._broken(failed)
        elif protocol.close_rcvd is not None:
            self._closed(protocol.close_rcvd)
            if self._pieces and self.fault is None:
                pieces, self._pieces = self._pieces, []
                self.fault = TruncatedError(sum(map(len, pieces)), rest=b"".join(pieces))
                protocol.answer_close()

    def _broken(self, failed: Exception) -> None:
        """Tell what is wrong with the peer's frames."""
        sent = self._protocol.close_sent
        if sent is not None and sent.code == 1009:
            self.fault = LimitError("max_message_bytes", self._max, "a WebSocket message over the limit")
        elif isinstance(failed, UnicodeDecodeError):
            self.fault = MalformedError(f"a WebSocket text message is no UTF-8: {failed.reason}")
        else:
            self.fault = MalformedError(f"the peer breaks the WebSocket protocol: {failed}")
        self._pieces = []

    def _closed(self, close: Any) -> None:
        if close.code in GOOD_CLOSES:
            self.peer_finished = True
            self.peer_listens = close.reason == STILL_LISTENING
            return
        said = CLOSES.get(close.code, "")
        words = ": ".join(filter(None, (f"WebSocket close {close.code}", said, printable(close.reason))))
        self.fault = ResetError(self.peer, Ending("reset", "peer", reason=words))
        self._protocol.answer_close()

    # what goes

    @property
    def open(self) -> bool:
        """Whether messages can be sent."""
        return self.handshaken and self._protocol.state.name == "OPEN"

    @property
    def closed(self) -> bool:
        """Whether both sides have said that they are done, or nothing can be said any more."""
        return self.fault is not None or (self.peer_finished and not self.open)

    def send(self, message: bytes) -> None:
        """Send one message; after the end of the conversation nothing is sent."""
        if not self.open:
            return
        if self._opcode == "text" or (self._opcode == "auto" and type(message) is not Binary and is_text(message)):
            self._protocol.send_text(message)
        else:
            self._protocol.send_binary(message)

    def ping(self) -> None:
        """Ask for a sign of life."""
        if self.open:
            self._protocol.send_ping(b"")

    def close(self, leaving: str = "", *, half: bool = False) -> None:
        """Say that we are done: a close frame, to which the peer answers with its own; or the answer to the peer's.

        Args:
            leaving: why, a key of LEAVING.
            half: what the peer still says is heard.
        """
        if not self.open:
            return
        if self.peer_finished:
            self._protocol.answer_close()
        else:
            self._protocol.send_close(LEAVING[leaving], STILL_LISTENING if half else "")


def is_text(message: bytes) -> bool:
    """Return whether a message is UTF-8, as a text message must be (RFC 6455, section 5.6)."""
    try:
        message.decode()
    except UnicodeDecodeError:
        return False
    return True


def printable(text: str) -> str:
    """Return a peer's words with nothing in them that could move a terminal's cursor."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def engine_of(plan: Plan, peer: str, *, accepted: bool) -> WebSocketEngine:
    """Return the engine of a new conversation.

    Args:
        plan: of a ws or wss address.
        peer: the peer's name, for errors.
        accepted: whether the peer comes to us, so that we are the server.
    """
    return WebSocketEngine(
        plan.address,
        peer,
        accepted=accepted,
        max_message_bytes=plan.limits.max_message_bytes,
        textual=plan.codec_name.partition(":")[0] not in {"msgpack", "struct"},
    )
