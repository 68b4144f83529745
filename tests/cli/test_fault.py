"""`wiretalk fault` and `wiretalk control`, and --control beside each verb that has it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time

import pytest

from wiretalk.cli import main

from .conftest import WIRETALK, echo, read_to_end

TCP = "tcp://127.0.0.1:0"


@pytest.fixture
def running(program):
    """Start `wiretalk …`: a program, with `address` where it listens and `control` where it is controlled."""

    def start(*words, listens=True, **settings):
        one = program([WIRETALK, *words], **settings)
        one.wait_for("controlled at ", "\n", where="err")
        one.control = one.err.partition("controlled at ")[2].split()[0]
        if listens:
            one.wait_for("listening on ", "\n", where="err")
            one.address = one.err.partition("listening on ")[2].split()[0]
            one.port = int(one.address.rpartition(":")[2])
        return one

    return start


def echo_until_cut(sock):
    with contextlib.suppress(ConnectionResetError):
        echo(sock)


@pytest.fixture
def relay(running, served):
    """`wiretalk relay --control` in front of an echo server."""
    return running("relay", "--control", TCP, "--seed", "7", TCP, served(echo_until_cut, count=9).address)


@pytest.fixture
def fault(capfd):
    """Run `wiretalk fault ADDRESS …` in this process: what it prints, and what it tells where it fails."""

    def run(where, *words, status=0):
        assert main(["fault", where, *words]) == status
        captured = capfd.readouterr()
        if status:
            assert captured.out == ""
            return captured.err
        return captured.out

    return run


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def bare(address):
    return address.removeprefix("tcp://")


def test_the_faults_of_a_relay_are_added_changed_and_removed(relay, fault):
    there = relay.control
    first = fault(there, "list")
    assert first.startswith(f"relay: {bare(relay.address)} → 127.0.0.1:")
    assert fault(there, "add", "down:latency=50ms,jitter=5ms", "up:loss=0.1") == (
        "latency_downstream: down:latency=50ms,jitter=5ms\nloss_upstream: up:loss=0.1\n"
    )
    assert fault(there, "set", "latency_downstream", "delay=200ms", "toxicity=50%") == (
        "latency_downstream: down:latency=200ms,jitter=5ms,toxicity=0.5\n"
    )
    assert fault(there, "list") == first + (
        "  latency_downstream: down:latency=200ms,jitter=5ms,toxicity=0.5\n  loss_upstream: up:loss=0.1\n"
    )
    assert fault(there, "remove", "loss_upstream", "latency_downstream") == ""
    assert fault(there, "list") == first
    assert fault(there, "add", "reset", "--fault-name", "bye") == "bye: reset\n"
    assert fault(there, "reset") == ""
    assert fault(there, "list", "--proxy", "relay") == first


def test_latency_comes_while_bytes_pass(relay, fault):
    with connected(relay.port) as sock:
        sock.sendall(b"x")
        assert sock.recv(1) == b"x"
        fault(relay.control, "add", "down:latency=200ms")
        began = time.monotonic()
        sock.sendall(b"y")
        assert sock.recv(1) == b"y"
        assert time.monotonic() - began >= 0.2


def test_connections_are_listed_and_cut(relay, fault, capfd):
    there = relay.control
    assert main(["fault", there, "connections"]) == 0
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "nobody is connected\n")
    with connected(relay.port) as sock:
        sock.sendall(b"hello")
        assert sock.recv(5) == b"hello"
        line = fault(there, "connections")
        assert line.startswith(f"1: tcp://127.0.0.1:{sock.getsockname()[1]} → tcp://127.0.0.1:")
        assert line.endswith(" s, → 5 B, ← 5 B\n")
        told = json.loads(fault(there, "connections", "--json"))
        assert told["bytes"] == {"up": 5, "down": 5}
        fault(there, "cut", "1")
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    with connected(relay.port) as sock:
        sock.sendall(b"x")
        assert sock.recv(1) == b"x"
        fault(there, "cut", "all", "--how", "close")
        assert sock.recv(1) == b""


def test_a_relay_goes_down_and_up_and_is_deleted(relay, fault):
    there = relay.control
    assert fault(there, "down").endswith(" (down)\n")
    with pytest.raises(ConnectionRefusedError):
        connected(relay.port)
    assert not fault(there, "up").endswith(" (down)\n")
    with connected(relay.port) as sock:
        sock.sendall(b"x")
        sock.shutdown(socket.SHUT_WR)
        assert read_to_end(sock) == b"x"
    assert fault(there, "delete") == ""
    with pytest.raises(ConnectionRefusedError):
        connected(relay.port)
    assert "there is no relay" in fault(there, "add", "reset", status=2)
    assert relay.interrupt() == 130


def test_a_control_makes_relays(running, fault, served):
    control = running("control", TCP, "--seed", "7", listens=False)
    assert "faults are drawn from --seed 7" in control.err
    there = control.control
    upstream = bare(served(echo, count=2).address)
    line = fault(there, "create", "one", "127.0.0.1:0", upstream)
    port = int(line.split()[1].rpartition(":")[2])
    with connected(port) as sock:
        sock.sendall(b"x")
        sock.shutdown(socket.SHUT_WR)
        assert read_to_end(sock) == b"x"
    fault(there, "create", "two", "127.0.0.1:0", upstream)
    assert "there are several relays; say --proxy NAME: there are one, two" in fault(there, "add", "reset", status=2)
    assert fault(there, "add", "reset", "--proxy", "two") == "reset_both: reset\n"
    assert [json.loads(line)["name"] for line in fault(there, "list", "--json").splitlines()] == ["one", "two"]
    assert control.interrupt() == 130


def test_a_control_writes_down_what_its_relays_do_which_can_be_replayed(running, fault, served, program, tmp_path):
    log, upstream = tmp_path / "log", bare(served(echo_until_cut, count=3).address)
    control = running("control", TCP, "--fault-log", log, listens=False)
    for name, what in (("one", "down:reset=3B"), ("two", "latency=1ms")):
        line = fault(control.control, "create", name, "127.0.0.1:0", upstream)
        fault(control.control, "add", what, "-p", name)
        with connected(int(line.split()[1].rpartition(":")[2])) as sock:
            sock.sendall(b"hello")
            assert sock.recv(5, socket.MSG_WAITALL) == (b"hel" if name == "one" else b"hello")
    assert control.interrupt() == 130
    lines = log.read_text().splitlines(keepends=True)
    assert {json.loads(line)["proxy"] for line in lines} == {"one", "two"}
    refused = program([WIRETALK, "relay", TCP, upstream, "--fault-replay", log])
    assert refused.wait() == 2
    assert 'is of several relays, "one" and "two"; take one\'s lines' in refused.err
    log.write_text("".join(line for line in lines if json.loads(line)["proxy"] == "one"))
    again = program([WIRETALK, "relay", TCP, upstream, "--fault-replay", log])
    again.wait_for("listening on ", "\n", where="err")
    with connected(int(again.err.partition("listening on ")[2].split()[0].rpartition(":")[2])) as sock:
        sock.sendall(b"hello")
        with pytest.raises(ConnectionResetError):
            read_to_end(sock)


def test_relays_made_beside_a_relay_are_in_its_log(running, fault, served, tmp_path):
    log, upstream = tmp_path / "log", served(echo_until_cut, count=1).address
    relay = running("relay", "--control", TCP, "--fault-log", log, TCP, upstream)
    line = fault(relay.control, "create", "other", "127.0.0.1:0", bare(upstream))
    fault(relay.control, "add", "latency=1ms", "-p", "other")
    with connected(int(line.split()[1].rpartition(":")[2])) as sock:
        sock.sendall(b"x")
        assert sock.recv(1) == b"x"
    assert relay.interrupt() == 130
    assert {json.loads(line)["proxy"] for line in log.read_text().splitlines()} == {"other"}


def test_a_control_begins_with_what_a_file_lists(running, fault, tmp_path):
    listed = [{"name": "web", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:1"}]
    (tmp_path / "toxiproxy.json").write_text(json.dumps(listed))
    control = running("control", TCP, "--config", tmp_path / "toxiproxy.json", listens=False)
    assert '"web" listens on 127.0.0.1:' in control.err
    assert fault(control.control, "list").startswith("web: 127.0.0.1:")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no JSON: "),
        ("{}", "it is to be a list of proxies"),
        ('[{"name": "x"}]', "missing required field: upstream"),
    ],
)
def test_a_file_that_lists_nothing_is_told(tmp_path, capfd, text, told):
    (tmp_path / "x.json").write_text(text)
    assert main(["control", TCP, "--config", str(tmp_path / "x.json")]) == 2
    assert told in capfd.readouterr().err


def test_a_unix_socket_and_its_file(running, fault, tmp_path):
    control = running("control", f"unix:{tmp_path}/s", listens=False)
    assert "x: " in fault(control.control, "create", "x", "127.0.0.1:0", "exec:cat")
    control.process.send_signal(signal.SIGTERM)
    assert control.wait() == 0
    assert list(tmp_path.iterdir()) == []


def test_a_token_is_said_in_an_option_a_file_or_the_environment(running, fault, tmp_path, monkeypatch):
    (tmp_path / "token").write_text("open sesame\n")
    control = running("control", TCP, "--token", f"@{tmp_path}/token", listens=False)
    there = control.control
    assert "the token is missing or wrong" in fault(there, "list", status=7)
    assert fault(there, "list", "--token", "open sesame") == ""
    monkeypatch.setenv("WIRETALK_CONTROL_TOKEN", "open sesame")
    assert fault(there, "create", "x", "127.0.0.1:0", "127.0.0.1:1").startswith("x: ")


def test_a_server_is_controlled(running, fault):
    server = running("serve", "echo", TCP, "--control", TCP, "--name", "mine")
    assert fault(server.control, "list") == f"mine: {bare(server.address)} → echo\n"
    with connected(server.port) as sock:
        sock.sendall(b"x")
        assert sock.recv(1) == b"x"
        assert "1: tcp://127.0.0.1:" in fault(server.control, "connections")
        fault(server.control, "add", "reset")
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    assert '"mine" is no relay: its enabled cannot be changed' in fault(server.control, "down", status=2)
    assert server.interrupt() == 130


def test_a_listener_is_controlled(running, fault):
    listener = running("listen", TCP, "--keep", "--control", TCP)
    assert fault(listener.control, "list") == f"listen: {bare(listener.address)} → \n"
    with connected(listener.port) as sock:
        fault(listener.control, "add", "latency=1ms")
        sock.sendall(b"hello")
        listener.wait_for("hello")
        fault(listener.control, "cut", "1")
        with pytest.raises(ConnectionResetError):
            sock.recv(1)


def test_relays_that_a_control_has_made_beside_a_relay_go_with_it(relay, fault, served):
    upstream = bare(served(echo).address)
    port = int(fault(relay.control, "create", "other", "127.0.0.1:0", upstream).split()[1].rpartition(":")[2])
    with connected(port) as sock:
        sock.sendall(b"x")
        assert sock.recv(1) == b"x"
        assert relay.interrupt() == 130
        assert sock.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connected(port)


def test_once_is_once_also_where_it_is_controlled(running, served):
    relay = running("relay", "--once", "--json", "--control", TCP, TCP, served(echo).address)
    with connected(relay.port) as sock:
        sock.sendall(b"x")
        sock.shutdown(socket.SHUT_WR)
        assert read_to_end(sock) == b"x"
    assert relay.wait() == 0
    events = [json.loads(line) for line in relay.out.splitlines()]
    assert [event["event"] for event in events] == ["listening", "joined", "parted", "totals"]
    assert (events[-1]["joints"], events[-1]["up_bytes"]) == (1, 1)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("fault :1 lst", 'there is no action "lst"; did you mean "list"?'),
        (
            "fault :1 nothing-like-it",
            "there are list, add, set, remove, connections, cut, reset, create, up, down, delete",
        ),
        ("fault :1 list x", "list takes no more words"),
        ("fault :1 add", "add takes FAULT…"),
        ("fault :1 set x", "set takes NAME KEY=VALUE…"),
        ("fault :1 create x", "create takes NAME LISTEN UPSTREAM"),
        ("fault :1 add latncy=5", 'there is no fault "latncy"; did you mean "latency"?\n  latncy=5\n  ^^^^^^'),
        ("fault :1 set x delay", '"delay" is no KEY=VALUE; write it like delay=200ms'),
        ("fault :1 cut first", '"first" is no number of a connection'),
        ("fault :1 list --fault-name x", "--fault-name is for adding one fault"),
        ("fault :1 add reset loss --fault-name x", "--fault-name is for adding one fault"),
        ("relay :1 :2 --name x", "--name without a control; say --control ADDRESS"),
        ("relay :1 :2 --control-token x", "--control-token without a control"),
        ("serve echo :0 --control :0", "anybody could come to "),
        ("control 0.0.0.0:0", "listen on localhost or on a Unix socket's file, or say a --control-token"),
        ("control udp://127.0.0.1:0", "HTTP cannot be served on udp"),
        ("control --token= 127.0.0.1:0", "the token of the control is empty"),
    ],
)
def test_what_is_wrong_is_told(words, told, capfd):
    assert main(words.split()) == 2
    assert told in capfd.readouterr().err


def test_nobody_there_is_told(fault):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "nobody listens there" in fault(f"127.0.0.1:{port}", "list", status=3)


def test_toxiproxys_own_server_says_it_in_its_words(served, fault):
    toxic = {
        "attributes": {"latency": 5, "jitter": 0},
        "name": "x",
        "type": "latency",
        "stream": "downstream",
        "toxicity": 1,
    }
    proxies = {"web": {"name": "web", "listen": "127.0.0.1:80", "upstream": "y:1", "enabled": True, "toxics": [toxic]}}

    def answer(sock):
        body = json.dumps(proxies).encode()
        sock.recv(65536)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    assert fault(served(answer).address, "list") == (
        "web: 127.0.0.1:80 → y:1\n  x: downstream:latency,latency=5,jitter=0,toxicity=1\n"
    )


def test_a_token_that_cannot_be_sent_is_told(capfd, tmp_path):
    file = tmp_path / "token"
    for content in (b"\xff\xfe", "grüß".encode(), b"two\nlines", b"x" * 2000):
        file.write_bytes(content)
        for words in (["control", "127.0.0.1:0"], ["fault", "127.0.0.1:1", "list"]):
            assert main([*words, "--token", f"@{file}"]) == 2
            assert "must be at most 1024 printable ASCII characters" in capfd.readouterr().err


def test_a_token_file_that_is_not_there_is_told(capfd):
    assert main(["control", "--token", "@/nowhere/at/all", "127.0.0.1:0"]) == 1
    assert "/nowhere/at/all" in capfd.readouterr().err
    assert os.environ.get("WIRETALK_CONTROL_TOKEN") is None
