"""`wiretalk relay` as a process: what it tells, counts and leaves with."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

import pytest

from .conftest import WIRETALK, echo

HERE = "tcp4://127.0.0.1:0"


@pytest.fixture
def relay(program):
    """Start `wiretalk relay …` and wait until it listens: a program with `addresses`, and `reach(which)`."""

    def start(*words, **settings):
        one = program([WIRETALK, "relay", *words], **settings)
        one.wait_for("listening on ", "\n", where="err")
        one.addresses = [line.split()[2] for line in one.err.splitlines() if line.startswith("listening on ")]
        one.reach = lambda which=0: socket.create_connection(
            ("127.0.0.1", int(one.addresses[which].rpartition(":")[2])), timeout=20
        )
        return one

    return start


def talk(sock, said=b"hello"):
    """Say something, finish, and return all that comes back."""
    with sock:
        sock.sendall(said)
        sock.shutdown(socket.SHUT_WR)
        heard = b""
        while data := sock.recv(65536):
            heard += data
        return heard


def test_a_bridge_tells_whom_it_has_joined(program, served):
    left, right = served(lambda sock: sock.sendall(b"from the left")), served(echo)
    bridge = program([WIRETALK, "relay", f"{left.address}?connect", right.address])
    assert bridge.wait() == 0
    assert bridge.err == f"connected to {left.address} (IPv4) and {right.address} (IPv4)\n"
    assert bridge.out == ""


def test_a_bridge_as_json(program, served):
    left, right = served(lambda sock: sock.sendall(b"from the left")), served(echo)
    bridge = program([WIRETALK, "relay", "--json", f"{left.address}?connect", right.address])
    assert bridge.wait() == 0
    events = {event["event"]: event for event in map(json.loads, bridge.out.splitlines())}
    assert events["joined"]["near"] == left.address
    assert events["totals"]["up_bytes"] == len("from the left")


def test_what_is_there_once_is_served_and_not_listened_on(shell, tmp_path):
    done = shell("relay", "exec:printf hello", f"file:{tmp_path}/kept?write")
    assert done.returncode == 0
    assert done.stderr == f"connected to exec:printf hello and file:{tmp_path}/kept\n".encode()
    assert (tmp_path / "kept").read_bytes() == b"hello"
    done = shell("serve", "echo", "exec:printf 'a%3Fb'")
    assert done.stderr.startswith(b"serving exec:printf ")


def test_max_leaves_when_so_many_joints_have_ended(relay, served):
    one = relay("--max", "2", HERE, served(echo, count=2).address)
    assert [talk(one.reach()), talk(one.reach())] == [b"hello", b"hello"]
    assert one.wait() == 0


def test_stats_on_a_terminal_are_one_live_line_and_the_sums_at_the_end(relay, served):
    ours, theirs = os.openpty()
    try:
        one = subprocess.Popen([WIRETALK, "relay", "--stats", HERE, served(echo).address], stderr=theirs)
        told = ""
        while "\n" not in told:
            told += os.read(ours, 4096).decode()
        port = int(told.split()[2].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
            sock.sendall(b"hello")
            assert sock.recv(5) == b"hello"
            while "1 open, 1 so far" not in told:
                told += os.read(ours, 4096).decode()
        one.send_signal(signal.SIGTERM)
        assert one.wait(20) == 0
        while "1 joint in" not in told:
            told += os.read(ours, 4096).decode()
        assert "\r\x1b[K1 joint in" in told
        assert "→ 5 B, ← 5 B" in told
    finally:
        os.close(ours)
        os.close(theirs)


def test_what_reads_its_json_may_leave(program, served):
    """`| head -n 1`: the relay stops when it has something to say to nobody, without a traceback."""
    far = served(echo, count=2).address
    one = program(["bash", "-c", f"{WIRETALK} relay --json {HERE} {far} | head -n 1; exit ${{PIPESTATUS[0]}}"])
    one.wait_for('"listening"', "\n")
    port = int(one.err.split()[2].rpartition(":")[2])
    assert talk(socket.create_connection(("127.0.0.1", port), timeout=20)) == b"hello"
    assert one.wait() == 0
    assert one.out.count("\n") == 1
    assert one.err.startswith("listening on ")
    assert "Traceback" not in one.err


def test_standard_output_is_for_one_alone(shell):
    done = shell("relay", "--json", "-", ":1")
    assert done.returncode == 2
    assert b"both want standard output" in done.stderr


def test_one_address_joins_nothing(shell):
    done = shell("relay", ":1")
    assert done.returncode == 2
    assert b"joins two addresses" in done.stderr


@pytest.mark.parametrize(
    ("far", "told"),
    [
        (":1?proxy_protocol", "proxy_protocol is for listening; leave it out here"),
        ("tls://:1?self_signed", "self_signed is for listening"),
        ("tls://:1?ca=/nowhere/ca.pem", "/nowhere/ca.pem"),
    ],
)
def test_what_is_wrong_with_the_far_address_is_told_before_anybody_comes(shell, far, told):
    done = shell("relay", HERE, far)
    assert done.returncode != 0
    assert told in done.stderr.decode()
    assert b"listening on" not in done.stderr


def test_a_package_that_the_far_side_needs_is_told_before_anybody_comes(program):
    hidden = "import sys; sys.modules['serial'] = None; from wiretalk.cli import main; sys.exit(main(sys.argv[1:]))"
    one = program([sys.executable, "-c", hidden, "relay", HERE, "serial:/dev/ttyS0"])
    assert one.wait() == 16
    assert "pip install 'wiretalk[serial]'" in one.err
    assert "listening on" not in one.err


def test_a_disk_that_is_full_is_told(relay):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    one = relay(HERE, "file:/dev/full?append", "--once")
    with one.reach() as sock, pytest.raises(ConnectionResetError):
        sock.sendall(b"hello")
        sock.recv(1)
    assert one.wait() == 0
    assert "file:/dev/full: failed by the system (the disk is full)" in one.err


@pytest.fixture
def pid_of_program(tmp_path):
    """The process that a relay's program says to be, once it has written it down; and whether it is there."""

    def find():
        give_up = time.monotonic() + 30
        path = tmp_path / "pid"
        while not (path.exists() and path.read_text().endswith("\n")):
            assert time.monotonic() < give_up
            time.sleep(0.01)
        return int(path.read_text())

    return find


def wait_until_gone(pid):
    give_up = time.monotonic() + 30
    while os.path.exists(f"/proc/{pid}"):
        assert time.monotonic() < give_up, "the program outlives its peer"
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells of the program")
@pytest.mark.parametrize("how", ["unix", "reset"])
def test_a_program_does_not_outlive_a_peer_that_goes_after_it_has_finished(relay, tmp_path, pid_of_program, how):
    near = HERE if how == "reset" else f"unix:{tmp_path}/s"
    one = relay(near, f"exec:echo $$ > {tmp_path}/pid; exec sleep 1000?shell", "--once", "-v")
    sock = one.reach() if how == "reset" else socket.socket(socket.AF_UNIX)
    if how == "unix":
        sock.connect(f"{tmp_path}/s")
    pid = pid_of_program()
    sock.shutdown(socket.SHUT_WR)
    if how == "reset":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    wait_until_gone(pid)
    assert one.wait() == 0


def test_a_peer_that_has_finished_and_still_listens_is_answered_however_late(relay):
    """Longer than it takes to look whether it has gone."""
    one = relay(HERE, "exec:cat > /dev/null; sleep 2.5; echo late?shell", "--once")
    assert talk(one.reach()) == b"late\n"
    assert one.wait() == 0


def test_input_that_is_a_pipe_ends_without_ending_the_answer(shell, served):
    """A pipe that has ended looks like one whose other end has gone."""

    def late(sock):
        while sock.recv(100):
            pass
        time.sleep(2.5)
        sock.sendall(b"late")

    done = shell("relay", "-", served(late).address, said=b"question")
    assert done.stdout == b"late"


def hold(sock):
    """Stay as long as the peer does."""
    sock.settimeout(30)
    with contextlib.suppress(ConnectionResetError):
        while sock.recv(100):
            pass


@pytest.mark.parametrize("options", [(), ("--control", "127.0.0.1:0")], ids=["plain", "controlled"])
def test_the_second_ctrl_c_leaves_at_once(relay, served, options):
    one = relay(HERE, served(hold).address, *options)
    with one.reach() as sock:
        sock.sendall(b"x")
        one.process.send_signal(signal.SIGINT)
        one.wait_for("waiting for one conversation to end", "\n", where="err")
        assert one.interrupt() == 130
        with pytest.raises(ConnectionResetError):
            sock.recv(1)


def test_a_bridge_is_one_conversation(program, served):
    bridge = program([WIRETALK, "relay", f"{served(hold).address}?connect", served(hold).address])
    bridge.wait_for("connected to ", "\n", where="err")
    bridge.process.send_signal(signal.SIGTERM)
    bridge.wait_for("waiting for one conversation to end", "\n", where="err")
    assert bridge.interrupt() == 130


def test_the_password_of_a_proxy_is_told_nowhere(relay, shell):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        proxy = f"via=http://joe:secret@127.0.0.1:{nobody.getsockname()[1]}"
    one = relay(HERE, f"tcp://127.0.0.1:1?{proxy}", "--once", "-v")
    with one.reach() as sock, pytest.raises(ConnectionResetError):
        sock.recv(1)
    one.wait_for("cannot be joined with tcp://127.0.0.1:1?via=http://127.0.0.1:", "\n", where="err")
    done = shell("connect", "--json", "-v", f"tcp://127.0.0.1:1?{proxy}")
    assert done.returncode == 3
    for told in (one.err, done.stdout.decode(), done.stderr.decode()):
        assert "joe" not in told
        assert "secret" not in told
