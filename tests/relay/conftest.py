"""A relay's peers: plain asyncio streams and sockets that know nothing of wiretalk."""

from __future__ import annotations

import asyncio
import contextlib

import pytest


@pytest.fixture
def until():
    """Wait until something is so: `await until(lambda: …)`."""

    async def wait(condition, seconds=30):
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.005)

    return wait


async def leave(writers):
    """Close streams, however they have ended."""
    for writer in writers:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class Far:
    """A plain TCP server whose connections the test holds in its hands."""

    def __init__(self):
        self.came = asyncio.Queue()
        self.writers = []
        self.server = None

    async def start(self, where):
        if isinstance(where, str):
            self.server = await asyncio.start_unix_server(self._take, where)
            self.address = f"unix:{where}"
        else:
            self.server = await asyncio.start_server(self._take, "127.0.0.1", 0)
            self.address = "tcp://{}:{}".format(*self.server.sockets[0].getsockname())
        return self

    async def _take(self, reader, writer):
        self.writers.append(writer)
        await self.came.put((reader, writer))

    async def next(self):
        async with asyncio.timeout(20):
            return await self.came.get()


@pytest.fixture
async def far():
    """Start a plain server: `await far()` on TCP, `await far(path)` on a Unix socket."""
    started = []

    async def start(where=None):
        one = await Far().start(where)
        started.append(one)
        return one

    yield start
    for one in started:
        one.server.close()
        await leave(one.writers)


@pytest.fixture
async def reach():
    """Connect a plain stream to an address of a relay: `reader, writer = await reach(address)`."""
    opened = []

    async def connect(address):
        scheme, _, rest = address.partition(":")
        if scheme == "unix":
            reader, writer = await asyncio.open_unix_connection(rest)
        else:
            host, _, port = rest.removeprefix("//").rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
        opened.append(writer)
        return reader, writer

    yield connect
    await leave(opened)
