"""WebSocket as a layer: a byte stream below, messages above. What it says and understands is in `wsengine`."""

from __future__ import annotations

from wiretalk.errors import TimedOutError
from wiretalk.layer.base import Layer
from wiretalk.layer.wsengine import WebSocketEngine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.conversing import Conversation
    from wiretalk.errors import WiretalkError
    from wiretalk.layer.base import Layering
    from wiretalk.transport.loop import Timer


class WebSocketLayer(Layer):
    """One WebSocket connection; what is above is told `opened` when the handshake is done.

    Args:
        engine: of this connection.
        handshake_timeout_s: how long the handshake may take, in seconds.
    """

    __slots__ = ("_deadline", "_ended", "_failed", "_received", "_sent", "engine", "handshake_timeout_s")

    def __init__(self, engine: WebSocketEngine, handshake_timeout_s: float) -> None:
        self.engine = engine
        self.handshake_timeout_s = handshake_timeout_s
        self._deadline: Timer | None = None
        self._ended = False
        # What ended it, once it is being closed for that.
        self._failed: WiretalkError | None = None
        self._received = 0
        self._sent = 0

    @property
    def bytes_received(self) -> int:
        """Bytes of messages the peer has sent us, without WebSocket's own."""
        return self._received

    @property
    def bytes_sent(self) -> int:
        """Bytes of messages we have sent, without WebSocket's own."""
        return self._sent

    # from below

    def opened(self) -> None:
        """See `transport.loop.Sink`."""
        self._deadline = self.loop.call_later(self.handshake_timeout_s, self._handshake_late)
        self.engine.start()
        self._transmit()

    def _handshake_late(self) -> None:
        self._deadline = None
        self.abort(TimedOutError(self.engine.peer, "handshake", self.handshake_timeout_s))

    def _transmit(self) -> None:
        wire = self.engine.outgoing()
        if wire:
            self.below.write(wire)

    def data(self, data: bytes) -> bytes | None:
        """See `transport.loop.Sink`."""
        engine = self.engine
        began = engine.handshaken
        messages = engine.feed(data)
        self._transmit()
        if engine.handshaken and not began:
            self._cancel_deadline()
            self.above.opened()
        for message in messages:
            self._received += len(message)
            answer = self.above.data(message)
            if answer:
                self.write(answer)
        if engine.fault is not None:
            self._fail(engine.fault)
        elif engine.peer_finished and not self._ended:
            self._ended = True
            self.above.end()
        return None

    def _fail(self, error: WiretalkError) -> None:
        """End it, after the close frame that tells the peer why."""
        if self._failed is None:
            self._failed = error
            self._cancel_deadline()
            self.below.close()

    def end(self) -> None:
        """See `transport.loop.Sink`."""
        self.engine.feed_eof()
        self._transmit()
        if self.engine.fault is not None:
            self._fail(self.engine.fault)
        elif not self._ended:
            self._ended = True
            self.above.end()

    def lost(self, error: WiretalkError | None) -> None:
        """See `transport.loop.Sink`."""
        self._cancel_deadline()
        self.above.lost(self._failed or error)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    # from above

    def write(self, data: bytes) -> None:
        """Send one message."""
        if self.engine.open:
            self.engine.send(data)
            self._sent += len(data)
            self._transmit()

    def half_close(self) -> None:
        """Say that we are done; the peer may finish what it is saying, and then is done too."""
        self.engine.close()
        self._transmit()

    def close(self) -> None:
        """Say that we are done, and end the connection."""
        self.half_close()
        self.below.close()


def layering(*, accepted: bool) -> Layering:
    """Return what makes the layer of one connection.

    Args:
        accepted: whether the peer comes to us, so that we are the server.
    """

    def layer(conversation: Conversation) -> WebSocketLayer:
        plan = conversation.plan
        engine = WebSocketEngine(
            plan.address, conversation.peer, accepted=accepted, max_message_bytes=plan.limits.max_message_bytes
        )
        return WebSocketLayer(engine, plan.limits.tls_handshake_timeout_s)

    return layer
