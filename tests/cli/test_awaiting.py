"""Waiting for another thread, broken into at every step."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import pytest

from wiretalk.cli import awaiting
from wiretalk.cli.awaiting import LoopClosedError, Once, ask, tell

PATIENCE_S = 30

OURS = (awaiting.__file__, os.path.dirname(asyncio.__file__))
"""Whose steps are broken into."""


@pytest.fixture
def loop():
    """A loop that runs in another thread."""
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever, daemon=True)
    thread.start()
    yield made
    made.call_soon_threadsafe(made.stop)
    thread.join(PATIENCE_S)
    assert not thread.is_alive(), "the loop is stuck"
    made.close()


class BreakInError(BaseException):
    """As Ctrl-C would be."""


def broken_into(step, function, *arguments):
    """Raise an exception at a step of a function, as a signal's handler may; return whether it has so many steps."""
    steps = 0

    def trace(frame, event, _):
        nonlocal steps
        if not frame.f_code.co_filename.startswith(OURS):
            # The collector of garbage may come by at any time, and has no use for exceptions.
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            steps += 1
            if steps == step:
                raise BreakInError
        return trace

    sys.settrace(trace)
    try:
        function(*arguments)
    except BreakInError:
        return True
    finally:
        sys.settrace(None)
    return False


def steps_of(function):
    """Yield after each breaking in, at one step after another, until there is none left."""
    step = 1
    while broken_into(step, *function()):
        yield step
        step += 1
    assert step > 3


def test_it_may_be_broken_into_while_it_waits_and_happens_all_the_same():
    once = Once()

    def fresh():
        nonlocal once
        once = Once()
        threading.Timer(0.001, once.happen).start()
        return (once.wait,)

    for _ in steps_of(fresh):
        assert once.wait(PATIENCE_S)


def test_it_may_be_broken_into_after_it_has_happened():
    def fresh():
        once = Once()
        once.happen()
        return (lambda: (once.wait(), once.wait(), once.wait()),)

    for _ in steps_of(fresh):
        pass


def test_asking_may_be_broken_into_and_the_loop_goes_on(loop):
    async def answer():
        await asyncio.sleep(0)
        return 42

    for _ in steps_of(lambda: (ask, loop, answer)):
        assert ask(loop, answer) == 42


def test_waiting_for_what_does_not_happen():
    once = Once()
    assert not once.wait(0)
    assert not once.wait(0.001)
    assert not once.happened
    once.happen()
    once.happen()
    assert once.happened
    assert once.wait(0)
    assert once.wait()


def test_what_it_raises_is_raised_where_it_was_asked(loop):
    async def fail(word):
        raise ValueError(word)

    with pytest.raises(ValueError, match="no"):
        ask(loop, fail, "no")


def test_a_loop_that_is_closed():
    closed = asyncio.new_event_loop()
    closed.close()
    with pytest.raises(LoopClosedError):
        tell(closed, print)


def test_a_loop_that_ends_before_it_has_begun():
    ended = asyncio.new_event_loop()

    async def never():
        pytest.fail("was called")

    closing = threading.Timer(0.01, ended.close)
    closing.start()
    with pytest.raises(LoopClosedError):
        ask(ended, never)
    closing.join(PATIENCE_S)
