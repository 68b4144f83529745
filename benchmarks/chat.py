"""A room of 100 members: lines delivered a second, `wiretalk serve chat` beside `ncat --broker`."""

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys

import harness
from report import Outcome, Target

TITLE = "A room of 100 members: lines of 64 B delivered, against ncat --broker"
MEMBERS = 100
ROOM = harness.LOAD.parent / "room"
BOUND = 2.0
TALKS = {
    "all speak": (99, 1, BOUND),
    "10 speak, 16 lines each": (10, 16, BOUND),
    "one speaks": (1, 1, None),
}
"""Who speaks → how many do, how many lines each has under way, and the target; None: there is none."""


def commands(port):
    """Return each server's command, by name. A history would be told to the next load, and ncat has none."""
    return {
        "wiretalk": [sys.executable, "-m", "wiretalk", "serve", "chat", "--history", "0", f"tcp://127.0.0.1:{port}"],
        "ncat": ["ncat", "--listen", "--broker", "--max-conns", str(2 * MEMBERS), "127.0.0.1", str(port)],
    }


@contextlib.contextmanager
def serving(name):
    """Run one of the servers on the servers' core until the block ends."""
    port = harness.free_port()
    command = commands(port)[name]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, **quiet)
    try:
        if harness.CORES:
            os.sched_setaffinity(process.pid, {harness.CORES[0]})
        harness.wait_for_port(port)
        yield harness.Server(name, process, port)
    finally:
        harness.end(process)


def talk(server, speakers, depth, settings):
    """Let a room talk; return what was delivered, and how fast.

    Raises:
        BenchmarkError: a line was lost, doubled or out of order.
    """
    options = {
        "port": server.port, "pid": server.process.pid, "members": MEMBERS, "speakers": speakers, "depth": depth,
        "warmup": settings.warmup_s, "seconds": settings.seconds,
    }  # fmt: skip
    command = [ROOM, *(f"--{name}={value}" for name, value in options.items())]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60 + settings.seconds)
    if done.returncode:
        raise harness.BenchmarkError(f"{server.name}: {done.stderr.strip() or 'the load failed'}")
    result = json.loads(done.stdout)
    result["rate"] = result["deliveries"] / result["seconds"]
    result["cpu_us"] = result["server_cpu_s"] / max(1, result["deliveries"]) * 1e6
    return result


def measure(settings):
    if not shutil.which("ncat"):
        raise harness.BenchmarkError("ncat is not installed")
    harness.compile_c(ROOM, [harness.HERE / "room.c"])
    names = list(commands(0))
    found = {who: {name: [] for name in names} for who in TALKS}
    for _ in range(settings.processes):
        with contextlib.ExitStack() as stack:
            servers = {name: stack.enter_context(serving(name)) for name in names}
            for who, (speakers, depth, _) in TALKS.items():
                for name in harness.in_turn(names, settings.rounds):
                    found[who][name].append(talk(servers[name], speakers, depth, settings))
    return outcome(found)


def outcome(found):
    rows = [
        [
            who,
            *(f"{statistics.median(one['rate'] for one in each[name]):,.0f}" for name in ("wiretalk", "ncat")),
            *(f"{statistics.median(one['cpu_us'] for one in each[name]):.2f}" for name in ("wiretalk", "ncat")),
            f"{statistics.median(ratios(each)):.2f} ×",
        ]
        for who, each in found.items()
    ]
    targets = [
        Target(f"chat: {who}, rate to ncat --broker", ratios(found[who]), bound, at_least=True)
        for who, (_, _, bound) in TALKS.items()
        if bound is not None
    ]
    head = ["room", "wiretalk: lines/s", "ncat: lines/s", "wiretalk: CPU µs", "ncat: CPU µs", "ratio"]
    return Outcome(head, rows, targets, [], found)


def ratios(each):
    return [mine["rate"] / theirs["rate"] for mine, theirs in zip(each["wiretalk"], each["ncat"], strict=True)]
