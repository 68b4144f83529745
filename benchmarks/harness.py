"""Processes of the benchmarks: the load compiled, servers started and ended, cores given out, loads run against them.

What is measured and what it is judged by is not known here.
"""

import contextlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
LOAD = HERE / "bin" / "load"
START_S = 20
END_S = 5


class BenchmarkError(Exception):
    """Something could not be measured; the sentence says what to do."""


@dataclass
class Settings:
    """How long to measure: many short turns, since what disturbs the machine comes and goes."""

    processes: int = 3
    rounds: int = 12
    warmup_s: float = 0.1
    seconds: float = 0.25
    idle_connections: int = 9000
    starts: int = 60


@dataclass
class Server:
    """A running server of `peers/`."""

    name: str
    process: subprocess.Popen
    port: int


def compile_c(binary, sources, *options, newer=()):
    """Compile sources into `bin/` where the binary is missing, or older than they or what else it is made of."""
    if binary.exists() and all(binary.stat().st_mtime > one.stat().st_mtime for one in (*sources, *newer)):
        return
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        raise BenchmarkError(
            f"{sources[0].name} is a C program: install a C compiler (cc, gcc or clang), or name it in CC"
        )
    binary.parent.mkdir(exist_ok=True)
    command = [*compiler.split(), "-O2", "-Wall", *options, "-o", binary, *sources]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise BenchmarkError(f"{compiler} could not compile {sources[0].name}:\n{done.stderr}")


def compile_load():
    """Compile load.c where the binary is missing or older."""
    compile_c(LOAD, [HERE / "load.c"])


def compile_peer(name, *, library=False):
    """Compile `peers/NAME.c` into `bin/NAME`, with the sources of libwiretalk where it wants them."""
    sources, options, headers = [HERE / "peers" / f"{name}.c"], [], []
    if library:
        home = HERE.parent / "c"
        sources += sorted(home.glob("src/**/*.c"))
        headers = [*home.glob("include/*.h"), *home.glob("src/**/*.h")]
        options = ["-std=c99", f"-I{home / 'include'}", f"-I{home / 'src'}"]
    compile_c(HERE / "bin" / name, sources, *options, newer=headers)


def choose_cores():
    """Return a core for the server and one for the load, on different physical cores if there are; or None."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    first, *others = sorted(os.sched_getaffinity(0))
    if not others:
        return None
    siblings = ""
    with contextlib.suppress(OSError):
        siblings = Path(f"/sys/devices/system/cpu/cpu{first}/topology/thread_siblings_list").read_text().strip()
    apart = [core for core in others if str(core) not in siblings.replace("-", ",").split(",")]
    return first, (apart or others)[0]


CORES = choose_cores()


def pin_self():
    """Move this process, and so every load it starts, away from the servers' core."""
    if CORES:
        os.sched_setaffinity(0, {CORES[1]})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port):
    """Wait until somebody listens there."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise BenchmarkError(f"nobody listens at port {port} after {START_S} s")


@contextlib.contextmanager
def echoing():
    """Run the bare echo, on the load's core: what is measured stands before it."""
    compile_peer("epoll_echo")
    port = free_port()
    process = subprocess.Popen([LOAD.parent / "epoll_echo", str(port)], stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield Server("echo", process, port)
    finally:
        end(process)


def end(process):
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def serving(name, peer, *words):
    """Run `peers/PEER.py PORT WORDS…`, or the program compiled of `peers/PEER.c`, on the servers' core.

    Until the block ends.
    """
    port = free_port()
    script = HERE / "peers" / f"{peer}.py"
    program = [sys.executable, script] if script.exists() else [HERE / "bin" / peer]
    command = [*program, str(port), *words]
    # Its complaints go to a file: a pipe that nobody reads would stop a server that complains a lot.
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True)
        try:
            if CORES:
                os.sched_setaffinity(process.pid, {CORES[0]})
            ready, _, _ = select.select([process.stdout], [], [], START_S)
            if not ready or process.stdout.readline() != "ready\n":
                end(process)
                complaints.seek(0)
                last = complaints.read().strip().splitlines()[-1:] or ["it said nothing"]
                raise BenchmarkError(f"{name} did not start: {last[0]}")
            yield Server(name, process, port)
        finally:
            end(process)
            process.stdout.close()


def run_load(server, settings, attempts=5, **options):
    """Load a server for a while.

    Args:
        server: what `serving` gave.
        settings: how long to measure.
        attempts: how often it is tried where not one message came back.
        **options: the load's own (`connections`, `size`, `depth`, `framing`, `refill`).

    Returns:
        What the load printed, with more: `cpu_us`, the server's CPU time a message; `busy` and `load_busy`, their
        shares of a core; `waited`, the share of the time for which the one or the other had to wait for its core.

    Raises:
        BenchmarkError: the echo was wrong, or the server went away.
    """
    options |= {
        "port": server.port,
        "pid": server.process.pid,
        "warmup": settings.warmup_s,
        "seconds": settings.seconds,
    }
    command = [LOAD, *(f"--{name}={value}" for name, value in options.items())]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60 + settings.seconds)
    if done.returncode:
        raise BenchmarkError(f"{server.name}: {done.stderr.strip() or 'the load failed'}")
    result = json.loads(done.stdout)
    if not result["messages"]:
        # Nothing was wrong, or the load would have said so: others had the cores all the time.
        if attempts == 1:
            raise BenchmarkError(f"{server.name}: not one message came back; is the machine that busy?")
        return run_load(server, settings, attempts - 1, **options)
    result["cpu_us"] = result["server_cpu_s"] / result["messages"] * 1e6
    result["busy"] = result["server_cpu_s"] / result["seconds"]
    result["load_busy"] = result["load_cpu_s"] / result["seconds"]
    result["waited"] = max(result["server_waited_s"], result["load_waited_s"]) / result["seconds"]
    return result


class Holder:
    """A load that only holds connections; `command` as the load's `--idle` takes them."""

    def __init__(self, server, connections, framing):
        words = [LOAD, "--idle", f"--port={server.port}", f"--connections={connections}", f"--framing={framing}"]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise BenchmarkError("the load could not hold its connections; see its words above")
        return json.loads(line)["open"]

    def command(self, words):
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        end(self.process)
        self.process.stdin.close()
        self.process.stdout.close()


def anonymous_bytes(pid):
    """Return a process's own memory: its anonymous pages."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) * 1024
    raise BenchmarkError("this system does not tell a process's anonymous memory (/proc/PID/smaps_rollup)")


def settled(read, pause_s=0.3, patience_s=20):
    """Return what `read` gives once it gives the same twice."""
    until = time.monotonic() + patience_s
    last = read()
    while time.monotonic() < until:
        time.sleep(pause_s)
        value = read()
        if value == last:
            break
        last = value
    return last


def in_turn(names, rounds):
    """Yield every name once a round, the order turned round each time, so that drift favours nobody."""
    for number in range(rounds):
        yield from names if number % 2 == 0 else reversed(names)
