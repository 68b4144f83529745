"""What every layer is, and how layers are put between a transport and a conversation. No layer itself lives here.

The rules of this room:

- A layer that changes nothing costs one call each way. It overrides what it is about, and leaves the rest.
- What it holds back is bounded, counts in `backlog_bytes` (on the way out) or pauses what is below (on the way in), and
  is told as any transport tells it: `held` and `drained`.
- What came before an end (`end`, `lost`, `half_close`, `close`) leaves before it.
- On a stream a call carries any piece of bytes; on datagrams and messages, one whole message.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from wiretalk.conversing import Conversation
    from wiretalk.errors import WiretalkError
    from wiretalk.layer.wsfacts import WebSocketFacts
    from wiretalk.transport.loop import Loop, Sink, Transport
    from wiretalk.transport.tls import TlsFacts

    Layering = Callable[[Conversation], "Layer"]
    """Makes the layer of one conversation."""


class Layer:
    """A layer that passes everything on, to be overridden.

    Attributes:
        below: the transport or layer nearer to the peer.
        above: the layer or conversation nearer to the handler.
    """

    __slots__ = ("above", "below")

    below: Transport
    above: Sink

    # from below: a transport's sink

    def opened(self) -> None:
        """See `transport.loop.Sink`."""
        self.above.opened()

    def data(self, data: bytes) -> bytes | None:
        """See `transport.loop.Sink`."""
        answer = self.above.data(data)
        if answer is not None:
            self.write(answer)
        return None

    def end(self) -> None:
        """See `transport.loop.Sink`."""
        self.above.end()

    def held(self) -> None:
        """See `transport.loop.Sink`."""
        self.above.held()

    def drained(self) -> None:
        """See `transport.loop.Sink`."""
        self.above.drained()

    def trouble(self, error: WiretalkError) -> None:
        """See `transport.loop.Sink`."""
        self.above.trouble(error)

    def lost(self, error: WiretalkError | None) -> None:
        """See `transport.loop.Sink`."""
        self.above.lost(error)

    # from above: a sink's transport

    @property
    def loop(self) -> Loop:
        """The event loop."""
        return self.below.loop

    @property
    def broken(self) -> WiretalkError | None:
        """Why nothing can be sent any more, or None."""
        return self.below.broken

    @property
    def backlog_bytes(self) -> int:
        """Bytes written and not yet taken by the system."""
        return self.below.backlog_bytes

    @property
    def unacknowledged_bytes(self) -> int:
        """Bytes that the peer's system has not taken; 0 where nobody can tell (see `transport.stream`)."""
        return getattr(self.below, "unacknowledged_bytes", 0)

    @property
    def bytes_received(self) -> int:
        """Bytes the peer has sent us."""
        return self.below.bytes_received

    @property
    def bytes_sent(self) -> int:
        """Bytes the system has taken from us."""
        return self.below.bytes_sent

    @property
    def tls(self) -> TlsFacts | None:
        """What TLS agreed on; None without TLS."""
        return self.below.tls

    @property
    def websocket(self) -> WebSocketFacts | None:
        """What WebSocket agreed on; None without WebSocket."""
        facts: WebSocketFacts | None = getattr(self.below, "websocket", None)
        return facts

    def start(self) -> None:
        """Begin."""
        self.below.start()

    def pause(self) -> None:
        """Take no more from the peer for now."""
        self.below.pause()

    def resume(self) -> None:
        """Take again."""
        self.below.resume()

    def write(self, data: bytes) -> None:
        """Send all of `data`."""
        self.below.write(data)

    def send_file(self, descriptor: int, offset: int, count: int) -> bool:  # noqa: ARG002  # a transport's signature
        """Send bytes of a file within the kernel; False: a layer has to see them, so it is for the caller to read."""
        return False

    def half_close(self) -> None:
        """Send the end of our input."""
        self.below.half_close()

    def close(self) -> None:
        """Send what is held, then end in good order."""
        self.below.close()

    def abort(self, error: WiretalkError | None = None) -> None:
        """End at once."""
        self.below.abort(error)


def stack(conversation: Conversation, layers: Sequence[Layering], transport: Callable[[Any], Any]) -> Any:
    """Put layers between a new transport and a conversation, and return the transport, not yet started.

    Args:
        conversation: told at the top; it is given the topmost layer as its transport.
        layers: nearest to the peer first.
        transport: makes the transport, of the sink that it is to tell.
    """
    made = [layering(conversation) for layering in layers]
    sink: Any = conversation
    for layer in reversed(made):
        layer.above = sink
        sink = layer
    bottom = below = transport(sink)
    for layer in made:
        layer.below = below
        below = layer
    conversation.attach(below)
    return bottom
