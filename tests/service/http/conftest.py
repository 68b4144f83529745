"""A directory to serve, and requests to it as they stand on the wire."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os

import pytest

from wiretalk.service import make
from wiretalk.service.http.session import Times

PATIENCE_S = 30
LARGE = b"".join(b"%015d\n" % at for at in range(40_000))


@pytest.fixture
def site(tmp_path):
    """A directory with something of every kind in it, and a secret beside it."""
    root = tmp_path / "site"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / "page").mkdir()
    (root / "empty").mkdir()
    (root / "a.txt").write_bytes(b"0123456789")
    (root / "large.txt").write_bytes(LARGE)
    (root / "large.bin").write_bytes(LARGE)
    (root / "nothing.txt").write_bytes(b"")
    (root / "sub" / "b.txt").write_bytes(b"b")
    (root / "sub" / "deep" / "c.txt").write_bytes(b"c")
    (root / "page" / "index.html").write_bytes(b"<p>index")
    (root / ".hidden").write_bytes(b"hidden")
    (tmp_path / "secret").write_bytes(b"the secret")
    (root / "out").symlink_to("../secret")
    (root / "far").symlink_to("/etc/passwd")
    (root / "up").symlink_to("..")
    (root / "in").symlink_to("sub/../sub/deep/c.txt")
    (root / "absolute").symlink_to(root / "sub" / "b.txt")
    (root / "round").symlink_to("round")
    os.mkfifo(root / "pipe")
    return root


class Reply:
    """An answer: `status`, `headers` by small names, `raw`, and `body`, unpacked where it was packed."""

    def __init__(self, status, headers, raw):
        self.status = status
        self.headers = headers
        self.raw = raw

    @property
    def body(self):
        return gzip.decompress(self.raw) if self.headers.get("content-encoding") == "gzip" else self.raw

    @property
    def value(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.raw[:200]!r}>"


class Client:
    """A plain connection."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    async def say(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, *, bare=False):
        """Read one answer."""
        async with asyncio.timeout(PATIENCE_S):
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            version, status, reason = lines[0].split(" ", 2)
            assert version == "HTTP/1.1"
            assert reason
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
            length = 0 if bare or status in {"100", "204", "304"} else int(headers["content-length"])
            return Reply(int(status), headers, await self.reader.readexactly(length))

    async def ask(self, method, target, body=None, **headers):
        """Ask, and return the answer; a header's underscores are dashes."""
        headers.setdefault("Host", "localhost")
        if body is not None:
            headers.setdefault("Content_Length", str(len(body)))
        told = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        await self.say(f"{method} {target} HTTP/1.1\r\n{told}\r\n".encode() + (body or b""))
        return await self.reply(bare=method == "HEAD")

    async def rest(self):
        """Return what else comes, to the end."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.read()

    async def close(self):
        self.writer.transport.abort()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


class Http:
    """A server of the service, and its clients."""

    def __init__(self, server):
        self.server = server
        self.clients = []
        self.told = []

    async def connect(self):
        address = self.server.addresses[0]
        if address.startswith("unix:"):
            client = Client(*await asyncio.open_unix_connection(address.removeprefix("unix:")))
        else:
            host, _, port = address.partition("://")[2].rpartition(":")
            client = Client(*await asyncio.open_connection(host.strip("[]"), int(port)))
        self.clients.append(client)
        return client

    async def ask(self, *words, **headers):
        client = await self.connect()
        return await client.ask(*words, **headers)

    async def get(self, target, **headers):
        return await self.ask("GET", target, **headers)


@pytest.fixture
async def http(site):
    """Start a server: `one = await http(token="t", …)`."""
    stack = contextlib.AsyncExitStack()
    started = []

    async def start(address="tcp://127.0.0.1:0", *, serving=None, **options):
        service = make("http", directory=str(site), **options)
        server = await stack.enter_async_context(service.serve(address, **(serving or {})))
        one = Http(server)
        service.told = lambda connection, event, facts, sentence: one.told.append((event, facts, sentence))
        started.append(one)
        return one

    yield start
    for one in started:
        for client in one.clients:
            await client.close()
    await stack.aclose()


@pytest.fixture
def times():
    """How long peers may take: `times(head_s=0.2)`."""
    return Times
