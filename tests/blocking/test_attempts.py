"""Several addresses, one after another with a head start each: RFC 8305 on real sockets."""

from __future__ import annotations

import socket
import time

import pytest

from wiretalk.address import parse
from wiretalk.blocking import attempts
from wiretalk.blocking.attempts import connect_first
from wiretalk.blocking.waiting import NEVER, Deadline
from wiretalk.errors import NotPermittedError, OpenError, RefusedError, TimedOutError, UnreachableError
from wiretalk.transport import resolve


def candidates(*addresses):
    return [resolve(parse(address))[0] for address in addresses]


@pytest.fixture
def refusing(opened, ends):
    sock = opened(socket.socket())
    sock.bind(("127.0.0.1", 0))
    return ends.address_of(sock)


@pytest.fixture
def silent(opened, ends):
    """A listener whose backlog is full: it neither accepts nor refuses."""
    listener = opened(socket.create_server(("127.0.0.1", 0), backlog=0))
    for _ in range(16):
        sock = opened(socket.socket())
        sock.setblocking(False)
        sock.connect_ex(listener.getsockname())
    return ends.address_of(listener)


@pytest.fixture
def lively(listening, ends):
    return ends.address_of(listening())


def connected(opened, *addresses, trace=None, deadline=NEVER):
    sock, candidate = connect_first(candidates(*addresses), trace or (lambda line: None), deadline)
    opened(sock)
    return str(candidate)


def test_the_first_that_answers_wins(opened, lively, refusing, silent):
    assert connected(opened, lively, refusing) == lively
    assert connected(opened, refusing, lively) == lively
    assert connected(opened, silent, lively) == lively
    assert connected(opened, silent, refusing, lively, refusing) == lively


def test_a_silent_one_has_a_head_start_and_no_more(opened, lively, silent, monkeypatch):
    monkeypatch.setattr(attempts, "ATTEMPT_DELAY_S", 0.2)
    steps = []
    began = time.monotonic()
    connected(opened, silent, lively, trace=steps.append)
    assert time.monotonic() - began >= 0.2
    assert steps == [f"connecting to {silent}", f"connecting to {lively}"]


def test_a_refusal_lets_the_next_begin_at_once(opened, lively, refusing, monkeypatch):
    monkeypatch.setattr(attempts, "ATTEMPT_DELAY_S", 60)
    assert connected(opened, refusing, lively) == lively


def test_a_late_answer_of_the_first_still_wins(opened, silent, monkeypatch):
    monkeypatch.setattr(attempts, "ATTEMPT_DELAY_S", 0.01)
    listener = opened(socket.create_server(("127.0.0.1", 0), backlog=0))
    address = "tcp://{}:{}".format(*listener.getsockname())
    while True:
        sock = opened(socket.socket())
        sock.settimeout(0.05)
        try:
            sock.connect(listener.getsockname())
        except TimeoutError:
            sock.close()
            break

    def make_room(line):
        if silent in line:
            opened(listener.accept()[0])

    assert connected(opened, address, silent, trace=make_room, deadline=Deadline(20)) == address


def test_all_refuse(opened, refusing):
    with pytest.raises(RefusedError) as told:
        connected(opened, refusing, refusing)
    assert str(told.value).count("nobody listens there") == 1
    assert str(told.value).endswith(f"(tried {refusing} and {refusing})")
    with pytest.raises(RefusedError) as told:
        connected(opened, refusing)
    assert str(told.value).count("nobody listens there") == 1


def test_none_answers_in_time(opened, refusing, silent, monkeypatch):
    monkeypatch.setattr(attempts, "ATTEMPT_DELAY_S", 0.01)
    with pytest.raises(TimedOutError) as told:
        connected(opened, silent, refusing, silent, deadline=Deadline(0.1))
    assert (told.value.wait, told.value.seconds) == ("connect", 0.1)


@pytest.fixture
def failing(monkeypatch, lively):
    """`failing(step, error)` makes the first attempt fail in a step."""

    def fail(step, error):
        real = getattr(attempts, step)
        errors = [error]

        def once(*arguments):
            if errors:
                raise errors.pop()
            return real(*arguments)

        monkeypatch.setattr(attempts, step, once)

    return fail


@pytest.mark.parametrize("step", ["open_socket", "start_connect", "finish_connect"])
def test_an_attempt_may_fail_in_each_step(opened, lively, listening, ends, failing, step):
    failing(step, UnreachableError("tcp://x", "no way there"))
    other = ends.address_of(listening())
    assert connected(opened, lively, other) == other


@pytest.mark.parametrize("step", ["open_socket", "start_connect", "finish_connect"])
def test_what_is_no_failure_of_the_attempt_is_raised_and_nothing_left_open(opened, lively, failing, step):
    failing(step, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        connected(opened, lively, lively)


def test_different_failures_are_told_together(opened, refusing, failing):
    failing("open_socket", UnreachableError("tcp://x", "no way there"))
    with pytest.raises(RefusedError) as told:
        connected(opened, refusing, refusing)
    assert "no way there" in str(told.value)
    assert "nobody listens" in str(told.value)


def test_a_single_failure_is_told_as_it_is(opened, lively, failing):
    error = NotPermittedError("tcp://x", "the system forbids it")
    failing("open_socket", error)
    with pytest.raises(OpenError) as told:
        connected(opened, lively)
    assert told.value is error
