"""A control with its relays, asked by plain asyncio streams, and the peers of the relays."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest

from wiretalk.control import Control, Faulty, Proxies
from wiretalk.control.messages import Request
from wiretalk.control.routes import Routes
from wiretalk.layer.faults import FaultSet

PATIENCE_S = 30


class Reply:
    """An answer of HTTP: `status`, `headers` by small names, `body`, and `value`, its JSON."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def value(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body!r}>"


async def read_reply(reader, *, bare=False):
    """Read one answer as it stands on the wire."""
    async with asyncio.timeout(PATIENCE_S):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        version, status, reason = lines[0].split(" ", 2)
        assert version == "HTTP/1.1"
        assert reason
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
        length = 0 if bare or status == "204" else int(headers["content-length"])
        return Reply(int(status), headers, await reader.readexactly(length))


@pytest.fixture
def asking():
    """Ask a control: `await asking(address, "GET", "/proxies")`."""

    async def ask(address, method, path, value=None, *, token=None):
        scheme, _, rest = address.partition(":")
        if scheme == "unix":
            reader, writer = await asyncio.open_unix_connection(rest)
        else:
            host, _, port = rest.removeprefix("//").rpartition(":")
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        try:
            body = b"" if value is None else json.dumps(value).encode()
            more = "" if token is None else f"Authorization: Bearer {token}\r\n"
            head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{more}Content-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            return await read_reply(reader)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    return ask


@pytest.fixture
async def control():
    """A control that begins without relays."""
    async with Control("tcp://127.0.0.1:0", Proxies(seed=7)) as made:
        yield made


@pytest.fixture
def ask(control, asking):
    """Ask it: `await ask("GET", "/proxies")`."""

    async def asked(method, path, value=None):
        return await asking(control.addresses[0], method, path, value)

    return asked


class Routed:
    """What can be asked for, without a socket: one server called "web", which has faults and is no relay."""

    def __init__(self):
        self.net = FaultSet(seed=7)
        self.proxies = Proxies()
        self.proxies.take(Faulty("web", self.net, lambda: "127.0.0.1:8080", "echo"))
        self.routes = Routes(self.proxies)

    async def __call__(self, method, path, value=None, **headers):
        path, _, query = path.partition("?")
        body = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
        named = {name.replace("_", "-"): one for name, one in headers.items()}
        queried = dict(part.split("=") for part in query.split("&") if part)
        answer = await self.routes.answer(Request(method, tuple(path[1:].split("/")), queried, named, body))
        return Reply(answer.status, {name.lower(): one for name, one in answer.headers.items()}, answer.body)


@pytest.fixture
async def routed():
    """Ask without a socket: `await routed("GET", "/proxies")`."""
    return Routed()


class Echo:
    """A plain server that sends back what comes; how each of its connections ended is in `endings`."""

    def __init__(self):
        self.endings = asyncio.Queue()
        self.server = None

    async def start(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def _serve(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            self.endings.put_nowait("finished")
        except ConnectionError:
            self.endings.put_nowait("reset")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@pytest.fixture
async def echo():
    """A plain echo server."""
    one = await Echo().start()
    yield one
    one.server.close()
    await one.server.wait_closed()


@pytest.fixture
async def reach():
    """Connect a plain stream: `reader, writer = await reach("127.0.0.1:8080")`."""
    writers = []

    async def connect(address):
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writers.append(writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@pytest.fixture
def until():
    """Wait until something is so: `await until(lambda: …)`."""

    async def wait(condition):
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.005)

    return wait
