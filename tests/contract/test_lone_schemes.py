"""What holds on streams that nobody comes to: a program, a program on a terminal, a serial line; in both faces.

Behind each is a server of ours at a Unix socket, reached through a program that knows nothing of wiretalk.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time

import pytest

from wiretalk.errors import FinishedError, ResetError, UnreachableError

PATIENCE_S = 30


def until(condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it never came to be so"
        time.sleep(0.005)


@pytest.fixture
def lines(tmp_path, require):
    """Two serial lines that are each other's end (pseudo-terminals), as paths."""
    require(shutil.which("socat"), "needs socat")
    one, other = f"{tmp_path}/one", f"{tmp_path}/other"
    process = subprocess.Popen(["socat", f"pty,rawer,link={one}", f"pty,rawer,link={other}"])
    until(lambda: os.path.exists(one) and os.path.exists(other))
    yield one, other
    process.terminate()
    process.wait()


@pytest.fixture(params=["exec", "pty", "serial"])
def way(request, face, tmp_path, require):
    """`way(**server)` serves, and returns an address that leads there; it is a context."""
    require(shutil.which("socat"), "needs socat")
    path = f"{tmp_path}/s"

    @contextlib.contextmanager
    def lead(*arguments, **options):
        if request.param == "serial":
            pytest.importorskip("serial")
            one, other = request.getfixturevalue("lines")
            with face.serve(f"serial:{one}", *arguments, **options):
                yield f"serial:{other}"
            return
        with face.serve(f"unix:{path}", *arguments, **options):
            # A program that half-closes waits for the rest of what the other side says.
            command = f"socat -t1 - UNIX-CONNECT:{path}"
            yield f"exec:{command}" if request.param == "exec" else f"pty:{command}?raw"

    lead.scheme = request.param
    return lead


def test_whole_messages_both_ways(face, way):
    with way(reply=bytes.upper, framing="line") as address, face.connect(address, framing="line") as connection:
        assert connection.peer.startswith(way.scheme)
        for message in (b"one", b"two", b"", b"\xff\x00 any bytes"):
            connection.send(message)
            assert connection.receive(timeout_s=PATIENCE_S) == message.upper()


def test_much_arrives_as_it_was_sent(face, way):
    message = bytes(range(256)) * 256

    with way(reply=lambda message: message, framing="length:u32be") as address:
        with face.connect(address, framing="length:u32be") as connection:
            for _ in range(8):
                connection.send(message)
                assert connection.receive(timeout_s=PATIENCE_S) == message


def test_a_half_close_and_the_rest_of_the_answers(face, way):
    if way.scheme != "exec":
        pytest.skip("a terminal in raw mode and a serial line have no half-close")

    def session(connection):
        heard = list(connection)
        connection.send(b"heard %d" % len(heard))

    with way(session, framing="line") as address, face.connect(address, framing="line") as connection:
        for _ in range(3):
            connection.send(b"hello")
        connection.half_close()
        assert connection.receive(timeout_s=PATIENCE_S) == b"heard 3"
        with pytest.raises(FinishedError):
            connection.receive(timeout_s=PATIENCE_S)


def test_the_other_sides_end_is_the_end(face, way):
    if way.scheme == "serial":
        pytest.skip("a serial line has no end")

    def session(connection):
        connection.send(b"that was all")

    with way(session, framing="line") as address, face.connect(address, framing="line") as connection:
        assert connection.receive(timeout_s=PATIENCE_S) == b"that was all"
        with pytest.raises((FinishedError, ResetError)):
            connection.receive(timeout_s=PATIENCE_S)


@pytest.mark.parametrize(
    "address", ["exec:there-is-no-such-program", "pty:there-is-no-such-program", "serial:/dev/there-is-none"]
)
def test_what_is_not_there(face, address):
    if address.startswith("serial"):
        pytest.importorskip("serial")
    with pytest.raises(UnreachableError, match="there is no such"):
        face.connect(address)
    with pytest.raises(UnreachableError, match="there is no such"):
        face.serve(address, reply=bytes.upper)
