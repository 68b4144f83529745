"""What every test may ask for."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading

import pytest

from .compiling import Compiler, find_compiler

TESTS = os.path.dirname(__file__)

MEASURED = frozenset({"cli"})
"""Whose programs have their lines counted. Counting makes starting one take three times as long, and what the others
start is what these start too."""


@pytest.fixture(autouse=True)
def _measured(request, monkeypatch):
    if os.path.relpath(request.path, TESTS).partition(os.sep)[0] not in MEASURED:
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def c_compiler(require):
    """The command of the C compiler, $CC or cc, as a list of words; make is there too."""
    command = find_compiler()
    require(command, "there is no C compiler: cc, or what CC names")
    require(shutil.which("make"), "make is not there")
    return command


@pytest.fixture(scope="session")
def compile_c(c_compiler):
    """Compile a C program with libwiretalk in it: `compile_c([source, …])` is its path.

    Warnings are errors; more flags may follow the sources; ASan and UBSan watch it, unless `sanitize=False`. What was
    compiled before of the same sources, with the same flags, is not compiled again.
    """
    return Compiler(c_compiler).compile


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


class Program:
    """A process that is talked to: what it has written so far can be waited for.

    Attributes:
        process: the process.
        out: what it has written to standard output so far.
        err: what it has written to standard error so far.
    """

    def __init__(self, command, **settings):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings
        )
        self._changed = threading.Condition()
        self._written = {"out": b"", "err": b""}
        self._open = {"out", "err"}
        self._readers = [
            threading.Thread(target=self._read, args=("out", self.process.stdout), daemon=True),
            threading.Thread(target=self._read, args=("err", self.process.stderr), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, name, pipe):
        while data := pipe.read1():
            with self._changed:
                self._written[name] += data
                self._changed.notify_all()
        with self._changed:
            self._open.discard(name)
            self._changed.notify_all()

    @property
    def out(self):
        return self._written["out"].decode(errors="replace")

    @property
    def err(self):
        return self._written["err"].decode(errors="replace")

    def say(self, text):
        """Write to its standard input."""
        self.process.stdin.write(text if isinstance(text, bytes) else text.encode())
        self.process.stdin.flush()

    def end_input(self):
        """End its standard input."""
        self.process.stdin.close()

    def wait_for(self, *texts, where="out"):
        """Wait until it has written these texts, each after the one before; return all it has written there."""

        def there():
            at = 0
            for text in texts:
                at = getattr(self, where).find(text, at)
                if at < 0:
                    return False
                at += len(text)
            return True

        with self._changed:
            self._changed.wait_for(lambda: there() or where not in self._open, 60)
            assert there(), f"{self.process.args} did not write {texts} to {where}:\n{self.out}\n{self.err}"
        return getattr(self, where)

    def interrupt(self):
        """Press Ctrl-C, as it were; return the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self):
        """Return the exit status when it has left, and all it has written has been read."""
        status = self.process.wait(60)
        for reader in self._readers:
            reader.join(60)
        return status

    def close(self):
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


@pytest.fixture
def program():
    """Start a program: `program(["nc", "-l", …])`, a `Program`; it is ended with the test."""
    started = []
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell starts what it runs in the background so, and every child would be deaf to Ctrl-C as well.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def start(command, **settings):
        one = Program(command, **settings)
        started.append(one)
        return one

    yield start
    for one in started:
        one.close()


NEW_NETWORK = 0x40000000
"""CLONE_NEWNET of linux/sched.h."""


@pytest.fixture
def own_network(require):
    """Run the test in a network of its own, in which the loopback is up and the system answers no pings.

    It is the thread's that asks, and that of the threads it starts. It takes root, and Linux.
    """
    import ctypes
    import fcntl
    import socket
    import struct

    libc = ctypes.CDLL(None, use_errno=True)
    require(hasattr(libc, "unshare") and os.geteuid() == 0, "a network of one's own takes root on Linux")
    with open("/proc/thread-self/ns/net", "rb") as before:
        require(libc.unshare(NEW_NETWORK) == 0, "this machine gives no networks of one's own")
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                # SIOCSIFFLAGS with IFF_UP.
                fcntl.ioctl(sock, 0x8914, struct.pack("16sh14x", b"lo", 1))
            for name in ("ipv4/icmp_echo_ignore_all", "ipv6/icmp/echo_ignore_all"):
                with open(f"/proc/sys/net/{name}", "w", encoding="ascii") as file:
                    file.write("1")
            yield
        finally:
            assert libc.setns(before.fileno(), NEW_NETWORK) == 0
