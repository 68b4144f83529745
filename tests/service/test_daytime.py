from __future__ import annotations

import asyncio
import time

import pytest

import wiretalk
from wiretalk import service
from wiretalk.errors import FinishedError


def parsed(line):
    return time.mktime(time.strptime(line.decode().rpartition("-")[0], "%A, %B %d, %Y %H:%M:%S"))


async def test_a_stream_is_told_the_time_and_closed(stream):
    async with service.make("daytime").serve(stream.listening) as server:
        before = int(time.time())
        async with wiretalk.connect(stream.connecting(server)) as connection:
            told = b"".join([chunk async for chunk in connection])
    assert told.endswith(b"\r\n")
    assert before <= parsed(told) <= time.time()


async def test_under_a_framing_the_line_is_a_message_without_its_end():
    async with service.make("daytime").serve("tcp://127.0.0.1:0", framing="netstring") as server:
        async with wiretalk.connect(server.addresses[0], framing="netstring", codec="text") as connection:
            told = await connection.receive(timeout_s=20)
            assert told == told.strip()
            with pytest.raises(FinishedError):
                await connection.receive(timeout_s=20)


async def test_each_datagram_is_answered_and_its_peer_forgotten(datagrams):
    closed = []
    async with service.make("daytime").serve(datagrams.listening, on_close=closed.append) as server:
        async with wiretalk.connect(datagrams.connecting(server)) as connection:
            for asked in range(1, 4):
                await connection.send(b"what time is it?" * (asked % 2))
                assert abs(parsed(await connection.receive(timeout_s=20)) - time.time()) < 20
        while server.connections:
            await asyncio.sleep(0.001)
    assert 1 <= len(closed) <= 3


async def test_a_packet_is_the_line(folder):
    async with service.make("daytime").serve(f"unixpacket:{folder}/p") as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            told = [message async for message in connection]
    assert len(told) == 1
    assert abs(parsed(told[0]) - time.time()) < 20


async def test_one_request_is_one_conversation():
    async with service.make("daytime").serve("udp://127.0.0.1:0", max_accepted=1) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.send(b"?")
            assert await connection.receive(timeout_s=20)
            await server.serve_forever()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_no_request_is_lost_between_one_conversation_and_the_next(loop, monkeypatch):
    async def ask():
        async with service.make("daytime").serve("udp://127.0.0.1:0") as server:
            async with wiretalk.connect(server.addresses[0]) as connection:
                for _ in range(500):
                    await connection.send(b"?")
                    assert await connection.receive(timeout_s=20)

    monkeypatch.setenv("WIRETALK_LOOP", loop)
    wiretalk.run(ask())
