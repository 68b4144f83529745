"""`FaultLayer`: two lanes of faults between a transport and its conversation, and how each of its ends arrives.

Up is from who came to who was come to: on a side that listens, and on the near side of a relay, from the peer towards
us; on a side that connects, from us to the peer.
"""

from __future__ import annotations

import time

from wiretalk.ending import Ending
from wiretalk.errors import LimitError, OpenError, RefusedError, ResetError, TimedOutError
from wiretalk.layer.base import Layer
from wiretalk.layer.faults.cutting import Cutter
from wiretalk.layer.faults.lane import Lane
from wiretalk.layer.faults.refuse import Refuse
from wiretalk.layer.faults.stage import End
from wiretalk.limits import CLOSE_TIMEOUT_S, FAULT_QUEUE_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretalk.conversing import Conversation
    from wiretalk.errors import WiretalkError
    from wiretalk.layer.faults.fault import Fault
    from wiretalk.layer.faults.faultset import FaultSet
    from wiretalk.layer.faults.stage import Stage


RESET_LOOK_S = 0.005
"""Resetting: nothing tells when the peer's system has taken what was sent, so that is looked for so often."""


class LoopClock:
    """The time of an event loop, finer than it counts itself."""

    __slots__ = ("_layer",)

    def __init__(self, layer: Layer) -> None:
        self._layer = layer

    def now(self) -> float:
        """Return the time in seconds."""
        return time.monotonic()

    def call_later(self, delay_s: float, call: Callable[[], None]) -> Any:
        """Call later; the call can be cancelled."""
        return self._layer.loop.call_later(delay_s, call)


class FaultLayer(Layer):
    """The faults of one connection.

    Args:
        faults: the set it belongs to.
        conversation: whose connection it is.

    Attributes:
        number: which connection of the set it is; 0 before it has opened.
        lanes: by direction, "up" and "down".
    """

    __slots__ = (
        "_closing",
        "_conversation",
        "_cut",
        "_cut_until",
        "_faults",
        "_gone",
        "_incoming",
        "_outgoing",
        "_over",
        "_paused_below",
        "_timer",
        "_wanted",
        "lanes",
        "number",
    )

    def __init__(self, faults: FaultSet, conversation: Conversation) -> None:
        self._faults = faults
        self._conversation = conversation
        self.number = 0
        incoming, outgoing = ("down", "up") if conversation.plan.dialled else ("up", "down")
        self._incoming = self._lane(incoming, self._arrived, self._in_ended, self._in_freed)
        self._outgoing = self._lane(outgoing, self._send, self._out_ended, self._out_freed)
        self.lanes = {incoming: self._incoming, outgoing: self._outgoing}
        # The transport is over: in good order (None), or by this error; False: it is not.
        self._gone: WiretalkError | bool | None = False
        self._closing = False
        # Ended by a fault or at once ("now"), or to be, when what was written has gone ("soon"): then what is still on
        # its way does not matter any more.
        self._cut = ""
        self._cut_until = 0.0
        self._over = False
        self._paused_below = False
        # Whether the conversation takes what comes.
        self._wanted = True
        self._timer: Any = None

    def _lane(
        self, direction: str, deliver: Callable[[bytes], None], finish: Callable[[End], None], freed: Callable[[], None]
    ) -> Lane:
        plan = self._conversation.plan
        whole = plan.address.kind != "stream"
        cutter = None
        if not whole and not plan.framing.startswith("raw"):
            cutter = Cutter(plan.framing, plan.limits.max_message_bytes)

        def log(stage: Stage, decision: dict[str, Any], length: int) -> None:
            self._faults.record(self, direction, stage, decision, length)

        clock = LoopClock(self)
        return Lane(direction, clock, deliver, finish, freed=freed, log=log, whole=whole, cutter=cutter)

    @property
    def peer(self) -> str:
        """The peer's address, as text."""
        return self._conversation.peer

    @property
    def conversation(self) -> Conversation:
        """Whose connection it is."""
        return self._conversation

    # opening

    def opened(self) -> None:
        """See `transport.loop.Sink`."""
        self.number = self._faults.opened(self)
        for lane in self.lanes.values():
            for fault in self._faults.faults:
                if fault.goes(lane.direction):
                    lane.insert(len(lane.stages), self._faults.make(fault, lane, self.number))
        refusing = [
            stage for one in self.lanes.values() for stage in one.stages if isinstance(stage, Refuse) and stage.chosen
        ]
        if refusing:
            refusing[0].refuse()
            self._cut = "now"
            self.below.abort(RefusedError(self.peer, "refused by a fault"))
            return
        self.above.opened()
        for one in self.lanes.values():
            for stage in list(one.stages):
                if not self._over:
                    stage.start()

    # from below

    def data(self, data: bytes) -> bytes | None:
        """See `transport.loop.Sink`."""
        self._incoming.put(data)
        self._throttle()
        return None

    def end(self) -> None:
        """See `transport.loop.Sink`."""
        if self._conversation.plan.address.kind == "datagram":
            # No peer's word, but our own that it has been silent too long: nothing holds that up.
            self.above.end()
        else:
            self._incoming.end(End("end"))

    def held(self) -> None:
        """See `transport.loop.Sink`."""
        self.above.held()

    def drained(self) -> None:
        """See `transport.loop.Sink`."""
        self._out_freed()

    def lost(self, error: WiretalkError | None) -> None:
        """See `transport.loop.Sink`."""
        if self._gone is not False:
            return
        self._gone = error
        self._outgoing.drop()
        if self._cut or self._closing or self._incoming.over:
            self._finish(error)
        else:
            self._incoming.end(End("lost", error))

    def _finish(self, error: WiretalkError | None) -> None:
        """Tell the conversation that it is over."""
        if self._over:
            return
        self._over = True
        for lane in self.lanes.values():
            lane.drop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._faults.over(self)
        self.above.lost(error)

    # the incoming lane

    def _arrived(self, data: bytes) -> None:
        answer = self.above.data(data)
        if answer:
            self.write(answer)

    def _in_ended(self, end: End) -> None:
        if end.kind == "end":
            self.above.end()
        elif end.kind == "lost":
            self._finish(end.error)
        else:
            self.cut(end.kind)

    def _in_freed(self) -> None:
        if self._paused_below and self._incoming.waiting_bytes <= FAULT_QUEUE_BYTES // 2:
            self._paused_below = False
            if self._gone is False:
                self.below.resume()

    def _throttle(self) -> None:
        if not self._paused_below and self._incoming.waiting_bytes > FAULT_QUEUE_BYTES:
            self._paused_below = True
            self.below.pause()

    # from above

    @property
    def backlog_bytes(self) -> int:
        """Bytes written and not yet taken by the system, or on their way by a fault."""
        return self._outgoing.waiting_bytes + self.below.backlog_bytes

    def pause(self) -> None:
        """See Layer: what comes is held, and when it is much, no more is read."""
        self._wanted = False
        self._incoming.outlet.open = False
        self._throttle()

    def resume(self) -> None:
        """See Layer. Nothing arrives within the call: who makes it is not ready before it returns."""
        self._wanted = True
        self.loop.call_later(0, self._go_on)

    def _go_on(self) -> None:
        if self._wanted and not self._over:
            self._incoming.outlet.resume()

    def write(self, data: bytes) -> None:
        """See Layer."""
        if self._closing or self._gone is not False:
            return
        self._outgoing.put(data)
        if self.backlog_bytes and not self._over:
            self.above.held()

    def half_close(self) -> None:
        """See Layer."""
        if not self._closing and self._gone is False:
            self._outgoing.end(End("end"))

    def close(self) -> None:
        """See Layer. What is on its way is given as long as it moves, and then no longer than CLOSE_TIMEOUT_S."""
        if self._closing or self._over:
            return
        self._closing = True
        self._incoming.drop()
        if self._gone is not False:
            self._finish(self._gone)  # type: ignore[arg-type]  # False is the one bool
            return
        self._outgoing.end(End("close"))
        if not self._over and not self._cut:
            self._timer = self.loop.call_later(CLOSE_TIMEOUT_S, self._close_late)

    def _close_late(self) -> None:
        self._timer = None
        if self._outgoing.moving:
            self._timer = self.loop.call_later(CLOSE_TIMEOUT_S, self._close_late)
        else:
            self.abort(TimedOutError(self.peer, "close", CLOSE_TIMEOUT_S, self.backlog_bytes))

    def abort(self, error: WiretalkError | None = None) -> None:
        """See Layer."""
        self._cut = "now"
        if self._gone is False:
            self.below.abort(error)
        else:
            self._finish(error)

    # the outgoing lane

    def _send(self, data: bytes) -> None:
        try:
            self.below.write(data)
        except (LimitError, OpenError) as error:
            # Who wrote it has gone on meanwhile.
            self.above.trouble(error)

    def _out_ended(self, end: End) -> None:
        if end.kind == "end":
            self.below.half_close()
        elif end.kind == "close" and self._closing:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self.below.close()
        else:
            self.cut(end.kind)

    def _out_freed(self) -> None:
        if self._over:
            return
        if self._cut == "soon":
            self._reset_soon()
        elif self.backlog_bytes <= self._conversation.plan.limits.send_buffer_bytes // 2:
            self.above.drained()

    # cutting

    def cut(self, how: str) -> None:
        """Cut the connection: "reset" (what has been written before goes first, if it does soon), or "close"."""
        if self._over or self._cut or self._gone is not False:
            if self._gone is not False:
                self._finish(self._gone)  # type: ignore[arg-type]  # False is the one bool
            return
        self._cut = "now"
        for lane in self.lanes.values():
            lane.drop()
        if how == "close":
            self.below.close()
        else:
            self._cut = "soon"
            self._cut_until = time.monotonic() + CLOSE_TIMEOUT_S
            self._reset_soon()

    def _reset_soon(self) -> None:
        """Reset once the peer's system has what was written: a reset drops what is still on its way there."""
        if self._over:
            return
        if self._timer is not None:
            self._timer.cancel()
        left = self.below.backlog_bytes or self.unacknowledged_bytes
        if left and time.monotonic() < self._cut_until:
            self._timer = self.loop.call_later(RESET_LOOK_S, self._reset_soon)
            return
        self._cut = "now"
        self.below.abort(ResetError(self.peer, Ending("reset", "system", reason="by a fault")))

    # a live set

    def _lanes_of(self, fault: Fault) -> list[tuple[Lane, Stage | None]]:
        found = []
        for lane in self.lanes.values():
            if fault.goes(lane.direction) and not lane.over:
                stages = [stage for stage in lane.stages if stage.fault is fault]
                found.append((lane, stages[0] if stages else None))
        return found

    def added(self, fault: Fault) -> None:
        """A fault has been added to the set."""
        for lane, _ in self._lanes_of(fault):
            stage = self._faults.make(fault, lane, self.number)
            lane.insert(len(lane.stages), stage)
            stage.start()

    def changed(self, fault: Fault) -> None:
        """Values of a fault of the set have changed."""
        for _, stage in self._lanes_of(fault):
            if stage is not None:
                stage.changed()

    def removed(self, fault: Fault) -> None:
        """A fault has been removed from the set."""
        for lane, stage in self._lanes_of(fault):
            if stage is not None:
                lane.remove(stage)

    def as_dict(self) -> dict[str, Any]:
        """Return the facts for JSON."""
        held = {direction: lane.held_bytes for direction, lane in self.lanes.items()}
        passed = {direction: lane.offset for direction, lane in self.lanes.items()}
        return {
            "connection": self.number,
            "peer": self.peer,
            "local": self._conversation.local,
            "age_s": round(self._conversation.age_s, 6),
            "bytes": passed,
            "held_bytes": held,
        }
