"""Telling of the way to a host: a line a hop, or JSON."""

from __future__ import annotations

from wiretalk.cli.output import tell, write_out
from wiretalk.cli.pinging import milliseconds, news_facts
from wiretalk.errors import EXIT_STATUS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from wiretalk.ping import Hop, Stop, TracePlan
    from wiretalk.ping.naming import Names
    from wiretalk.transport.probing import News, Prober


def trace(prober: Prober, plan: TracePlan, arguments: Namespace, stop: Stop) -> int:
    """Follow the way until it is over or to stop, and tell; return the exit status."""
    from wiretalk.ping import Tracing
    from wiretalk.ping.naming import Names
    from wiretalk.transport import told
    from wiretalk.transport.probing import name_of

    names = None if arguments.numeric else Names(name_of)
    tracing = Tracing(prober, plan, stop, names)
    show = (JsonHops if arguments.json else TextHops)(names)
    if not arguments.json:
        tell(f"the way to {told(arguments.target)} ({prober.host}), {plan.hops} hops at most")
    for hop in tracing.run():
        show.hop(hop)
    way = tracing.way
    show.end(prober.host, reached=way.reached, how=way.how)
    return EXIT_STATUS["interrupted" if stop.said and not way.reached else way.how]


class TextHops:
    """Tell in words.

    Args:
        names: the names of hosts; None: they are told by number alone.
    """

    def __init__(self, names: Names | None) -> None:
        self._names = names
        self._last = 0

    def hop(self, hop: Hop) -> None:
        """Tell one hop."""
        self._last = hop.number
        parts = [f"{hop.number:2}"]
        source = ""
        for news in hop.news:
            if news is None:
                parts.append(" *")
                continue
            if news.source != source:
                source = news.source
                parts.append(f" {self._who(source)}")
            parts.append(_said(news))
        write_out((" ".join(parts) + "\n").encode())

    def _who(self, source: str) -> str:
        name = self._names.name(source) if self._names is not None else ""
        if not name:
            return source
        from wiretalk.cli.escaping import printable

        return f"{printable(name.encode(errors='surrogateescape'))} ({source})"

    def end(self, host: str, *, reached: bool, how: str) -> None:
        """Tell whether the end of the way was found, where it was not."""
        if not reached:
            why = {"timed-out": "it has not answered"}.get(how, "the way ends before")
            tell(f"{host} was not reached in {self._last} hops: {why}")


def _said(news: News) -> str:
    parts = [f" {milliseconds(news.rtt_s)} ms"] if news.rtt_s is not None else []
    if news.kind not in {"answer", "expired"}:
        parts.append(f"({news.words})")
    return " ".join(parts)


class JsonHops:
    """Tell on standard output, one JSON object a line: `hop` of each, then `summary`.

    Args:
        names: the names of hosts; None: they are told by number alone.
    """

    def __init__(self, names: Names | None) -> None:
        from wiretalk.cli.jsonlines import JsonLines

        self._names = names
        self._lines = JsonLines(lambda: None)
        self._last = 0

    def hop(self, hop: Hop) -> None:
        """Tell one hop.

        Raises:
            OSError: standard output failed.
        """
        self._last = hop.number
        names = {source: self._names.name(source) for source in hop.sources} if self._names is not None else {}
        probes = [None if news is None else news_facts(news) for news in hop.news]
        self._lines.write("hop", hop=hop.number, names=names, probes=probes)
        self._lines.close()

    def end(self, host: str, *, reached: bool, how: str) -> None:
        """Tell whether the end of the way was found."""
        self._lines.write("summary", host=host, reached=reached, hops=self._last, how=how)
        self._lines.close()
