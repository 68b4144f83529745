"""Data to standard output, all else to standard error, and what happens when they do not take it."""

from __future__ import annotations

import errno
import os
import threading

import pytest

from wiretalk.cli import output


@pytest.fixture
def as_output(monkeypatch):
    """Put something in the place of `os.write`."""

    def put(write):
        monkeypatch.setattr(output.os, "write", write)

    return put


def test_everything_is_written_however_little_is_taken_at_once(as_output):
    taken = []

    def write(number, data):
        taken.append((number, bytes(data[:3])))
        return min(3, len(data))

    as_output(write)
    output.write_out(b"hello, world")
    output.tell("Grüße")
    assert b"".join(data for number, data in taken if number == 1) == b"hello, world"
    assert b"".join(data for number, data in taken if number == 2) == "Grüße\n".encode()


def test_an_output_that_cannot_be_written_is_named(as_output):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    as_output(full)
    with pytest.raises(OSError, match="No space left") as raised:
        output.write_out(b"x")
    assert raised.value.filename == "standard output"
    # Nobody can be told: that is no error.
    output.complain("x")


def test_a_reader_who_has_left_is_a_broken_pipe(as_output):
    def gone(*_):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    as_output(gone)
    with pytest.raises(BrokenPipeError):
        output.write_out(b"x")


def test_an_output_made_non_blocking_by_others_is_waited_for():
    reading, writing = os.pipe()
    saved = os.dup(1)
    size = 1 << 20
    got = bytearray()

    def read():
        while len(got) < size:
            got.extend(os.read(reading, 65536))

    reader = threading.Thread(target=read)
    try:
        os.dup2(writing, 1)
        os.set_blocking(1, False)
        reader.start()
        output.write_out(b"x" * size)
    finally:
        os.dup2(saved, 1)
        reader.join(60)
        for number in (saved, reading, writing):
            os.close(number)
    assert len(got) == size


@pytest.mark.parametrize(
    ("environment", "terminal", "wanted"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "xterm"}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({}, True, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
    ],
)
def test_colours_only_where_they_are_seen_and_wanted(monkeypatch, environment, terminal, wanted):
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(output.os, "isatty", lambda _: terminal)
    assert output.colours() == wanted
    assert output.on_terminal() == terminal
