"""Faults against their promises: delays, rates, losses, and a long way that is wide all the same."""

import contextlib
import json
import math
import os
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import harness
from report import Outcome, Target

TITLE = "Faults: what is promised, and what a plain socket on the other side of a relay sees"
SEED = 7
DELAY_S, JITTER_S = 0.05, 0.005
RATES = {"1MB": 1e6, "10MB": 1e7, "100Mbit": 12.5e6}
LOSS = 0.1
SHAPES = {
    "uniform": lambda x: min(1, max(0, (x + 1) / 2)),
    "normal": lambda x: (1 + math.erf(x / 2**0.5)) / 2,
    "exponential": lambda x: 1 - math.exp(-max(0, x)),
}
"""How probable it is that what is added to the delay is at most so many jitters."""


@contextlib.contextmanager
def running(*words):
    """Run `wiretalk WORDS…` on the servers' core until the block ends; yield the port it listens on."""
    process = subprocess.Popen(
        [sys.executable, "-m", "wiretalk", *words], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    try:
        if harness.CORES:
            os.sched_setaffinity(process.pid, {harness.CORES[0]})
        said = b""
        while b"listening on" not in said or not said.endswith(b"\n"):
            if not select.select([process.stderr], [], [], harness.START_S)[0]:
                raise harness.BenchmarkError(f"wiretalk {' '.join(words)}: did not listen in time")
            more = process.stderr.read1()
            if not more:
                raise harness.BenchmarkError(f"wiretalk {' '.join(words)}: {said.decode().strip()}")
            said += more
        yield int(said.partition(b"listening on ")[2].split()[0].rpartition(b":")[2])
    finally:
        process.terminate()
        process.wait(harness.END_S)
        process.stderr.close()


@contextlib.contextmanager
def far(handle):
    """Serve one connection after another by a function, in a thread; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    handle(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(harness.END_S)


def echo(connection):
    while data := connection.recv(65536):
        connection.sendall(data)


@contextlib.contextmanager
def relayed(port, *faults, log=os.devnull):
    """Yield a socket connected through a relay with faults."""
    words = [word for fault in faults for word in ("--fault", fault)] + ["--fault-log", log]
    command = ("relay", "tcp://127.0.0.1:0", f"tcp://127.0.0.1:{port}", *words, "--seed", str(SEED))
    with running(*command) as near, socket.create_connection(("127.0.0.1", near), timeout=30) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield peer


def ping(peer, count):
    """Return how long each of so many bytes took to and fro, one at a time."""
    took = []
    for _ in range(count):
        begin = time.perf_counter()
        peer.sendall(b"x")
        peer.recv(1)
        took.append(time.perf_counter() - begin)
    return took


def delays(distribution, count):
    """Return the delays drawn, as logged, and how much later than those each piece arrived.

    What a ping takes without a delay is taken off. The two are judged apart: what is drawn by its distribution, and
    what a busy machine adds by its median.
    """
    with far(echo) as port:
        with relayed(port, "up:slice=1") as peer:
            ping(peer, 20)
            plain_s = statistics.median(ping(peer, 200))
        jitter = f",jitter={JITTER_S * 1e3:g}ms,distribution={distribution}" if distribution else ""
        with tempfile.NamedTemporaryFile() as log:
            with relayed(port, f"up:latency={DELAY_S * 1e3:g}ms{jitter}", log=log.name) as peer:
                took = ping(peer, count)
            drawn = [json.loads(line)["parameters"]["delay"] for line in log]
    return drawn, [one - plain_s - delay for one, delay in zip(took, drawn, strict=True)]


def farthest(found, shape):
    """Return the greatest distance between what was found and a distribution (Kolmogorov and Smirnov's)."""
    ordered = sorted((delay - DELAY_S) / JITTER_S for delay in found)
    count = len(ordered)
    return max(max((place + 1) / count - shape(one), shape(one) - place / count) for place, one in enumerate(ordered))


def rate(seconds, *faults):
    """Return the bytes a second that arrive, from the first to the last."""
    arrived = []

    def take(connection):
        while data := connection.recv(1 << 18):
            arrived.append((time.perf_counter(), len(data)))

    with far(take) as port, relayed(port, *faults) as peer:
        until = time.perf_counter() + seconds
        block = bytes(1 << 16)
        while time.perf_counter() < until:
            peer.sendall(block)
    # The beginning, in which queues fill, is not counted, nor is what was cut off by the end.
    begin, end = arrived[0][0] + 0.3, arrived[0][0] + seconds - 0.1
    counted = [(at, size) for at, size in arrived if begin <= at <= end]
    return sum(size for _, size in counted[1:]) / (counted[-1][0] - counted[0][0])


def lost(count):
    """Return how many of so many datagrams were lost."""
    words = ("serve", "echo", "udp://127.0.0.1:0", "--fault", f"up:loss={LOSS}", "--seed", str(SEED))
    heard = 0
    with running(*words) as port, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.connect(("127.0.0.1", port))
        for number in range(count):
            peer.send(b"%d" % number)
            # One at a time is enough for a loss to be told from a full queue.
            heard += bool(select.select([peer], [], [], 0.02)[0] and peer.recv(100))
    return count - heard


def mean_and_deviation(values):
    return f"{statistics.mean(values) * 1e3:.2f} ± {statistics.stdev(values) * 1e3:.2f}"


def measure(settings):
    quick = settings.processes == 1
    pings, seconds, datagrams = (100, 2.0, 1000) if quick else (400, 4.0, 5000)
    rows, targets, raw = [], [], {}

    for name in ("", *SHAPES):
        drawn, late = delays(name, pings)
        text = f"latency=50ms,jitter=5ms,{name}" if name else "latency=50ms"
        raw[text] = {"drawn": drawn, "late": late}
        rows.append([text, "drawn: mean ± deviation", f"{mean_and_deviation(drawn)} ms"])
        rows.append(["", "and later than that: median", f"{statistics.median(late) * 1e3:.2f} ms"])
        targets.append(Target(f"{text}: later than drawn", [one / DELAY_S * 100 for one in late], 3, unit="%"))
        if name:
            # One in a hundred samples of the very distribution is farther off than this.
            distance = farthest(drawn, SHAPES[name])
            targets.append(Target(f"{name}: off its distribution", [distance], 1.63 / pings**0.5, unit=""))
    for text, promised in RATES.items():
        got = [rate(seconds, f"up:bandwidth={text}") for _ in range(1 if quick else 3)]
        raw[f"bandwidth {text}"] = got
        rows.append([f"bandwidth={text}", "arrives", f"{statistics.median(got) / 1e6:.3f} MB/s"])
        targets.append(Target(f"bandwidth={text}: off by", [abs(one / promised - 1) * 100 for one in got], 3, unit="%"))
    wide = [rate(seconds, "up:latency=50ms", "up:bandwidth=100Mbit") for _ in range(1 if quick else 3)]
    raw["long and wide"] = wide
    rows.append(["latency=50ms and bandwidth=100Mbit", "arrives", f"{statistics.median(wide) * 8 / 1e6:.1f} Mbit/s"])
    targets.append(
        Target("50 ms at 100 Mbit/s: delivers", [one * 8 / 1e6 for one in wide], 97, at_least=True, unit="Mbit/s")
    )
    alone = [rate(seconds, "up:latency=50ms") for _ in range(1 if quick else 3)]
    raw["long"] = alone
    rows.append(["latency=50ms alone", "arrives", f"{statistics.median(alone) * 8 / 1e6:.0f} Mbit/s"])
    gone = lost(datagrams)
    raw["loss"] = [gone / datagrams]
    rows.append([f"loss={LOSS}", "lost", f"{gone} of {datagrams}"])
    deviation = (datagrams * LOSS * (1 - LOSS)) ** 0.5
    # 99 of 100 runs are within 2.58 standard deviations; the seed makes it always the same one.
    targets.append(Target(f"loss={LOSS}: deviations off", [abs(gone - datagrams * LOSS) / deviation], 2.58, unit="σ"))
    return Outcome(["fault", "what", "seen"], rows, targets, raw=raw)
