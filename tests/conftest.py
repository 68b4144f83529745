"""What every test may ask for."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

import pytest


@pytest.fixture
def require():
    """Skip the test where this machine lacks what it needs: `require(condition, reason)`.

    Where WIRETALK_REQUIRE_PEERS=1 says that the machine has everything, lacking something fails the test.
    """

    def check(condition: object, reason: str) -> None:
        if condition:
            return
        if os.environ.get("WIRETALK_REQUIRE_PEERS") == "1":
            pytest.fail(f"{reason} (and WIRETALK_REQUIRE_PEERS=1 says that nothing may be missing)")
        pytest.skip(reason)

    return check


class ShellServer:
    """`wiretalk serve …` as a process, whose standard error can be waited for line by line."""

    def __init__(self, service, addresses, options, **settings):
        command = [os.path.join(os.path.dirname(sys.executable), "wiretalk"), "serve", service, *options, *addresses]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, **pipes | settings)
        self._told = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._count = len(addresses)
        self.addresses = []

    def wait_for_addresses(self):
        """Wait until it has told all its addresses."""
        self.wait_for(lambda lines: len([line for line in lines if line.startswith(LISTENING)]) >= self._count)
        self.addresses = [line[len(LISTENING) :].split(" (")[0] for line in self._told if line.startswith(LISTENING)]

    def _read(self):
        for line in self.process.stderr:
            with self._changed:
                self._told.append(line.decode().rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._told.append("(end)")
            self._changed.notify_all()

    @property
    def told(self):
        """What it has told on standard error so far."""
        return "\n".join(line for line in self._told if line != "(end)")

    def wait_for(self, condition):
        """Wait until the lines on standard error fulfil a condition, or hold a text."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: (
                    (condition(self._told) if callable(condition) else condition in self.told) or "(end)" in self._told
                ),
                60,
            ), f"it did not tell that in time, but: {self.told}"

    def host_and_port(self, index=0):
        """Return where a plain socket finds it."""
        host, _, port = self.addresses[index].partition("://")[2].rpartition(":")
        return host.strip("[]"), int(port)

    def end(self, number=signal.SIGTERM):
        """Send a signal, and return the exit status."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self):
        """Return the exit status when it has left."""
        status = self.process.wait(60)
        self._reader.join(60)
        return status

    def close(self):
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


LISTENING = "listening on "


@pytest.fixture
def shell_server():
    """Start `wiretalk serve SERVICE OPTIONS… ADDRESSES…`: `shell_server("echo", ["tcp://127.0.0.1:0"], "--once")`."""
    started = []

    def start(service, addresses, *options, **settings):
        server = ShellServer(service, addresses, options, **settings)
        started.append(server)
        server.wait_for_addresses()
        return server

    yield start
    for server in started:
        server.close()
