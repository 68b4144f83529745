"""HTTP from the server's side, as transcripts: this comes, that is understood, and this is answered."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

from wiretalk.control.exchange import Exchange
from wiretalk.control.messages import Answer, Refusal
from wiretalk.errors import MissingPackageError
from wiretalk.limits import CONTROL_BODY_BYTES, CONTROL_HEAD_BYTES, CONTROL_HEADERS

POST = b'POST /proxies/a%2Fb/toxics?how=close HTTP/1.1\r\nHost: x\r\nX-One: 1\r\nContent-Length: 7\r\n\r\n{"a":1}'
GET = b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n"


def asked(*pieces):
    exchange = Exchange()
    for piece in pieces:
        exchange.feed(piece)
        request = exchange.next()
    return exchange, request


def refusal(*pieces):
    with pytest.raises(Refusal) as caught:
        asked(*pieces)
    return caught.value


def test_a_request_has_its_parts():
    _, request = asked(POST)
    assert (request.method, request.path, request.query) == ("POST", ("proxies", "a/b", "toxics"), {"how": "close"})
    assert request.headers["x-one"] == "1"
    assert request.fields() == {"a": 1}


def test_wherever_it_is_split():
    for at in range(1, len(POST)):
        exchange = Exchange()
        exchange.feed(POST[:at])
        assert exchange.next() is None
        assert exchange.begun
        exchange.feed(POST[at:])
        assert exchange.next().body == b'{"a":1}'
        assert not exchange.begun


def test_a_body_in_chunks():
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    _, request = asked(head + b"3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n")
    assert request.value() == [1, 2]


@pytest.mark.parametrize("method", [b"GET", b"POST", b"DELETE"])
def test_the_last_request_of_a_connection_without_a_body(method):
    exchange, request = asked(method + b" /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (request.path, request.body) == (("version",), b"")
    assert b"Connection: close" in exchange.answer(Answer(200, {"a": 1}))
    assert exchange.over


def test_an_answer_and_the_next_request():
    exchange, request = asked(GET + GET)
    assert request.path == ("version",)
    wire = exchange.answer(Answer(200, {"a": 1}))
    assert wire == b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a": 1}\n'
    assert not exchange.over
    assert exchange.next().path == ("version",)


def test_an_answer_without_a_body():
    exchange, _ = asked(GET)
    assert exchange.answer(Answer(204)) == b"HTTP/1.1 204 No Content\r\n\r\n"


def test_the_answer_to_head_is_its_head_alone():
    exchange, _ = asked(GET.replace(b"GET", b"HEAD"))
    wire = exchange.answer(Answer(200, {"a": 1}))
    assert wire.endswith(b"Content-Length: 9\r\n\r\n")
    assert not exchange.over


@pytest.mark.parametrize("how", [b"HTTP/1.1\r\nConnection: close", b"HTTP/1.0"])
def test_the_last_answer_says_so(how):
    exchange, _ = asked(GET.replace(b"HTTP/1.1", how))
    assert b"\r\nConnection: close\r\n" in exchange.answer(Answer(200, {}))
    assert exchange.over


def test_who_asks_whether_to_go_on_is_told():
    exchange, request = asked(POST.replace(b"Host", b"Expect: 100-continue\r\nHost").removesuffix(b'{"a":1}'))
    assert request is None
    assert exchange.go_on() == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert exchange.go_on() == b""
    exchange.feed(b'{"a":1}')
    assert exchange.next().value() == {"a": 1}


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400),
        (b"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (CONTROL_BODY_BYTES + 1), 413),
        (b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"a" * CONTROL_HEAD_BYTES), 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: %s" % (b"a" * CONTROL_HEAD_BYTES), 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n%s\r\n" % (b"X: y\r\n" * CONTROL_HEADERS), 431),
    ],
)
def test_what_is_no_request_is_answered_once_and_then_all_is_over(wire, status):
    exchange = Exchange()
    with pytest.raises(Refusal) as caught:
        exchange.feed(wire)
        exchange.next()
    assert caught.value.status == status
    answer = exchange.answer(caught.value.answer(), last=True)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nConnection: close\r\n" in answer
    assert exchange.over
    assert exchange.answer(Answer(200, {})) == b""


def test_a_body_in_chunks_is_bounded_too():
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    assert refusal(head, *[chunk] * (CONTROL_BODY_BYTES // 65536 + 1)).status == 413


def test_an_end_within_a_request_is_none():
    assert refusal(POST[:-1], b"").status == 400
    assert asked(b"")[1] is None


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "there is none"),
        (b"{", "Expecting property name"),
        (b'{"a": NaN}', "NaN is no number of JSON"),
        (b"\xff", "can't decode"),
        (b"[" * 100_000, "recursion"),
        (b"[1]", "it is to be a JSON object"),
        (b"1" * 5000, "Exceeds the limit"),
    ],
)
def test_what_is_no_json_object(body, sentence):
    _, request = asked(
        POST.replace(b"Content-Length: 7", b"Content-Length: %d" % len(body)).removesuffix(b'{"a":1}') + body
    )
    with pytest.raises(Refusal) as caught:
        request.fields()
    assert caught.value.status == 400
    assert caught.value.sentence.startswith("bad request body: ")
    assert sentence in caught.value.sentence


def test_names_of_fields_are_as_toxiproxy_takes_them():
    _, request = asked(POST.replace(b'"a"', b'"A"'))
    assert request.fields() == {"a": 1}


def test_without_the_package(monkeypatch):
    import wiretalk.service.http.exchange

    monkeypatch.setitem(sys.modules, "h11", None)
    monkeypatch.delitem(sys.modules, "wiretalk.control.exchange")
    monkeypatch.delitem(sys.modules, "wiretalk.service.http.exchange")
    monkeypatch.delattr(wiretalk.service.http, "exchange")
    with pytest.raises(MissingPackageError, match=r"control over HTTP needs the package h11.*wiretalk\[control\]"):
        import_module("wiretalk.control.exchange")
