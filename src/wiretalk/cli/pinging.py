"""Telling of pings: a line a probe and the sums, as everybody's ping words them; or JSON; or a histogram besides."""

from __future__ import annotations

import os

from wiretalk.cli.output import tell, write_out
from wiretalk.errors import EXIT_STATUS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.cli.picture import Picture
    from wiretalk.ping import Ledger, Outcome, Pinging, Plan, Stop
    from wiretalk.transport.probing import News, Prober

TICK_S = 0.1
"""Between two looks of a live histogram at the size of its terminal."""


def ping(prober: Prober, plan: Plan, arguments: Namespace, stop: Stop) -> int:
    """Ask until it is over or to stop, and tell; return the exit status.

    Ctrl-C is how a ping without --count ends, so it is no failure as long as somebody has answered.
    """
    from wiretalk.ping import Pinging

    live = arguments.histogram and os.isatty(2)
    pinging = Pinging(prober, plan, stop, tick_s=TICK_S if live else None)
    report = _report(arguments, pinging)
    report.begin(prober)
    for outcome in pinging.run():
        report.tell(outcome)
    report.end(pinging)
    how = pinging.ledger.how
    return EXIT_STATUS["interrupted" if stop.said and not pinging.ledger.received else how]


def _report(arguments: Namespace, pinging: Pinging) -> Report:
    if arguments.json:
        return JsonReport(arguments.target, quiet=arguments.quiet)
    picture = None
    if arguments.histogram:
        from wiretalk.cli.picture import Picture

        picture = Picture(pinging.ledger, live=os.isatty(2))
    return TextReport(arguments, picture)


def milliseconds(seconds: float | None) -> str:
    """Return a time in milliseconds, with three digits that count: "0.045", "4.51", "15.3", "204".

    >>> milliseconds(0.0000451), milliseconds(0.00451), milliseconds(0.0153), milliseconds(0.2041)
    ('0.045', '4.51', '15.3', '204')
    """
    number = (seconds or 0.0) * 1000
    # What would be rounded up to one digit more has one decimal less.
    decimals = sum(number < most for most in (0.9995, 9.995, 99.95))
    return f"{number:.{decimals}f}"


def host_words(address: Address, source: str, host: str) -> str:
    """Return who has answered: its number, after its name where that was asked for."""
    named = address.host and not address.ip_version and source == host
    return f"{address.host} ({source})" if named else source


class Report:
    """What is told; nothing, unless a kind of it says what."""

    def begin(self, prober: Prober) -> None:
        """Tell who is asked, on standard error."""

    def tell(self, outcome: Outcome | None) -> None:
        """Tell what came of a probe; None: nothing has come, but time has passed."""

    def end(self, pinging: Pinging) -> None:
        """Tell the sums."""


class TextReport(Report):
    """Tell in words.

    Args:
        arguments: the command's.
        picture: the histogram, where there is to be one.
    """

    def __init__(self, arguments: Namespace, picture: Picture | None = None) -> None:
        self._arguments = arguments
        self._address: Address = arguments.target
        self._scheme = self._address.scheme.rstrip("46")
        self._picture = picture
        self._host = ""

    def begin(self, prober: Prober) -> None:
        """See Report."""
        from wiretalk.limits import PING_BYTES
        from wiretalk.transport import told

        self._host = prober.host
        size = PING_BYTES if self._arguments.size is None else self._arguments.size
        if self._scheme == "icmp":
            headers = 8 + (40 if ":" in self._host else 20)
            what = f"{self._address.host or self._host} ({self._host}) {size}({size + headers}) bytes of data."
        else:
            how = "TCP connections" if self._scheme == "tcp" else f"UDP datagrams of {size} bytes"
            what = f"{told(self._address)} ({self._host}) by {how}"
        tell(f"PING {what}")

    def tell(self, outcome: Outcome | None) -> None:
        """See Report."""
        line = "" if outcome is None or self._arguments.quiet else self._line(outcome) + "\n"
        if self._picture is not None:
            self._picture.print(line)
        elif line:
            write_out(line.encode())

    def _line(self, outcome: Outcome) -> str:
        number = f"{self._scheme}_seq={outcome.sequence}"
        news = outcome.news
        if news is None:
            from wiretalk.units import format_duration

            return f"no answer to {number} in {format_duration(self._arguments.timeout)}"
        if outcome.what == "trouble":
            if news.kind == "unsent":
                return f"{number} was not sent: {news.words}"
            return f"From {news.source or 'this machine'} {number} {news.words}"
        return f"{self._from(news)}: {number}{self._facts(news)}{_marks(outcome)}"

    def _from(self, news: News) -> str:
        size = f"{news.size_bytes} bytes " if self._scheme != "tcp" else ""
        return f"{size}from {host_words(self._address, news.source, self._host)}"

    def _facts(self, news: News) -> str:
        port = f" port={self._address.port}" if self._scheme == "tcp" else ""
        ttl = f" ttl={news.ttl}" if news.ttl is not None else ""
        time = f" time={milliseconds(news.rtt_s)} ms" if news.rtt_s is not None else ""
        refused = " refused" if news.kind == "refused" else ""
        return f"{port}{ttl}{refused}{time}"

    def end(self, pinging: Pinging) -> None:
        """See Report."""
        from wiretalk.transport import told

        if self._picture is not None:
            self._picture.finish()
        name = self._address.host or self._host
        if self._scheme != "icmp":
            name = told(self._address)
        write_out(f"\n--- {name} ping statistics ---\n{self._sums(pinging)}\n".encode())

    def _sums(self, pinging: Pinging) -> str:
        ledger = pinging.ledger
        sent = {"icmp": "packets transmitted", "tcp": "connections tried", "udp": "datagrams sent"}[self._scheme]
        received = {"icmp": "received", "tcp": "answered", "udp": "came back"}[self._scheme]
        parts = [f"{ledger.transmitted} {sent}", f"{ledger.received} {received}"]
        parts += [
            f"+{count} {what}"
            for count, what in (
                (ledger.refused, "refused"),
                (ledger.duplicates, "duplicates"),
                (ledger.corrupted, "corrupted"),
                (ledger.late, "late"),
                (ledger.overtaken, "out of order"),
                (ledger.errors, "errors"),
            )
            if count
        ]
        parts.append(f"{ledger.lost_percent:.6g}% packet loss")
        lines = [f"{', '.join(parts)}, time {pinging.elapsed_s * 1000:.0f}ms"]
        times = ledger.times
        if times.count:
            four = (times.least_s, times.mean_s, times.most_s, times.mdev_s)
            lines.append(f"rtt min/avg/max/mdev = {'/'.join(f'{one * 1000:.3f}' for one in four)} ms")
        return "\n".join(lines)


def _marks(outcome: Outcome) -> str:
    news = outcome.news
    marks = ((outcome.duplicate, "DUP!"), (outcome.late, "late"), (outcome.overtaken, "out of order"))
    said = [mark for is_so, mark in marks if is_so]
    if news is not None and not news.intact:
        said.append("other bytes than were sent")
    return "".join(f" ({mark})" for mark in said)


class JsonReport(Report):
    """Tell on standard output, one JSON object a line: `answer`, `trouble` or `lost` of a probe, then `summary`.

    Args:
        address: who is asked.
        quiet: whether the sums alone are told.
    """

    def __init__(self, address: Address, *, quiet: bool) -> None:
        from wiretalk.cli.jsonlines import JsonLines

        self._address = address
        self._quiet = quiet
        self._lines = JsonLines(_nobody_reads)
        self._host = ""

    def begin(self, prober: Prober) -> None:
        """See Report."""
        self._host = prober.host

    def tell(self, outcome: Outcome | None) -> None:
        """See Report.

        Raises:
            OSError: standard output failed.
        """
        if outcome is None or self._quiet:
            return
        facts: dict[str, Any] = {"sequence": outcome.sequence}
        if outcome.news is not None:
            facts |= news_facts(outcome.news)
        if outcome.what == "answer":
            facts |= {
                "duplicate": outcome.duplicate,
                "late": outcome.late,
                "out_of_order": outcome.overtaken,
            }
        self._lines.write(outcome.what, **facts)
        self._lines.close()

    def end(self, pinging: Pinging) -> None:
        """See Report."""
        from wiretalk.transport import told

        facts = sums(pinging.ledger)
        elapsed_ms = round(pinging.elapsed_s * 1000, 3)
        self._lines.write("summary", address=told(self._address), host=self._host, **facts, elapsed_ms=elapsed_ms)
        self._lines.close()


def _nobody_reads() -> None:
    """Leave it to `close`, which raises."""


def news_facts(news: News) -> dict[str, Any]:
    """Return the fields of a piece of news for JSON."""
    facts: dict[str, Any] = {"kind": news.kind, "from": news.source or None, "rtt_ms": _ms(news.rtt_s)}
    if news.size_bytes:
        facts |= {"bytes": news.size_bytes, "intact": news.intact}
    if news.ttl is not None:
        facts["ttl"] = news.ttl
    if news.words:
        facts["reason"] = news.words
    return facts


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 6)


def sums(ledger: Ledger) -> dict[str, Any]:
    """Return the sums for JSON."""
    times = ledger.times
    rtt = None
    if times.count:
        rtt = {
            "min": _ms(times.least_s),
            "avg": _ms(times.mean_s),
            "max": _ms(times.most_s),
            "mdev": _ms(times.mdev_s),
        }
        rtt |= {f"p{percent}": _ms(percentile(ledger, percent)) for percent in (50, 90, 99)}
    return {
        "how": ledger.how,
        "transmitted": ledger.transmitted,
        "received": ledger.received,
        "refused": ledger.refused,
        "duplicates": ledger.duplicates,
        "corrupted": ledger.corrupted,
        "late": ledger.late,
        "out_of_order": ledger.overtaken,
        "errors": ledger.errors,
        "awaited": ledger.awaited,
        "lost_percent": round(ledger.lost_percent, 6),
        "rtt_ms": rtt,
    }


def percentile(ledger: Ledger, percent: float) -> float:
    """Return a percentile of the times in seconds, never outside of what there was."""
    times = ledger.times
    return max(times.least_s, min(times.most_s, ledger.histogram.percentile(percent)))
