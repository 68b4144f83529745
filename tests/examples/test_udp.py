"""UDP: typed lines to a receiver; request and answer; both sides at once; binary records."""

from __future__ import annotations

import json
import socket
import struct
import time

import pytest

from .conftest import PAIRINGS


@pytest.fixture
def peer():
    """A plain UDP socket on a port of its own; `peer.address` is what a program calls it."""
    with PlainPeer(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(60)
        sock.address = f"udp://127.0.0.1:{sock.getsockname()[1]}"
        yield sock


class PlainPeer(socket.socket):
    __slots__ = ("address",)


def place_of(address):
    host, _, port = address.partition("://")[2].rpartition(":")
    return host, int(port)


def test_typed_lines_arrive_with_their_source_until_an_empty_one(serving, example):
    receiver = serving("udp/receiver", "udp://127.0.0.1:0")
    sender = example("udp/sender", receiver.address)
    sender.say("hello\n")
    receiver.wait_for(": hello\n")
    sender.say("grüße\n\n")
    assert sender.wait() == 0
    assert receiver.wait() == 0
    lines = receiver.out.splitlines()[1:]
    assert [line.rpartition(": ")[2] for line in lines] == ["hello", "grüße"]
    assert all(line.startswith("udp://127.0.0.1:") for line in lines)
    assert sender.err == receiver.err == ""


def test_the_end_of_what_is_typed_is_an_empty_datagram(serving, example):
    receiver = serving("udp/receiver", "udp://127.0.0.1:0")
    sender = example("udp/sender", receiver.address)
    sender.say("one\ntwo\n")
    sender.end_input()
    assert sender.wait() == 0
    assert receiver.wait() == 0


def test_each_source_is_told(serving, peer):
    receiver = serving("udp/receiver", "udp://127.0.0.1:0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.sendto(b"from another", place_of(receiver.address))
        peer.sendto(b"a" * 5000, place_of(receiver.address))
        port = other.getsockname()[1]
        receiver.wait_for(f"udp://127.0.0.1:{port}: from another\n")
        receiver.wait_for(f"{peer.address}: {'a' * 5000}\n")
        peer.sendto(b"", place_of(receiver.address))
        assert receiver.wait() == 0


def test_a_sender_to_nobody_is_told_so(example, peer):
    address = peer.address
    peer.close()
    sender = example("udp/sender", address)
    sender.say("anybody?\n")
    sender.say("hello?\n" * 2)
    assert sender.wait() == sender.status("refused")
    assert sender.err == f"{address}: nobody listens there: is the server started, and is it this port?\n"


def test_request_and_answer(serving, example):
    server = serving("udp/server", "udp://127.0.0.1:0")
    client = example("udp/client", server.address, "first", "größer")
    assert client.wait() == 0
    # C knows the capitals of A to Z.
    assert (client.out, client.err) == (f"FIRST\n{'GRÖSSER' if server.language == 'python' else 'GRößER'}\n", "")
    assert server.interrupt() == 130
    assert server.err == ""


def test_a_lost_request_is_sent_again_and_a_late_answer_is_not_taken_for_another(example, peer):
    client = example("udp/client", peer.address, "a", "b")
    lost, source = peer.recvfrom(1000)
    again, _ = peer.recvfrom(1000)
    assert json.loads(lost) == json.loads(again) == {"number": 1, "text": "a"}
    peer.sendto(b'{"number": 1, "text": "first"}', source)
    second, _ = peer.recvfrom(1000)
    assert json.loads(second) == {"number": 2, "text": "b"}
    peer.sendto(b'{"number": 1, "text": "late"}', source)
    peer.sendto(b'{"number": 2, "text": "second"}', source)
    assert client.wait() == 0
    assert client.out == "first\nsecond\n"


def test_what_is_no_request_harms_nobody(serving, peer):
    server = serving("udp/server", "udp://127.0.0.1:0")
    for bad in (b"\xff\xff", b"{", b"[]", b""):
        peer.sendto(bad, place_of(server.address))
    assert "error" in json.loads(peer.recv(1000))
    peer.sendto(b'{"number": 7, "text": "ok"}', place_of(server.address))
    # In C, what is no JSON is told so too.
    answer = json.loads(peer.recv(1000))
    while "error" in answer:
        answer = json.loads(peer.recv(1000))
    assert answer == {"number": 7, "text": "OK"}


@pytest.mark.parametrize("languages", PAIRINGS, ids=str)
def test_both_sides_talk_at_once(example, peer, languages):
    # Two ports that are free: held by plain sockets until the programs take them.
    with PlainPeer(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        ports = peer.getsockname()[1], other.getsockname()[1]
    peer.close()
    here = example("udp/both", f"udp://127.0.0.1:{ports[1]}?bind=127.0.0.1:{ports[0]}")
    # Before the other side is there, what is said is lost, and that is told and no end.
    here.say("too early\n")
    here.wait_for("(nobody is there to hear it)", where="err")
    there = example("udp/both", f"udp://127.0.0.1:{ports[0]}?bind=127.0.0.1:{ports[1]}", language=languages.server)
    there.say("hello from there\n")
    here.wait_for("hello from there\n")
    here.say("one\ntwo\n")
    there.say("three\n")
    there.wait_for("one\ntwo\n")
    here.wait_for("three\n")
    there.end_input()
    assert there.wait() == 0
    assert here.wait() == 0
    assert there.err == ""


def test_ctrl_c_ends_a_talk_quietly(example, peer):
    talk = example("udp/both", peer.address)
    talk.say("hello\n")
    peer.recvfrom(100)
    assert talk.interrupt() == 130
    assert talk.err == ""


def test_records_arrive_as_they_were_sent(serving, example):
    receiver = serving("udp/record_receiver", "udp://127.0.0.1:0", "tcp://127.0.0.1:0")
    for address in receiver.addresses:
        sender = example("udp/record_sender", address, "3")
        assert sender.wait() == 0
        scheme = address.partition(":")[0]
        receiver.wait_for(*(f"{scheme}://127.0.0.1:" for _ in range(3)), f": 2: {20.5} (")
    assert "missing" not in receiver.out
    assert receiver.interrupt() == 130
    assert receiver.err == ""


def test_what_is_missing_late_or_no_record_is_told(serving, peer):
    receiver = serving("udp/record_receiver", "udp://127.0.0.1:0")
    now = time.time_ns()
    for datagram in (
        struct.pack(">IQd", 0, now, 1.5),
        struct.pack(">IQd", 3, now, 2.5),
        struct.pack(">IQd", 1, now, 3.5),
        b"too short",
        struct.pack(">IQd", 4, now, 4.5),
    ):
        peer.sendto(datagram, place_of(receiver.address))
    receiver.wait_for(
        ": 0: 1.5 (",
        ": 2 missing before 3\n",
        ": 3: 2.5 (",
        ": 1 is late, or came twice\n",
        ": ignored: a record ",
        "has 20 bytes; this message has 9\n",
        ": 4: 4.5 (",
    )


def test_records_cut_anywhere_on_a_byte_stream(serving, plain, wire):
    receiver = serving("udp/record_receiver", "tcp://127.0.0.1:0")
    client = plain(receiver.address)
    wire.send_in_pieces(client, b"".join(struct.pack(">IQd", n, time.time_ns(), n / 2) for n in range(20)), 1)
    written = str if receiver.language == "python" else "{:g}".format
    receiver.wait_for(*(f": {n}: {written(n / 2)} (" for n in range(20)))


def test_a_record_sender_is_plain_network_byte_order(example, peer):
    sender = example("udp/record_sender", peer.address, "2")
    assert [struct.unpack(">IQd", peer.recv(100))[::2] for _ in range(2)] == [(0, 20.0), (1, 20.25)]
    assert sender.wait() == 0
