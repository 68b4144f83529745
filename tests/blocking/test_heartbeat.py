"""A heartbeat: sent when nothing else is, and the end of a peer that is silent."""

from __future__ import annotations

import threading

import pytest

from wiretalk.errors import ResetError, TimedOutError


def hearts():
    return [thread for thread in threading.enumerate() if thread.name == "wiretalk-heart"]


def test_it_is_sent_while_nothing_else_is(wired, ends):
    connection, peer = wired(framing="line", codec="json", heartbeat={"ping": 1}, heartbeat_interval_s=0.02)
    assert ends.receive_exactly(peer, 36) == b'{"ping":1}\n' * 3 + b'{"p'
    ends.until(lambda: connection.messages_sent >= 4)
    assert hearts()
    connection.close()
    ends.until(lambda: not hearts())


def test_it_is_not_sent_while_something_is_still_unsent(wired, ends):
    connection, _ = wired(heartbeat=b"beat", heartbeat_interval_s=0.02)
    with pytest.raises(TimedOutError):
        connection.send(b"x" * (64 << 20), timeout_s=0.2)
    sent = connection.messages_sent
    ends.until(lambda: hearts())
    assert not connection._transport.try_send(b"beat")
    connection.abort()
    ends.until(lambda: not hearts())
    assert connection.messages_sent == sent


def test_a_peer_that_is_silent_is_dead(wired):
    connection, _ = wired(heartbeat=b"?", heartbeat_interval_s=0.02, heartbeat_timeout_s=0.1)
    with pytest.raises(TimedOutError) as told:
        connection.receive()
    assert (told.value.wait, told.value.seconds) == ("heartbeat", 0.1)
    assert (connection.ending.how, connection.ending.wait) == ("timed-out", "heartbeat")


def test_a_peer_that_answers_is_alive_even_if_nobody_receives(wired, ends, running):
    connection, peer = wired(heartbeat=b"?", heartbeat_interval_s=0.05, heartbeat_timeout_s=1)

    def answer(count):
        for _ in range(count):
            peer.sendall(peer.recv(1))

    peer.sendall(b"unread")
    ends.receive_exactly(peer, 30)
    assert connection.ending is None
    assert connection.receive() == b"unread"
    answering = running(answer, 5)
    received = b""
    while len(received) < 5:
        received += connection.receive()
    answering.result()
    assert connection.ending is None


def test_a_peer_that_broke_off_is_told_where_the_connection_is_used(wired, ends):
    connection, peer = wired(heartbeat=b"?", heartbeat_interval_s=0.02)
    ends.reset(peer)
    ends.until(lambda: not hearts())
    with pytest.raises(ResetError):
        connection.send(b"x")
    with pytest.raises(ResetError):
        connection.receive()
    assert connection.ending.how == "reset"
