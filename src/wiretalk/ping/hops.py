"""The way to a host, hop by hop: which probe is next, what came of each, and where the way ends. Waits for nothing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretalk.transport.probing import News

ARRIVED = frozenset(("answer", "refused", "closed", "strange"))
"""Kinds of news by which a probe has reached a host."""

GOES_ON = frozenset(("expired", "redirected"))
"""Kinds of news after which the way goes on."""


class Hop:
    """What answered at one distance.

    Attributes:
        number: how many hops a probe could go, from 1.
        news: what came of each probe; None: nothing in time.
    """

    __slots__ = ("news", "number")

    def __init__(self, number: int, news: list[News | None]) -> None:
        self.number = number
        self.news = news

    @property
    def sources(self) -> list[str]:
        """Who answered, each once."""
        return list(dict.fromkeys(news.source for news in self.news if news is not None and news.source))


class Way:
    """The hops to one host, three probes each (or as many as told); several are asked at once.

    Args:
        host: the IP address at its end, as text.
        hops: how far it is followed.
        probes: how many are sent to each.

    Attributes:
        reached: whether the host has answered.
        failed: the word for what stopped us on the way; "" where nothing did.
    """

    def __init__(self, host: str, hops: int, probes: int) -> None:
        self.reached = False
        self.failed = ""
        self._host = host
        self._last = hops
        self._probes = probes
        self._sent = 0
        self._news: dict[int, News | None] = {}
        self._next = 1

    @property
    def left(self) -> bool:
        """Whether there is another probe to send."""
        return self._sent < self._last * self._probes

    @property
    def over(self) -> bool:
        """Whether every hop has been told."""
        return self._next > self._last

    def next_ttl(self) -> int:
        """Return how many hops the next probe may go; it counts as sent."""
        self._sent += 1
        return self._hop(self._sent)

    def _hop(self, sequence: int) -> int:
        return (sequence - 1) // self._probes + 1

    def lost(self, sequence: int) -> None:
        """Note that nothing came of a probe in time."""
        self._news.setdefault(sequence, None)

    def heard(self, news: News) -> None:
        """Note what came of a probe; what comes twice, or too late, counts no more."""
        if news.kind == "redirected" or not 1 <= news.sequence <= self._sent or news.sequence in self._news:
            return
        self._news[news.sequence] = news
        hop = self._hop(news.sequence)
        if news.kind in ARRIVED and news.source == self._host:
            self.reached = True
            self._last = min(self._last, hop)
        elif news.kind not in GOES_ON:
            self.failed = news.how
            self._last = min(self._last, hop)

    def complete(self) -> Iterator[Hop]:
        """Yield the hops of which all is known, in their order, each once."""
        while not self.over:
            first = (self._next - 1) * self._probes + 1
            sequences = range(first, first + self._probes)
            if not all(sequence in self._news for sequence in sequences):
                return
            self._next += 1
            yield Hop(self._next - 1, [self._news[sequence] for sequence in sequences])

    def rest(self) -> Iterator[Hop]:
        """Yield the hops of which something is known, where no more is waited for."""
        known = max((sequence for sequence, news in self._news.items() if news is not None), default=0)
        last = min(self._hop(known), self._last) if known else 0
        for sequence in range(1, last * self._probes + 1):
            self.lost(sequence)
        yield from self.complete()

    @property
    def how(self) -> str:
        """The word for all of it."""
        return "finished" if self.reached else self.failed or "timed-out"
