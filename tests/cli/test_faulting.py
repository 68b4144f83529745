"""Faults from the shell, on each verb that has them: what peers see, the seed that is told, the log and its replay."""

from __future__ import annotations

import json
import os
import signal
import socket
import time

import pytest

from wiretalk.cli import main

from .conftest import WIRETALK, echo, read_to_end

TCP = "tcp://127.0.0.1:0"


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def told_seed(text):
    return int(text.partition("faults are drawn from --seed ")[2].split()[0])


@pytest.fixture
def waiting(program):
    """Start `wiretalk relay|serve|listen …`: a program, with its `address` and its `port`."""

    def start(*words):
        one = program([WIRETALK, *words])
        one.wait_for("listening on ", "\n", where="err")
        one.address = one.err.partition("listening on ")[2].split()[0]
        one.port = int(one.address.rpartition(":")[2])
        return one

    return start


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=60)


# words


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "serve echo :1 --fault latncy=5ms",
            'there is no fault "latncy"; did you mean "latency"?\n  latncy=5ms\n  ^^^^^^',
        ),
        ("relay :1 :2 --fault reset=5x", "reset=5x\n        ^^"),
        ("connect :1 --seed 5", "--seed without a fault: there is nothing to be left to chance; say --fault FAULT"),
        ("listen :1 --fault-log x", "--fault-log without a fault: there is nothing to be logged"),
        ("serve echo :1 --fault loss --seed -5", '"-5" is not a seed: write a whole number of 0 or more'),
        ("serve echo :1 --fault loss --seed five", '"five" is not a seed'),
        ("serve echo :1 --fault-replay /dev/null/x", "/dev/null/x: Not a directory"),
        ("serve echo :1 --fault loss --fault-log /dev/null/x", "/dev/null/x: Not a directory"),
    ],
)
def test_wrong_words_are_refused(words, told, capfd):
    assert main(words.split()) in {1, 2}
    assert told in capfd.readouterr().err


@pytest.mark.parametrize("verb", ["relay", "serve", "listen", "connect"])
def test_help_tells_of_faults(verb, capfd):
    assert main([verb, "--help"]) == 0
    told = capfd.readouterr().out
    for option in ("--fault", "--seed", "--fault-log", "--fault-replay"):
        assert option in told


def test_a_topic_lists_every_fault(capfd):
    from wiretalk.layer.faults import FAULTS

    assert main(["help", "faults"]) == 0
    told = capfd.readouterr().out
    for name, (_, summary) in FAULTS.items():
        assert f"\n  {name}" in told
        assert summary in told


# verbs


def test_relay_cuts_at_exactly_that_byte(waiting, served, tmp_path):
    log = tmp_path / "log"

    def handle(sock):
        with pytest.raises(ConnectionResetError):
            echo(sock)

    far = served(handle)
    relay = waiting("relay", TCP, far.address, "--fault", "down:reset=1000B", "--seed", "7", "--fault-log", str(log))
    assert told_seed(relay.err) == 7
    with connected(relay.port) as peer:
        peer.sendall(b"x" * 3000)
        got = bytearray()
        with pytest.raises(ConnectionResetError):
            while True:
                got += peer.recv(65536)
    assert bytes(got) == b"x" * 1000
    assert relay.interrupt() == 130
    (record,) = records(log)
    assert {key: record[key] for key in ("connection", "direction", "offset", "length", "fault", "name")} == {
        "connection": 1,
        "direction": "down",
        "offset": 1000,
        "length": 0,
        "fault": "reset",
        "name": "reset",
    }
    assert record["peer"].startswith("tcp://127.0.0.1:")
    assert abs(record["time"] - time.time()) < 600


def test_relay_delays(waiting, served):
    far = served(echo)
    relay = waiting("relay", TCP, far.address, "--fault", "up:latency=200ms", "--fault", "down:latency=100ms")
    with connected(relay.port) as peer:
        began = time.monotonic()
        peer.sendall(b"x")
        assert peer.recv(1) == b"x"
        # Not sooner than told; how much later is for the benchmarks.
        assert time.monotonic() - began >= 0.298
        peer.shutdown(socket.SHUT_WR)
        assert peer.recv(1) == b""


def test_serve_over_datagrams_repeats_itself_by_its_seed(waiting):
    def heard(*options):
        server = waiting("serve", "echo", "udp://127.0.0.1:0", "--fault", "up:loss=0.5", *options)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.connect(("127.0.0.1", server.port))
            peer.settimeout(0.3)
            got = []
            for number in range(30):
                peer.send(b"%d" % number)
            try:
                while True:
                    got.append(int(peer.recv(100)))
            except TimeoutError:
                pass
        server.interrupt()
        return got, told_seed(server.err)

    first, seed = heard()
    assert first == sorted(first)
    assert 2 < len(first) < 28
    assert heard("--seed", str(seed)) == (first, seed)


def test_serve_replays_a_log(waiting, tmp_path):
    log = tmp_path / "log"

    def answer(*options):
        server = waiting("serve", "echo", TCP, "-f", "line", *options)
        with connected(server.port) as peer:
            peer.sendall(b"".join(b"line %d\n" % number for number in range(50)))
            peer.shutdown(socket.SHUT_WR)
            got = read_to_end(peer)
        server.interrupt()
        return got

    first = answer("--fault", "up:loss=0.3", "--fault", "down:corrupt,p=0.2", "--fault-log", str(log))
    again = tmp_path / "again"
    assert answer("--fault-replay", str(log), "--fault-log", str(again)) == first
    without_time = [{key: record[key] for key in record if key not in {"time", "peer"}} for record in records(log)]
    assert without_time == [
        {key: record[key] for key in record if key not in {"time", "peer"}} for record in records(again)
    ]
    assert 5 < len(without_time) < 45


def test_listen_takes_what_faults_leave(waiting):
    listening = waiting("listen", TCP, "--fault", "up:limit=5")
    with connected(listening.port) as peer:
        peer.sendall(b"0123456789")
        assert listening.wait() == 0
    assert listening.out == "01234"


def test_listen_on_a_terminal_has_faults(typed):
    one = typed("listen", TCP, "--fault", "up:corrupt=1,unit=bytes,after=1msg", "--seed", "3")
    one.wait_for("--seed 3", "listening on tcp://127.0.0.1:")
    port = int(one.wait_for(" ").strip())
    with connected(port) as peer:
        peer.sendall(b"hello\n")
        one.wait_for("hello")
    one.signal(signal.SIGINT)
    assert one.wait()[0] == 130


def test_connect_changes_what_we_say(shell, served):
    got = []

    def handle(sock):
        got.append(read_to_end(sock))

    server = served(handle)
    run = shell("connect", server.address, "--fault", "up:corrupt=1,unit=bytes", "--seed", "3", said=b"hello")
    server.wait()
    assert run.returncode == 0
    assert told_seed(run.stderr.decode()) == 3
    assert len(got[0]) == 5
    assert sum(a != b for a, b in zip(got[0], b"hello", strict=True)) == 1


def test_connect_with_faults_is_a_conversation_like_any_other(shell, served):
    server = served(echo, 3)
    run = shell("connect", server.address, "-f", "line", "--fault", "latency=10ms,jitter=5ms", "-v", said=b"a\nb\nc\n")
    assert (run.returncode, run.stdout) == (0, b"a\nb\nc\n")
    assert b"finished by" in run.stderr
    run = shell("connect", server.address, "--json", "-f", "line", "--fault", "slice=2", said=b"hello\nyou\n")
    assert run.returncode == 0
    told = [json.loads(line) for line in run.stdout.splitlines()]
    assert [one["text"] for one in told if one["event"] == "message"] == ["hello", "you"]
    assert told[-1]["how"] == "finished"
    run = shell("connect", server.address, "--fault", "down:slice=100", said=b"x" * 300_000)
    assert (run.returncode, len(run.stdout)) == (0, 300_000)


@pytest.mark.parametrize(
    ("fault", "status", "told"),
    [
        ("up:reset=3B", 10, "reset by the system (by a fault)"),
        ("refuse", 3, "refused by a fault"),
    ],
)
def test_connect_says_how_it_ended(shell, served, fault, status, told):
    def handle(sock):
        try:
            read_to_end(sock)
        except ConnectionResetError:
            pass

    server = served(handle)
    run = shell("connect", server.address, "--fault", fault, said=b"hello")
    assert run.returncode == status
    assert told in run.stderr.decode()


def test_connect_leaves_although_nothing_comes(shell, served):
    server = served(echo)
    began = time.monotonic()
    run = shell("connect", server.address, "--fault", "down:blackhole", "--wait", "0.2s", said=b"hello")
    assert run.returncode == 0
    assert run.stdout == b""
    assert time.monotonic() - began < 30


def test_connect_is_interrupted(program, served):
    server = served(echo)
    one = program([WIRETALK, "connect", server.address, "--fault", "latency=1ms"])
    one.say("hello")
    one.wait_for("hello")
    assert one.interrupt() == 130


def test_connect_cannot_be_opened(shell):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    run = shell("connect", f"tcp://127.0.0.1:{port}", "--fault", "loss", "--retry=1")
    assert run.returncode == 3
    assert b"trying again" in run.stderr


def test_connect_on_a_terminal_has_faults(typed, served):
    server = served(echo)
    one = typed("connect", server.address, "--fault", "latency=5ms", "--seed", "3")
    one.wait_for("--seed 3", "connected to")
    one.type("hello\n")
    one.wait_for("hello", "hello")
    one.type("\x04")
    assert one.wait()[0] == 0


def test_a_log_that_takes_no_more_does_not_end_anything(waiting):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    server = waiting("serve", "echo", TCP, "--fault", "latency=1ms", "--fault-log", "/dev/full")
    with connected(server.port) as peer:
        for _ in range(3):
            peer.sendall(b"x")
            assert peer.recv(1) == b"x"
    server.interrupt()
    assert server.err.count("the log of faults cannot be written any more: ") == 1
