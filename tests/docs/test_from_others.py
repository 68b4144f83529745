"""What stands beside the commands of socat, ncat and toxiproxy does what it says; and theirs do, where installed.

Each of ours is run with an echo at its far end (unless it has one itself), and hello is said at its near end. Theirs
are run in the same place, at the same ports.
"""

from __future__ import annotations

import os
import pty
import re
import shlex
import shutil
import subprocess
import threading
import time
import tty

import pytest

from wiretalk import parse
from wiretalk.layer.faults import parse as parse_fault

from .conftest import ROOT, Page
from .place import Place
from .proxy import Proxy
from .running import PATIENCE_S, Running

CERTIFICATE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    " -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem && cat key.pem cert.pem > server.pem"
)
LONELY = {"exec", "pty", "serial", "file", "stdio"}
"""Schemes that need nobody at the other end."""


def rows(name):
    """Return what stands in each row of a page that ends in a command of ours: theirs (or ""), and ours."""
    found = []
    for line in Page(ROOT / "docs" / name).prose:
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 3 and cells[2].startswith("`wiretalk "):
            found.append(tuple(re.sub(r"\b(pi|proxy)\.local\b", "localhost", cell.strip("`")) for cell in cells[1:]))
    return found


def pytest_generate_tests(metafunc):
    joins = [row for name in ("from-socat.md", "from-ncat.md") for row in rows(name)]
    if "theirs" in metafunc.fixturenames:
        known = [row for row in joins if row[0]]
        metafunc.parametrize(("theirs", "beside"), known, ids=[theirs for theirs, _ in known])
    elif "ours" in metafunc.fixturenames:
        metafunc.parametrize("ours", [ours for _, ours in joins])
    elif "toxic_relay" in metafunc.fixturenames:
        fitting = [ours for _, ours in rows("from-toxiproxy.md") if re.search(r"wiretalk (relay|serve)", ours)]
        metafunc.parametrize("toxic_relay", fitting)


@pytest.fixture
def stage(require):
    """A place where a command is to run, with what it needs at its far end: `stage(ours)`, a `Stage`."""
    made = []

    def make(ours):
        require(shutil.which("openssl") or "server.pem" not in ours, "openssl is not installed")
        made.append(Stage(ours))
        return made[-1]

    yield make
    for one in made:
        one.close()


class Stage:
    """One row: what is at its far end, and how hello is said at its near end."""

    def __init__(self, ours):
        self.place = Place([ours])
        self.running = []
        self._device = self._proxy = None
        self.command = self.place.own(ours)
        self.place.path("file").write_text("hello\n", encoding="ascii")
        self.verb, *words = shlex.split(self.command)[1:]
        addresses = [parse(word) for word in words if re.match(r"-$|(\w+:|:\d|[\w.]+:\d)", word) and "/8" not in word]
        self.near, self.far = addresses if self.verb == "relay" else (None, addresses[-1])
        if self.verb == "listen":
            self.near, self.far = self.far, None

    def prepare(self):
        """Start what is at the far end."""
        if "server.pem" in self.command:
            self.run(CERTIFICATE)
        if self.far is not None and self.far.scheme == "serial":
            self._open_device()
        if "via=" in self.command:
            port = re.search(r"via=http://localhost:(\d+)", self.command).group(1)
            self._proxy = Proxy(int(port))
        for address in (self.near, self.far):
            if address is not None and not self.listened(address) and address.scheme not in LONELY:
                own = f"?cert={self.place.path('server.pem')}" if "server.pem" in self.command else "?self_signed"
                where = str(address).partition("?")[0] + (own if address.scheme == "tls" else "")
                what = "serve echo"
                if self.near is not None and self.near.option("connect"):
                    # The near one speaks, and the far one hears.
                    what = "serve reply --greet hello" if address is self.near else "listen"
                self.start(f"wiretalk {what} '{where}'", "listening on ")

    def listened(self, address):
        """Whether the command itself listens there."""
        if address.option("listen"):
            return True
        return address is self.near and not address.option("connect") and address.listens

    def _open_device(self):
        """A serial line at whose other end an echo is."""
        ours, theirs = pty.openpty()
        tty.setraw(ours)
        tty.setraw(theirs)
        name = os.ttyname(theirs)
        self.command = self.command.replace("/dev/ttyUSB0", name)
        self._device = (ours, theirs, name)

        def echo():
            while (data := os.read(ours, 100)) != b"\0":
                os.write(ours, data)

        self._echo = threading.Thread(target=echo)
        self._echo.start()

    def own(self, text):
        """Return another command as it is here."""
        text = self.place.own(text)
        return text.replace("/dev/ttyUSB0", self._device[2]) if self._device else text

    def start(self, command, tells="", *, known=True):
        """Start a command in the background, and wait until it listens, where it does so at all."""
        # socat and ncat leave their children behind.
        running = Running(command, start_new_session=True, **self.place.settings)
        self.running.append(running)
        if tells:
            assert running.wait_for(lambda told: tells in told), running.told
        elif known:
            self.wait_for_ends(running, command)
        return running

    def wait_for_ends(self, running, command):
        """Wait until a command that does not tell listens."""
        spelled = re.sub(r"(?<!:)\b(\d{4})\b", r":\1", command) if not command.startswith("socat") else command
        self.place.wait_for_listener(re.sub(r"bind=[\d.]+|b\d{6}", "", spelled), running)
        if self.near is not None and self.near.scheme == "unix":
            until = time.monotonic() + PATIENCE_S
            while not os.path.exists(self.place.path(self.near.path)):
                assert time.monotonic() < until, running.told
                time.sleep(0.01)

    def talk(self, running):
        """Say hello at the near end, and return what was answered."""
        if self.near.option("connect"):
            heard = self.running[1]
            heard.wait_for(lambda told: "hello" in told)
            return heard.told
        where = str(self.near).partition("?")[0].replace("://:", "://localhost:")
        where += "?insecure" if self.near.scheme == "tls" else ""
        if self.far is not None and self.far.option("listen"):
            other = self.start_client(str(self.far).partition("?")[0].replace("://:", "://localhost:"))
            said = self.run(f"wiretalk send '{where}' hello --wait 1s")
            assert other.wait() == 0
            return said + other.told
        if self.verb != "listen" and not (self.far.scheme == "file" and self.far.option("append")):
            return self.say_hello(where)
        self.run(f"echo hello | wiretalk connect '{where}' --wait 1s")
        if self.verb == "listen":
            assert running.wait_for(lambda told: "hello" in told), running.told
            return "hello"
        until = time.monotonic() + PATIENCE_S
        log = self.place.path(self.far.path)
        while not (log.exists() and log.read_text(encoding="ascii") == "hello\n"):
            assert time.monotonic() < until, running.told
            time.sleep(0.01)
        return "hello"

    def say_hello(self, where):
        """Say hello, and finish when it was answered: ncat drops what is still said to one that has finished."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(["wiretalk", "connect", where, "--wait", "1s"], **pipes, **self.place.settings) as client:
            late = threading.Timer(PATIENCE_S, client.kill)
            late.start()
            client.stdin.write(b"hello\n")
            client.stdin.flush()
            said = b""
            while b"hello" not in said and (data := client.stdout.read1()):
                said += data
            client.stdin.close()
            said += client.stdout.read()
            late.cancel()
        return said.decode()

    def start_client(self, where):
        return self.start(f"wiretalk send '{where}' 'hello across' --wait 1s", known=False)

    def run(self, command, *, may_fail=False):
        done = subprocess.run(
            ["bash", "-c", command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            **self.place.settings,
        )
        assert may_fail or done.returncode == 0, f"{command}: {done.stderr.decode()}"
        return done.stdout.decode().replace("\r", "")

    def close(self):
        """Leave nothing behind."""
        for running in reversed(self.running):
            running.close_group()
        if self._device:
            ours, theirs, _ = self._device
            os.write(theirs, b"\0")
            self._echo.join()
            os.close(ours)
            os.close(theirs)
        if self._proxy is not None:
            self._proxy.close()
        self.place.close()


def test_ours_works(ours, stage):
    held = stage(ours)
    held.prepare()
    if held.near is None or held.near.scheme == "stdio":
        assert "hello" in held.run(f"echo hello | {held.command}")
        return
    listening = held.listened(held.near)
    running = held.start(held.command, "listening on " if listening else "", known=listening)
    assert "hello" in held.talk(running)
    assert "Traceback" not in running.told
    if "--once" not in held.command:
        assert running.close() == 0, running.told


def test_theirs_works_as_well(theirs, beside, stage, require):
    tool = theirs.split()[0]
    require(shutil.which(tool), f"{tool} is not installed")
    held = stage(beside)
    held.prepare()
    command = held.own(theirs)
    if held.near is None or held.near.scheme == "stdio":
        # socat leaves half a second after the end of its input, unless told to wait for the answer.
        waiting = re.sub("^socat ", "socat -t10 ", command)
        # ncat fails at the end of TLS, when all has been said.
        assert "hello" in held.run(f"echo hello | {waiting}", may_fail="--ssl" in command)
        return
    if held.near.option("connect"):
        running = held.start(command, known=False)
    elif held.far is not None and held.far.option("listen"):
        # socat waits at its second address only when somebody has come to its first.
        pytest.skip("socat's second address is there only when somebody has come to the first")
    else:
        running = held.start(command)
    assert "hello" in held.talk(running)


def test_a_row_of_toxiproxy_after_the_other():
    """The commands of the first table, in their order: each finds what those before it have made."""
    pytest.importorskip("h11")
    commands = [ours for _, ours in rows("from-toxiproxy.md") if " fault :8474 " in ours]
    place = Place([*commands, "wiretalk serve echo :7000"])
    running = []
    try:
        for command in ("wiretalk serve echo :7000", "wiretalk control :8474"):
            word = "listening on" if "serve" in command else "controlled at"
            local = command.replace(":8474", "127.0.0.1:8474")
            running.append(Running(place.own(local), **place.settings))
            assert running[-1].wait_for(lambda told, word=word: word in told), running[-1].told
        for command in commands:
            done = subprocess.run(
                ["bash", "-c", place.own(command)], capture_output=True, timeout=PATIENCE_S, **place.settings
            )
            assert done.returncode == 0, f"{command}: {done.stderr.decode()}"
            told = done.stdout.decode()
            if " add " in command:
                assert str(parse_fault(command.rpartition(" ")[2])) in told
            if " list" in command:
                assert told.startswith("echo: ")
        assert len(commands) >= 14
    finally:
        for one in running:
            one.close()
        place.close()


def test_every_toxic_is_a_fault():
    table = [
        [cell.strip().strip("`") for cell in line.split("|")[1:-1]]
        for line in Page(ROOT / "docs" / "from-toxiproxy.md").prose
        if re.match(r"\| `\w+` \| `", line)
    ]
    kinds = {"latency", "bandwidth", "slow_close", "timeout", "reset_peer", "slicer", "limit_data"}
    assert {row[0] for row in table} == kinds
    for row in table:
        assert parse_fault(row[2])


def test_a_relay_or_a_server_without_a_server_to_talk_to(toxic_relay):
    place = Place([toxic_relay])
    command = place.own(toxic_relay).replace("--control :", "--control 127.0.0.1:")
    near = re.search(r" (:\d+)", command).group(1)
    running = []
    try:
        if far := re.search(r"localhost:\d+", command):
            running.append(Running(f"wiretalk serve echo {far.group()}", **place.settings))
        running.append(Running(command, **place.settings))
        for one in running:
            assert one.wait_for(lambda told: "listening on" in told), one.told
        said = subprocess.run(
            ["wiretalk", "send", near, "hello"], capture_output=True, timeout=PATIENCE_S, check=True, **place.settings
        )
        assert said.stdout == b"hello\n"
    finally:
        for one in reversed(running):
            one.close()
        place.close()
