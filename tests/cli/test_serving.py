"""Starting, stopping and leaving, with a server that does as little as a test needs."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from wiretalk.cli.serving import announce, serve_until_stopped


class FakeServer:
    addresses = ("tcp://[::]:7", "unix:/s", "-")
    families = ("IPv4 and IPv6", "", "")
    fingerprints = ("00ff",)

    def __init__(self, *, starts=True):
        self.connections = set()
        self.happened = []
        self._starts = starts
        self._stopped = asyncio.Event()

    async def start(self):
        self.happened.append("starting")
        if not self._starts:
            await asyncio.Event().wait()

    def stop(self):
        self._stopped.set()

    async def serve_forever(self):
        await self._stopped.wait()

    async def close(self, *, drain_s=None):
        self.happened.append("closed")


async def until(condition):
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)


def test_it_tells_addresses_families_and_certificates(capfd):
    announce(FakeServer())
    assert capfd.readouterr().err.splitlines() == [
        "listening on tcp://[::]:7 (IPv4 and IPv6)",
        "listening on unix:/s",
        "serving standard input and output",
        "with a certificate made on the spot, which clients trust by fingerprint=sha256:00ff",
    ]


async def test_a_server_that_stops_by_itself_is_status_0():
    server = FakeServer()
    server.stop()
    told = []
    assert await serve_until_stopped(server, told.append) == 0
    assert told == [server]
    assert server.happened == ["starting", "closed"]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
async def test_a_signal_while_starting_stops_the_starting(number, status):
    server = FakeServer(starts=False)
    told = []
    serving = asyncio.ensure_future(serve_until_stopped(server, told.append))
    await until(lambda: server.happened)
    os.kill(os.getpid(), number)
    assert await asyncio.wait_for(serving, 30) == status
    assert told == []
    assert server.happened == ["starting", "closed"]


async def test_who_cancels_it_gets_the_cancelling_back():
    server = FakeServer()
    serving = asyncio.ensure_future(serve_until_stopped(server, lambda _: None))
    await until(lambda: server.happened)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert server.happened == ["starting", "closed"]


async def test_an_ignored_hangup_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        server = FakeServer()
        serving = asyncio.ensure_future(serve_until_stopped(server, lambda _: None))
        await until(lambda: server.happened)
        os.kill(os.getpid(), signal.SIGHUP)
        server.stop()
        assert await serving == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
