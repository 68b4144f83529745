"""Datagrams in the event loop: peers as connections, bounded and forgotten; nothing cut, nothing silently lost."""

from __future__ import annotations

import asyncio
import socket

import pytest

import wiretalk
from wiretalk.errors import LimitError, RefusedError, TimedOutError


def udp(server):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.connect(("127.0.0.1", int(server.addresses[0].rpartition(":")[2])))
    return sock


async def until(condition, seconds=30):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


async def number_them(connection):
    number = 0
    async for message in connection:
        number += 1
        await connection.send(b"%d %b" % (number, message))


async def test_each_peer_is_a_conversation():
    loop = asyncio.get_running_loop()
    async with wiretalk.serve("udp://127.0.0.1:0", number_them) as server:
        with udp(server) as one, udp(server) as other:
            for sock, message, answer in (
                (one, b"a", b"1 a"),
                (other, b"b", b"1 b"),
                (one, b"c", b"2 c"),
                (other, b"", b"2 "),
            ):
                sock.send(message)
                async with asyncio.timeout(20):
                    assert await loop.sock_recv(sock, 100) == answer
            assert {connection.peer for connection in server.connections} == {
                f"udp://127.0.0.1:{sock.getsockname()[1]}" for sock in (one, other)
            }


async def test_forged_senders_cannot_fill_memory(caplog):
    limits = wiretalk.Limits(max_udp_peers=10)
    async with wiretalk.serve("udp://127.0.0.1:0", number_them, limits=limits) as server:
        loop = asyncio.get_running_loop()
        socks = [udp(server) for _ in range(30)]
        for sock in socks:
            sock.send(b"hello")
        async with asyncio.timeout(20):
            assert await loop.sock_recv(socks[0], 100) == b"1 hello"
        await until(lambda: "max_udp_peers" in caplog.text)
        assert len(server.connections) == 10
        for sock in socks:
            sock.close()
    assert sum("max_udp_peers" in record.getMessage() for record in caplog.records) == 1


async def test_silent_peers_are_forgotten_and_may_come_again():
    limits = wiretalk.Limits(udp_peer_idle_s=0.05)
    ended = []
    async with wiretalk.serve("udp://127.0.0.1:0", number_them, limits=limits, on_close=ended.append) as server:
        with udp(server) as sock:
            loop = asyncio.get_running_loop()
            sock.send(b"one")
            async with asyncio.timeout(20):
                assert await loop.sock_recv(sock, 100) == b"1 one"
            await until(lambda: ended)
            assert ended[0].ending.how == "finished"
            assert not server.connections
            sock.send(b"two")
            async with asyncio.timeout(20):
                assert await loop.sock_recv(sock, 100) == b"1 two"


async def test_a_slow_session_costs_its_own_peer_datagrams_and_nobody_else():
    go_on = asyncio.Event()
    heard = []

    async def slow(connection):
        await go_on.wait()
        async for message in connection:
            heard.append(message)  # noqa: PERF401  # looked at while it grows

    limits = wiretalk.Limits(queue_messages=5)
    async with wiretalk.serve("udp://127.0.0.1:0?rcvbuf=1000000", slow, limits=limits) as server:
        with udp(server) as sock:
            for number in range(100):
                sock.send(b"%d" % number)
            await until(lambda: server.connections)
            connection = next(iter(server.connections))
            await until(lambda: connection.bytes_received and connection._transport.dropped == 94)
            go_on.set()
            await until(lambda: len(heard) == 6)
            assert heard == [b"%d" % number for number in range(6)]


async def test_nobody_there_is_told_at_the_next_call_and_it_goes_on():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with wiretalk.connect(f"udp://127.0.0.1:{port}") as connection:
        await connection.send(b"anybody?")
        with pytest.raises(RefusedError):
            await connection.receive(timeout_s=20)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
            late.bind(("127.0.0.1", port))
            late.setblocking(False)
            await connection.send(b"and now?")
            async with asyncio.timeout(20):
                assert await asyncio.get_running_loop().sock_recv(late, 100) == b"and now?"


async def test_a_datagram_over_the_limit_of_udp_is_not_sent():
    async with wiretalk.serve("udp://127.0.0.1:0", reply=lambda message: b"%d" % len(message)) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            with pytest.raises(LimitError):
                await connection.send(bytes(65_508))
            await connection.send(bytes(65_507))
            assert await connection.receive(timeout_s=20) == b"65507"


async def test_a_datagram_over_our_limit_is_dropped_whole_and_told(caplog):
    limits = wiretalk.Limits(max_message_bytes=10)
    async with wiretalk.serve("udp://127.0.0.1:0", reply=lambda message: message, limits=limits) as server:
        with udp(server) as sock:
            sock.send(b"x" * 11)
            sock.send(b"y" * 10)
            async with asyncio.timeout(20):
                assert await asyncio.get_running_loop().sock_recv(sock, 100) == b"y" * 10
    assert "longer than the limit" in caplog.text


async def test_a_client_is_told_of_a_datagram_over_its_limit():
    limits = wiretalk.Limits(max_message_bytes=10, idle_timeout_s=None)
    async with wiretalk.serve("udp://127.0.0.1:0", reply=lambda message: message * 3) as server:
        async with wiretalk.connect(server.addresses[0], limits=limits) as connection:
            await connection.send(b"12345")
            with pytest.raises(LimitError):
                await connection.receive(timeout_s=20)
            await connection.send(b"123")
            assert await connection.receive(timeout_s=20) == b"123123123"


async def test_a_nameless_unix_peer_is_heard_but_cannot_be_answered(tmp_path, caplog):
    async with wiretalk.serve(f"unixgram:{tmp_path}/s", reply=lambda message: message) as server:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"hello", f"{tmp_path}/s")
        await until(lambda: "cannot be answered" in caplog.text)
        assert server.addresses


async def test_a_failing_reply_function_is_logged_and_others_go_on(caplog):
    def fail(message):
        if message == b"fail":
            raise ValueError("no")
        return message

    async with wiretalk.serve("udp://127.0.0.1:0", reply=fail) as server:
        with udp(server) as sock:
            sock.send(b"fail")
            sock.send(b"go on")
            async with asyncio.timeout(20):
                assert await asyncio.get_running_loop().sock_recv(sock, 100) == b"go on"
    assert "reply function failed" in caplog.text


async def test_a_group_is_joined_and_heard():
    async with wiretalk.serve(
        "udp://239.255.77.77:0?interface=127.0.0.1", reply=lambda message: b"heard " + message
    ) as server:
        port = server.addresses[0].partition("?")[0].rpartition(":")[2]
        async with wiretalk.connect(f"udp://239.255.77.77:{port}?interface=127.0.0.1&ttl=1") as connection:
            await connection.send(b"all")
            assert await connection.receive(timeout_s=20) == b"heard all"


async def test_both_sides_talk_at_once():
    async def talk(connection):
        await connection.receive()
        for number in range(20):
            await connection.send(b"server %d" % number)

    async with wiretalk.serve("udp://127.0.0.1:0", talk) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            for number in range(20):
                await connection.send(b"client %d" % number)
            heard = [await connection.receive(timeout_s=20) for _ in range(20)]
            assert heard == [b"server %d" % number for number in range(20)]
            with pytest.raises(TimedOutError):
                await connection.receive(timeout_s=0.01)


async def test_answers_still_held_when_the_server_stops_leave_first(tmp_path):
    """A Unix datagram peer that does not read fills its queue: the server holds the rest, and stopping keeps it."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
        peer.bind(f"{tmp_path}/peer")
        peer.setblocking(False)
        server = await wiretalk.serve(f"unixgram:{tmp_path}/s", reply=lambda message: message).start()
        transport = server._doors._datagrams[0][0]
        sent = 0
        while not transport.backlog_bytes:
            try:
                peer.sendto(b"%d" % sent, f"{tmp_path}/s")
                sent += 1
            except BlockingIOError:
                pass
            await asyncio.sleep(0)
        await until(lambda: server._doors.answering()[0].messages_received == sent)
        closing = asyncio.create_task(server.close())
        heard = []
        async with asyncio.timeout(20):
            while len(heard) < sent:
                heard.append(await loop.sock_recv(peer, 100))
        await closing
    assert heard == [b"%d" % number for number in range(sent)]
