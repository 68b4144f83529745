"""`Connection.send_file`: the same bytes by every way, in both event loops; and peers that are slow, or leave."""

from __future__ import annotations

import asyncio
import contextlib
import os

import pytest

import wiretalk
from wiretalk.errors import ClosedError, EndedError, ResetError, TimedOutError, UsageError
from wiretalk.limits import SEND_BUFFER_BYTES, Limits
from wiretalk.runtime import sending

SIZE = 2 * 1024 * 1024 + 3


@pytest.fixture
def file(tmp_path):
    """A file: its descriptor and its bytes."""
    content = b"".join(b"%016d" % at for at in range(SIZE // 16 + 1))[:SIZE]
    (tmp_path / "file").write_bytes(content)
    descriptor = os.open(tmp_path / "file", os.O_RDWR)
    yield descriptor, content
    os.close(descriptor)


@pytest.fixture(params=["asyncio", "uvloop"])
def loops(request):
    """Run a coroutine in either event loop."""
    factory = asyncio.new_event_loop if request.param == "asyncio" else pytest.importorskip("uvloop").new_event_loop

    def run(coroutine):
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(coroutine)

    return run


async def all_that_comes(address, **options):
    async with wiretalk.connect(address, **options) as connection:
        return b"".join([piece async for piece in connection])


async def serve(session, address, **options):
    """Serve one conversation and return what a client gets, and what the session raised."""
    raised = []

    async def held(connection):
        try:
            await session(connection)
        except wiretalk.errors.WiretalkError as error:
            raised.append(error)

    async with wiretalk.serve(address, held, **options) as server:
        trust = f"?fingerprint={server.fingerprints[0]}" if server.fingerprints else ""
        return await all_that_comes(server.addresses[0] + trust), raised


def passes_on(conversation):
    from wiretalk.layer.base import Layer

    return Layer()


@pytest.mark.parametrize(
    ("address", "layers"),
    [
        ("tcp://127.0.0.1:0", ()),
        ("unix:{}/socket", ()),
        ("tls://127.0.0.1:0?self_signed", ()),
        ("tcp://127.0.0.1:0", (passes_on,)),
    ],
)
def test_a_file_arrives_between_messages(loops, file, tmp_path, address, layers):
    descriptor, content = file

    async def session(connection):
        await connection.send(b"head")
        await connection.send_file(descriptor, 1, SIZE - 1, timeout_s=20)
        assert connection.bytes_sent == SIZE + 3
        await connection.send_file(descriptor, 0, 5)
        await connection.send(b"tail")
        assert connection.messages_sent == 4

    got, raised = loops(serve(session, address.format(tmp_path), layers=layers))
    assert raised == []
    assert got == b"head" + content[1:] + content[:5] + b"tail"


def test_a_file_in_several_stretches(monkeypatch, loops, file):
    monkeypatch.setattr(sending, "FILE_STRETCH_BYTES", 1_000_000)

    async def session(connection):
        await connection.send_file(file[0], 0, SIZE)

    assert loops(serve(session, "tcp://127.0.0.1:0")) == (file[1], [])


class Reader:
    """A plain peer that reads when it is told to."""

    @classmethod
    async def connect(cls, address):
        one = cls()
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        one.reader, one.writer = await asyncio.open_connection(host, int(port), limit=1024)
        return one

    async def leave(self):
        self.writer.transport.abort()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


async def hold(session, peer, **options):
    """Serve one conversation with a plain peer, and return what the session raised."""
    raised = asyncio.get_running_loop().create_future()

    async def held(connection):
        try:
            await session(connection)
            raised.set_result(None)
        except Exception as error:
            raised.set_result(error)
            connection.abort()

    async with wiretalk.serve("tcp://127.0.0.1:0?sndbuf=65536", held, **options) as server:
        reader = await Reader.connect(server.addresses[0])
        try:
            await peer(reader)
            async with asyncio.timeout(30):
                return await raised
        finally:
            await reader.leave()


@pytest.mark.parametrize("layers", [(), (passes_on,)])
def test_a_peer_that_takes_nothing_is_left(loops, file, layers):
    os.ftruncate(file[0], 64 << 20)

    async def session(connection):
        await connection.send_file(file[0], 0, 64 << 20, timeout_s=0.3)

    async def peer(reader):
        pass

    error = loops(hold(session, peer, layers=layers))
    assert isinstance(error, TimedOutError)
    assert error.wait == "send"


def test_a_peer_that_is_slow_is_not(loops, file):
    os.ftruncate(file[0], 8 << 20)

    async def session(connection):
        await connection.send_file(file[0], 0, 8 << 20, timeout_s=0.2)

    async def peer(reader):
        left = 8 << 20
        while left:
            left -= len(await reader.reader.read(1 << 20))
            await asyncio.sleep(0.005)

    assert loops(hold(session, peer)) is None


@pytest.mark.parametrize("layers", [(), (passes_on,)])
def test_a_peer_that_vanishes(loops, file, layers):
    os.ftruncate(file[0], 64 << 20)

    async def session(connection):
        await connection.send_file(file[0], 0, 64 << 20)

    async def peer(reader):
        await reader.reader.read(1000)
        await reader.leave()

    assert isinstance(loops(hold(session, peer, layers=layers)), ResetError)


@pytest.mark.parametrize("layers", [(), (passes_on,)])
def test_a_file_that_becomes_shorter(loops, file, layers):
    os.ftruncate(file[0], 64 << 20)

    async def session(connection):
        await connection.send_file(file[0], 0, 64 << 20)

    async def peer(reader):
        os.ftruncate(file[0], 10)
        with contextlib.suppress(ConnectionError):
            while await reader.reader.read(1 << 20):
                pass

    error = loops(hold(session, peer, layers=layers))
    assert isinstance(error, EndedError)
    assert error.ending.reason == "the file has become shorter while it was being sent"


def test_a_descriptor_that_is_none(loops):
    async def session(connection):
        await connection.send_file(-1, 0, 1)

    _, raised = loops(serve(session, "tcp://127.0.0.1:0"))
    assert "Bad file descriptor" in str(raised[0])


def test_after_the_end_nothing_is_sent(loops, file):
    async def session(connection):
        await connection.half_close()
        await connection.send_file(file[0], 0, 1)

    got, raised = loops(serve(session, "tcp://127.0.0.1:0"))
    assert got == b""
    assert isinstance(raised[0], ClosedError)


async def test_messages_are_no_place_for_a_file(file):
    async def session(connection):
        with pytest.raises(UsageError, match="a file is sent as bytes, and udp carries messages"):
            await connection.send_file(file[0], 0, 1)
        await connection.send(b"so it was")

    async with wiretalk.serve("udp://127.0.0.1:0", session) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.send(b"?")
            assert await connection.receive(timeout_s=20) == b"so it was"


def test_what_is_read_is_bounded(loops, file):
    os.ftruncate(file[0], 64 << 20)
    most = 0

    async def session(connection):
        nonlocal most
        sending = asyncio.ensure_future(connection.send_file(file[0], 0, 64 << 20))
        while not sending.done():
            most = max(most, connection.unsent_bytes)
            await asyncio.sleep(0)
        await sending

    async def peer(reader):
        left = 64 << 20
        while left:
            left -= len(await reader.reader.read(1 << 20))

    assert loops(hold(session, peer, layers=(passes_on,), limits=Limits())) is None
    assert 0 < most <= SEND_BUFFER_BYTES + 65536
