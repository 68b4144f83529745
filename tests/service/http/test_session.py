"""Connections: requests one after another, rude peers, and what becomes of an answer that cannot be whole."""

from __future__ import annotations

import asyncio
import os

import pytest

import wiretalk
from wiretalk.layer.base import Layer
from wiretalk.limits import HTTP_BODY_BYTES, HTTP_HEAD_BYTES, HTTP_HEADERS, Limits

from .conftest import LARGE

GET = b"GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def test_a_connection_is_kept(http):
    client = await (await http()).connect()
    for _ in range(3):
        reply = await client.ask("GET", "/a.txt")
        assert reply.body == b"0123456789"
        assert "connection" not in reply.headers
    for target in ("/missing", "/..", "/sub", "/pipe"):
        assert "connection" not in (await client.ask("GET", target)).headers


async def test_requests_may_come_together(http):
    client = await (await http()).connect()
    await client.say(GET * 3 + GET.replace(b"a.txt", b"large.bin") + GET)
    bodies = [(await client.reply()).body for _ in range(5)]
    assert bodies == [b"0123456789"] * 3 + [LARGE, b"0123456789"]


async def test_a_request_byte_by_byte(http):
    client = await (await http()).connect()
    for at in range(len(GET)):
        await client.say(GET[at : at + 1])
    assert (await client.reply()).status == 200


@pytest.mark.parametrize(
    "request_", [GET.replace(b"1.1", b"1.0"), GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")]
)
async def test_a_connection_that_is_not_kept(http, request_):
    client = await (await http()).connect()
    await client.say(request_)
    assert (await client.reply()).headers["connection"] == "close"
    assert await client.rest() == b""


async def test_a_peer_that_finishes_gets_its_answer(http):
    client = await (await http()).connect()
    await client.say(GET.replace(b"a.txt", b"large.bin"))
    client.writer.write_eof()
    assert (await client.reply()).body == LARGE
    assert await client.rest() == b""


async def test_the_tls_of_an_address(site):
    from wiretalk.service import make

    async with make("http", directory=str(site)).serve("tls://localhost:0?self_signed") as server:
        trust = f"?fingerprint={server.fingerprints[0]}"
        async with wiretalk.connect(server.addresses[0] + trust) as connection:
            await connection.send(
                GET.replace(b"a.txt", b"large.bin").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
            )
            got = b"".join([piece async for piece in connection])
    assert got.endswith(LARGE)


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "TRACE", "BREW"])
async def test_other_methods(http, method):
    reply = await (await http()).ask(method, "/a.txt", b"body")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert "connection" not in reply.headers


async def test_what_is_allowed(http):
    client = await (await http(token="t", public=True, upload=True)).connect()
    for target in ("*", "/a.txt"):
        reply = await client.ask("OPTIONS", target)
        assert (reply.status, reply.headers["allow"]) == (204, "GET, HEAD, OPTIONS, PUT")


async def test_another_protocol_is_not_taken_up(http, site):
    one = await http(token="t", upload=True)
    client = await one.connect()
    more = {"Authorization": "Bearer t", "Upgrade": "h2c", "Connection": "Upgrade"}
    assert (await client.ask("GET", "/a.txt", **more)).body == b"0123456789"
    client = await one.connect()
    assert (await client.ask("PUT", "/new", **more)).status == 201
    assert (site / "new").read_bytes() == b""


async def test_a_body_that_nobody_needs(http):
    client = await (await http()).connect()
    assert (await client.ask("GET", "/a.txt", b"x" * 1000)).status == 200
    assert (await client.ask("GET", "/a.txt", b"x" * (HTTP_BODY_BYTES + 1))).status == 413


@pytest.mark.parametrize(
    ("bytes_", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * HTTP_HEAD_BYTES, 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * HTTP_HEADERS + b"\r\n", 431),
        (b"GET /" + b"x" * HTTP_HEAD_BYTES + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431),
    ],
)
async def test_what_is_no_request(http, times, bytes_, status):
    one = await http(times=times(linger_s=0.1))
    client = await one.connect()
    await client.say(bytes_)
    reply = await client.reply()
    assert (reply.status, reply.headers["connection"]) == (status, "close")
    assert await client.rest() == b""
    assert one.told[0][1]["status"] == status


async def test_a_request_that_never_ends(http, times):
    client = await (await http(times=times(head_s=0.3, linger_s=0.1))).connect()
    await client.say(b"GET / HTTP/1.1\r\nHost: localhost\r\n")

    async def drip():
        while True:
            await client.say(b"X: y\r\n")
            await asyncio.sleep(0.02)

    dripping = asyncio.ensure_future(drip())
    reply = await client.reply()
    dripping.cancel()
    assert reply.status == 408
    assert b"the head of the request did not come whole within 0.3 s" in reply.body


async def test_who_asks_for_nothing_is_left(http, times):
    client = await (await http(times=times(idle_s=0.2))).connect()
    assert (await client.ask("GET", "/a.txt")).status == 200
    assert await client.rest() == b""


async def test_who_takes_nothing_is_left(http, site, times):
    with open(site / "huge", "wb") as file:
        file.truncate(64 << 20)
    one = await http(times=times(stall_s=0.3))
    client = await one.connect()
    client.reader._transport.pause_reading()
    await client.say(GET.replace(b"a.txt", b"huge"))
    await until(lambda: one.told)
    assert one.told[0][1]["bytes"] < 64 << 20
    await until(lambda: not one.server.connections)


class Through(Layer):
    """What has to see all bytes, so that they pass through Python."""


async def test_who_takes_nothing_of_a_listing_is_left(http, times, monkeypatch):
    from wiretalk.service.http import listing

    monkeypatch.setattr(listing, "page", lambda *_, **__: bytes(64 << 20))
    one = await http(times=times(stall_s=0.3))
    client = await one.connect()
    client.reader._transport.pause_reading()
    await client.say(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await until(lambda: one.told and not one.server.connections)
    assert one.told[0][1]["bytes"] < 64 << 20


async def test_who_takes_a_listing_slowly_gets_it(http, times, monkeypatch):
    from wiretalk.service.http import listing

    monkeypatch.setattr(listing, "page", lambda *_, **__: bytes(8 << 20))
    one = await http("tcp://127.0.0.1:0?sndbuf=65536", times=times(stall_s=0.1))
    client = await one.connect()
    await client.say(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    size = 0
    while size < 8 << 20:
        size += len(await client.reader.read(1 << 16))
        await asyncio.sleep(0.002)
    await until(lambda: one.told)
    assert one.told[0][1]["bytes"] > 8 << 20


@pytest.mark.parametrize("layers", [(), (lambda _: Through(),)])
async def test_a_file_that_becomes_shorter_cuts_the_connection(http, site, layers):
    with open(site / "huge", "wb") as file:
        file.truncate(64 << 20)
    one = await http(serving={"layers": layers})
    client = await one.connect()
    client.reader._transport.pause_reading()
    await client.say(GET.replace(b"a.txt", b"huge"))
    await until(lambda: any(connection.bytes_sent > 1000 for connection in one.server.connections))
    os.truncate(site / "huge", 10)
    client.reader._transport.resume_reading()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await client.reply()
    await until(lambda: not one.server.connections)


async def test_a_short_file_that_becomes_shorter_too(http, site, monkeypatch):
    from wiretalk.service.http import session

    monkeypatch.setattr(session.os, "pread", lambda *_: b"short")
    endings = []
    one = await http(serving={"on_close": lambda conversation: endings.append(conversation.ending)})
    client = await one.connect()
    await client.say(b"GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await client.reply()
    await until(lambda: any("become shorter" in str(ending) for ending in endings))


async def test_a_file_that_vanishes_is_sent_whole(http, site):
    with open(site / "huge", "wb") as file:
        file.truncate(8 << 20)
    one = await http()
    client = await one.connect()
    client.reader._transport.pause_reading()
    await client.say(GET.replace(b"a.txt", b"huge"))
    await until(lambda: any(connection.bytes_sent > 1000 for connection in one.server.connections))
    (site / "huge").unlink()
    client.reader._transport.resume_reading()
    assert len((await client.reply()).body) == 8 << 20
    assert (await client.ask("GET", "/huge")).status == 404


async def test_a_thousand_at_once(http):
    one = await http()
    clients = [await one.connect() for _ in range(1000)]
    for at, client in enumerate(clients):
        await client.say(GET if at % 10 else GET.replace(b"a.txt", b"large.bin"))
    for at, client in enumerate(clients):
        assert (await client.reply()).body == (b"0123456789" if at % 10 else LARGE)
    assert one.server.accepted == 1000


async def test_many_that_want_listings_and_packing(http):
    one = await http()
    clients = [await one.connect() for _ in range(200)]
    for at, client in enumerate(clients):
        target = b"large.txt" if at % 2 else b""
        await client.say(b"GET /%s HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n" % target)
    for client in clients:
        assert (await client.reply()).status == 200


async def test_answers_held_for_slow_readers_are_bounded(http, monkeypatch):
    from wiretalk.service.http import listing, session

    monkeypatch.setattr(listing, "page", lambda *_, **__: bytes(16 << 20))
    monkeypatch.setattr(session, "HTTP_HELD_BYTES", 33 << 20)
    one = await http()
    slow = [await one.connect() for _ in range(2)]
    for client in slow:
        client.reader._transport.pause_reading()
        await client.say(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await until(lambda: sum(connection.unsent_bytes > 0 for connection in one.server.connections) == 2)
    client = await one.connect()
    reply = await client.ask("GET", "/")
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert (await client.ask("GET", "/large.bin")).body == LARGE
    slow[0].reader._transport.resume_reading()
    assert len((await slow[0].reply()).body) == 16 << 20
    assert (await client.ask("GET", "/")).status == 200


async def test_what_fails_is_told_in_the_log_and_nowhere_else(http, monkeypatch, caplog):
    from wiretalk.service.http import getting

    def fail(*_):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(getting, "content_type", fail)
    client = await (await http()).connect()
    reply = await client.ask("GET", "/a.txt")
    assert (reply.status, reply.body) == (
        500,
        b"500 Internal Server Error: that failed, and the log of the server says why\n",
    )
    assert "http: GET /a.txt failed" in caplog.text
    assert (await client.ask("GET", "/")).status == 200


async def test_no_descriptor_is_left_open(http, require):
    require(os.path.exists("/proc/self/fd"), "open descriptors are read from /proc")
    one = await http()
    client = await one.connect()
    targets = ("/", "/a.txt", "/large.bin", "/sub", "/page/", "/missing", "/out", "/pipe", "/a.txt/", "/large.txt")
    await client.ask("GET", "/")
    before = len(os.listdir("/proc/self/fd"))
    for target in targets:
        for headers in ({}, {"If_None_Match": "*"}, {"Range": "bytes=99999999-"}, {"Accept_Encoding": "gzip"}):
            await client.ask("GET", target, **headers)
            await client.ask("HEAD", target, **headers)
    assert len(os.listdir("/proc/self/fd")) == before


async def test_each_request_is_told(http):
    one = await http()
    client = await one.connect()
    await client.ask("GET", "/a.txt?b")
    event, facts, sentence = one.told[0]
    assert event == "request"
    assert facts | {"duration_s": 0, "bytes": 0} == {
        "method": "GET",
        "path": "/a.txt?b",
        "status": 200,
        "bytes": 0,
        "duration_s": 0,
    }
    assert facts["bytes"] > 10
    assert sentence.startswith(f"GET /a.txt?b: 200, {facts['bytes']} bytes, 0.")


async def test_a_server_that_stops_does_not_wait_for_who_only_rests(http, site):
    with open(site / "huge", "wb") as file:
        file.truncate(64 << 20)
    one = await http(serving={"limits": Limits(drain_s=30)})
    resting, busy = await one.connect(), await one.connect()
    await resting.ask("GET", "/a.txt")
    busy.reader._transport.pause_reading()
    await busy.say(GET.replace(b"a.txt", b"huge").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    await until(lambda: any(connection.bytes_sent > 1_000 for connection in one.server.connections))
    stopping = asyncio.ensure_future(one.server.close())
    assert await resting.rest() == b""
    assert not stopping.done()
    busy.reader._transport.resume_reading()
    assert len((await busy.reply()).body) == 64 << 20
    await asyncio.wait_for(stopping, 20)


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)
