"""Peers that end within a message, break off, or say too much or nonsense: C and Python tell it by the same word."""

from __future__ import annotations

import socket
import struct
import tempfile
import threading
from pathlib import Path

import pytest

from wiretalk.framing import make

from .chopping import connect
from .parties import Parties

MAX_MESSAGE = 100
SPECS = [
    "line",
    "line:crlf",
    "delimiter:0d0a",
    "length:u8",
    "length:u16be",
    "length:u16le",
    "length:u32be",
    "length:u32le",
    "length:varint",
    "netstring",
    "slip",
    "cobs",
    "fixed:20",
]
STREAMS = ("tcp", "unix")
PLACES = [(scheme, spec) for scheme in STREAMS for spec in SPECS]
NONSENSE = {
    "length:varint": b"\xff" * 11,
    "netstring": b"5 hello,",
    "slip": b"\xdb\x00\xc0",
    "cobs": b"\x09short\x00",
}
"""What breaks a framing that anything can break."""

WORDS = ["finished", "truncated", "limit", "malformed", "reset"]
SERVERS = ["c-serve", "c-accept", "asyncio", "blocking"]
CLIENTS = ["c", "asyncio", "blocking"]
HELLO = b"a message of 20 byte"


def addresses(directory):
    made = []
    for number, (scheme, spec) in enumerate(PLACES):
        place = "//127.0.0.1:0" if scheme == "tcp" else f"{directory}/{number}"
        made.append(f"{scheme}:{place}?framing={spec}&max_message={MAX_MESSAGE}")
    return made


@pytest.fixture(scope="module")
def parties(compile_c):
    with tempfile.TemporaryDirectory(prefix="wt") as directory:
        all_of_them = Parties(compile_c, addresses, Path(directory))
        try:
            yield all_of_them
        finally:
            all_of_them.close()


def rude_bytes(spec, word):
    """Return what makes a conversation end with that word; None where nothing in this framing does."""
    if word == "finished":
        return b""
    if word == "limit":
        return None if spec.startswith("fixed") else make(spec).encode(b"x" * 2 * MAX_MESSAGE)
    if word == "malformed":
        return NONSENSE.get(spec)
    return make(spec).encode(HELLO)[:-1]


def break_off(sock):
    """Close so that the peer sees a reset: at once over TCP, and over a Unix socket since something is unread."""
    if sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def rude_cases(word):
    return [(spec, data) for spec in SPECS if (data := rude_bytes(spec, word)) is not None]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("scheme", STREAMS)
@pytest.mark.parametrize("name", SERVERS)
def test_a_server_tells_what_its_client_did(parties, tmp_path, name, scheme, word):
    server = parties.server(name)
    for number, (spec, data) in enumerate(rude_cases(word)):
        address = server.addresses[PLACES.index((scheme, spec))].partition("?")[0]
        path = tmp_path / str(number)
        with connect(address, path) as client:
            peer = f"unix:{path}" if scheme == "unix" else "tcp://{}:{}".format(*client.getsockname())
            whole = make(spec).encode(HELLO)
            client.sendall(whole + data)
            if word == "reset":
                # Its answer is there, and will not be read.
                client.recv(len(whole), socket.MSG_PEEK)
                break_off(client)
            else:
                assert client.recv(len(whole), socket.MSG_WAITALL) == whole
                client.shutdown(socket.SHUT_WR)
            assert server.endings.of(peer) == word, spec


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("scheme", STREAMS)
@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_tells_what_its_server_did(parties, tmp_path, name, scheme, word):
    client = parties.client(name)
    for number, (spec, data) in enumerate(rude_cases(word)):
        with socket.socket(socket.AF_UNIX if scheme == "unix" else socket.AF_INET) as listener:
            listener.bind(str(tmp_path / str(number)) if scheme == "unix" else ("127.0.0.1", 0))
            listener.listen()
            listener.settimeout(60)
            where = f"unix:{tmp_path}/{number}" if scheme == "unix" else "tcp://{}:{}".format(*listener.getsockname())
            with Answering(listener, make(spec).encode(HELLO), data, word):
                said = [HELLO, HELLO]
                heard = client.say(f"{where}?framing={spec}&max_message={MAX_MESSAGE}", said)
        # What came before is heard.
        assert heard == ([HELLO], word), spec


class Answering:
    """Take one connection, in a thread: hear two messages, answer the first, and be rude.

    Args:
        listener: where it comes.
        whole: a message as it goes on the wire.
        data: what is said after the answer.
        word: how it is to end.
    """

    def __init__(self, listener, whole, data, word):
        self._arguments = (listener, whole, data, word)
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _run(self):
        listener, whole, data, word = self._arguments
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(60)
            peer.recv(len(whole), socket.MSG_WAITALL)
            peer.sendall(whole + data)
            if word == "reset":
                break_off_when_something_is_unread(peer)
            else:
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(65536):
                    pass


def break_off_when_something_is_unread(sock):
    sock.recv(1, socket.MSG_PEEK)
    break_off(sock)


@pytest.mark.parametrize("server", ["c-serve", "asyncio"])
@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_is_told_what_it_cannot_send(parties, name, server):
    client = parties.client(name)
    for spec, message, word in (
        ("line", b"x" * (MAX_MESSAGE + 1), "limit"),
        ("line", b"two\nlines", "malformed"),
        ("length:u8", b"x" * (MAX_MESSAGE + 1), "limit"),
        ("fixed:20", b"short", "malformed"),
        ("slip", b"", "malformed"),
    ):
        address = parties.server(server).addresses[PLACES.index(("tcp", spec))].partition("?")[0]
        told = client.say(f"{address}?framing={spec}&max_message={MAX_MESSAGE}", [message])
        assert told == ([], word), (spec, message)
