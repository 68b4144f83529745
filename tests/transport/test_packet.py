"""A packet transport, step by step: message boundaries are kept both ways, and nothing is cut."""

from __future__ import annotations

import socket

import pytest

from wiretalk.errors import LimitError, ResetError
from wiretalk.transport.packet import PacketTransport


@pytest.fixture
def pair(opened):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    opened(ours)
    ours.setblocking(False)
    theirs.settimeout(20)
    return ours, opened(theirs)


@pytest.fixture
def transport(loop, pair, heard):
    transport = PacketTransport(loop, pair[0], heard, "the peer", 1000)
    transport.start()
    heard.told.clear()
    return transport


def test_each_packet_is_a_message(transport, pair, heard, loop):
    for packet in (b"one", b"x" * 1000, b"three"):
        pair[1].send(packet)
    for _ in range(3):
        loop.turn()
    assert heard.told == [b"one", b"x" * 1000, b"three"]


def test_packets_that_wait_leave_one_by_one(transport, pair, loop):
    sent = 0
    while not transport.backlog_bytes:
        transport.write(b"%d" % sent)
        sent += 1
    transport.write(b"last")
    received = []
    while not received or received[-1] != b"last":
        received.append(pair[1].recv(100))
        loop.turn()
    assert received == [*(b"%d" % number for number in range(sent)), b"last"]


def test_a_packet_over_the_limit_is_an_error_and_not_its_beginning(transport, pair, heard, loop):
    pair[1].send(b"x" * 1001)
    loop.turn()
    ((_, error),) = heard.told
    assert isinstance(error, LimitError)
    assert (error.limit, error.by) == ("max_message_bytes", "peer")


def test_an_empty_packet_is_the_end(transport, pair, heard, loop):
    pair[1].send(b"")
    loop.turn()
    assert heard.told == ["end"]


def test_waking_up_for_nothing_is_harmless(transport, heard, loop):
    (readable,) = loop.readers.values()
    readable()
    assert heard.told == []


def test_a_peer_that_leaves_ours_unread_is_a_reset(transport, pair, heard, loop):
    transport.write(b"unread")
    pair[1].close()
    loop.turn()
    *_, (_, error) = heard.told
    assert isinstance(error, ResetError)


def test_what_came_ahead_of_a_reset_is_read_all_the_same(transport, pair, heard, loop):
    transport.write(b"unread")
    pair[1].send(b"last words")
    pair[1].send(b"and more")
    pair[1].close()
    for _ in range(3):
        loop.turn()
    assert heard.told[-3:-1] == [b"last words", b"and more"]
    what, error = heard.told[-1]
    assert what == "lost"
    assert isinstance(error, ResetError)
