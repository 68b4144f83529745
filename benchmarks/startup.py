"""Starting the shell face: what a person or a script waits before anything happens."""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import harness
from report import Outcome, Target

TITLE = "Starting: whole processes, one after another"
WIRETALK = Path(sys.executable).parent / "wiretalk"
WORD = "hello"
# An installed program has its bytecode; one run from a source tree gets it at its first start, unless this forbids it.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run_once(command):
    """Run a process to its end; return its wall and CPU time in milliseconds."""
    nothing = [
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
    ]
    begin = time.perf_counter()
    pid = os.posix_spawn(command[0], command, ENVIRONMENT, file_actions=nothing)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - begin
    if status:
        raise harness.BenchmarkError(f"{' '.join(command)}: exit status {os.waitstatus_to_exitcode(status)}")
    return {"wall_ms": wall * 1e3, "cpu_ms": (used.ru_utime + used.ru_stime) * 1e3}


def try_first(command, expected):
    """Run a command once with its output read: a fast failure is no fast start."""
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=ENVIRONMENT,
            timeout=30,
        )
    except subprocess.TimeoutExpired:
        raise harness.BenchmarkError(f"{' '.join(command)}: did not end") from None
    if done.returncode or expected not in done.stdout:
        words = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise harness.BenchmarkError(f"{' '.join(command)}: {words[-1]}")


def measure(settings):
    if not WIRETALK.exists():
        raise harness.BenchmarkError(f"there is no {WIRETALK.name} beside {sys.executable}; run `make bench`")
    with harness.serving("bare Protocol", "bare_protocol") as server:
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "wiretalk --help": [str(WIRETALK), "--help"],
            "wiretalk send": [str(WIRETALK), "send", f"tcp://127.0.0.1:{server.port}", WORD],
        }
        try_first(commands["wiretalk --help"], "wiretalk")
        try_first(commands["wiretalk send"], WORD)
        found = {name: [] for name in commands}
        for name in harness.in_turn(list(commands), settings.starts):
            found[name].append(run_once(commands[name]))
    middle = {name: {key: median([one[key] for one in runs]) for key in runs[0]} for name, runs in found.items()}
    floor = middle["python -c pass"]
    ratios = {name: {key: value / floor[key] for key, value in one.items()} for name, one in middle.items()}
    rows = [
        [
            name,
            f"{one['cpu_ms']:.1f}",
            f"{one['wall_ms']:.1f}",
            f"{ratios[name]['cpu_ms']:.2f} ×",
            f"{ratios[name]['wall_ms']:.2f} ×",
        ]
        for name, one in middle.items()
    ]
    targets = [
        Target(f"{name} / python -c pass, {kind}", [ratios[name][f"{kind}_ms"]], bound)
        for name, bound in (("wiretalk --help", 2), ("wiretalk send", 4))
        for kind in ("cpu", "wall")
    ]
    remarks = [f"ratios of medians of {settings.starts} runs each, started in turn"]
    return Outcome(["process", "CPU ms", "wall ms", "CPU ratio", "wall ratio"], rows, targets, remarks, found)
