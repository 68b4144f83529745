"""Relays side by side: one stream as fast as it goes (iperf3), and small messages to and fro over 50 connections."""

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import harness
from report import Outcome, Target

TITLE = "Relays: an iperf3 stream, and 64 B ping-pong over 50 connections"
STREAM_S = 1
CONNECTIONS = 50
HAPROXY = """\
global
    nbthread 1
    maxconn 4000
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen relay
    bind 127.0.0.1:{near}
    server far 127.0.0.1:{far}
"""


def relays(near, far, folder):
    """Return the command of each relay that this machine has, by name."""
    configuration = Path(folder) / f"haproxy-{near}.cfg"
    configuration.write_text(HAPROXY.format(near=near, far=far))
    ours = [sys.executable, "-m", "wiretalk", "relay", f"tcp://127.0.0.1:{near}", f"tcp://127.0.0.1:{far}"]
    listening, going = f"tcp-listen:{near},fork,reuseaddr,bind=127.0.0.1,backlog=128", f"tcp:127.0.0.1:{far}"
    return {
        "wiretalk": ours,
        "socat": ["socat", listening, going],
        "socat -b 262144": ["socat", "-b", "262144", listening, going],
        "ncat": ["ncat", "-l", "-k", "127.0.0.1", str(near), "--sh-exec", f"ncat 127.0.0.1 {far}"],
        "HAProxy": ["haproxy", "-q", "-db", "-f", str(configuration)],
    }


STREAM_BOUNDS = {"socat": 1.8, "socat -b 262144": 1.1, "ncat": 2.0, "HAProxy": 1.2}


@contextlib.contextmanager
def relaying(name, far, folder):
    """Run a relay to port `far` on the servers' core until the block ends."""
    near = harness.free_port()
    command = relays(near, far, folder)[name]
    if not shutil.which(command[0]):
        raise harness.BenchmarkError(f"{command[0]} is not installed")
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        if harness.CORES:
            os.sched_setaffinity(process.pid, {harness.CORES[0]})
        harness.wait_for_port(near)
        yield harness.Server(name, process, near)
    finally:
        # socat and ncat have a child a connection.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        process.wait()


def stream(port):
    """Return the bits a second that one iperf3 stream brings to the far side."""
    command = ["iperf3", "--client", "127.0.0.1", "--port", str(port), "--time", str(STREAM_S), "--json"]
    for _ in range(20):
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        with contextlib.suppress(ValueError, KeyError):
            return json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"]
        # Its server serves one at a time, and takes a moment to notice that the last one has left.
        time.sleep(0.2)
    raise harness.BenchmarkError(f"iperf3: {done.stdout.strip() or done.stderr.strip()}")


def measure_streams(names, rounds, folder):
    """Return the streams' bits a second by name, one a round."""
    if not shutil.which("iperf3"):
        raise harness.BenchmarkError("iperf3 is not installed")
    far = harness.free_port()
    server = subprocess.Popen(
        ["iperf3", "--server", "--bind", "127.0.0.1", "--port", str(far)], stdout=subprocess.DEVNULL
    )
    found = {name: [] for name in names}
    try:
        harness.wait_for_port(far)
        for name in harness.in_turn(names, rounds):
            with relaying(name, far, folder) as relay:
                found[name].append(stream(relay.port))
    finally:
        harness.end(server)
    return found


def measure_ping_pong(names, settings, folder):
    """Return what the load found by name, one a round."""
    found = {name: [] for name in names}
    with harness.echoing() as far:
        for _ in range(settings.processes):
            with contextlib.ExitStack() as stack:
                servers = {name: stack.enter_context(relaying(name, far.port, folder)) for name in names}
                for name in harness.in_turn(names, settings.rounds):
                    found[name].append(
                        harness.run_load(
                            servers[name], settings, connections=CONNECTIONS, size=64, depth=1, framing="raw"
                        )
                    )
    return found


def measure(settings):
    with tempfile.TemporaryDirectory() as folder:
        names = [name for name, command in relays(0, 0, folder).items() if shutil.which(command[0])]
        streams = measure_streams(names, settings.rounds, folder)
        talkers = [name for name in names if name in {"wiretalk", "socat", "HAProxy"}]
        talks = measure_ping_pong(talkers, settings, folder)
    return outcome(streams, talks, missing=[name for name in STREAM_BOUNDS if name not in names])


def outcome(streams, talks, missing):
    rows = []
    for name, speeds in streams.items():
        row = [name, f"{statistics.median(speeds) / 1e9:.2f}"]
        if name in talks:
            rate = statistics.median(talk["messages"] / talk["seconds"] for talk in talks[name])
            # The others of socat are processes of their own, one a connection.
            cpu = statistics.median(talk["cpu_us"] for talk in talks[name])
            row += [f"{rate:,.0f}", "-" if name == "socat" else f"{cpu:.1f}"]
        else:
            row += ["-", "-"]
        rows.append(row)
    ours = streams["wiretalk"]
    targets = [
        Target(
            f"relay: a stream, wiretalk to {name}",
            [mine / theirs for mine, theirs in zip(ours, streams[name], strict=True)],
            bound,
            at_least=True,
        )
        for name, bound in STREAM_BOUNDS.items()
        if name in streams
    ]
    if "socat" in talks:
        ratios = [
            (mine["messages"] / mine["seconds"]) / (theirs["messages"] / theirs["seconds"])
            for mine, theirs in zip(talks["wiretalk"], talks["socat"], strict=True)
        ]
        targets.append(Target("relay: ping-pong, rate to socat", ratios, 1.0, at_least=True))
    if "HAProxy" in talks:
        ratios = [
            mine["cpu_us"] / theirs["cpu_us"] for mine, theirs in zip(talks["wiretalk"], talks["HAProxy"], strict=True)
        ]
        targets.append(Target("relay: ping-pong, CPU to HAProxy", ratios, 1.3))
    remarks = [f"not installed: {', '.join(missing)}"] if missing else []
    return Outcome(
        ["relay", "stream: Gbit/s", "ping-pong: messages/s", "CPU a message: µs"],
        rows,
        targets,
        remarks,
        {"streams": streams, "ping_pong": talks},
    )
