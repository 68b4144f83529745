"""Following the way to one host: several hops are asked at once, and each is yielded when all of it is known."""

from __future__ import annotations

import time
from collections import deque

from wiretalk.limits import PING_FLIGHT, PING_NAME_S
from wiretalk.ping.hops import Way
from wiretalk.ping.schedule import Schedule
from wiretalk.ping.waiting import earliest, wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretalk.ping.hops import Hop
    from wiretalk.ping.naming import Names
    from wiretalk.ping.plan import TracePlan
    from wiretalk.ping.waiting import Stop
    from wiretalk.transport.probing import News, Prober

NAMES_LOOK_S = 0.02
"""Between two looks for names that are asked for."""


class Tracing:
    """The way to one host, followed as planned.

    Args:
        prober: what asks.
        plan: how far and how often.
        stop: says when it is to be over before that.
        names: whom the hops' names are asked of; None: they are not.

    Attributes:
        way: what is known so far.
    """

    def __init__(self, prober: Prober, plan: TracePlan, stop: Stop, names: Names | None = None) -> None:
        self.way = Way(prober.host, plan.hops, plan.probes)
        self._prober = prober
        self._plan = plan
        self._stop = stop
        self._names = names
        # When each that is awaited will be lost; the first is the first.
        self._awaited: dict[int, float] = {}
        # Hops that are known but for the names, and until when those may come.
        self._unnamed: deque[tuple[Hop, float]] = deque()
        self._sent = 0

    def run(self) -> Iterator[Hop]:
        """Send, wait, and yield each hop, in order."""
        start_s = time.perf_counter()
        schedule = Schedule(start_s, self._plan.pause_s)
        end_s = None if self._plan.deadline_s is None else start_s + self._plan.deadline_s
        while True:
            now_s = time.perf_counter()
            if self._stop.said or (end_s is not None and now_s >= end_s):
                yield from self._rest()
                return
            self._send(schedule, now_s)
            self._lose(now_s)
            for hop in self.way.complete():
                self._ask_names(hop, now_s)
            yield from self._named(now_s)
            if self.way.over and not self._unnamed:
                return
            self._hear(self._next_s(schedule, end_s, now_s))

    def _rest(self) -> Iterator[Hop]:
        """Yield what is known, where no more is waited for."""
        yield from (hop for hop, _ in self._unnamed)
        self._unnamed.clear()
        yield from self.way.rest()

    def _may_send(self) -> bool:
        return self.way.left and len(self._awaited) < PING_FLIGHT

    def _send(self, schedule: Schedule, now_s: float) -> None:
        if self._may_send() and schedule.take(now_s):
            ttl = self.way.next_ttl()
            self._sent += 1
            self._awaited[self._sent] = now_s + self._plan.timeout_s
            self._take(self._prober.send(self._sent, ttl))

    def _lose(self, now_s: float) -> None:
        if next(iter(self._awaited.values()), now_s + 1) <= now_s:
            # What has come while whoever takes the hops was slow is not lost.
            self._take(self._prober.read(wait(self._prober, 0)))
        for number, until_s in list(self._awaited.items()):
            if until_s > now_s:
                return
            del self._awaited[number]
            self._prober.forget(number)
            self.way.lost(number)

    def _hear(self, until_s: float) -> None:
        ready = wait(self._prober, until_s - time.perf_counter(), self._stop)
        if ready:
            self._take(self._prober.read(ready))

    def _take(self, news: list[News]) -> None:
        for one in news:
            self.way.heard(one)
            self._awaited.pop(one.sequence, None)
            self._prober.forget(one.sequence)

    def _next_s(self, schedule: Schedule, end_s: float | None, now_s: float) -> float:
        """Return until when to wait for answers."""
        look_s = now_s + NAMES_LOOK_S if self._unnamed else None
        send_s = schedule.due_s if self._may_send() else None
        until_s = earliest(send_s, next(iter(self._awaited.values()), None), end_s, look_s)
        return now_s if until_s is None else until_s

    def _ask_names(self, hop: Hop, now_s: float) -> None:
        if self._names is not None:
            for source in hop.sources:
                self._names.ask(source)
        self._unnamed.append((hop, now_s + PING_NAME_S))

    def _named(self, now_s: float) -> Iterator[Hop]:
        while self._unnamed:
            hop, until_s = self._unnamed[0]
            if self._names is not None and now_s < until_s and not self._names.know(hop.sources):
                return
            self._unnamed.popleft()
            yield hop
