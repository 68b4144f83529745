"""A program on a terminal of its own."""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
import termios
import threading
import time
import warnings

import pytest

import wiretalk
import wiretalk.blocking
from wiretalk.address import parse
from wiretalk.errors import EndedError, LimitError, NotPermittedError, OpenError, UnreachableError
from wiretalk.transport import explain, listen, open_socket, pty, reaper, resolve

WAIT_S = 20


def start(text):
    (candidate,) = resolve(parse(text))
    return open_socket(candidate)


def until(condition):
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "it never came to be so"
        time.sleep(0.002)


def some(terminal):
    assert select.select([terminal], [], [], WAIT_S)[0], "nothing came"
    return terminal.recv(65536)


def heard_until(terminal, text):
    heard = b""
    while text not in heard:
        data = some(terminal)
        assert data, f"it ended after {heard}"
        heard += data
    return heard


def heard_exactly(terminal, size):
    heard = b""
    while len(heard) < size:
        heard += some(terminal)
    return heard


def all_of(terminal):
    heard = b""
    while data := some(terminal):
        heard += data
    return heard


def ended(terminal):
    with pytest.raises(EndedError) as caught:
        all_of(terminal)
    return explain(caught.value, "pty:x", "receive")


@pytest.fixture
def run(opened):
    return lambda text: opened(start(text))


@pytest.fixture(autouse=True)
def nobody_left():
    yield
    until(lambda: not reaper._wards)


def test_it_has_a_terminal_of_the_usual_size_that_controls_it(run):
    said = all_of(run("pty:sh -c 'stty size; tty; : </dev/tty && echo controls'")).decode().splitlines()
    assert said[0] == "24 80"
    assert said[1].startswith("/dev/")
    assert said[2] == "controls"


def test_it_has_none_of_our_descriptors(run):
    held = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(held, True)
    try:
        said = all_of(run("pty:sh -c 'ls /proc/$$/fd; grep SigIgn /proc/self/status'")).decode().split()
    finally:
        os.close(held)
    assert [word for word in said[:-2] if word != "10"] == ["0", "1", "2"]
    assert not int(said[-1], 16) & 1 << (signal.SIGPIPE - 1)


def test_it_echoes_and_ends_lines_as_terminals_do(run):
    terminal = run("pty:cat")
    terminal.send(b"hello\n")
    assert heard_until(terminal, b"hello\r\nhello\r\n") == b"hello\r\nhello\r\n"


def test_raw_it_changes_nothing(run):
    terminal = run("pty:sh -c 'echo ready; exec cat'?raw")
    heard_until(terminal, b"ready\n")
    every = bytes(range(256)) * 100
    for at in range(0, len(every), 1000):
        piece = every[at : at + 1000]
        assert terminal.send(piece) == len(piece)
        assert heard_exactly(terminal, len(piece)) == piece


@pytest.mark.parametrize("said", [b"", b"a line\n", b"a line\nbegun"])
def test_a_half_close_is_the_end_of_file_character(run, said):
    terminal = run("pty:sh -c 'stty -echo; echo ready; cat; echo over'")
    heard_until(terminal, b"ready\r\n")
    if said:
        terminal.sendmsg([said[:3], said[3:]])
    terminal.shutdown(socket.SHUT_RD)
    terminal.shutdown(socket.SHUT_WR)
    assert all_of(terminal) == said.replace(b"\n", b"\r\n") + b"over\r\n"


def test_one_end_of_file_is_typed_and_not_two(run):
    terminal = run("pty:sh -c 'stty -echo; echo ready; cat; cat; echo over'")
    heard_until(terminal, b"ready\r\n")
    terminal.send(b"one\n")
    terminal.shutdown(socket.SHUT_WR)
    heard_until(terminal, b"one\r\n")
    terminal.send(b"two\n")
    heard_until(terminal, b"two\r\n")
    terminal.shutdown(socket.SHUT_WR)
    assert all_of(terminal) == b"over\r\n"


def test_a_raw_terminal_has_no_half_close(run):
    terminal = run("pty:sh -c 'echo ready; exec cat'?raw")
    heard_until(terminal, b"ready\n")
    terminal.shutdown(socket.SHUT_WR)
    terminal.send(b"still")
    assert heard_until(terminal, b"still") == b"still"


def test_ctrl_c_reaches_the_program(run):
    terminal = run("pty:sh -c 'echo ready; exec cat'")
    heard_until(terminal, b"ready\r\n")
    terminal.send(b"\x03")
    assert ended(terminal).ending.reason == "ended by SIGINT"


def test_how_it_ended_is_told_after_all_that_it_said(run):
    terminal = run("pty:sh -c 'seq 3000; exit 3'")
    heard = heard_until(terminal, b"\n3000\r\n")
    assert len(heard.split()) == 3000
    error = ended(terminal)
    assert isinstance(error, EndedError)
    assert (error.how, error.by, error.ending.reason) == ("failed", "peer", "ended with status 3")
    with pytest.raises(EndedError) as caught:
        terminal.send(b"x")
    assert "ended with status 3" in str(caught.value)


def test_nobody_takes_what_is_said_to_one_that_has_ended(run):
    terminal = run("pty:true")
    assert all_of(terminal) == b""
    terminal.shutdown(socket.SHUT_WR)
    with pytest.raises(EndedError) as caught:
        terminal.send(b"x")
    assert "without reading all" in str(caught.value)


def test_closing_hangs_up(run, tmp_path):
    told = tmp_path / "told"
    terminal = run(f"pty:sh -c 'trap \"echo HUP >{told}; exit\" HUP; echo ready; while :; do sleep 0.01; done'")
    heard_until(terminal, b"ready\r\n")
    terminal.close()
    terminal.close()
    until(lambda: not reaper._wards)
    assert told.read_text() == "HUP\n"


def test_one_that_ends_because_it_is_hung_up_on_has_not_failed(run, caplog):
    terminal = run("pty:sh -c 'echo ready; exec cat'")
    heard_until(terminal, b"ready\r\n")
    terminal.close()
    until(lambda: not reaper._wards)
    assert not caplog.messages


def test_breaking_off_ends_it_at_once(run, monkeypatch):
    monkeypatch.setattr(reaper, "CHILD_GRACE_S", 0.1)
    terminal = run("pty:sh -c \"trap '' HUP TERM; echo ready; while :; do sleep 0.01; done\"")
    heard_until(terminal, b"ready\r\n")
    terminal.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    assert terminal._broken_off
    terminal.close()


def fill(terminal):
    """Write whole lines until no more are taken; return how many bytes were."""
    written = 0
    while True:
        try:
            written += terminal.send(b"0123456789abcde\n" * 16)
        except BlockingIOError:
            return written


def test_a_half_close_waits_for_room(run, tmp_path):
    go = tmp_path / "go"
    os.mkfifo(go)
    terminal = run(f"pty:sh -c 'stty -echo; echo ready; read x <{go}; wc -c'")
    heard_until(terminal, b"ready\r\n")
    written = fill(terminal)
    terminal.shutdown(socket.SHUT_WR)
    with open(go, "w") as file:
        file.write("\n")
    assert int(all_of(terminal)) == written


def test_a_half_close_that_waits_for_room_ends_with_the_terminal(run):
    terminal = run("pty:sh -c 'stty -echo; echo ready; exec sleep 100'")
    heard_until(terminal, b"ready\r\n")
    fill(terminal)
    terminal.shutdown(socket.SHUT_WR)
    terminal.close()
    until(lambda: "wiretalk-typist" not in [thread.name for thread in threading.enumerate()])


def test_a_line_that_is_too_long_is_cut(run):
    # As the system's own terminals do: said in docs/programs.md.
    terminal = run("pty:sh -c 'stty -echo; echo ready; head -1 | wc -c'")
    heard_until(terminal, b"ready\r\n")
    terminal.send(b"x" * 4000)
    terminal.send(b"x" * 4000 + b"\n")
    assert int(all_of(terminal).strip(b"\x07")) == 4096


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("pty:there-is-none", UnreachableError, "there is no such program"),
        ("pty:/there/is/none", UnreachableError, "there is no such program"),
        ("pty:/etc/passwd", NotPermittedError, "is it executable?"),
        ("pty:cat?directory=/there-is-none", UnreachableError, "there is no directory /there-is-none"),
        ("pty:cat?env=PATH=/there-is-none", UnreachableError, "there is no such program"),
    ],
)
def test_what_cannot_be_started(text, kind, words):
    before = os.listdir("/proc/self/fd")
    with pytest.raises(kind, match=words):
        start(text)
    assert os.listdir("/proc/self/fd") == before


def test_a_program_is_found_from_its_directory(run, tmp_path):
    program = tmp_path / "here"
    program.write_text("#!/bin/sh\necho found\n")
    program.chmod(0o755)
    assert all_of(run(f"pty:./here?directory={tmp_path}")) == b"found\r\n"


def test_one_that_is_gone_between_looking_and_starting(monkeypatch):
    def fails(*_, **__):
        raise UnreachableError("pty:cat", "gone")

    monkeypatch.setattr(pty, "Child", fails)
    before = os.listdir("/proc/self/fd")
    with pytest.raises(UnreachableError, match="gone"):
        start("pty:cat")
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.parametrize(("number", "kind"), [(errno.EMFILE, LimitError), (errno.ENOENT, OpenError)])
def test_no_terminal_to_be_had(monkeypatch, number, kind):
    def fails():
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "openpty", fails)
    with pytest.raises(kind, match=r"terminal|descriptors"):
        start("pty:cat")


def test_a_terminal_that_does_not_tell_its_modes(run, monkeypatch):
    terminal = run("pty:cat")

    def fails(_):
        raise termios.error(errno.EIO, "Input/output error")

    monkeypatch.setattr(termios, "tcgetattr", fails)
    with pytest.raises(OSError, match="Input/output error"):
        terminal.shutdown(socket.SHUT_WR)


def test_no_code_of_ours_runs_between_fork_and_exec(run):
    # Which later versions of Python warn of where there are threads.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert all_of(run("pty:echo said")) == b"said\r\n"


def test_listening_is_one_conversation_that_is_there(opened, readable):
    (listener,) = opened(listen(parse("pty:echo hello")))
    readable(listener)
    terminal, _ = listener.accept()
    assert listener.accept() is None
    assert all_of(opened(terminal)) == b"hello\r\n"


# in both faces


async def test_asyncio_tells_how_it_ended():
    connection = await wiretalk.connect("pty:sh -c 'echo one; exit 3'", framing="line")
    assert (await connection.receive()).strip() == b"one"
    with pytest.raises(EndedError, match="ended with status 3"):
        await connection.receive()
    await connection.close()


def test_blocking_tells_how_it_ended():
    with wiretalk.blocking.connect("pty:sh -c 'echo one; exit 3'", framing="line") as connection:
        assert connection.receive().strip() == b"one"
        with pytest.raises(EndedError, match="ended with status 3"):
            connection.receive()


async def test_much_both_ways_through_a_raw_terminal():
    connection = await wiretalk.connect("pty:sh -c 'echo ready; exec cat'?raw", framing="line")
    assert await connection.receive() == b"ready"
    for _ in range(20):
        await connection.send(b"x" * 50000)
        assert await connection.receive() == b"x" * 50000
    await connection.close()
