"""Programs talk to each other, in whatever they are written: over every framing and scheme, cut anywhere.

Each client says some messages, which the server says again. Over all framings together, every client has talked to
every server.
"""

from __future__ import annotations

import random
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.interop.chopping import Chopper

from .building import DATAGRAMS, FRAMINGS, KINDS, STREAMS, written

RAW = ("raw", "raw:utf8")
WITHOUT_EMPTY = ("slip", *RAW)
"""Framings that carry no empty message."""

LARGE = 150_000
MOST = {"length:u8": 255, "length:u16be": 65535, "length:u16le": 65535}
TEXT = "Grüße, 你好 ✓ 🙂".encode()


def messages_for(frame):
    """Return messages that try a framing: text, an empty one, a large one, and its own special bytes."""
    if frame.startswith("fixed"):
        return [b"0123456789abcdef", "große 你好✓".encode(), b"\0\xff\xc0\xdb\r:,\x0d\x0d 012345"]
    large = bytes(random.Random(frame).choices(b"\0\x01abc\xc0\xdb\xdc:,5 ", k=min(LARGE, MOST.get(frame, LARGE))))
    if frame in RAW:
        large = large.replace(b"\xc0", b"").replace(b"\xdb", b"").replace(b"\xdc", b"")
    messages = [TEXT, b"", b"\0\xc0\xdb\xdc 5:,", large, b"the last"]
    return [message for message in messages if message or frame not in WITHOUT_EMPTY]


def partners(kind, frame):
    """Return with whom a client talks: in C with all; in Python, which takes its time to start, with each in turn."""
    turn = FRAMINGS.index(frame) + list(KINDS).index(kind)
    return list(KINDS) if kind.startswith("c") else [list(KINDS)[turn % len(KINDS)]]


@pytest.mark.parametrize("frame", FRAMINGS)
def test_every_framing(frame, c_compiler, serving, client, place):
    servers = {kind: serving(kind, "unix:x.sock", frame) for kind in KINDS}
    messages = messages_for(frame)
    said = b"".join(messages) if frame in RAW else b"\n".join(messages) + b"\n"
    for number, kind in enumerate(KINDS):
        for partner in partners(kind, frame):
            here = place / f"{kind}-{partner}"
            here.mkdir()
            with Chopper(f"unix:{servers[partner].directory}/x.sock", number) as chopper:
                # The path is the program's own; where it leads is ours.
                (here / "x.sock").symlink_to(chopper.address.removeprefix("unix:"))
                heard = client(kind, "unix:x.sock", frame, said=said, directory=here).stdout
            assert heard == said, f"{kind} with {partner}"
    for server in servers.values():
        assert server.err == ""


def test_every_client_has_talked_to_every_server():
    for kind in KINDS:
        assert {partner for frame in FRAMINGS for partner in partners(kind, frame)} == set(KINDS)


SCHEMES = [scheme for scheme in (*STREAMS, *DATAGRAMS) if scheme != "unix"]
NEIGHBOURS = dict(zip(KINDS, [*list(KINDS)[1:], *list(KINDS)[:1]], strict=True))
"""For each kind another one, so that all have a partner."""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme(scheme, c_compiler, serving, client, port, place):
    address = f"{scheme}:{(STREAMS | DATAGRAMS)[scheme]}".replace("8888", str(port))
    frame = "line" if scheme in STREAMS else None
    messages = [TEXT, b"", b"x" * 9000, b"the last"]
    if scheme in STREAMS:
        messages[2] *= 20
    said = b"\n".join(messages) + b"\n"
    for partner in KINDS:
        server = serving(partner, address, frame)
        here = server.directory if scheme == "unixgram" else place
        for kind in KINDS if scheme == "tcp" else [NEIGHBOURS[partner]]:
            assert client(kind, address, frame, said=said, directory=here).stdout == said, f"{kind} with {partner}"
        server.interrupt()
        assert server.err == ""


def test_an_abstract_name(c_compiler, serving, client, port):
    # A digit behind the zero byte is no part of an escape.
    for scheme, frame in (("unix", "line"), ("unixgram", None)):
        for partner, kind in NEIGHBOURS.items():
            address = f"{scheme}:@1-{port}-{partner}"
            serving(partner, address, frame, name=f"{scheme}-{partner}")
            assert client(kind, address, frame, said=b"one\n").stdout == b"one\n"


def test_options_of_the_address(c_compiler, serving, client, port):
    options = "nodelay&keepalive=5s&sndbuf=64k&rcvbuf=64k&ttl=9&dscp=3&max_message=5"
    for partner, kind in NEIGHBOURS.items():
        address = f"tcp://127.0.0.1:{port}?{options}"
        server = serving(partner, address, "line")
        refused = client(kind, address, "line", said=b"12345\n123456\n1\n", status=11 if "plain" not in kind else 1)
        assert refused.stdout == b"12345\n1\n"
        assert "not sent" in refused.told
        with socket.create_connection(("127.0.0.1", port)) as rude:
            rude.sendall(b"12345\n123456\n1\n")
            rude.settimeout(60)
            assert read_to_end(rude) == b"12345\n"
        server.wait_for("\n", where="err")
        server.interrupt()


def read_to_end(sock):
    """Return what still comes; a reset is an end too."""
    data = b""
    try:
        while piece := sock.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def test_permissions_of_the_socket_file(kind, serving):
    for scheme in ("unix", "unixgram"):
        server = serving(kind, f"{scheme}:x.sock?mode=620", "line" if scheme == "unix" else None, name=scheme)
        assert (server.directory / "x.sock").stat().st_mode & 0o777 == 0o620


def test_the_shell_at_the_other_end(kind, serving, client, started_shell, place):
    server = serving(kind, "unix:x.sock", "netstring")
    run = started_shell("send", f"unix:{server.directory}/x.sock", "--frame", "netstring", "one", "two")
    assert run.wait() == 0
    assert run.out == "one\ntwo\n"
    shell = started_shell("serve", "echo", f"unix:{place}/y.sock", "--frame", "cobs")
    shell.wait_for("listening", where="err")
    assert client(kind, "unix:y.sock", "cobs", "three", "four").stdout == b"three\nfour\n"


@pytest.fixture
def started_shell(program):
    """Start `wiretalk WORDS…`."""
    return lambda *words: program([sys.executable, "-m", "wiretalk", *words])


def test_words_are_messages(kind, serving, client):
    server = serving(kind, "unix:x.sock", "length:u8")
    words = ["one", "", "two words", "größe", "x" * 255]
    heard = client(kind, "unix:x.sock", "length:u8", *words, directory=server.directory).stdout
    assert heard == b"".join(word.encode() + b"\n" for word in words)


def test_what_cannot_be_sent_is_told_and_left_out(kind, serving, client):
    server = serving(kind, "unix:x.sock", "fixed:3")
    done = client(
        kind, "unix:x.sock", "fixed:3", said=b"one\nthree\ntwo\n", directory=server.directory, status=failing(kind, 12)
    )
    assert done.stdout == b"one\ntwo\n"
    assert "not sent" in done.told
    assert server.err == ""


def failing(kind, status):
    """Return the exit status for a failure: plain programs have one for all."""
    return 1 if kind.endswith("plain") else status


@pytest.mark.parametrize("said", [b"", b"one\ntwo", b"\n", b"one\r\ntwo\r\n"])
def test_the_end_of_the_input(kind, said, serving, client):
    server = serving(kind, "unix:x.sock", "line")
    lines = said.replace(b"\r\n", b"\n")
    expected = lines if lines.endswith(b"\n") or not lines else lines + b"\n"
    assert client(kind, "unix:x.sock", "line", said=said, directory=server.directory).stdout == expected


def test_a_flood_that_nobody_could_hold(kind, serving, client):
    """More than the system holds for both directions together: whoever only wrote would wait for ever."""
    said = b"".join(b"%d %s\n" % (number, b"x" * 1_000_000) for number in range(12))
    server = serving(kind, "unix:x.sock", "line")
    assert client(kind, "unix:x.sock", "line", said=said, directory=server.directory).stdout == said


def test_raw_passes_any_bytes_on(kind, serving, client):
    said = random.Random(1).randbytes(3_000_000)
    server = serving(kind, "unix:x.sock", "raw")
    assert client(kind, "unix:x.sock", "raw", said=said, directory=server.directory).stdout == said


def test_answers_are_printed_while_nothing_is_typed(kind, program, builder, place):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place / "x.sock"))
        listener.listen()
        listener.settimeout(60)
        talking = program(builder.command(kind, "client", "unix:x.sock", "line"), cwd=place)
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"welcome\nwhat is it?\n")
            talking.wait_for("welcome\nwhat is it?\n")
            talking.say("this\n")
            assert connection.recv(100) == b"this\n"
            talking.say("and that\n")
            assert connection.recv(100) == b"and that\n"
            talking.end_input()
            # The end of the input is passed on, and the answers still come.
            assert connection.recv(100) == b""
            connection.sendall(b"bye\n")
        assert talking.wait() == 0
        assert talking.out == "welcome\nwhat is it?\nbye\n"


def test_a_server_that_does_not_answer_is_told_everything(kind, program, builder, place):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place / "x.sock"))
        listener.listen()
        listener.settimeout(60)
        lines = b"".join(b"%d\n" % number for number in range(1000))
        talking = program(builder.command(kind, "client", "unix:x.sock", "line"), cwd=place)
        talking.say(lines)
        talking.end_input()
        connection, _ = listener.accept()
        with connection:
            assert read_to_end(connection) == lines
        assert talking.wait() == 0
        assert talking.err == ""


def test_a_plain_client_of_datagrams_where_names_cannot_be_abstract(serving, builder, c_compiler):
    server = serving("c-plain", "unixgram:x.sock")
    path = builder.built(written("c-plain", "client", "unixgram:x.sock"), "-U__linux__")
    with subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=server.directory) as client:
        own = Path(f"/tmp/client-{client.pid}.sock")
        client.stdin.write(b"hello\n")
        client.stdin.flush()
        client.stdin.close()
        assert client.stdout.read() == b"hello\n"
    assert not own.exists()
    with subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=server.directory) as client:
        own = Path(f"/tmp/client-{client.pid}.sock")
        client.stdin.write(b"hello\n" * 2000)
        client.stdin.flush()
        assert client.stdout.readline() == b"hello\n"
        assert own.is_socket()
        client.send_signal(signal.SIGINT)
        assert client.wait(60) == -signal.SIGINT
        assert not own.exists()


@pytest.mark.parametrize("scheme", ["tls", "unixpacket"])
def test_python_with_wiretalk_talks_over_everything_that_opens(scheme, serving, client, port, place):
    if scheme == "tls":
        pytest.importorskip("cryptography")
        server = serving("python", f"tls://127.0.0.1:{port}?self_signed", "line")
        server.wait_for("fingerprint=sha256:", "\n")
        fingerprint = server.out.partition("fingerprint=")[2].split()[0]
        address, frame = f"tls://127.0.0.1:{port}?fingerprint={fingerprint}", "line"
    else:
        address, frame = "unixpacket:x.sock", None
        server = serving("python", address)
    heard = client("python", address, frame, said=b"one\ntwo\n", directory=server.directory).stdout
    assert heard == b"one\ntwo\n"
