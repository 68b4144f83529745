"""What passes between two byte streams, and how each way ends."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import struct

import pytest

import wiretalk
from wiretalk.limits import MIB
from wiretalk.relay import Relay


def brief(near, far, **settings):
    """A relay that does not wait long for what a test has left open."""
    return Relay(near, far, **{"limits": wiretalk.Limits(idle_timeout_s=None, drain_s=0.05)} | settings)


@pytest.fixture
async def joint(far, reach):
    """Two plain ends joined: near reader and writer, far reader and writer, and the relay."""
    server = await far()
    async with brief("tcp://127.0.0.1:0", server.address) as relay:
        near = await reach(relay.addresses[0])
        yield (*near, *await server.next(), relay)


async def test_a_half_close_passes_and_the_other_way_goes_on(joint, until):
    near_reader, near_writer, far_reader, far_writer, relay = joint
    near_writer.write(b"question")
    near_writer.write_eof()
    assert await far_reader.read() == b"question"
    far_writer.write(b"answer")
    await far_writer.drain()
    assert await near_reader.read(100) == b"answer"
    assert relay.ledger.joints
    far_writer.close()
    assert await near_reader.read() == b""
    await until(lambda: not relay.ledger.joints)
    assert relay.totals()["down_bytes"] == 6


async def test_the_far_side_may_end_first(joint, until):
    near_reader, near_writer, far_reader, far_writer, relay = joint
    far_writer.write(b"goodbye")
    far_writer.write_eof()
    assert await near_reader.read() == b"goodbye"
    near_writer.write(b"wait")
    near_writer.close()
    assert await far_reader.read() == b"wait"
    await until(lambda: not relay.ledger.joints)


@pytest.mark.parametrize("breaks", ["near", "far"])
async def test_a_reset_passes_as_a_reset(joint, breaks, until):
    near_reader, near_writer, far_reader, far_writer, relay = joint
    near_writer.write(b"hello")
    assert await far_reader.read(100) == b"hello"
    breaking, hearing = (near_writer, far_reader) if breaks == "near" else (far_writer, near_reader)
    sock = breaking.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    breaking.transport.abort()
    with pytest.raises(ConnectionResetError):
        await hearing.read()
    await until(lambda: not relay.ledger.joints)


async def test_much_both_ways_at_once_arrives_as_it_left(joint):
    near_reader, near_writer, far_reader, far_writer, _ = joint
    data = os.urandom(8 * MIB)

    async def say(writer):
        writer.write(data)
        await writer.drain()
        writer.write_eof()

    async def hear(reader):
        return hashlib.sha256(await reader.read()).digest()

    heard = await asyncio.gather(hear(near_reader), hear(far_reader), say(near_writer), say(far_writer))
    assert heard[:2] == [hashlib.sha256(data).digest()] * 2


async def test_a_peer_that_does_not_read_stops_the_other_from_being_read(far, reach):
    server = await far()
    limits = wiretalk.Limits(send_buffer_bytes=65536, idle_timeout_s=None, drain_s=0.05)
    async with brief("tcp://127.0.0.1:0?rcvbuf=64k", f"{server.address}?sndbuf=64k", limits=limits) as relay:
        _, near_writer = await reach(relay.addresses[0])
        far_reader, far_writer = await server.next()
        far_writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        far_writer.transport.pause_reading()
        sock = near_writer.get_extra_info("socket")
        written = 0
        stuck = 0
        near_writer.transport.pause_reading()
        raw = socket.socket(fileno=os.dup(sock.fileno()))
        raw.setblocking(False)
        block = bytes(65536)
        while stuck < 50:
            try:
                written += raw.send(block)
                stuck = 0
            except BlockingIOError:
                stuck += 1
                await asyncio.sleep(0.01)
        raw.close()
        ((near, far_end),) = relay.ledger.joints
        # One read over the limit may be held, and no more; the rest waits in the kernel's buffers.
        assert far_end.unsent_bytes <= limits.send_buffer_bytes + 65536
        assert near.bytes_received < written
        far_writer.transport.resume_reading()
        near_writer.close()
        total = 0
        while data := await far_reader.read(MIB):
            total += len(data)
        assert total == written


async def test_what_comes_before_the_other_side_is_there_is_not_lost(reach, tmp_path, until):
    async with brief("tcp://127.0.0.1:0", f"unix:{tmp_path}/late", retries=-1) as relay:
        reader, writer = await reach(relay.addresses[0])
        writer.write(b"early")
        writer.write_eof()
        await until(lambda: relay.connections)

        async def session(connection):
            heard = [message async for message in connection]
            await connection.send(b"got " + b"".join(heard))

        async with wiretalk.serve(f"unix:{tmp_path}/late", session):
            assert await reader.read() == b"got early"


async def test_who_leaves_before_the_other_side_is_there_leaves_nobody_waiting(far, reach, tmp_path, until):
    async with brief("tcp://127.0.0.1:0", f"unix:{tmp_path}/late", retries=-1) as relay:
        _, writer = await reach(relay.addresses[0])
        await until(lambda: relay.connections)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        await until(lambda: not relay.connections)
        server = await far(f"{tmp_path}/late")
        reader, _ = await server.next()
        assert await reader.read() == b""
        assert not relay.joined
