"""slip: packets between END bytes (0xC0), with END and ESC (0xDB) written as two bytes each within.

Source: RFC 1055. What is sent has END before and after, as that RFC's own code does; what comes may have END before,
after, or both, and empty packets are dropped, as it says. So an empty message cannot be sent. ESC before any other byte
breaks the protocol; that RFC's code would guess, here it is an error. The last packet of a stream that ends without END
may have been cut, whichever way the peer places END: it is an error that carries what there was.
"""

from __future__ import annotations

from wiretalk.errors import MalformedError, TruncatedError
from wiretalk.framing.base import Framing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

END = b"\xc0"
ESC = b"\xdb"
END_BYTE = 0xC0
ESC_BYTE = 0xDB
END_END = b"\xc0\xc0"
ESC_END = b"\xdb\xdc"
ESC_ESC = b"\xdb\xdd"


class Slip(Framing):
    """SLIP packets. What is held is the last packet so far, decoded, and whether ESC was its last byte."""

    __slots__ = ("_escaping",)

    def __init__(self, spec: str, max_message_bytes: int) -> None:
        super().__init__(spec, max_message_bytes)
        self._escaping = False

    def feed(self, data: bytes) -> list[bytes]:
        if self._fault is not None:
            raise self._again()
        if self._escaping:
            data = ESC + data
            self._escaping = False
        pieces = data.split(END)
        tail = pieces.pop()
        held = self._held
        if held or ESC_BYTE in data or len(data) > self.max_message_bytes:
            packets = self._packets(pieces)
        else:
            packets = [packet for packet in pieces if packet]
        if tail:
            if tail.endswith(ESC):
                # An ESC is never the second byte of a pair, so one at the end has its second byte still to come.
                self._escaping = True
                tail = tail[:-1]
            held += self._unescaped(tail, packets)
            if len(held) > self.max_message_bytes:
                self._over(len(held), packets, at_least="at least ")
        return packets

    def finish(self) -> list[bytes]:
        if self._fault is not None:
            raise self._again()
        if self._held or self._escaping:
            rest = bytes(self._held) + (ESC if self._escaping else b"")
            self._fail(TruncatedError(len(rest), None, rest), [])
        return []

    def encode_all(self, messages: list[bytes]) -> bytes:
        if not messages:
            return b""
        inner = b"".join(messages)
        if len(inner) > self.max_message_bytes or not all(messages):
            self._check_all_out(messages)
        if ESC_BYTE in inner or END_BYTE in inner:
            messages = [message.replace(ESC, ESC_ESC).replace(END, ESC_END) for message in messages]
        return END + END_END.join(messages) + END

    def _check_out(self, message: bytes) -> None:
        if not message:
            raise MalformedError("an empty message cannot be sent as a SLIP packet: the peer would drop it", by="us")
        super()._check_out(message)

    def _packets(self, pieces: list[bytes]) -> list[bytes]:
        """Return the packets of what stood between END bytes; the first continues what is held."""
        held = self._held
        packets: list[bytes] = []
        for piece in pieces:
            packet = self._unescaped(piece, packets)
            if held:
                held += packet
                packet = bytes(held)
                held.clear()
            if len(packet) > self.max_message_bytes:
                self._over(len(packet), packets)
            if packet:
                packets.append(packet)
        return packets

    def _unescaped(self, piece: bytes, packets: list[bytes]) -> bytes:
        """Return a piece without its escapes; one that is none is a fault that comes after `packets`."""
        escapes = piece.count(ESC)
        if not escapes:
            return piece
        if escapes != piece.count(ESC_END) + piece.count(ESC_ESC):
            self._bad_escape(piece, packets)
        return piece.replace(ESC_END, END).replace(ESC_ESC, ESC)

    def _bad_escape(self, piece: bytes, packets: list[bytes]) -> NoReturn:
        """Raise for the first escape that is none, or for what is too long already before it."""
        at = piece.find(ESC)
        while piece[at : at + 2] in (ESC_END, ESC_ESC):
            at = piece.find(ESC, at + 2)
        size = len(self._held) + len(self._unescaped(piece[:at], packets))
        if size > self.max_message_bytes:
            self._over(size, packets, at_least="at least ")
        self._fail(MalformedError("SLIP's ESC (db) comes before dc or dd only"), packets)
