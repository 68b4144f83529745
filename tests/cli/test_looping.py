"""A connection of the event loop, held by threads that wait."""

from __future__ import annotations

import threading

import pytest

from wiretalk import faults
from wiretalk.address import parse
from wiretalk.cli.looping import LoopedConnection
from wiretalk.errors import ClosedError, RefusedError
from wiretalk.limits import Limits

from .conftest import echo


def opened(address, *texts):
    return LoopedConnection(
        parse(address),
        framing="line",
        limits=Limits(idle_timeout_s=None),
        timeout_s=10,
        trace=None,
        layers=(faults.layer(*texts),),
    )


def test_it_speaks_and_ends(served):
    server = served(echo)
    connection = opened(server.address, "latency=1ms")
    assert connection.peer == server.address
    connection.send(b"one")
    connection.send_all([b"two", b"three"])
    assert connection.receive(timeout_s=10) == b"one"
    connection.half_close()
    assert list(connection) == [b"two", b"three"]
    assert connection.conversation.messages_received == 3
    connection.close()
    connection.close()
    assert connection.ending.how == "finished"
    assert connection.as_dict()["messages_sent"] == 3
    with pytest.raises(ClosedError):
        connection.send(b"late")


def test_who_waits_leaves_when_it_is_hung_up(served):
    server = served(echo)
    connection = opened(server.address, "down:blackhole")
    left = []

    def wait():
        try:
            connection.receive()
        except ClosedError as error:
            left.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    connection.send(b"one")
    while not connection._waiting:
        pass
    connection.hang_up()
    waiting.join(10)
    assert len(left) == 1
    connection.close()


def test_what_cannot_be_opened_is_told():
    with pytest.raises(RefusedError):
        opened("tcp://127.0.0.1:1", "loss")
