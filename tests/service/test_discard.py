from __future__ import annotations

import pytest

import wiretalk
from wiretalk import service
from wiretalk.errors import TimedOutError


async def test_everything_is_taken_and_nothing_answered(stream):
    closed = []
    async with service.make("discard").serve(stream.listening, on_close=closed.append) as server:
        async with wiretalk.connect(stream.connecting(server)) as connection:
            for _ in range(64):
                await connection.send(bytes(65536))
            await connection.half_close()
            assert [message async for message in connection] == []
    assert closed[0].bytes_received == 64 * 65536
    assert closed[0].bytes_sent == 0


async def test_datagrams_are_taken_too(datagrams):
    async with service.make("discard").serve(datagrams.listening) as server:
        async with wiretalk.connect(datagrams.connecting(server)) as connection:
            await connection.send(b"hello")
            with pytest.raises(TimedOutError):
                await connection.receive(timeout_s=0.1)
        while not server.totals()["messages_received"]:
            with pytest.raises(TimedOutError):
                await connection.receive(timeout_s=0.01)
        assert server.totals() == {"bytes_received": 5, "bytes_sent": 0, "messages_received": 1, "messages_sent": 0}


async def test_packets_are_taken_too(folder):
    async with service.make("discard").serve(f"unixpacket:{folder}/p") as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.send(b"hello")
            await connection.half_close()
            assert [message async for message in connection] == []
