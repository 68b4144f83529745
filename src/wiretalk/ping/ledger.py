"""What was sent, what came of it, and the sums. It is told the time; it neither waits nor sends."""

from __future__ import annotations

from math import isqrt

from wiretalk.limits import PING_REMEMBERED
from wiretalk.ping.histogram import Histogram

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretalk.transport.probing import News

ANSWERS = frozenset(("answer", "refused"))
"""Kinds of news by which the host itself has answered."""

AWAITED, ANSWERED, TROUBLED, LOST = range(4)


class Times:
    """Round-trip times: how many, the shortest, the longest, the mean and how far they are from it.

    Kept in whole nanoseconds, so that nothing is lost of sums of squares. `mdev` is what `ping` calls so: the standard
    deviation of all of them.
    """

    __slots__ = ("_squares", "_total", "count", "least_s", "most_s")

    def __init__(self) -> None:
        self.count = 0
        self.least_s = 0.0
        self.most_s = 0.0
        self._total = 0
        self._squares = 0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.least_s = min(self.least_s, seconds) if self.count else seconds
        self.most_s = max(self.most_s, seconds)
        self.count += 1
        nanoseconds = round(seconds * 1e9)
        self._total += nanoseconds
        self._squares += nanoseconds * nanoseconds

    @property
    def mean_s(self) -> float:
        """Their mean; 0 where there are none."""
        return self._total / self.count / 1e9 if self.count else 0.0

    @property
    def mdev_s(self) -> float:
        """Their standard deviation; 0 where there are none."""
        if not self.count:
            return 0.0
        return isqrt(self.count * self._squares - self._total * self._total) / self.count / 1e9


class Outcome:
    """One thing that came of a probe.

    Args:
        what: "answer", "trouble" or "lost".
        sequence: the probe.
        news: what came, unless it is lost.
        duplicate: it has been answered before.
        late: it had been lost already.
        overtaken: a later one was answered first.
    """

    __slots__ = ("duplicate", "late", "news", "overtaken", "sequence", "what")

    def __init__(
        self,
        what: str,
        sequence: int,
        news: News | None = None,
        *,
        duplicate: bool = False,
        late: bool = False,
        overtaken: bool = False,
    ) -> None:
        self.what = what
        self.sequence = sequence
        self.news = news
        self.duplicate = duplicate
        self.late = late
        self.overtaken = overtaken


class Ledger:
    """The probes of one host.

    Args:
        timeout_s: a probe unanswered for so long is lost.

    Attributes:
        transmitted: how many were sent.
        received: how many were answered in time, each counted once.
        duplicates, late, overtaken, corrupted: answers that were not what they should be; the late are not among the
            received.
        refused: answers that said no.
        errors: what others, or our own system, said instead of an answer.
        times: of the answers in time, the duplicates among them, as `ping` has it.
        histogram: of the same.
        failed: the word (`errors.EXIT_STATUS`) for the last trouble; "" where there was none.
    """

    def __init__(self, timeout_s: float) -> None:
        self.transmitted = self.received = 0
        self.duplicates = self.late = self.overtaken = self.corrupted = 0
        self.refused = self.errors = 0
        self.times = Times()
        self.histogram = Histogram()
        self.failed = ""
        self._timeout_s = timeout_s
        self._status: dict[int, int] = {}
        # When each that is awaited will be lost; the first is the first.
        self._awaited: dict[int, float] = {}
        self._highest = 0

    def sent(self, now_s: float) -> int:
        """Note that a probe is sent now; return its number, from 1."""
        self.transmitted += 1
        number = self.transmitted
        self._status[number] = AWAITED
        self._awaited[number] = now_s + self._timeout_s
        self._status.pop(number - PING_REMEMBERED, None)
        return number

    @property
    def awaited(self) -> int:
        """How many probes may still be answered in time."""
        return len(self._awaited)

    @property
    def next_loss_s(self) -> float | None:
        """When the next probe will be lost; None where none is awaited."""
        return next(iter(self._awaited.values()), None)

    @property
    def lost_percent(self) -> float:
        """How many of those sent were not answered in time, in percent."""
        return (self.transmitted - self.received) * 100 / self.transmitted if self.transmitted else 0.0

    def lose(self, now_s: float) -> Iterator[Outcome]:
        """Yield the probes that are lost by now."""
        while self._awaited:
            number, until_s = next(iter(self._awaited.items()))
            if until_s > now_s:
                return
            self._settle(number, LOST)
            yield Outcome("lost", number)

    def _settle(self, number: int, status: int) -> None:
        self._awaited.pop(number, None)
        self._status[number] = status

    def heard(self, news: News) -> Outcome | None:
        """Note what came; return what it is, None where it is about a probe that is not remembered."""
        number = news.sequence
        before = self._status.get(number)
        if before is None:
            return None
        if news.kind not in ANSWERS:
            return self._trouble(news, before)
        outcome = Outcome(
            "answer",
            number,
            news,
            duplicate=before == ANSWERED,
            late=before == LOST or (before != ANSWERED and (news.rtt_s or 0.0) > self._timeout_s),
            overtaken=before in {AWAITED, TROUBLED} and number < self._highest,
        )
        self._count(outcome, news)
        return outcome

    def _count(self, outcome: Outcome, news: News) -> None:
        self.corrupted += not news.intact
        if outcome.late:
            self.late += 1
            self._settle(outcome.sequence, ANSWERED)
            return
        if outcome.duplicate:
            self.duplicates += 1
        else:
            self.received += 1
            self.overtaken += outcome.overtaken
            self.refused += news.kind == "refused"
            self._highest = max(self._highest, outcome.sequence)
            self._settle(outcome.sequence, ANSWERED)
        if news.rtt_s is not None:
            self.times.add(news.rtt_s)
            self.histogram.add(news.rtt_s)

    def _trouble(self, news: News, before: int) -> Outcome:
        self.failed = news.how
        self.errors += 1
        # Who was redirected goes on.
        if before == AWAITED and news.kind != "redirected":
            self._settle(news.sequence, TROUBLED)
        return Outcome("trouble", news.sequence, news)

    @property
    def how(self) -> str:
        """The word for all of it: "finished" where the host answered with more than no."""
        if self.received > self.refused:
            return "finished"
        if self.refused:
            return "refused"
        return self.failed or "timed-out"
