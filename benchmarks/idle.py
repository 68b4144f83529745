"""Idle connections: the server's own memory for each."""

import os
import resource
import subprocess

import harness
from report import Outcome, Target

TITLE = "Idle connections: the server's own memory for each"
WARM_UP = 500
SPARE_FILES = 64
SERVERS = {
    "bare Protocol": ("bare_protocol",),
    "wiretalk reply=": ("wiretalk_reply", "line"),
    "wiretalk session": ("wiretalk_session", "line"),
}
BOUNDS = {"wiretalk reply=": 2048, "wiretalk session": 6144}


def one_server(name, count):
    """Return bytes a connection: of connections that never spoke, and after each has had one message answered."""
    with harness.serving(name, *SERVERS[name]) as server:
        pid = server.process.pid
        holder = harness.Holder(server, WARM_UP, "line")
        try:
            accepted(pid, WARM_UP)
            before = harness.settled(lambda: harness.anonymous_bytes(pid))
            holder.command(f"open {count}")
            accepted(pid, WARM_UP + count)
            silent = harness.settled(lambda: harness.anonymous_bytes(pid))
            holder.command("exchange")
            spoken = harness.settled(lambda: harness.anonymous_bytes(pid))
        finally:
            end_server_first(server)
            holder.close()
    return (silent - before) / count, (spoken - before) / count


def accepted(pid, count):
    """Wait until the server holds so many descriptors: the kernel connects before the server accepts."""
    held = harness.settled(lambda: min(len(os.listdir(f"/proc/{pid}/fd")), count), pause_s=0.5)
    if held < count:
        raise harness.BenchmarkError(f"the server took {held} of {count} connections")


def end_server_first(server):
    """End the server while its peers are still there, at once: thousands of closings are not what is measured."""
    server.process.kill()
    server.process.wait()


def raise_file_limit(count):
    """Raise the limit of open files as far as it goes; return how many connections fit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return count if hard == resource.RLIM_INFINITY else min(count, hard - WARM_UP - SPARE_FILES)


def measure(settings):
    count = raise_file_limit(settings.idle_connections)
    if count < 100:
        raise harness.BenchmarkError("too few open files are allowed: raise the hard limit (ulimit -Hn)")
    found = {}
    for name in SERVERS:
        try:
            found[name] = one_server(name, count)
        except (subprocess.TimeoutExpired, FileNotFoundError) as error:
            raise harness.BenchmarkError(f"{name}: the server went away: {error}") from error
    bare = found["bare Protocol"][0]
    rows = [
        [name, f"{silent:,.0f}", f"{spoken:,.0f}", f"{silent / bare:.2f} ×"] for name, (silent, spoken) in found.items()
    ]
    targets = [
        Target(
            f"{name}: bytes a connection",
            list(found[name][:1]),
            bound,
            unit="B",
            note=f"{found[name][0] / bare:.2f} × bare Protocol",
        )
        for name, bound in BOUNDS.items()
    ]
    remarks = [f"{count} connections, after {WARM_UP} to warm up; the kernel's own memory for sockets is not counted"]
    return Outcome(
        ["server", "silent: bytes each", "after one message: bytes each", "to bare"], rows, targets, remarks, found
    )
