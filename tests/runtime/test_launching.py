"""A program as a connection: its input, output, complaints and end."""

from __future__ import annotations

import asyncio
import os

import pytest

from wiretalk.errors import EndedError, FinishedError, NotPermittedError, UnreachableError
from wiretalk.runtime.launching import Program
from wiretalk.runtime.presence import Presence

WAIT_S = 20


def launch(*arguments, **settings):
    usual = {"directory": None, "variables": {"PATH": os.environ["PATH"]}, "reads": True, "errors": "none"}
    return Program(list(arguments), **usual | {"reaped": lambda: None} | settings)


async def all_of(connection):
    said = b""
    while True:
        try:
            said += await connection.receive(timeout_s=WAIT_S)
        except EndedError as error:
            return said, error


async def test_what_is_sent_is_its_input_and_what_it_says_is_received():
    reaped = []
    program = launch("sort", reaped=lambda: reaped.append(program.status))
    assert program.status is None
    assert program.name == "sort"
    await program.connection.send(b"b\na\n")
    await program.connection.half_close()
    said, error = await all_of(program.connection)
    assert (said, type(error)) == (b"a\nb\n", FinishedError)
    # It is known before the output ends.
    assert reaped == [0] == [program.status]
    program.end()


async def test_its_status_ends_its_output():
    program = launch("sh", "-c", "echo x; exit 3")
    said, error = await all_of(program.connection)
    assert (said, error.how, program.status) == (b"x\n", "failed", 3)
    program.end()


async def test_without_input_it_reads_nothing():
    program = launch("cat", reads=False)
    assert (await all_of(program.connection))[0] == b""
    program.end()


async def test_it_is_ended_with_its_group():
    ended = asyncio.Event()
    program = launch("sh", "-c", "sleep 1000 & echo $!; wait", reaped=ended.set)
    await program.connection.receive(timeout_s=WAIT_S)
    program.end()
    async with asyncio.timeout(WAIT_S):
        await ended.wait()
    assert program.status == -15


async def test_what_it_leaves_behind_does_not_hold_its_output():
    program = launch("sh", "-c", "sleep 1000 & echo x")
    said, _ = await all_of(program.connection)
    assert (said, program.status) == (b"x\n", 0)
    program.end()


async def test_what_it_complains_of():
    told = []
    program = launch("sh", "-c", "echo one >&2; echo two > /dev/stderr; echo out", errors=told.append)
    said, _ = await all_of(program.connection)
    program.end()
    assert said == b"out\n"
    assert b"".join(told) == b"one\ntwo\n"
    assert told[-1] == b""


async def test_complaints_end_with_it_though_somebody_holds_them():
    told = []
    program = launch("sh", "-c", "setsid sleep 2 >/dev/null & echo x >&2", errors=told.append)
    await all_of(program.connection)
    program.end()
    assert (b"".join(told), told[-1]) == (b"x\n", b"")


@pytest.mark.parametrize(
    ("words", "settings", "error"),
    [
        (["nosuchprogram"], {}, UnreachableError),
        (["/etc/passwd"], {}, NotPermittedError),
        (["true"], {"directory": "/none"}, UnreachableError),
    ],
)
@pytest.mark.parametrize("errors", ["output", print])
async def test_what_cannot_be_started_leaves_nothing(words, settings, error, errors):
    before = os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd") else []
    with pytest.raises(error):
        launch(*words, errors=errors, **settings)
    assert len(os.listdir("/proc/self/fd") if before else []) <= len(before)


def test_a_loop_that_is_closed_is_not_told():
    async def start():
        program = launch("sleep", "1000")
        program.end()
        return program

    program = asyncio.run(start())
    while program.status is None:
        os.sched_yield()
    program._tell()


async def test_a_program_is_no_peer_that_could_leave():
    program = launch("cat")
    presence = Presence(program.connection)
    assert not presence.is_over()
    program.end()
    assert presence.is_over()
