"""WebSocket as a layer: a byte stream below, messages above. What it says and understands is in `wsengine`.

The peer's close frame is the end of its input, as a half-close is; ours follows when we have nothing more to say. Who
closes first waits for the other's close frame, so that nothing that was said before is lost.
"""

from __future__ import annotations

from wiretalk.errors import TimedOutError
from wiretalk.layer.base import Layer
from wiretalk.layer.wsengine import engine_of
from wiretalk.limits import CLOSE_TIMEOUT_S, READ_BYTES, WS_ANSWER_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.conversing import Conversation
    from wiretalk.errors import WiretalkError
    from wiretalk.layer.base import Layering
    from wiretalk.layer.wsengine import WebSocketEngine
    from wiretalk.layer.wsfacts import WebSocketFacts
    from wiretalk.transport.loop import Timer


class WebSocketLayer(Layer):
    """One WebSocket connection; what is above is told `opened` when the handshake is done.

    Args:
        engine: of this connection.
        conversation: what is at the top; asked for its limits, and why it ends.
    """

    __slots__ = (
        "_closing",
        "_ended",
        "_failed",
        "_fed",
        "_paused",
        "_pinged",
        "_pinger",
        "_received",
        "_rest",
        "_seen",
        "_sent",
        "_timer",
        "conversation",
        "engine",
    )

    def __init__(self, engine: WebSocketEngine, conversation: Conversation) -> None:
        self.engine = engine
        self.conversation = conversation
        # The end of the handshake's time, and later of the closing's.
        self._timer: Timer | None = None
        self._pinger: Timer | None = None
        # Bytes that have come, now and as of the last look for life, and whether a ping is out since.
        self._fed = 0
        self._seen = 0
        self._pinged = False
        self._paused = False
        # What came while the messages before it were still being handled.
        self._rest: list[bytes] = []
        self._ended = False
        self._closing = False
        # What ended it, once it is being closed for that.
        self._failed: WiretalkError | None = None
        self._received = 0
        self._sent = 0

    @property
    def broken(self) -> WiretalkError | None:
        """Why nothing can be sent any more, or None."""
        return self._failed or self.below.broken

    @property
    def bytes_received(self) -> int:
        """Bytes of messages the peer has sent us, without WebSocket's own."""
        return self._received

    @property
    def bytes_sent(self) -> int:
        """Bytes of messages we have sent, without WebSocket's own."""
        return self._sent

    @property
    def websocket(self) -> WebSocketFacts | None:
        """What the handshake agreed on; None before."""
        return self.engine.facts

    # from below

    def opened(self) -> None:
        """See `transport.loop.Sink`."""
        seconds = self.conversation.plan.limits.tls_handshake_timeout_s
        self._timer = self.loop.call_later(seconds, self._handshake_late, seconds)
        self.engine.start()
        self._transmit()

    def _handshake_late(self, seconds: float) -> None:
        self._timer = None
        self.abort(TimedOutError(self.engine.peer, "websocket-handshake", seconds))

    def _transmit(self) -> None:
        wire = self.engine.outgoing()
        if wire:
            self.below.write(wire)

    def data(self, data: bytes) -> bytes | None:
        """See `transport.loop.Sink`."""
        self._fed += len(data)
        self._rest.extend(self.engine.pieces(data))
        self._go_on()
        return None

    def _go_on(self) -> None:
        """Understand what has come, unless what is above has enough for now."""
        engine = self.engine
        rest = self._rest
        while rest and not self._paused and self._failed is None:
            began = engine.handshaken
            engine.congested(congested=self._congested())
            messages = engine.feed(rest.pop(0))
            if engine.handshaken and not began:
                self._transmit()
                self._cancel_timer()
                self._watch()
                self.above.opened()
            if not self._closing:
                self._push(messages)
            self._transmit()
            self._look_for_end()

    def _congested(self) -> bool:
        return self.below.backlog_bytes > self.conversation.plan.limits.send_buffer_bytes

    def _push(self, messages: list[bytes]) -> None:
        gathered = 0
        for message in messages:
            self._received += len(message)
            answer = self.above.data(message)
            if answer is not None:
                # What one read has asked for is answered in one write.
                self.engine.send(answer)
                self._sent += len(answer)
                gathered += len(answer)
                if gathered > READ_BYTES:
                    self._transmit()
                    gathered = 0

    def _look_for_end(self) -> None:
        engine = self.engine
        if engine.fault is not None:
            self._fail(engine.fault)
        elif engine.peer_finished:
            if self._closing:
                self._close_below()
            elif not self._ended:
                self._ended = True
                self.above.end()
                if not engine.open:
                    self._close_below()
                elif not engine.peer_listens and not self._closing:
                    self._timer = self.loop.call_later(WS_ANSWER_S, self._answer_late)

    def _answer_late(self) -> None:
        """Answer the peer's close though we may have more to say: it would not hear it."""
        self._timer = None
        self.engine.close()
        self._transmit()
        self._close_below()

    def _fail(self, error: WiretalkError) -> None:
        """End it, after what tells the peer why."""
        if self._failed is None:
            self._failed = error
            self._close_below()

    def _close_below(self) -> None:
        self._cancel_timer()
        if self._pinger is not None:
            self._pinger.cancel()
        self._rest.clear()
        self.below.close()

    def end(self) -> None:
        """See `transport.loop.Sink`."""
        if self._closing:
            # It has gone without a close frame. It had been sent all there was, and nobody waits for more from it.
            self._close_below()
            return
        self.engine.feed_eof()
        self._transmit()
        if self.engine.fault is not None:
            self._fail(self.engine.fault)

    def drained(self) -> None:
        """See `transport.loop.Sink`."""
        if not self._congested():
            # The answer to a ping may have waited for this.
            self.engine.congested(congested=False)
            self._transmit()
        self.above.drained()

    def lost(self, error: WiretalkError | None) -> None:
        """See `transport.loop.Sink`."""
        self._cancel_timer()
        if self._pinger is not None:
            self._pinger.cancel()
        self.above.lost(self._failed or error)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # signs of life

    def _watch(self) -> None:
        seconds = self.conversation.plan.address.option("ping")
        if seconds is not None:
            self._pinger = self.loop.call_later(seconds, self._look_for_life, seconds)

    def _look_for_life(self, seconds: float) -> None:
        """Ping a peer that has been silent since the last look; one that still is after the ping is dead."""
        if self._fed != self._seen or self._paused:
            self._seen = self._fed
            self._pinged = False
        elif self._pinged:
            self.abort(TimedOutError(self.engine.peer, "heartbeat", seconds, self.backlog_bytes))
            return
        else:
            self._pinged = True
            self.engine.ping()
            self._transmit()
        self._watch()

    # from above

    def pause(self) -> None:
        """Take no more from the peer for now."""
        self._paused = True
        self.below.pause()

    def resume(self) -> None:
        """Take again."""
        if self._paused:
            self._paused = False
            if self._rest:
                # Not within the call that asks for more.
                self.loop.call_later(0, self._take_up)
            else:
                self.below.resume()

    def _take_up(self) -> None:
        self._go_on()
        if not self._paused and self._failed is None:
            self.below.resume()

    def write(self, data: bytes) -> None:
        """Send one message."""
        if self.engine.open:
            self.engine.send(data)
            self._sent += len(data)
            self._transmit()

    def half_close(self) -> None:
        """Say that we are done; the peer may finish what it is saying, and then is done too."""
        self.engine.close(self.conversation.leaving, half=True)
        self._transmit()
        if self.engine.closed and not self._closing:
            self._close_below()

    def close(self) -> None:
        """Say that we are done, wait for the peer to say so too, and end the connection."""
        if self._closing or self._failed is not None:
            return
        self._closing = True
        self._cancel_timer()
        self.engine.close(self.conversation.leaving)
        self._transmit()
        if not self.engine.handshaken or self.engine.closed:
            self._close_below()
            return
        # Nobody handles what still comes before the peer's close frame, but it has to be read to get there.
        self._timer = self.loop.call_later(CLOSE_TIMEOUT_S, self._close_late)
        self._paused = False
        if self._rest:
            self.loop.call_later(0, self._take_up)
        else:
            self.below.resume()

    def _close_late(self) -> None:
        self._timer = None
        self._fail(TimedOutError(self.engine.peer, "close", CLOSE_TIMEOUT_S, self.backlog_bytes))


def layering(*, accepted: bool) -> Layering:
    """Return what makes the layer of one connection.

    Args:
        accepted: whether the peer comes to us, so that we are the server.
    """

    def layer(conversation: Conversation) -> WebSocketLayer:
        return WebSocketLayer(engine_of(conversation.plan, conversation.peer, accepted=accepted), conversation)

    return layer
