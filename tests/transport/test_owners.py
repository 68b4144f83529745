"""Who has an address already."""

import os
import subprocess
import sys

import pytest

from wiretalk.transport import owners

SERVER = """
import sys
from wiretalk.address import parse
from wiretalk.transport import listen
(listener,) = listen(parse(sys.argv[1]))
print(listener.address, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def server():
    """`server(text)` starts another process that listens, and returns its address and its pid."""
    running = []

    def start(text):
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        running.append(process)
        return process.stdout.readline().strip(), process.pid

    yield start
    for process in running:
        process.communicate()


@pytest.fixture(autouse=True)
def _needs_proc(require):
    require(os.path.exists("/proc/net/tcp"), "needs /proc")


@pytest.mark.parametrize(
    "text",
    [
        "tcp://127.0.0.1:0",
        "tcp://[::1]:0",
        "tcp://:0",
        "udp://127.0.0.1:0",
        "udp://:0",
        "unix:{path}",
        "unixgram:{path}",
        "unix:@wiretalk-owned-{pid}",
        "unixpacket:@wiretalk owned {pid}",
    ],
)
def test_another_process(text, server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    address, pid = server(text.format(path="x.sock", pid=os.getpid()))
    found = owners.owner_of(address)
    assert found.startswith(f"{sys.executable} -c"[:20])
    assert found.endswith(f"… (pid {pid})")


def test_the_same_relative_path_in_another_directory_is_another(server, tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "one")
    _, first = server("unix:x.sock")
    monkeypatch.chdir(tmp_path / "two")
    address, second = server("unix:x.sock")
    assert owners.owner_of(address).endswith(f"(pid {second})")
    monkeypatch.chdir(tmp_path / "one")
    assert owners.owner_of(address).endswith(f"(pid {first})")


def test_an_absolute_path_is_found_by_a_relative_one(listening, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if len(str(tmp_path)) > 90:
        pytest.skip("the test's directory is too long a path for a Unix socket")
    listening(f"unix:{tmp_path}/x.sock")
    assert owners.owner_of("unix:x.sock") == "this process itself"


def test_this_process(listening):
    (listener,) = listening("tcp://127.0.0.1:0")
    assert owners.owner_of(str(listener.address)) == "this process itself"
    assert owners.owner_of(f"tcp://:{listener.address.port}") == "this process itself"
    assert owners.owner_of(f"tls://:{listener.address.port}") == "this process itself"
    # The same port elsewhere, or for another protocol, is another thing.
    assert owners.owner_of(f"tcp://127.0.0.9:{listener.address.port}") == ""


def test_a_client_has_its_port_too(listening, connecting):
    (listener,) = listening("tcp://127.0.0.1:0")
    ours = connecting(str(listener.address))
    assert owners.owner_of(f"tcp://127.0.0.1:{ours.getsockname()[1]}") == "this process itself"


@pytest.mark.parametrize("text", ["tcp://192.0.2.1:1", "unix:/nowhere/at/all", "vsock://:80", "-", "no address", ""])
def test_nobody(text):
    assert owners.owner_of(text) == ""


def test_whose_process_it_is_when_it_may_not_be_seen(listening, monkeypatch):
    (listener,) = listening("udp://127.0.0.1:0")
    monkeypatch.setattr(owners, "_pid_with", lambda *_: None)
    import pwd

    me = pwd.getpwuid(os.getuid()).pw_name
    assert owners.owner_of(str(listener.address)) == f"a process of the user {me}"
    assert owners._user(4_000_000_000) == "a process of the user 4000000000"
    assert owners._user(None) == ""


def test_a_process_that_vanishes_or_is_another_users(monkeypatch):
    def scandir(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(owners.os, "scandir", scandir)
    assert owners._pid_with({"1": None}) is None


def test_looking_ends_in_time(monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(owners.time, "monotonic", lambda: next(clock))
    assert owners._pid_with({"1": None}) is None
    assert next(clock) == 2


def test_without_proc(monkeypatch):
    monkeypatch.setattr(owners, "rows", lambda table: owners_rows(table + "-is-not-here"))
    assert owners.owner_of("tcp://127.0.0.1:80") == ""
    assert owners.owner_of("unix:/run/x.sock") == ""


owners_rows = owners.rows


def test_a_proc_that_looks_otherwise(monkeypatch):
    monkeypatch.setattr(owners, "rows", lambda _: [["0:", "garbage"]])
    assert owners.owner_of("tcp://127.0.0.1:80") == ""


def test_the_path_in_an_address():
    assert owners.path_of("unix:a%3Fb") == "a?b"
    assert owners.path_of("unix:(unnamed)") == "(unnamed)"
    assert owners.path_of("no address") is None
