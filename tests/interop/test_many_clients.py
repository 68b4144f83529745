"""Many clients at once, one slow, one that vanishes mid-message, one that resets, one that never sends."""

from __future__ import annotations

import json
import select
import signal
import socket
import struct

import pytest

CLIENTS = ["nc", "ncat", "socat", "telnet"]


def test_our_echo_serves_many_whatever_some_of_them_do(shell_at, as_client, plain, wire, host):
    server = shell_at("serve", "echo", "-f", "line", "-v", f"tcp://{host}:0")
    place = (host, server.port)
    slow = plain(place)
    crowd = [(name, as_client(name, *place)) for name in CLIENTS * 2]
    for number, (name, client) in enumerate(crowd):
        client.say(f"{name} {number}\n")
        slow.sendall(b"x")
    for number, (name, client) in enumerate(crowd):
        client.wait_for(f"{name} {number}\n")
    slow.sendall(b"\n")
    assert wire.read_lines(slow, 1) == ["x" * len(crowd)]

    vanishing = as_client("nc", *place)
    vanishing.say("whole\nhalf a mess")
    vanishing.wait_for("whole\n")
    vanishing.process.kill()
    server.wait_for("truncated by the peer", where="err")

    resetting = plain(place)
    resetting.sendall(b"reset\n")
    resetting.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    resetting.close()
    server.wait_for("reset by the peer", where="err")

    late = plain(place)
    late.sendall(b"still served\n")
    assert wire.read_lines(late, 1) == ["still served"]


def test_our_echo_ends_one_that_never_sends_and_no_other(shell_at, plain, wire, host):
    server = shell_at("serve", "echo", "-f", "line", "--idle", "1s", "-v", f"tcp://{host}:0")
    silent, busy = plain((host, server.port)), plain((host, server.port))
    name = "tcp://{}:{}".format(*silent.getsockname())
    while not select.select([silent], [], [], 0.05)[0]:
        busy.sendall(b"busy\n")
        assert wire.read_lines(busy, 1) == ["busy"]
    server.wait_for(f"{name}: timed-out by the peer in idle", where="err")
    busy.sendall(b"still served\n")
    assert wire.read_lines(busy, 1) == ["still served"]


def test_our_listener_reads_many_and_tells_who_said_what(shell_at, as_client, host):
    server = shell_at("listen", "--keep", "-f", "line", "--json", "--drain", "0", f"tcp://{host}:0")
    for name in CLIENTS:
        client = as_client(name, host, server.port)
        client.say(f"I am {name}\n")
        server.wait_for(f"I am {name}")
    assert server.interrupt() == 130
    said = [json.loads(line) for line in server.out.splitlines()]
    heard = {one["peer"]: one for one in said if "I am" in str(one)}
    assert len(heard) == len(CLIENTS)


@pytest.mark.parametrize("name", ["ncat", "socat"])
def test_many_of_ours_at_their_server(shell, as_script, name):
    server = as_script(name, "cat")
    clients = [shell("connect", server.address) for _ in range(4)]
    for number, client in enumerate(clients):
        client.say(f"client {number}\n")
    for number, client in enumerate(clients):
        client.wait_for(f"client {number}\n")
    # One vanishes, one is interrupted; the others go on.
    clients[0].process.send_signal(signal.SIGKILL)
    assert clients[1].interrupt() == 130
    assert clients[1].err == ""
    for client in clients[2:]:
        client.say("still here\n")
        client.wait_for("still here\n")
        client.end_input()
        assert client.wait() == 0


def test_our_client_is_told_of_a_reset(shell, plain_server):
    client = shell("connect", plain_server.address)
    server = plain_server.accept()
    server.sendall(b"and now\n")
    client.wait_for("and now\n")
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    server.close()
    assert client.wait() == 10
    assert "reset by the peer" in client.err
    assert "Traceback" not in client.err


def test_our_client_is_told_of_a_message_that_was_never_finished(shell, plain_server):
    client = shell("connect", "-f", "length:u32be", plain_server.address)
    server = plain_server.accept()
    server.sendall(b"\0\0\0\5whole\0\0\0\5hal")
    server.close()
    assert client.wait() == 13
    assert "whole" in client.out
    assert "3 of 5 bytes" in client.err
