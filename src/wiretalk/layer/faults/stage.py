"""What every stage is: one fault in one direction of one connection. Sans-IO; no fault itself lives here.

The rules of a stage:

- It is given pieces (`put`) and ends (`end`), in order, and gives them to the `next` one, in order.
- It asks its lane for the time and for timers, and its own generator for chances; it knows no socket and no loop.
- What it holds counts in `held_bytes`, and its lane is told when that falls.
- A piece is split where the fault begins or ends (`after` and `for`), except where pieces are whole messages.
"""

from __future__ import annotations

from wiretalk.layer.faults.window import ON, Window

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
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
        while not self.lane.over:
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
    def delay_s(self) -> float:
        """How much later pieces arrive, about, in seconds."""
        return 0.0

    @property
    def rate(self) -> float | None:
        """How many bytes a second pass at most, as long as it is on."""
        return None

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
