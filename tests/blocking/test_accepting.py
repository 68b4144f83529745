"""Accepting when the system refuses: by the clock, told once, and on again."""

from __future__ import annotations

import socket

import pytest

from wiretalk.address import parse
from wiretalk.blocking.accepting import Acceptor, Source
from wiretalk.errors import OpenError
from wiretalk.transport import listen


@pytest.fixture
def accepting(opened, monkeypatch):
    """`accepting(adopt, full)` returns an acceptor at work and the address of its listener."""
    monkeypatch.setattr("wiretalk.blocking.accepting.ACCEPT_RETRY_S", 0.02)

    def start(adopt, full=lambda: False, sweep=lambda: None, sweep_s=60.0, wrap=lambda listener: listener):
        acceptor = opened(Acceptor(adopt, full, sweep, sweep_s, None))
        (listener,) = listen(parse("tcp://127.0.0.1:0"))
        acceptor.add(Source(wrap(listener), None, None))
        acceptor.start()
        return acceptor, ("127.0.0.1", listener.address.port)

    return start


def test_it_looks_for_idle_ones_now_and_then(accepting, ends):
    looks = []
    accepting(None, sweep=lambda: looks.append(1), sweep_s=0.01)
    ends.until(lambda: len(looks) >= 3)


def test_what_the_system_says_is_told_and_accepting_goes_on(accepting, opened, caplog, ends):
    class Complaining:
        complaints = (OpenError("tcp://x", "the system says no"),)

        def __init__(self, listener):
            self.listener = listener

        def accept(self):
            complaints, self.complaints = self.complaints, ()
            for complaint in complaints:
                raise complaint
            return self.listener.accept()

        def __getattr__(self, name):
            return getattr(self.listener, name)

    adopted = []

    def adopt(source, sock, sockaddr, bell):
        bell.close()
        adopted.append(opened(sock))

    _, address = accepting(adopt, wrap=Complaining)
    opened(socket.create_connection(address, 20))
    ends.until(lambda: adopted)
    assert [record.getMessage().partition("accepting: ")[2] for record in caplog.records] == [
        "tcp://x: the system says no"
    ]


def test_it_stops_in_the_midst_of_a_crowd_when_it_is_full(accepting, opened, ends):
    adopted = []
    full = []

    def adopt(source, sock, sockaddr, bell):
        bell.close()
        adopted.append(opened(sock))
        if len(adopted) % 2 == 0:
            full.append(1)

    acceptor, address = accepting(adopt, full=lambda: bool(full))
    for _ in range(5):
        opened(socket.create_connection(address, 20))
    ends.until(lambda: len(adopted) == 2)
    for count in (4, 5):
        full.clear()
        acceptor.wake()
        ends.until(lambda count=count: len(adopted) == count)


def test_closing_twice_and_without_a_start(opened):
    acceptor = Acceptor(None, lambda: False, lambda: None, 60.0, None)
    acceptor.close()
    acceptor.close()
    assert len(acceptor) == 0
