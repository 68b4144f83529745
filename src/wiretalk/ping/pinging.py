"""Asking one host again and again: sends when it is due, reads what comes, and yields what came of each probe."""

from __future__ import annotations

import time

from wiretalk.limits import PING_LINGER_S
from wiretalk.ping.ledger import Ledger
from wiretalk.ping.schedule import Schedule
from wiretalk.ping.waiting import earliest, wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretalk.ping.ledger import Outcome
    from wiretalk.ping.plan import Plan
    from wiretalk.ping.waiting import Stop
    from wiretalk.transport.probing import News, Prober


class Pinging:
    """One host, asked as planned.

    Args:
        prober: what asks it.
        plan: how often and how long.
        stop: says when it is to be over before that.
        tick_s: something is yielded at least so often, None where nothing has come; None: only what comes.

    Attributes:
        ledger: what has come so far.
        elapsed_s: from the first probe to the last thing that happened.
    """

    def __init__(self, prober: Prober, plan: Plan, stop: Stop, *, tick_s: float | None = None) -> None:
        self.ledger = Ledger(plan.timeout_s)
        self.elapsed_s = 0.0
        self._prober = prober
        self._plan = plan
        self._stop = stop
        self._tick_s = tick_s

    def run(self) -> Iterator[Outcome | None]:
        """Send, wait, and yield what comes of each probe, until all is done or it is to be over."""
        start_s = time.perf_counter()
        schedule = Schedule(start_s, self._plan.interval_s, self._plan.count)
        end_s = None if self._plan.deadline_s is None else start_s + self._plan.deadline_s
        while True:
            now_s = time.perf_counter()
            if self._stop.said or (end_s is not None and now_s >= end_s):
                yield from self._last()
                return
            if schedule.take(now_s):
                yield from self._told(self._prober.send(self.ledger.sent(now_s)))
                self.elapsed_s = now_s - start_s
            if self._overdue(now_s):
                # Whoever takes what is yielded may have been slow (a terminal that is held): what has come is not lost.
                yield from self._told(self._prober.read(wait(self._prober, 0)))
            for lost in self.ledger.lose(now_s):
                self._prober.forget(lost.sequence)
                self.elapsed_s = now_s - start_s
                yield lost
            if schedule.due_s is None and not self.ledger.awaited:
                return
            tick_s = None if self._tick_s is None else now_s + self._tick_s
            until_s = earliest(schedule.due_s, self.ledger.next_loss_s, end_s, tick_s)
            ready = wait(self._prober, (until_s or now_s) - time.perf_counter(), self._stop)
            if ready:
                news = self._prober.read(ready)
                self.elapsed_s = time.perf_counter() - start_s
                yield from self._told(news)
            if self._tick_s is not None:
                yield None

    def _overdue(self, now_s: float) -> bool:
        loss_s = self.ledger.next_loss_s
        return loss_s is not None and loss_s <= now_s

    def _last(self) -> Iterator[Outcome]:
        """Yield the answers that were on their way when it was stopped: those are not lost."""
        until_s = time.perf_counter() + min(PING_LINGER_S, 2 * self.ledger.times.most_s)
        while self.ledger.awaited:
            left_s = until_s - time.perf_counter()
            ready = wait(self._prober, left_s)
            if ready:
                yield from self._told(self._prober.read(ready))
            if left_s <= 0:
                return

    def _told(self, news: list[News]) -> Iterator[Outcome]:
        for one in news:
            outcome = self.ledger.heard(one)
            if outcome is not None:
                yield outcome
