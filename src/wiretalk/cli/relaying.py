"""Telling of a relay: joints as they come and go, a line a second of what passes, and the sums."""

from __future__ import annotations

import asyncio
import os
import time

from wiretalk.cli.dialling import with_family
from wiretalk.cli.jsonlines import JsonLines
from wiretalk.cli.output import tell
from wiretalk.cli.showing import ending_of
from wiretalk.relay.ledger import counts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.control import RelayProxy
    from wiretalk.relay import End, Relay

STATS_S = 1.0
"""Between two lines of --stats."""


class RelayReport:
    """Tell of a relay on standard error, and with `json` on standard output.

    Args:
        verbose: whether every joint is told in words.
        stats: whether what passes is told, a line a second and the sums at the end.
        json: whether it is told as JSON: `listening`, `joined` and `parted` of each joint, `stats` and `totals`.
        bridge: whether both sides are connected to: there is one joint, and whom it joins is told.
    """

    def __init__(self, *, verbose: bool, stats: bool, json: bool, bridge: bool = False) -> None:
        self._verbose = verbose
        self._bridge = bridge
        self._stats = stats
        self._lines = JsonLines(self._stop) if json else None
        self._live = stats and not json and os.isatty(2)
        self._shown = False
        self._numbers: dict[End, int] = {}
        self._began = time.monotonic()
        self._last: dict[str, int] = {}
        self._ticking: asyncio.Task[None] | None = None
        self.relay: Relay | RelayProxy | None = None

    def _stop(self) -> None:
        if self.relay is not None:
            self.relay.stop()

    # joints

    def joined(self, near: End, far: End) -> None:
        """Two sides have been joined."""
        number = self._numbers[near] = self.relay.joined if self.relay is not None else 0
        if self._bridge:
            self._tell(f"connected to {with_family(near.peer)} and {with_family(far.peer)}")
        elif self._verbose:
            self._tell(f"{near.peer}: joined with {far.peer}")
        if self._lines is not None:
            self._lines.write("joined", joint=number, near=near.peer, far=far.peer)

    def parted(self, near: End, far: End) -> None:
        """Both sides of a joint are over."""
        number = self._numbers.pop(near, None)
        passed = counts(near, far)
        if self._verbose:
            self._tell(f"{near.peer} and {far.peer}: {near.ending}; {in_words(passed)}")
        if self._lines is not None:
            ends = {"near": ending_of(near.as_dict()), "far": ending_of(far.as_dict())}
            self._lines.write("parted", joint=number, **passed, **ends)

    # the whole

    def listening(self, relay: Relay | RelayProxy) -> None:
        """The relay has started, and it has been told where."""
        self.relay = relay
        self._began = time.monotonic()
        if self._lines is not None:
            ends = [
                {"address": one, "family": which} for one, which in zip(relay.addresses, relay.families, strict=True)
            ]
            self._lines.write("listening", addresses=ends, fingerprints=relay.fingerprints)
        if self._stats:
            self._last = relay.totals()
            self._ticking = asyncio.ensure_future(self._tick(relay))

    async def _tick(self, relay: Relay | RelayProxy) -> None:
        while True:
            await asyncio.sleep(STATS_S)
            now = relay.totals()
            passed = {what: now[what] - self._last[what] for what in now}
            self._last = now
            if self._lines is not None:
                self._lines.write("stats", open=len(relay.ledger.joints), joints=relay.joined, **passed)
            elif self._live:
                self._show(f"{len(relay.ledger.joints)} open, {relay.joined} so far; a second: {in_words(passed)}")

    def stopped(self, relay: Relay | RelayProxy) -> None:
        """The relay has stopped.

        Raises:
            OSError: standard output failed, now or before.
        """
        if self._ticking is not None:
            self._ticking.cancel()
        totals = relay.totals()
        seconds = time.monotonic() - self._began
        if (self._stats and self._lines is None) or self._verbose:
            joints = f"{relay.joined} joint{'s' if relay.joined != 1 else ''}"
            self._tell(f"{joints} in {seconds:.1f} s; {in_words(totals)}")
        if self._lines is not None:
            self._lines.write("totals", joints=relay.joined, seconds=round(seconds, 6), **totals)
            self._lines.close()

    # the live line

    def _show(self, text: str) -> None:
        os.write(2, f"\r\x1b[K{text}".encode())
        self._shown = True

    def _tell(self, text: str) -> None:
        if self._shown:
            os.write(2, b"\r\x1b[K")
            self._shown = False
        tell(text)


def in_words(passed: dict[str, int]) -> str:
    """Return what has passed each way, and what was dropped, in words."""
    ways = []
    for way, sign in (("up", "→"), ("down", "←")):
        messages = passed[f"{way}_messages"]
        counted = f" in {messages} message{'s' if messages != 1 else ''}" if messages else ""
        ways.append(f"{sign} {rounded(passed[f'{way}_bytes'])}{counted}")
    if passed["dropped"]:
        ways.append(f"{passed['dropped']} dropped")
    return ", ".join(ways)


def rounded(size: int) -> str:
    """Return a size in bytes as people read it: "812 B", "1.5 MiB"."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} B"
