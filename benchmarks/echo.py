"""Echo servers under load, side by side: shared by the benchmarks of messages a second."""

import contextlib
from statistics import median

import harness
from report import Outcome, Target

DISTURBED = 0.1
"""A round in which the load or a server had to wait for its core for a tenth of the time is not counted."""

HEAD = ["server", "messages/s", "server CPU µs/message", "server busy", "load busy", "p50 µs", "p99 µs"]


class Comparison:
    """Several echo servers that get the same load in turn.

    All run from the beginning, and each is loaded for a moment once a round; after some rounds all are started anew,
    since one process may lie in memory more luckily than the next.

    Args:
        servers: name → (peer, words…): what `harness.serving` starts.
        **load: options of the load.
    """

    def __init__(self, settings, servers, **load):
        self.results = {name: [] for name in servers}
        for _ in range(settings.processes):
            with contextlib.ExitStack() as running:
                started = {name: running.enter_context(harness.serving(name, *of)) for name, of in servers.items()}
                for name in harness.in_turn(list(servers), settings.rounds):
                    self.results[name].append(harness.run_load(started[name], settings, **load))

        self.counted, self.remarks = self.quiet_rounds()

    def quiet_rounds(self):
        """Return the numbers of the rounds to count, and what the reader must know of the others."""
        waited = [max(turn["waited"] for turn in turns) for turns in zip(*self.results.values(), strict=True)]
        quiet = [number for number, share in enumerate(waited) if share < DISTURBED]
        if len(quiet) == len(waited):
            return quiet, []
        told = f"in {len(waited) - len(quiet)} of {len(waited)} rounds others took the cores: they are not counted"
        enough = max(1, len(waited) // 3)
        if len(quiet) >= enough:
            return quiet, [told]
        least = sorted(sorted(range(len(waited)), key=waited.__getitem__)[:enough])
        return least, [f"{told}, but for the {enough} least disturbed. Trust the CPU a message more than the rate"]

    def of(self, name, key):
        return [self.results[name][number][key] for number in self.counted]

    def ratios(self, name, other, key):
        return [ours / theirs for ours, theirs in zip(self.of(name, key), self.of(other, key), strict=True)]

    def cpu_target(self, name, other, bound):
        """Judge the server's CPU a message against another's."""
        rate = median(self.ratios(name, other, "rate"))
        return Target(
            f"{name}: CPU a message / {other}", self.ratios(name, other, "cpu_us"), bound, note=f"rate {rate:.2f} ×"
        )

    def rate_target(self, name, other, bound):
        """Judge the message rate against another's."""
        cpu = median(self.ratios(name, other, "cpu_us"))
        return Target(
            f"{name}: rate / {other}",
            self.ratios(name, other, "rate"),
            bound,
            at_least=True,
            note=f"CPU a message {cpu:.2f} ×",
        )

    def outcome(self, targets, *remarks):
        rows, remarks = [], [*self.remarks, *remarks]
        for name in self.results:
            middle = {key: median(self.of(name, key)) for key in self.results[name][0]}
            rows.append([
                name, f"{middle['rate']:,.0f}", f"{middle['cpu_us']:.3f}", f"{middle['busy']:.0%}",
                f"{middle['load_busy']:.0%}", f"{middle['p50_us']:.0f}", f"{middle['p99_us']:.0f}",
            ])  # fmt: skip
            if middle["load_busy"] > middle["busy"]:
                remarks.append(f"{name}: the load was the busier side, so its rate is a lower bound")
        return Outcome(HEAD, rows, targets, remarks, self.results)
