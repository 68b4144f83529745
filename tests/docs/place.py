"""A place of one's own for what the documentation shows: a directory, ports, an environment. Tests may run at once."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

from .running import PATIENCE_S

PORT = re.compile(r":(\d{4})\b")
ABSTRACT = re.compile(r"(?<=:)@\w+")


class Place:
    """Where a few commands run.

    Args:
        texts: all that is to be run, whose ports are replaced by free ones.
    """

    def __init__(self, texts):
        # Short, for the paths of Unix sockets.
        self.directory = tempfile.mkdtemp(prefix="wt")
        self._reserved = []
        try:
            self._ports = {port: str(self._free_port()) for text in texts for port in PORT.findall(text)}
        except BaseException:
            self.close()
            raise
        environment = os.environ | {
            "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
            "HOME": self.directory,
            "NO_COLOR": "1",
            "TERM": "xterm",
            "LC_ALL": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
        }
        self.settings = {"cwd": self.directory, "env": environment}

    def own(self, text):
        """Return a text with this place's own ports, files and names."""
        for port, own in self._ports.items():
            text = re.sub(rf"\b{port}\b", own, text)
        text = text.replace("/tmp/", f"{self.directory}/")
        return ABSTRACT.sub(lambda name: f"{name.group()}{os.path.basename(self.directory)}", text)

    def path(self, name):
        """Return the path of a file here."""
        return Path(self.directory, name)

    def wait_for_listener(self, text, running):
        """Wait until somebody listens on every port in a command's text."""
        for port in PORT.findall(text):
            until = time.monotonic() + PATIENCE_S
            while not listened_on(int(port)):
                assert not running.ended, f"{running.command}: it left: {running.told}"
                assert time.monotonic() < until, f"{running.command}: nobody listens on {port}"
                threading.Event().wait(0.01)

    def close(self):
        """Leave nothing behind."""
        for mark in self._reserved:
            mark.close()
        shutil.rmtree(self.directory)

    def _free_port(self):
        """Return a port that nobody has or has had in the last minute, and reserve it among those who run these tests.

        It has four digits, as those in the documentation, so that carets stay under their faults; the system gives
        away others.
        """
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 20
        for step in range(400):
            port = 2000 + worker * 400 + (os.getpid() + time.monotonic_ns() // 1000 + step) % 400
            if not any(states_of(port)):
                mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                try:
                    mark.bind(f"\0wiretalk-docs-{port}")
                except OSError:
                    mark.close()
                else:
                    self._reserved.append(mark)
                    return port
        raise AssertionError("no port is free")


def has_ipv6():
    """Whether this machine has IPv6, if only to talk to itself."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def may_ping():
    """Whether the system lets us send ICMP: by a ping socket, or by a raw one."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).close()
        except OSError:
            continue
        return True
    return False


def listened_on(port):
    """Whether somebody listens on a TCP port, or has a UDP port."""
    return any(state == ("0A" if kind == "tcp" else "07") for kind, state in states_of(port))


def states_of(port):
    """Yield kind and state of each socket of this machine with a port; those that linger after their end too."""
    for table in ("tcp", "tcp6", "udp", "udp6"):
        try:
            rows = Path("/proc/net", table).read_text(encoding="ascii").split("\n")[1:-1]
        except FileNotFoundError:
            continue
        for row in rows:
            _, local, _, now, *_ = row.split()
            if int(local.rpartition(":")[2], 16) == port:
                yield table[:3], now
