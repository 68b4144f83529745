"""A Unix server's datagram socket, step by step: a peer that does not read costs the others nothing."""

from __future__ import annotations

import socket

import pytest

from wiretalk.errors import LimitError, TimedOutError, UnreachableError
from wiretalk.limits import DATAGRAMS_HELD
from wiretalk.transport import unixdatagram
from wiretalk.transport.unixdatagram import UnixDatagramTransport


@pytest.fixture
def peer(opened, tmp_path):
    def bound(which):
        sock = opened(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        sock.bind(f"{tmp_path}/{which}")
        sock.settimeout(20)
        return sock, f"{tmp_path}/{which}"

    return bound


@pytest.fixture
def transport(loop, heard, peer):
    sock, path = peer("ours")
    sock.setblocking(False)
    return UnixDatagramTransport(loop, sock, heard, f"unixgram:{path}", 1000)


def fill(transport, sockaddr):
    sent = 0
    while not transport.backlog_bytes:
        transport.send_to(b"%d" % sent, sockaddr)
        sent += 1
    return sent


def test_others_are_answered_while_one_does_not_read(transport, peer, loop):
    _, rude = peer("rude")
    polite, path = peer("polite")
    fill(transport, rude)
    transport.send_to(b"hello", path)
    assert polite.recv(100) == b"hello"
    assert not loop.writers  # it would wake the loop for ever


def test_what_is_held_leaves_in_order_once_there_is_room(transport, peer, loop, heard):
    slow, path = peer("slow")
    sent = fill(transport, path)
    for _ in range(5):
        transport.send_to(b"%d" % sent, path)
        sent += 1
    loop.expire()  # no room yet
    assert heard.told == []
    received = []
    while len(received) < sent:
        received.append(slow.recv(100))
        loop.expire()
    assert received == [b"%d" % number for number in range(sent)]
    assert heard.told == ["drained"]
    assert transport.backlog_bytes == 0
    assert not loop.timers


def test_more_than_so_many_are_not_held(transport, peer, heard):
    _, rude = peer("rude")
    fill(transport, rude)
    for _ in range(DATAGRAMS_HELD - 1):
        transport.send_to(b"more", rude)
    assert heard.told == []
    transport.send_to(b"too many", rude)
    assert isinstance(heard.told[0], LimitError)
    assert "rude" in str(heard.told[0])


def test_after_a_while_they_are_dropped_and_told(transport, peer, heard, loop, monkeypatch):
    _, rude = peer("rude")
    fill(transport, rude)
    held = transport.backlog_bytes
    monkeypatch.setattr(unixdatagram, "DATAGRAM_HELD_S", 0)
    loop.expire()
    error, drained = heard.told
    assert isinstance(error, TimedOutError)
    assert (error.wait, error.unsent_bytes) == ("send", held)
    assert drained == "drained"
    assert transport.backlog_bytes == 0


def test_a_peer_that_is_gone_is_told(transport, peer, heard, loop, tmp_path):
    sock, path = peer("leaving")
    fill(transport, path)
    sock.close()
    (tmp_path / "leaving").unlink()
    loop.expire()
    assert isinstance(heard.told[0], UnreachableError)


def test_closing_drops_what_is_held(transport, peer, heard, loop):
    _, rude = peer("rude")
    fill(transport, rude)
    transport.close()
    transport.close()
    loop.expire()
    assert heard.told == [("lost", None)]
