"""A forwarder between a client and a server that cuts what passes, either way, into pieces of its own choice."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import tempfile
import threading


class Chopper:
    """Takes one connection at `address`, of the target's scheme, and forwards to the target.

    Args:
        target: an address, without options, tcp://HOST:PORT or unix:PATH.
        seed: what decides where it cuts.
    """

    def __init__(self, target, seed):
        self._target = target
        self._choose = [random.Random(seed), random.Random(seed + 1)]
        self._directory = tempfile.TemporaryDirectory(prefix="wt")
        if target.startswith("unix:"):
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(f"{self._directory.name}/s")
            self.address = f"unix:{self._directory.name}/s"
        else:
            self._listener = socket.socket()
            self._listener.bind(("127.0.0.1", 0))
            self.address = "tcp://{}:{}".format(*self._listener.getsockname())
        self._listener.listen(1)
        self._listener.settimeout(60)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        # A shutdown wakes whoever waits in accept; on other systems than Linux, the timeout does.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(60)
        assert not self._thread.is_alive(), "somebody did not finish"
        self._listener.close()
        self._directory.cleanup()

    def _run(self):
        try:
            near, _ = self._listener.accept()
        except OSError:
            return
        with near, connect(self._target) as far:
            back = threading.Thread(target=self._forward, args=(far, near, self._choose[1]), daemon=True)
            back.start()
            self._forward(near, far, self._choose[0])
            back.join(60)

    @staticmethod
    def _forward(source, drain, choose):
        source.settimeout(60)
        with contextlib.suppress(OSError):
            if drain.family != socket.AF_UNIX:
                # Every piece is a segment of its own.
                drain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := source.recv(choose.choice((1, 7, 100, 65536))):
                for piece in cut(data, choose):
                    drain.sendall(piece)
            drain.shutdown(socket.SHUT_WR)


def cut(data, choose):
    """Yield the bytes in pieces, small ones mostly."""
    most = choose.choice((1, 3, 40, 1000, 5000))
    at = 0
    while at < len(data):
        count = choose.randint(1, most)
        yield data[at : at + count]
        at += count
        if choose.random() < 0.05:
            most = choose.choice((1, 3, 40, 1000, 5000))


def connect(address, name=None):
    """Connect a plain socket to tcp://HOST:PORT or unix:PATH; a Unix socket may have a name of its own."""
    scheme, _, rest = address.partition(":")
    if scheme == "unix":
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(60)
        if name is not None:
            sock.bind(os.fspath(name))
        sock.connect(rest)
        return sock
    host, _, port = rest.removeprefix("//").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=60)
