"""UDP: typed lines and an empty datagram; request and answer; both sides at once; binary records."""

from __future__ import annotations

import json
import socket
import struct
import time

import pytest

SENDERS = {
    "nc": lambda host, port: ["nc.openbsd", "-u", "-w", "30", host, str(port)],
    "ncat": lambda host, port: ["ncat", "-u", host, str(port)],
    "socat": lambda host, port: ["socat", "-", f"UDP:{host}:{port}"],
}

RECEIVERS = {
    "nc": lambda host, port: ["nc.openbsd", "-u", "-l", host, str(port)],
    "ncat": lambda host, port: ["ncat", "-u", "-l", host, str(port)],
    "socat": lambda host, port: ["socat", "-u", f"UDP-RECV:{port},bind={host}", "-"],
}

ANSWERERS = {
    "ncat": lambda host, port: ["ncat", "-u", "-l", host, str(port), "--sh-exec", "read line; echo server rec: $line"],
    "socat": lambda host, port: [
        "socat",
        f"UDP-RECVFROM:{port},bind={host},fork",
        "SYSTEM:read line; echo server rec\\: $line",
    ],
}


@pytest.fixture
def receiving(peer, listens, host):
    """Start what waits for datagrams, from a table: `receiving(RECEIVERS, "nc")`; adds `address`."""

    def start(table, name):
        port = free_udp_port(host)
        server = peer(table[name](host, port))
        listens((host, port), datagrams=True)
        server.address = f"udp://{host}:{port}"
        return server

    return start


def free_udp_port(host):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


def heard(server):
    """The messages that `wiretalk listen --json` has printed."""
    events = [json.loads(line) for line in server.out.splitlines()]
    return [event for event in events if event["event"] == "message"]


# typed lines, with their source, until an empty datagram


@pytest.mark.parametrize("name", ["nc", "ncat", "socat"])
def test_our_receiver_tells_what_they_typed_and_from_where(shell_at, peer, host, name):
    receiver = shell_at("listen", "--json", f"udp://{host}:0")
    sender = peer(SENDERS[name](host, receiver.port))
    sender.say("one\n")
    receiver.wait_for('"one\\n"')
    sender.say("grüße\n")
    receiver.wait_for("gr", '\\n"')
    assert receiver.interrupt() == 130
    messages = heard(receiver)
    assert [message["text"] for message in messages] == ["one\n", "grüße\n"]
    sources = {message["peer"] for message in messages}
    assert len(sources) == 1
    assert sources.pop().startswith("udp://127.")


def test_an_empty_datagram_ends_our_receiver(shell_at, host):
    receiver = shell_at(
        "serve", "reply", "--reply", "{peer} said {message}", "--close-on", "", "--once", f"udp://{host}:0"
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.settimeout(60)
        sender.connect((host, receiver.port))
        sender.send(b"a line")
        assert sender.recv(100) == "udp://{}:{} said a line".format(*sender.getsockname()).encode()
        sender.send(b"")
        assert receiver.wait() == 0


def test_our_sender_ends_a_plain_receiver_with_an_empty_datagram(shell, plain_datagrams):
    address = "udp://{}:{}".format(*plain_datagrams.getsockname())
    sender = shell("send", "--replies", "0", address, "one", "größer", "")
    received = [plain_datagrams.recvfrom(100) for _ in range(3)]
    assert [data.decode() for data, _ in received] == ["one", "größer", ""]
    assert len({source for _, source in received}) == 1
    assert sender.wait() == 0


def test_a_typed_line_is_a_datagram_however_it_was_read(shell, plain_datagrams):
    sender = shell("connect", "--wait", "0", "udp://{}:{}".format(*plain_datagrams.getsockname()))
    sender.say("one\ntwo\nthr")
    assert [plain_datagrams.recv(100) for _ in range(2)] == [b"one", b"two"]
    sender.say("ee\n")
    sender.end_input()
    assert plain_datagrams.recv(100) == b"three"
    assert sender.wait() == 0


@pytest.mark.parametrize("name", ["nc", "ncat", "socat"])
def test_their_receivers_read_ours(shell, receiving, name):
    receiver = receiving(RECEIVERS, name)
    sender = shell("connect", receiver.address)
    sender.say("one\n")
    receiver.wait_for("one")
    sender.say("grüße\n")
    receiver.wait_for("grüße")
    assert sender.interrupt() == 130
    assert sender.err == ""


def test_our_sender_is_told_that_nobody_is_there(shell, host):
    sender = shell("send", f"udp://{host}:{free_udp_port(host)}", "anybody?")
    assert sender.wait() == 3
    assert "nobody listens there" in sender.err


# request and answer


@pytest.mark.parametrize("name", ["nc", "ncat", "socat"])
def test_our_server_answers_their_requests(shell_at, peer, host, name):
    server = shell_at("serve", "reply", "--reply", "server rec: {message}", f"udp://{host}:0")
    client = peer(SENDERS[name](host, server.port))
    for word in ("one", "zwölf"):
        client.say(f"{word}\n")
        client.wait_for(f"server rec: {word}\n")


@pytest.mark.parametrize("name", ["ncat", "socat"])
def test_our_client_is_answered_by_theirs(shell, receiving, name):
    server = receiving(ANSWERERS, name)
    client = shell("send", "--wait", "30s", "--escapes", server.address, "grüße\\n")
    assert client.wait() == 0
    assert client.out == "server rec: grüße\n"


# both sides at once


def test_we_and_nc_talk_at_once(shell, peer, listens, host):
    ours, theirs = free_udp_port(host), free_udp_port(host)
    nc = peer(["nc.openbsd", "-u", "-s", host, "-p", str(theirs), host, str(ours)])
    listens((host, theirs), datagrams=True)
    both_talk(shell("connect", f"udp://{host}:{theirs}?bind={host}:{ours}"), nc)


def test_we_and_socat_talk_at_once(shell, peer, listens, host):
    ours, theirs = free_udp_port(host), free_udp_port(host)
    socat = peer(["socat", "-", f"UDP-DATAGRAM:{host}:{ours},bind={host}:{theirs}"])
    listens((host, theirs), datagrams=True)
    both_talk(shell("connect", f"udp://{host}:{theirs}?bind={host}:{ours}"), socat)


def both_talk(ours, theirs):
    ours.say("from us\n")
    theirs.wait_for("from us")
    theirs.say("from them\nand more\n")
    ours.wait_for("from them\nand more\n")
    ours.say("and more of us\n")
    theirs.wait_for("and more of us")


# binary records


def test_our_receiver_reads_plain_records(shell_at, host):
    receiver = shell_at("listen", "-c", "struct:>IQd", "--json", f"udp://{host}:0")
    sent = [(number, time.time_ns(), number / 4) for number in range(3)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for record in sent:
            sender.sendto(struct.pack(">IQd", *record), (host, receiver.port))
        receiver.wait_for(*(str(stamp) for _, stamp, _ in sent))
    receiver.interrupt()
    assert [tuple(message["value"]) for message in heard(receiver)] == sent


def test_our_sender_packs_what_struct_unpacks(shell, plain_datagrams):
    address = "udp://{}:{}".format(*plain_datagrams.getsockname())
    sender = shell("send", "--replies", "0", "-c", "struct:>IQd", address, "7, 1790000000000000000, -2.5")
    assert struct.unpack(">IQd", plain_datagrams.recv(100)) == (7, 1790000000000000000, -2.5)
    assert sender.wait() == 0


def test_records_through_nc(shell_at, peer, host):
    receiver = shell_at("listen", "-c", "struct:>IQd", "--json", f"udp://{host}:0")
    sender = peer(SENDERS["nc"](host, receiver.port))
    sender.say(struct.pack(">IQd", 1, 2, 0.5))
    receiver.wait_for("[1, 2, 0.5]")
