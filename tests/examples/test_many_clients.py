"""Many clients at once, one slow, one that vanishes mid-message, one that resets, one that never sends."""

from __future__ import annotations

import socket
import struct
from collections import Counter


def test_a_crowd_of_good_and_rude_clients(serving, example):
    # So many seconds of silence end the one that never sends; the slow one is faster than that, on any machine.
    server = serving("many_clients/server", "tcp://127.0.0.1:0", "3")
    crowd = example("many_clients/client", server.address, "30")
    assert crowd.wait() == 0
    assert crowd.err == ""
    assert set(crowd.out.splitlines()) == {
        "slow: told ydaets tub wols",
        "vanishing: left within a message",
        "resetting: reset",
        "30 good clients: all answered, each with its own",
        "silent: the server had enough",
    }
    server.wait_for("timed-out by the peer in idle")
    ends = Counter(line.partition(": ")[2].partition(" by the peer")[0] for line in server.out.splitlines()[1:])
    assert ends == {"finished": 31, "truncated": 1, "reset": 1, "timed-out": 1}
    assert server.interrupt() == 130
    assert server.err == ""


def test_a_slow_client_makes_nobody_wait(serving, plain, wire):
    server = serving("many_clients/server", "tcp://127.0.0.1:0")
    slow = plain(server.address)
    slow.sendall(b"on")
    for number in range(3):
        fast = plain(server.address)
        fast.sendall(b"ab%d\n" % number)
        assert wire.read_lines(fast, 1) == [f"{number}ba"]
    slow.sendall(b"e\n")
    assert wire.read_lines(slow, 1) == ["eno"]


def test_what_each_rude_one_did_is_told(serving, plain):
    server = serving("many_clients/server", "tcp://127.0.0.1:0")
    vanishing, resetting, greedy = (plain(server.address) for _ in range(3))
    names = [f"tcp://127.0.0.1:{one.getsockname()[1]}" for one in (vanishing, resetting, greedy)]
    vanishing.sendall(b"four")
    vanishing.close()
    server.wait_for(f"{names[0]}: truncated by the peer")
    resetting.sendall(b"reset me\n")
    resetting.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    resetting.close()
    server.wait_for(f"{names[1]}: reset by the peer")
    greedy.sendall(b"x" * 2000)
    server.wait_for(f"{names[2]}: limit by the peer (a message of at least ")


def test_a_silence_that_is_no_number_is_told(example):
    server = example("many_clients/server", "tcp://127.0.0.1:0", "soon")
    assert server.wait() == server.status("usage")
    assert "Traceback" not in server.err
