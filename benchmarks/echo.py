"""Echo servers under load, side by side: shared by the benchmarks of messages a second."""

from statistics import median

import harness
from report import Outcome, Target

HEAD = ["server", "messages/s", "server CPU µs/message", "server busy", "load busy", "p50 µs", "p99 µs"]


class Comparison:
    """Several echo servers that get the same load in turn, each in a new process every round.

    Args:
        servers: name → (peer, words…): what `harness.serving` starts.
        **load: options of the load.
    """

    def __init__(self, settings, servers, **load):
        self.results = {name: [] for name in servers}
        for _, name in harness.in_turn(list(servers), settings.rounds):
            with harness.serving(name, *servers[name]) as server:
                self.results[name].append(harness.run_load(server, settings, **load))

    def of(self, name, key):
        return [result[key] for result in self.results[name]]

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

    def outcome(self, targets):
        rows, remarks = [], []
        for name in self.results:
            middle = {key: median(self.of(name, key)) for key in self.results[name][0]}
            rows.append([
                name, f"{middle['rate']:,.0f}", f"{middle['cpu_us']:.3f}", f"{middle['busy']:.0%}",
                f"{middle['load_busy']:.0%}", f"{middle['p50_us']:.0f}", f"{middle['p99_us']:.0f}",
            ])  # fmt: skip
            if middle["load_busy"] > middle["busy"]:
                remarks.append(f"{name}: the load was the busier side, so its rate is a lower bound")
        return Outcome(HEAD, rows, targets, remarks, self.results)
