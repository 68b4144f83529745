"""`Connection.post`: what is sent to many is encoded once, and nobody is waited for."""

from __future__ import annotations

import asyncio
import socket

import wiretalk


async def until(condition):
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.002)


async def test_pieces_leave_in_their_order_and_are_counted():
    posted = []

    async def session(connection):
        await connection.receive()
        await connection.send(b"zero")
        # What has been sent is gathered, since more waits to be handled; what is posted follows it.
        posted.append(connection.post((b"one\ntwo\n", b"three\n"), 3))
        await connection.receive()
        posted.append(connection.messages_sent)

    async with wiretalk.serve("tcp://127.0.0.1:0", session, framing="line") as server:
        async with wiretalk.connect(server.addresses[0], framing="line") as connection:
            await connection.send_all([b"go", b"on"])
            heard = [message async for message in connection]
    assert heard == [b"zero", b"one", b"two", b"three"]
    assert posted == [True, 4]


async def test_without_room_nothing_is_posted_until_there_is_again():
    found = {}
    stuck, go_on = asyncio.Event(), asyncio.Event()

    async def session(connection):
        posted = 0
        while connection.post((b"x" * 65536,), 1):
            posted += 1
        found["backlog"] = connection.unsent_bytes
        found["posted"] = posted
        stuck.set()
        await go_on.wait()
        await connection.drain()
        assert connection.post((b"last",), 1)

    limits = wiretalk.Limits(send_buffer_bytes=100_000)
    async with wiretalk.serve("tcp://127.0.0.1:0", session, limits=limits) as server:
        host, _, port = server.addresses[0].partition("://")[2].rpartition(":")
        with socket.create_connection((host, int(port))) as peer:
            peer.setblocking(False)
            loop = asyncio.get_running_loop()
            await stuck.wait()
            assert 100_000 < found["backlog"] <= 100_000 + 65536
            go_on.set()
            heard = 0
            while data := await loop.sock_recv(peer, 1 << 20):
                heard += len(data)
                last = data
    assert heard == found["posted"] * 65536 + 4
    assert last.endswith(b"xlast")


async def test_after_the_end_nothing_is_posted():
    posted = []

    async def session(connection):
        await connection.receive()
        await connection.half_close()
        posted.append(connection.post((b"late",), 1))
        await connection.close()
        posted.append(connection.post((b"later",), 1))

    async with wiretalk.serve("tcp://127.0.0.1:0", session, framing="line") as server:
        async with wiretalk.connect(server.addresses[0], framing="line") as connection:
            await connection.send(b"go")
            assert [message async for message in connection] == []
        await until(lambda: len(posted) == 2)
    assert posted == [False, False]
