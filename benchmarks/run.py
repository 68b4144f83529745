"""Measure wiretalk against its peers, side by side, and say which targets are reached: `make bench`.

    python benchmarks/run.py [--quick] [--only NAME]… [--rounds N] [--json FILE]

A missed target is told, and is no failure: the exit status is nonzero only when something could not be measured.
"""

import argparse
import importlib
import json
import os
import platform
import sys

import harness
from report import TARGET_HEAD, table

# Name → what it measures; each is the module of that name, with a TITLE and measure(settings) -> Outcome.
BENCHMARKS = {
    "raw": "raw echo, one message in flight, against a bare Protocol",
    "line": "lines, 16 in flight, against StreamReader.readline and a bare Protocol",
    "count": "length:u32be, 16 in flight, against StreamReader.readexactly and a bare Protocol",
    "accelerator": "reading and writing messages, each framing, the accelerator against Python",
    "idle": "memory of idle connections",
    "relay": "relays: a stream and small messages, against socat, ncat and HAProxy",
    "c": "C: wt_serve's line echo, 1 and 16 in flight, against a bare epoll echo",
    "chat": "a room of 100 members, against ncat --broker",
    "faults": "faults against their promises: delays, rates, losses",
    "webserver": "HTTP: one file of 1 GiB, against http.server and nginx",
    "startup": "`wiretalk --help` and `wiretalk send` against `python -c pass`",
}
QUICK = harness.Settings(processes=1, rounds=6, seconds=0.2, idle_connections=2000, starts=15)


def read_arguments():
    parser = argparse.ArgumentParser(
        description="Measure wiretalk against its peers, in turn, on this machine.",
        epilog="\n".join(f"  {name:13}{what}" for name, what in BENCHMARKS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="a look in half a minute; its figures are rough")
    parser.add_argument(
        "--only", action="append", choices=BENCHMARKS, metavar="NAME", help="one of those below; repeatable"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds with each process of a server (default 12)")
    parser.add_argument("--json", metavar="FILE", help="write every measurement there")
    return parser.parse_args()


def machine():
    try:
        uvloop = importlib.import_module("uvloop").__version__
    except ImportError:
        uvloop = "missing: every server runs on asyncio's own loop"
    pinned = f"server on core {harness.CORES[0]}, load on core {harness.CORES[1]}" if harness.CORES else "not pinned"
    return {
        "python": platform.python_version(),
        "uvloop": uvloop,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": os.cpu_count(),
        "pinned": pinned,
        "load_average": round(os.getloadavg()[0], 2),
    }


def main():
    arguments = read_arguments()
    settings = QUICK if arguments.quick else harness.Settings()
    if arguments.rounds is not None:
        settings.rounds = max(1, arguments.rounds)
    if not os.path.exists("/proc/self/schedstat"):
        sys.exit("the benchmarks read a server's CPU time and memory from /proc: they run on Linux only")
    about = machine()
    print(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in about.items()), flush=True)
    outcomes, failures = {}, {}
    try:
        harness.compile_load()
        harness.pin_self()
        for name in arguments.only or BENCHMARKS:
            benchmark = importlib.import_module(name)
            print(f"\n{benchmark.TITLE}\n", flush=True)
            try:
                outcomes[name] = outcome = benchmark.measure(settings)
            except harness.BenchmarkError as error:
                failures[name] = str(error)
                print(f"  not measured: {error}\n", flush=True)
                continue
            table(outcome.head, outcome.rows)
            for remark in outcome.remarks:
                print(f"  {remark}", flush=True)
    except harness.BenchmarkError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    conclude(outcomes, failures)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            found = {name: outcome.as_dict() for name, outcome in outcomes.items()}
            json.dump({"machine": about, "benchmarks": found, "not_measured": failures}, file, indent=1)
            file.write("\n")
    sys.exit(1 if failures else 0)


def conclude(outcomes, failures):
    """Print every target in one table."""
    targets = [target for outcome in outcomes.values() for target in outcome.targets]
    print("\nTargets\n")
    table(TARGET_HEAD, [target.cells() for target in targets])
    missed = sum(not target.reached for target in targets)
    print(f"  {len(targets) - missed} of {len(targets)} reached", end="")
    print(f"; not measured: {', '.join(failures)}" if failures else "")


if __name__ == "__main__":
    main()
