"""One direction of one connection, with faults in it, by a clock that goes on only when it is told to."""

from __future__ import annotations

import heapq
import itertools

import pytest

from wiretalk.layer.faults import FaultSet
from wiretalk.layer.faults.cutting import Cutter
from wiretalk.layer.faults.lane import Lane
from wiretalk.layer.faults.stage import End


class Call:
    def __init__(self, at, call):
        self.at = at
        self.call = call
        self.cancelled = False

    def cancel(self):
        self.cancelled = True


class Clock:
    """The time, in seconds from 0."""

    def __init__(self):
        self.time = 0.0
        self._calls = []
        self._order = itertools.count()

    def now(self):
        return self.time

    def call_later(self, delay_s, call):
        assert delay_s >= 0
        made = Call(self.time + delay_s, call)
        heapq.heappush(self._calls, (made.at, next(self._order), made))
        return made

    def advance(self, seconds):
        """Let so much time pass, and make the calls that are due, each at its own time."""
        until = self.time + seconds
        while self._calls and self._calls[0][0] <= until:
            at, _, made = heapq.heappop(self._calls)
            if not made.cancelled:
                self.time = max(self.time, at)
                made.call()
        self.time = until

    @property
    def waiting(self):
        """How many calls are still to come."""
        return sum(not made.cancelled for _, _, made in self._calls)


class Way:
    """A lane with faults, from `put` to `arrived`.

    Attributes:
        arrived: the time (rounded to microseconds) and the piece, or the kind of end, of all that has arrived.
        records: what the log was told.
        freed: how often it was told that less is held.
    """

    def __init__(self, faults, direction, whole, framing, seed, script, number):
        self.clock = Clock()
        self.set = FaultSet(faults, seed=seed, script=script)
        self.arrived = []
        self.records = []
        self.freed = 0
        self.number = number
        cutter = Cutter(framing, 1 << 20) if framing else None
        self.lane = Lane(
            direction,
            self.clock,
            self._deliver,
            self._finish,
            freed=self._freed,
            log=self._log,
            whole=whole,
            cutter=cutter,
        )
        for fault in self.set.faults:
            if fault.goes(direction):
                self.lane.insert(len(self.lane.stages), self.set.make(fault, self.lane, number))
        for stage in self.lane.stages:
            stage.start()

    def _deliver(self, data):
        self.arrived.append((round(self.clock.time, 6), data))

    def _finish(self, end):
        self.arrived.append((round(self.clock.time, 6), end.kind))

    def _freed(self):
        self.freed += 1

    def _log(self, stage, decision, length):
        self.records.append(
            {
                "connection": self.number,
                "direction": self.lane.direction,
                "offset": stage.offset,
                "message": stage.number,
                "length": length,
                "fault": stage.fault.kind,
                "name": stage.fault.name,
                "place": self.set.faults.index(stage.fault),
                "parameters": decision,
            }
        )

    def put(self, *pieces, every=0.0):
        """Put pieces, so many seconds apart."""
        for piece in pieces:
            self.lane.put(piece)
            if every:
                self.clock.advance(every)

    def end(self, kind="end"):
        self.lane.end(End(kind))

    def wait(self, seconds):
        self.clock.advance(seconds)

    @property
    def pieces(self):
        """What has arrived, without times."""
        return [what for _, what in self.arrived]

    @property
    def bytes(self):
        """All bytes that have arrived, in their order."""
        return b"".join(what for _, what in self.arrived if isinstance(what, bytes))

    def took(self):
        """Return what has arrived since, and forget it."""
        arrived, self.arrived = self.arrived, []
        return arrived


@pytest.fixture
def way():
    """Make a way: `way("latency=50ms")`; a byte stream, unless `whole` (messages) or a `framing` is given."""

    def make(*faults, direction="up", whole=False, framing=None, seed=7, script=None, number=1):
        return Way(faults, direction, whole, framing, seed, script, number)

    return make
