"""The `websockets` package's sans-IO core, with what it leaves to its callers. The one module that imports the package.

What is added:

- A text message is UTF-8 (RFC 6455, section 5.6), looked at as its frames come: a fault ends it with 1007 at once.
- The limit counts messages alone: a ping between the fragments of a message as long as the limit is no fault.
- The peer's close frame is kept until we have nothing more to say; then `answer_close` sends ours. So what the peer
  is still owed is sent first, as after a half-close.
- Pings of a peer that does not read are answered once, with the latest (section 5.5.3), when there is room again.
"""

from __future__ import annotations

import codecs

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidOrigin, InvalidUpgrade
from websockets.extensions.permessage_deflate import (
    enable_client_permessage_deflate,
    enable_server_permessage_deflate,
)
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import Protocol
from websockets.server import ServerProtocol
from websockets.uri import WebSocketURI

__all__ = [
    "Client",
    "InvalidOrigin",
    "InvalidUpgrade",
    "Server",
    "WebSocketURI",
    "enable_client_permessage_deflate",
    "enable_server_permessage_deflate",
]

CONTROL_BYTES = 125
"""The most that a control frame carries (RFC 6455, section 5.5)."""

TOO_BIG = 1009

_incremental = codecs.getincrementaldecoder("utf-8")


class Careful(Protocol):
    """One side; see above for what it does otherwise than its base.

    Attributes:
        most_bytes: the largest message, unpacked.
        wanted: what a client asks for: the path, with its query.
        too_long: whether the peer's message is longer.
        last: the peer's close frame, not answered yet.
        congested: whether the peer does not read, so that pings are not answered now.
        pong: what the latest ping said that was not answered for that.
    """

    most_bytes = 0
    wanted = ""
    too_long = False
    last: Frame | None = None
    congested = False
    pong: bytes | None = None
    # Bytes of the message whose frames are coming; None between messages.
    _gathered: int | None = None
    _text: codecs.IncrementalDecoder | None = None

    def recv_frame(self, frame: Frame) -> None:
        """Take one frame."""
        opcode = frame.opcode
        if opcode is Opcode.TEXT or opcode is Opcode.BINARY or opcode is Opcode.CONT:
            self._look(frame)
            if self.too_long:
                self.fail(TOO_BIG, f"a message is longer than {self.most_bytes} bytes")
                return
        elif opcode is Opcode.CLOSE and self.state.name == "OPEN":
            self.close_rcvd = Close.parse(frame.data)
            self.last = frame
            # Nothing may come after it, so nothing that does is looked at.
            self.reader.discard()
            return
        elif opcode is Opcode.PING and self.congested:
            self.pong = bytes(frame.data)
            return
        super().recv_frame(frame)

    def _look(self, frame: Frame) -> None:
        """Look at a frame of a message: its order is for the base to judge, its length and its text for us."""
        begins = frame.opcode is not Opcode.CONT
        if begins == (self._gathered is not None):
            return
        size = len(frame.data) + (self._gathered or 0)
        if size > self.most_bytes:
            self.too_long = True
            return
        self._gathered = None if frame.fin else size
        if begins:
            self._text = _incremental() if frame.opcode is Opcode.TEXT else None
        if self._text is not None:
            self._text.decode(bytes(frame.data), final=frame.fin)

    def answer_close(self) -> None:
        """Send our own close frame, which says what the peer's said."""
        frame, self.last = self.last, None
        # A close within a message is a close all the same (Autobahn's case 7.1.5); the base would find fault with it.
        self.current_size = None
        if frame is not None:
            super().recv_frame(frame)


class Server(Careful, ServerProtocol):
    """The side to which the other one comes."""


class Client(Careful, ClientProtocol):
    """The side that goes to the other one."""
