"""Ordered messages (SOCK_SEQPACKET): whole each way, with an end."""

from __future__ import annotations

import socket

import pytest

from wiretalk import blocking
from wiretalk.errors import FinishedError, LimitError, ResetError, TimedOutError
from wiretalk.limits import Limits


@pytest.fixture
def packets(opened, tmp_path):
    def wire(**options):
        path = f"{tmp_path}/p"
        listener = opened(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        listener.bind(path)
        listener.listen()
        connection = opened(blocking.connect(f"unixpacket:{path}", **options))
        return connection, opened(listener.accept()[0])

    return wire


def test_messages_keep_their_boundaries_and_there_is_an_end(packets):
    connection, peer = packets()
    connection.send(b"one")
    connection.send(b"two")
    assert [peer.recv(100), peer.recv(100)] == [b"one", b"two"]
    peer.send(b"three")
    peer.send(b"four")
    peer.shutdown(socket.SHUT_WR)
    assert list(connection) == [b"three", b"four"]
    with pytest.raises(FinishedError):
        connection.receive()
    connection.half_close()
    assert peer.recv(100) == b""
    assert connection.ending.how == "finished"


def test_nothing_yet_is_not_the_end(packets):
    connection, peer = packets()
    with pytest.raises(TimedOutError):
        connection.receive(timeout_s=0.01)
    connection._transport._eager = True
    peer.send(b"x")
    assert connection.receive() == b"x"


def test_a_packet_over_the_limit_is_an_error_and_never_its_first_part(packets):
    connection, peer = packets(limits=Limits(max_message_bytes=10, idle_timeout_s=None))
    peer.send(b"x" * 11)
    with pytest.raises(LimitError) as told:
        connection.receive()
    assert told.value.limit == "max_message_bytes"
    assert connection.ending.how == "limit"


def test_what_the_system_cannot_send_whole_is_an_error_and_it_goes_on(packets):
    connection, peer = packets()
    connection._transport.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    with pytest.raises(LimitError) as told:
        connection.send(b"x" * 500_000)
    assert told.value.by == "us"
    connection._transport._hold(b"x" * 500_000)
    with pytest.raises(LimitError):
        connection.drain()
    connection.send(b"small")
    assert peer.recv(100) == b"small"


def test_a_peer_that_does_not_read_holds_the_sender_up(packets, running):
    connection, peer = packets()
    sent = 0
    with pytest.raises(TimedOutError):
        while True:
            connection.send(b"%06d" % sent, timeout_s=0.05)
            sent += 1
    sending = running(connection.send, b"the last")
    assert [peer.recv(100) for _ in range(sent + 2)] == [b"%06d" % n for n in range(sent + 1)] + [b"the last"]
    sending.result()


def test_a_reset_is_told(packets):
    connection, peer = packets()
    connection.send(b"unread, so that closing is a reset")
    peer.close()
    with pytest.raises(ResetError):
        connection.receive()
