"""Words that no client says, on real sockets: each is answered or ended, and the control goes on."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from wiretalk import serve
from wiretalk.control import Proxies
from wiretalk.control.routes import Routes
from wiretalk.control.session import Session
from wiretalk.limits import CONTROL_BODY_BYTES, CONTROL_CONNECTIONS, CONTROL_HEAD_BYTES

from .conftest import read_reply

GET = b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
async def hasty():
    """A control that waits for nobody long: its address."""
    session = Session(Routes(Proxies()), request_s=0.2, idle_s=0.2).session()
    async with serve("tcp://127.0.0.1:0", session) as server:
        yield server.addresses[0].removeprefix("tcp://")


async def to_end(reader):
    with contextlib.suppress(ConnectionResetError):
        async with asyncio.timeout(30):
            return await reader.read()
    return b""


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        (b"\x00" * 100_000, b"400"),
        (b"GET /" + b"a" * 1_000_000, b"431"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100_000, b"431"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", b"413"),
        (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"GET /proxies/%00%ff HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"GET //proxies HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"TRACE /proxies HTTP/1.1\r\nHost: x\r\n\r\n", b"405"),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
    ],
)
async def test_it_is_answered_and_the_control_goes_on(control, ask, reach, wire, status):
    reader, writer = await reach(control.addresses[0].removeprefix("tcp://"))
    writer.write(wire)
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    writer.write_eof()
    told = await to_end(reader)
    assert told.startswith(b"HTTP/1.1 " + status), told
    assert b"Traceback" not in told
    assert (await ask("GET", "/version")).status == 200


async def test_who_sends_byte_by_byte_for_ever_is_ended(hasty, reach):
    reader, writer = await reach(hasty)

    async def drip():
        with contextlib.suppress(ConnectionError):
            for byte in GET * 1000:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.02)

    dripping = asyncio.ensure_future(drip())
    reply = await read_reply(reader)
    assert (reply.status, reply.headers["connection"]) == (408, "close")
    dripping.cancel()


@pytest.mark.parametrize(
    "begun",
    [b"GET /ver", b"POST /reset HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345", b"POST /reset HTTP/1.1\r\n"],
)
async def test_who_stops_within_a_request_is_ended(hasty, reach, begun):
    reader, writer = await reach(hasty)
    writer.write(begun)
    assert (await read_reply(reader)).status == 408
    assert await to_end(reader) == b""


async def test_who_says_nothing_is_ended_without_a_word(hasty, reach):
    reader, writer = await reach(hasty)
    assert await to_end(reader) == b""
    reader, writer = await reach(hasty)
    writer.write(GET)
    assert (await read_reply(reader)).status == 200
    assert await to_end(reader) == b""


async def test_who_leaves_in_the_middle_is_forgotten(control, ask, reach, until):
    for begun in (b"", b"GET /ver", GET):
        _, writer = await reach(control.addresses[0].removeprefix("tcp://"))
        writer.write(begun)
        writer.transport.abort()
    await until(lambda: not control.server.connections)
    assert (await ask("GET", "/version")).status == 200


async def test_requests_may_come_together_and_in_pieces(control, reach):
    reader, writer = await reach(control.addresses[0].removeprefix("tcp://"))
    writer.write(GET * 3)
    assert [(await read_reply(reader)).status for _ in range(3)] == [200] * 3
    for byte in GET:
        writer.write(bytes([byte]))
        await writer.drain()
    assert (await read_reply(reader)).status == 200


async def test_a_long_body_is_taken_up_to_the_limit_and_after_the_word(control, reach):
    reader, writer = await reach(control.addresses[0].removeprefix("tcp://"))
    body = b"[" + b" " * (CONTROL_BODY_BYTES - 2) + b"]"
    head = "POST /populate HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n"
    writer.write(head.format(len(body)).encode())
    async with asyncio.timeout(30):
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(body)
    reply = await read_reply(reader)
    assert (reply.status, reply.value) == (201, {"proxies": []})


async def test_a_head_is_bounded_however_it_comes(control, reach):
    reader, writer = await reach(control.addresses[0].removeprefix("tcp://"))
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * CONTROL_HEAD_BYTES + b"\r\n\r\n")
    assert (await read_reply(reader)).status == 431


async def test_connections_are_bounded(control, reach, until):
    address = control.addresses[0].removeprefix("tcp://")
    for _ in range(CONTROL_CONNECTIONS + 5):
        await reach(address)
    await until(lambda: len(control.server.connections) == CONTROL_CONNECTIONS)
