from __future__ import annotations

import socket

import pytest

import wiretalk
from wiretalk import service


async def test_what_is_sent_comes_back(place):
    async with service.make("echo").serve(place.listening) as server:
        async with wiretalk.connect(place.connecting(server)) as connection:
            for message in (b"hello", b"\x00\xff\r\n", "grüß".encode()):
                await connection.send(message)
                assert await connection.receive(timeout_s=20) == message


async def test_every_byte_of_a_stream_comes_back_in_order(stream):
    sent = bytes(range(256)) * 4096
    async with service.make("echo").serve(stream.listening) as server:
        async with wiretalk.connect(stream.connecting(server)) as connection:
            answered = bytearray()
            for at in range(0, len(sent), 65536):
                await connection.send(sent[at : at + 65536])
                while len(answered) < at:
                    answered += await connection.receive(timeout_s=20)
            await connection.half_close()
            async for chunk in connection:
                answered += chunk
    assert answered == sent


async def test_every_datagram_is_answered_by_itself(datagrams):
    async with service.make("echo").serve(datagrams.listening) as server:
        async with wiretalk.connect(datagrams.connecting(server)) as connection:
            await connection.send(b"one")
            await connection.send(b"")
            await connection.send(b"three")
            assert [await connection.receive(timeout_s=20) for _ in range(3)] == [b"one", b"", b"three"]


async def test_the_same_service_on_several_addresses(folder):
    addresses = ["tcp://127.0.0.1:0", "udp://127.0.0.1:0", f"unixpacket:{folder}/p"]
    async with service.make("echo").serve(addresses) as server:
        for address in server.addresses:
            async with wiretalk.connect(address) as connection:
                await connection.send(address.encode())
                assert await connection.receive(timeout_s=20) == address.encode()


async def test_a_codec_refuses_what_is_no_value():
    async with service.make("echo").serve("tcp://127.0.0.1:0", framing="line", codec="json") as server:
        async with wiretalk.connect(server.addresses[0], framing="line") as connection:
            await connection.send(b'{"a": 1}')
            assert await connection.receive(timeout_s=20) == b'{"a":1}'
            await connection.send(b"{nonsense")
            assert [message async for message in connection] == []


async def test_one_datagram_is_one_conversation():
    async with service.make("echo").serve("udp://127.0.0.1:0", max_accepted=1) as server:
        port = int(server.addresses[0].rpartition(":")[2])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.connect(("127.0.0.1", port))
            peer.setblocking(False)
            # All of them are there before the server has its first turn.
            for message in (b"first", b"second", b"third"):
                peer.send(message)
            await server.serve_forever()
            assert peer.recv(100) == b"first"
            with pytest.raises(BlockingIOError):
                peer.recv(100)
    assert server.accepted == 1


def test_it_serves_the_blocking_face_too():
    echo = service.make("echo")
    assert echo.session is None
    assert echo.reply(b"hello") == b"hello"
