from __future__ import annotations

import asyncio
import socket

import pytest

import wiretalk
from wiretalk import service
from wiretalk.service.chargen import LINES

PRINTABLE = bytes(range(32, 127))


def expected(count):
    """The first `count` lines, by another way of counting."""
    return b"".join(bytes(PRINTABLE[(line + at) % 95] for at in range(72)) + b"\r\n" for line in range(count))


async def read_until(connection, size):
    read = bytearray()
    while len(read) < size:
        read += await connection.receive(timeout_s=20)
    return bytes(read[:size])


async def test_a_stream_gets_lines_without_end(stream):
    async with service.make("chargen").serve(stream.listening) as server:
        async with wiretalk.connect(stream.connecting(server)) as connection:
            lines = await read_until(connection, 74 * 300)
    assert lines == expected(300)
    assert lines.startswith(b' !"#$%&')


async def test_a_client_that_has_finished_sending_still_gets_lines():
    async with service.make("chargen").serve("tcp://127.0.0.1:0") as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.send(b"this is thrown away")
            await connection.half_close()
            assert await read_until(connection, 74 * 200000) == expected(95) * (200000 // 95) + expected(200000 % 95)


async def test_a_client_that_does_not_read_costs_no_more_than_the_buffers():
    limits = wiretalk.Limits(send_buffer_bytes=65536)
    async with service.make("chargen").serve("tcp://127.0.0.1:0?sndbuf=64KiB", limits=limits, max_accepted=9) as server:
        port = int(server.addresses[0].rpartition(":")[2])
        with socket.socket() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            peer.connect(("127.0.0.1", port))
            while not server.connections:
                await asyncio.sleep(0.001)
            (conversation,) = server.connections
            most = 0
            # The kernel's buffers fill first; from then on our own is what is looked at.
            while most <= 65536 // 2 or conversation.bytes_sent < 65536:
                await asyncio.sleep(0.001)
                most = max(most, conversation.unsent_bytes)
            for _ in range(100):
                await asyncio.sleep(0.001)
                most = max(most, conversation.unsent_bytes)
            assert most <= 65536 + 74 * 95
            peer.setblocking(False)
            read = b""
            while len(read) < 74 * 10000:
                try:
                    read += peer.recv(65536)
                except BlockingIOError:
                    await asyncio.sleep(0)
            assert read.startswith(expected(9000))
        while server.connections:
            await asyncio.sleep(0.01)
        assert conversation.ending.by == "peer"


async def test_others_get_their_turn_beside_a_greedy_reader():
    async with service.make("chargen").serve("tcp://127.0.0.1:0") as server:
        async with wiretalk.connect(server.addresses[0]) as greedy, wiretalk.connect(server.addresses[0]) as other:
            assert await read_until(greedy, 1 << 20)
            assert await read_until(other, 74) == expected(1)


async def test_under_a_framing_each_line_is_a_message():
    async with service.make("chargen").serve("tcp://127.0.0.1:0", framing="line", codec="text") as server:
        async with wiretalk.connect(server.addresses[0], framing="line") as connection:
            got = [await connection.receive(timeout_s=20) for _ in range(200)]
    assert got == [LINES[number % 95] for number in range(200)]


async def test_packets_are_lines(folder):
    async with service.make("chargen").serve(f"unixpacket:{folder}/p") as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            got = [await connection.receive(timeout_s=20) for _ in range(100)]
    assert b"".join(got) == expected(100)


async def test_a_datagram_is_answered_with_up_to_512_characters(datagrams):
    lengths = set()
    async with service.make("chargen").serve(datagrams.listening) as server:
        async with wiretalk.connect(datagrams.connecting(server)) as connection:
            for _ in range(40):
                await connection.send(b"")
                answer = await connection.receive(timeout_s=20)
                assert len(answer) <= 512
                assert expected(7).startswith(answer)
                lengths.add(len(answer))
    assert len(lengths) > 5


async def test_one_request_is_one_conversation():
    async with service.make("chargen").serve("udp://127.0.0.1:0", max_accepted=1) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.send(b"?")
            await connection.receive(timeout_s=20)
            await server.serve_forever()


async def test_a_codec_that_cannot_say_it_ends_the_conversation(caplog):
    async with service.make("chargen").serve("tcp://127.0.0.1:0", framing="line", codec="json") as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            assert [message async for message in connection] == []
    assert "does not suit the codec" in caplog.text


async def test_a_client_that_resets_ends_its_own_conversation():
    async with service.make("chargen").serve("tcp://127.0.0.1:0") as server:
        connection = await wiretalk.connect(server.addresses[0])
        assert await connection.receive(timeout_s=20)
        connection.abort()
        while server.connections:
            await asyncio.sleep(0.01)
        async with wiretalk.connect(server.addresses[0]) as another:
            assert await read_until(another, 74) == expected(1)


async def test_stopping_does_not_wait_for_the_end_of_what_has_none():
    limits = wiretalk.Limits(drain_s=0.05)
    async with asyncio.timeout(20):
        async with service.make("chargen").serve("tcp://127.0.0.1:0", limits=limits) as server:
            connection = await wiretalk.connect(server.addresses[0])
            assert await connection.receive(timeout_s=20)
        connection.abort()


@pytest.mark.parametrize("length", [0, 512])
def test_the_length_is_between_0_and_512(monkeypatch, length):
    from wiretalk.service import chargen

    monkeypatch.setattr(chargen.random, "randrange", lambda stop: range(stop)[0 if length == 0 else -1])
    assert len(chargen.characters()) == length
