"""What every stage is: one fault in one direction of one connection. Sans-IO; no fault itself lives here.

The rules of a stage:

- It is given pieces (`put`) and ends (`end`), in order, and gives them to the `next` one, in order.
- It asks its lane for the time and for timers, and its own generator for chances; it knows no socket and no loop.
- What it holds counts in `held_bytes`, and its lane is told when that falls.
- A piece is split where the fault begins or ends (`after` and `for`), except where pieces are whole messages.
"""

from __future__ import annotations

from collections import deque

from wiretalk.layer.faults.window import ON, OVER, Window

TYPE_CHECKING = False
if TYPE_CHECKING:
    from random import Random
    from typing import Any, Protocol

    from wiretalk.layer.faults.fault import Fault
    from wiretalk.layer.faults.lane import Lane
    from wiretalk.layer.faults.log import Event
    from wiretalk.layer.faults.values import Parameter

    class Next(Protocol):
        """Who takes what a stage passes on."""

        offset: int
        number: int

        def put(self, data: bytes, last: bool) -> None: ...
        def end(self, end: End) -> None: ...


class End:
    """An end on its way, behind what came before it.

    Args:
        kind: "end" (of input, a half-close), "close", "reset", or "lost" (it is over).
        error: what ended it, for "lost".
    """

    __slots__ = ("error", "kind")

    def __init__(self, kind: str, error: Any = None) -> None:
        self.kind = kind
        self.error = error

    def __repr__(self) -> str:
        return f"End({self.kind!r})"


class Stage:
    """One fault in one direction of one connection.

    Args:
        fault: what it is told; its values may change at any time.
        lane: where it stands.
        random: its own generator.
        script: what it is to do and where, instead of by chance (a log that is replayed); None: by chance.

    Attributes:
        next: who takes what it passes on.
        offset: bytes that have come to it.
        number: messages that have come to it whole.
        held_bytes: bytes it holds.
        chosen: whether this connection has the fault at all.
    """

    main = ""
    """Which parameter the VALUE of NAME=VALUE is."""

    own: tuple[Parameter, ...] = ()
    """Its own parameters."""

    without: tuple[str, ...] = ()
    """Common parameters that it does not have."""

    once = False
    """Whether it happens to a connection, and not to its pieces."""

    in_flight = False
    """Whether what it holds is on its way (a delay), rather than waiting in front of something slow."""

    __slots__ = ("_window", "chosen", "fault", "held_bytes", "lane", "next", "number", "offset", "random", "script")

    def __init__(self, fault: Fault, lane: Lane, random: Random, script: deque[Event] | None = None) -> None:
        self.fault = fault
        self.lane = lane
        self.random = random
        self.script = script
        self.offset = 0
        self.number = 0
        self.held_bytes = 0
        self.next: Next = lane.outlet
        self._window = Window(fault.after, fault.lasts, lane.clock.now())
        self.chosen = script is not None or self._chance(fault.toxicity)

    def _chance(self, p: float) -> bool:
        return p >= 1 or self.random.random() < p

    def value(self, name: str) -> Any:
        """Return the value of a parameter, as it is now."""
        return self.fault.values[name]

    # what its lane calls

    def start(self) -> None:
        """The connection has opened, or the fault has been added to it."""

    def put(self, data: bytes, last: bool) -> None:  # called for every piece
        """Take a piece.

        Args:
            data: its bytes.
            last: whether a message ends with it.
        """
        if not self.chosen:
            self._count(len(data), last)
            self.next.put(data, last)
            return
        size = len(data)
        at = 0
        while True:
            span = size - at if self.lane.whole else self._span(size - at)
            part = data if span == size else data[at : at + span]
            at += span
            self._part(part, last and at == size)
            if at == size:
                return

    def _span(self, size: int) -> int:
        """Return how many of the bytes that come are treated alike."""
        if self.script is None:
            self._window.look(self.lane.clock.now())
            return self._window.span(size)
        if not self.script:
            return size
        event = self.script[0]
        if event.offset > self.offset:
            return min(size, event.offset - self.offset)
        return min(size, event.length) if event.length else size

    def _count(self, size: int, last: bool) -> None:  # as in put
        self.offset += size
        self.number += last

    def _part(self, data: bytes, last: bool) -> None:  # as in put
        """Take a piece that is all within, or all outside of, the time of the fault."""
        raise NotImplementedError

    def _scripted(self, size: int) -> Event | None:
        """Return what the log has for the piece that comes now."""
        script = self.script
        if not script:
            return None
        event = script[0]
        here = event.message <= self.number if self.lane.whole else event.offset <= self.offset
        if not here:
            return None
        if self.lane.whole or event.length <= size:
            script.popleft()
        else:
            # It came in other pieces then; the rest of them has the same.
            event.offset += size
            event.length -= size
        return event

    def end(self, end: End) -> None:
        """Take an end."""
        self.next.end(end)

    def release(self) -> None:
        """The fault is removed: pass on all that is held, at once."""

    def drop(self) -> None:
        """The connection is over: hold nothing any more."""

    def changed(self) -> None:
        """The values of the fault have changed. When it is on is counted anew only where that has changed."""
        if not self._window.of(self.fault.after, self.fault.lasts):
            self._window = Window(self.fault.after, self.fault.lasts, self.lane.clock.now())

    @property
    def moving(self) -> bool:
        """Whether it holds something that will pass by itself."""
        return False

    def log(self, decision: dict[str, Any], length: int) -> None:
        """Tell that the fault is applied here."""
        self.lane.log(self, decision, length)


class PieceStage(Stage):
    """A fault that happens to pieces: each has its own chance."""

    __slots__ = ()

    def _part(self, data: bytes, last: bool) -> None:
        decision: dict[str, Any] | None = None
        if self.script is not None:
            event = self._scripted(len(data))
            decision = event.decision if event is not None else None
        elif self._window.look(self.lane.clock.now()) == ON and self._chance(self.fault.p):
            decision = self.draw(data)
        if decision is not None:
            self.log(decision, len(data))
        self._count(len(data), last)
        self._window.passed(len(data), last)
        if decision is None:
            self.skip(data, last)
        else:
            self.apply(data, last, decision)

    def draw(self, data: bytes) -> dict[str, Any] | None:
        """Decide what happens to a piece: what `apply` needs, and the log tells; None: nothing does."""
        raise NotImplementedError

    def apply(self, data: bytes, last: bool, decision: dict[str, Any]) -> None:  # as in put
        """Do it."""
        raise NotImplementedError

    def skip(self, data: bytes, last: bool) -> None:  # as in put
        """Pass a piece on to which nothing happens."""
        self.next.put(data, last)


class StateStage(Stage):
    """A fault that happens to a connection: it begins once, may last, and may be over again."""

    once = True

    __slots__ = ("_on", "_timer")

    def __init__(self, fault: Fault, lane: Lane, random: Random, script: deque[Event] | None = None) -> None:
        super().__init__(fault, lane, random, script)
        self.chosen = self.chosen and (script is not None or self._chance(fault.p))
        self._on = False
        self._timer: Any = None

    def start(self) -> None:
        """See Stage."""
        if self.chosen:
            self._look()

    def _look(self) -> None:
        """Begin, or end, where it is time to."""
        if self.script is not None:
            self._look_into_script()
        else:
            self._follow()

    def _follow(self) -> None:
        now = self.lane.clock.now()
        state = self._window.look(now)
        if state == ON and not self._on:
            self._begin(self.describe())
        elif state == OVER and self._on:
            self._on = False
            self.finish()
        left_s = self._window.left_s(self.lane.clock.now())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if left_s is not None and self._window.state != OVER:
            self._timer = self.lane.clock.call_later(left_s, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._look()

    def _look_into_script(self) -> None:
        script = self.script
        while script and (script[0].message <= self.number if self.lane.whole else script[0].offset <= self.offset):
            event = script.popleft()
            from wiretalk.layer.faults.window import measure

            lasts = event.decision.get("for")
            self._window = Window(None, measure(lasts) if lasts else None, self.lane.clock.now())
            self._on = False
            self._window.look(self.lane.clock.now())
            self._begin(event.decision)
        if self._on:
            self._follow()

    def _span(self, size: int) -> int:
        if self.script is None or self._on:
            self._window.look(self.lane.clock.now())
            return self._window.span(size)
        return super()._span(size)

    def _begin(self, decision: dict[str, Any]) -> None:
        self._on = True
        self.log(decision, 0)
        self.begin()

    def _part(self, data: bytes, last: bool) -> None:
        self._look()
        on = self._on
        self._count(len(data), last)
        self._window.passed(len(data), last)
        if on:
            self.during(data, last)
        else:
            self.skip(data, last)
        self._look()

    def end(self, end: End) -> None:
        """See Stage."""
        if self._on and end.kind != "lost":
            self.end_during(end)
        else:
            self.next.end(end)

    def drop(self) -> None:
        """See Stage."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def release(self) -> None:
        """See Stage."""
        self.drop()
        self._on = False

    def changed(self) -> None:
        """See Stage."""
        before = self._window
        super().changed()
        if self._on and self._window is not before:
            self._on = False
            self.finish()
        if self.chosen and self.script is None:
            self._look()

    def describe(self) -> dict[str, Any]:
        """Return what the log tells of its beginning."""
        lasts = self.fault.lasts
        return {} if lasts is None else {"for": str(lasts)}

    def begin(self) -> None:
        """It begins."""

    def during(self, data: bytes, last: bool) -> None:  # as in put; dropped unless overridden
        """Take a piece while it is on; by itself it is dropped."""

    def end_during(self, end: End) -> None:
        """Take an end while it is on; by itself it is dropped, unless it is told that all is over."""

    def finish(self) -> None:
        """Its time is over."""

    def skip(self, data: bytes, last: bool) -> None:  # as in put
        """Pass a piece on while it is not on."""
        self.next.put(data, last)


class Queued(PieceStage):
    """A stage that holds what passes it in one queue, in order, until each may leave."""

    __slots__ = ("_queue", "_running", "_timer")

    def __init__(self, fault: Fault, lane: Lane, random: Random, script: deque[Event] | None = None) -> None:
        super().__init__(fault, lane, random, script)
        # Piece or end, whether a message ends with it, and what `apply` was given (None: nothing happens to it).
        self._queue: deque[tuple[bytes | End, bool, Any]] = deque()
        self._timer: Any = None
        self._running = False

    def apply(self, data: bytes, last: bool, decision: dict[str, Any]) -> None:
        """See PieceStage."""
        self._push(data, last, self.hold(data, decision))

    def skip(self, data: bytes, last: bool) -> None:
        """See PieceStage: in its turn."""
        if self._queue or self._running:
            self._push(data, last, None)
        else:
            self.next.put(data, last)

    def _push(self, data: bytes, last: bool, what: Any) -> None:  # as in put
        self.held_bytes += len(data)
        self._queue.append((data, last, what))
        if len(self._queue) == 1:
            self._run()

    def end(self, end: End) -> None:
        """See Stage."""
        what = self.hold_end(end)
        if self._queue or self._running or what is not None:
            self._queue.append((end, False, what))
            if len(self._queue) == 1:
                self._run()
        else:
            self.next.end(end)

    def _run(self) -> None:
        """Let go what may leave, and come again when the next may."""
        if self._running:
            return
        self._running = True
        queue = self._queue
        released = False
        try:
            while queue:
                item, last, what = queue[0]
                if what is not None:
                    left_s = self.leaves_at(what) - self.lane.clock.now()
                    if left_s > EARLY_S:
                        self._wait(left_s)
                        break
                if isinstance(item, End):
                    queue.popleft()
                    self.next.end(item)
                    continue
                released = True
                self._let_go(item, last, what)
        finally:
            self._running = False
        if released:
            self.lane.freed()

    def _let_go(self, item: bytes, last: bool, what: Any) -> None:  # as in put
        part, rest, rest_last = self.cut(item, last, what)
        if rest is None:
            self._queue.popleft()
        else:
            self._queue[0] = (rest, rest_last, what)
        self.held_bytes -= len(part)
        self.left(what, len(part))
        self.next.put(part, last and rest is None)

    def _wait(self, left_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.lane.clock.call_later(left_s, self._due)

    def _due(self) -> None:
        self._timer = None
        self._run()

    def release(self) -> None:
        """See Stage."""
        queue, self._queue = self._queue, deque()
        self.drop()
        for item, last, _ in queue:
            if isinstance(item, End):
                self.next.end(item)
            else:
                self.next.put(item, last)
        self.lane.freed()

    def drop(self) -> None:
        """See Stage."""
        self._queue.clear()
        self.held_bytes = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def changed(self) -> None:
        """See Stage."""
        super().changed()
        self._run()

    @property
    def moving(self) -> bool:
        """See Stage."""
        return self._timer is not None

    # to be overridden

    def hold(self, data: bytes, decision: dict[str, Any]) -> Any:
        """Return what is to be known of a piece when its turn comes."""
        raise NotImplementedError

    def hold_end(self, end: End) -> Any:  # noqa: ARG002  # for who delays ends
        """Return the same of an end; None: it leaves in its turn."""
        return None

    def leaves_at(self, what: Any) -> float:
        """Return when the first in the queue may leave."""
        raise NotImplementedError

    def cut(self, data: bytes, last: bool, what: Any) -> tuple[bytes, bytes | None, bool]:  # noqa: ARG002
        """Return what of the first leaves now, and what is left of it (None: nothing), and whether a message ends it."""
        return data, None, last

    def left(self, what: Any, size: int) -> None:
        """So much of the first has left."""


EARLY_S = 0.0005
"""Loops count time in milliseconds: who comes half of one too early comes in time, rather than once more."""
