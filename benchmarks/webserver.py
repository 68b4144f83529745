"""One large file over HTTP, as fast as it goes: `wiretalk serve http` beside Python's own server and nginx."""

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import harness
from report import Outcome, Target

TITLE = "HTTP: one file of 1 GiB"
SIZE = 1 << 30
PIECE = 1 << 20
NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log /dev/null;
events {{ worker_connections 64; }}
http {{
    access_log off;
    sendfile on;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{ listen 127.0.0.1:{port}; root {folder}/site; }}
}}
"""


def servers(port, folder):
    """Return the command of each server, by name."""
    configuration = Path(folder) / f"nginx-{port}.conf"
    configuration.write_text(NGINX.format(folder=folder, port=port))
    python = [sys.executable, "-m"]
    return {
        "wiretalk": [*python, "wiretalk", "serve", "http", f"127.0.0.1:{port}", "--directory", f"{folder}/site"],
        "http.server": [*python, "http.server", str(port), "--bind", "127.0.0.1", "--directory", f"{folder}/site"],
        "nginx": ["nginx", "-p", folder, "-e", "/dev/null", "-c", str(configuration)],
    }


@contextlib.contextmanager
def serving(name, folder):
    """Run a server on the servers' core until the block ends."""
    port = harness.free_port()
    command = servers(port, folder)[name]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        if harness.CORES:
            os.sched_setaffinity(process.pid, {harness.CORES[0]})
        harness.wait_for_port(port)
        for worker in workers(process.pid):
            if harness.CORES:
                os.sched_setaffinity(worker, {harness.CORES[0]})
        yield harness.Server(name, process, port)
    finally:
        harness.end(process)


def workers(pid):
    """Return a process and its children."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [pid, *map(int, listed.split())]


def cpu_s(pid):
    """Return the CPU time of a server so far, threads that have ended included; it counts in hundredths of a second."""
    ticks = 0
    for process in workers(pid):
        after_name = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(after_name[11]) + int(after_name[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def fetch(server, *, copied):
    """Fetch the file once.

    Args:
        server: what `serving` gave.
        copied: whether the bytes are read, or thrown away by the kernel (MSG_TRUNC), which takes nearly no time.

    Returns:
        Bytes a second, and the server's CPU seconds.
    """
    flags = 0 if copied else socket.MSG_TRUNC
    buffer = bytearray(PIECE)
    with socket.create_connection(("127.0.0.1", server.port), 30) as sock:
        before, begun_at, size = cpu_s(server.process.pid), time.perf_counter(), 0
        sock.sendall(b"GET /file.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        while piece := sock.recv_into(buffer, PIECE, flags):
            size += piece
        seconds = time.perf_counter() - begun_at
    if not SIZE < size < SIZE + 4096:
        raise harness.BenchmarkError(f"{server.name} sent {size} bytes for a file of {SIZE}")
    return SIZE / seconds, cpu_s(server.process.pid) - before


def measure(settings):
    """Measure: whatever else the machine does makes a transfer slower, so the best of a few counts."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        site.mkdir()
        # nginx's worker may be another user.
        Path(folder).chmod(0o755)
        with open(site / "file.bin", "wb") as file:
            file.truncate(SIZE)
        names = [name for name, command in servers(0, folder).items() if shutil.which(command[0])]
        found = {name: {"thrown": [], "copied": [], "cpu": []} for name in names}
        for _ in range(settings.processes):
            best = {name: {"thrown": 0.0, "copied": 0.0, "cpu": float("inf")} for name in names}
            with contextlib.ExitStack() as stack:
                running = {name: stack.enter_context(serving(name, folder)) for name in names}
                for name in names:
                    fetch(running[name], copied=True)
                for name in harness.in_turn(names, max(4, settings.rounds // 2)):
                    rate, cpu = fetch(running[name], copied=False)
                    one = best[name]
                    one["thrown"] = max(one["thrown"], rate)
                    one["cpu"] = min(one["cpu"], cpu)
                    one["copied"] = max(one["copied"], fetch(running[name], copied=True)[0])
            for name, one in best.items():
                for what, value in one.items():
                    found[name][what].append(value)
    return outcome(found)


def outcome(found):
    rows = []
    for name, values in found.items():
        rates = [f"{statistics.median(values[what]) / 1e9:.2f}" for what in ("thrown", "copied")]
        rows.append([name, *rates, f"{statistics.median(values['cpu']) * 1e3:.0f}"])

    def ratios(what, peer):
        return [ours / theirs for ours, theirs in zip(found["wiretalk"][what], found[peer][what], strict=True)]

    remarks = []
    if "nginx" in found:
        told = ", ".join(f"{statistics.median(ratios(what, 'nginx')):.2f} × {what}" for what in ("thrown", "copied"))
        remarks.append(f"of nginx's rate: {told}")
    else:
        remarks.append("nginx is not installed")
    return Outcome(
        ["server", "GB/s thrown away", "GB/s copied", "server CPU ms"],
        rows,
        [Target("a file of 1 GiB against http.server", ratios("thrown", "http.server"), 2.0, at_least=True)],
        remarks,
        found,
    )
