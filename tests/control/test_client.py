"""The client: what it asks for, and what it makes of answers, also of those that are none."""

from __future__ import annotations

import socket
import threading

import pytest

from wiretalk.control.client import Client, ControlError, request
from wiretalk.errors import MalformedError, RefusedError, TimedOutError
from wiretalk.limits import CONTROL_BODY_BYTES
from wiretalk.version import __version__

OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"


@pytest.fixture
def answering():
    """Answer one request by these bytes: `answering(wire)` returns an address, and `.asked` is what was asked."""
    threads = []

    class Answering:
        def __init__(self, wire, *, stays=False):
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
            self.wire = wire
            self.asked = b""
            self.left = threading.Event()
            self.stays = stays
            thread = threading.Thread(target=self.serve, daemon=True)
            threads.append((thread, self))
            thread.start()

        def serve(self):
            with self.listener, self.listener.accept()[0] as sock:
                sock.settimeout(30)
                while b"\r\n\r\n" not in self.asked:
                    self.asked += sock.recv(65536)
                sock.sendall(self.wire)
                if self.stays:
                    self.left.wait(30)

    yield Answering
    for thread, one in threads:
        one.left.set()
        thread.join(30)


def test_what_is_asked():
    http, wire = request("POST", "/proxies/a%20b", {"a": 1}, "secret")
    assert wire == (
        b"POST /proxies/a%20b HTTP/1.1\r\nHost: wiretalk\r\n"
        b"User-Agent: wiretalk/" + __version__.encode() + b"\r\nConnection: close\r\n"
        b'Content-Type: application/json\r\nContent-Length: 8\r\nAuthorization: Bearer secret\r\n\r\n{"a": 1}'
    )
    assert http is not None


def test_an_answer_is_its_value(answering):
    server = answering(OK % (8, b'{"a": 1}'))
    assert Client(server.address).ask("GET", "proxies", "a/b", query="x=y") == {"a": 1}
    assert server.asked.startswith(b"GET /proxies/a%2Fb?x=y HTTP/1.1\r\n")


def test_nothing_is_nothing(answering):
    assert Client(answering(b"HTTP/1.1 204 No Content\r\n\r\n").address).ask("POST", "reset") is None


@pytest.mark.parametrize(
    ("status", "body", "sentence", "how"),
    [
        (404, b'{"error": "proxy not found", "status": 404}', "proxy not found", "usage"),
        (401, b'{"error": "no", "status": 401}', "no", "not-permitted"),
        (403, b"User agent not allowed\n", "User agent not allowed", "not-permitted"),
        (500, b"", "it answered 500", "failed"),
        (500, b"[]", "it answered 500", "failed"),
    ],
)
def test_refusals_are_errors(answering, status, body, sentence, how):
    wire = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)
    with pytest.raises(ControlError) as caught:
        Client(answering(wire).address).ask("GET", "x")
    assert (str(caught.value), caught.value.status, caught.value.how) == (sentence, status, how)


@pytest.mark.parametrize(
    ("wire", "sentence"),
    [
        (b"hello\r\n\r\n", "does not answer in HTTP"),
        (OK % (3, b"{}}"), "the answer is no JSON"),
        (OK % (100, b"{}"), "does not answer in HTTP"),
        (b"", "does not answer in HTTP"),
        (
            OK % (CONTROL_BODY_BYTES + 1, b" " * (CONTROL_BODY_BYTES + 1)),
            f"the answer is over {CONTROL_BODY_BYTES} bytes",
        ),
    ],
)
def test_what_is_no_answer(answering, wire, sentence):
    with pytest.raises(MalformedError, match=sentence):
        Client(answering(wire).address).ask("GET", "x")


def test_an_answer_does_not_take_for_ever(answering):
    with pytest.raises(TimedOutError):
        Client(answering(b"", stays=True).address, timeout_s=0.1).ask("GET", "x")


def test_nobody_is_there():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(RefusedError):
        Client(address).ask("GET", "x")
