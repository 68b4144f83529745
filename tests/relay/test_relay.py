"""Which address is listened on, who is joined with whom, and how the whole begins and ends."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct

import pytest

import wiretalk
from wiretalk.errors import AddressError, UnreachableError, UsageError
from wiretalk.relay import Relay


def brief(near, far, **settings):
    """A relay that does not wait long for what a test has left open."""
    return Relay(near, far, **{"limits": wiretalk.Limits(idle_timeout_s=None, drain_s=0.05)} | settings)


async def test_every_connection_gets_one_of_its_own_at_the_other_side(far, reach, until):
    server = await far()
    async with brief("tcp://127.0.0.1:0", server.address) as relay:
        for number in range(3):
            reader, writer = await reach(relay.addresses[0])
            writer.write(b"hello %d" % number)
            far_reader, far_writer = await server.next()
            assert await far_reader.read(100) == b"hello %d" % number
            far_writer.write(b"welcome %d" % number)
            assert await reader.read(100) == b"welcome %d" % number
        await until(lambda: len(relay.ledger.joints) == 3)
        assert relay.joined == 3
        assert relay.totals() == {
            "up_bytes": 21,
            "down_bytes": 27,
            "up_messages": 0,
            "down_messages": 0,
            "dropped": 0,
        }


async def test_several_near_addresses_of_several_kinds(far, reach, tmp_path):
    server = await far(f"{tmp_path}/far")
    async with brief(["tcp://127.0.0.1:0", f"unix:{tmp_path}/near"], server.address) as relay:
        assert [address.partition(":")[0] for address in relay.addresses] == ["tcp", "unix"]
        for address in relay.addresses:
            reader, writer = await reach(address)
            writer.write(address.encode())
            far_reader, far_writer = await server.next()
            assert (await far_reader.read(100)).decode() == address
            far_writer.close()
            assert await reader.read() == b""
    assert not (tmp_path / "near").exists()


async def test_who_comes_first_waits_for_who_comes_to_the_other_side(reach, until):
    async with brief("tcp://127.0.0.1:0", "tcp://127.0.0.1:0?listen") as relay:
        near, far = relay.addresses
        one_reader, one_writer = await reach(near)
        one_writer.write(b"anybody there?")
        _two_reader, two_writer = await reach(near)
        await until(lambda: len(relay.connections) == 2)
        other_reader, other_writer = await reach(far)
        assert await other_reader.read(100) == b"anybody there?"
        other_writer.write(b"yes")
        assert await one_reader.read(100) == b"yes"
        # Who has broken off meanwhile is joined with nobody.
        two_writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        two_writer.transport.abort()
        await until(lambda: len(relay.connections) == 2)
        third_reader, third_writer = await reach(near)
        await until(lambda: len(relay.connections) == 3)
        last_reader, last_writer = await reach(far)
        last_writer.write(b"first come")
        third_writer.write(b"first served")
        assert await third_reader.read(100) == b"first come"
        assert await last_reader.read(100) == b"first served"


async def test_two_that_connect_are_a_bridge_that_ends_with_them(far):
    left, right = await far(), await far()
    async with brief(f"{left.address}?connect", right.address) as relay:
        left_reader, left_writer = await left.next()
        right_reader, right_writer = await right.next()
        left_writer.write(b"from left to right")
        assert await right_reader.read(100) == b"from left to right"
        right_writer.write(b"and back")
        assert await left_reader.read(100) == b"and back"
        left_writer.close()
        right_writer.close()
        async with asyncio.timeout(20):
            await relay.serve_forever()
        assert relay.totals()["up_bytes"] == 18
        assert not relay.connections


async def test_the_far_side_listens_and_the_near_one_is_connected_to(far, reach):
    server = await far()
    async with brief(f"{server.address}?connect", "tcp://127.0.0.1:0?listen") as relay:
        _reader, writer = await reach(relay.addresses[0])
        writer.write(b"hello")
        far_reader, _ = await server.next()
        assert await far_reader.read(100) == b"hello"


async def test_it_stops_after_as_many_joints_as_it_was_told(far, reach):
    server = await far()
    async with brief("tcp://127.0.0.1:0", server.address, max_joined=2) as relay:
        for _ in range(2):
            _, writer = await reach(relay.addresses[0])
            _, far_writer = await server.next()
            writer.close()
            far_writer.close()
        async with asyncio.timeout(20):
            await relay.serve_forever()
        assert relay.joined == 2


async def test_nobody_at_the_other_side_is_a_reset_and_a_line_in_the_log(reach, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    async with brief("tcp://127.0.0.1:0", f"unix:{tmp_path}/nobody") as relay:
        reader, _ = await reach(relay.addresses[0])
        with pytest.raises(ConnectionResetError):
            await reader.read()
    assert "cannot be joined with" in caplog.text
    assert "is the server started?" in caplog.text


async def test_it_tries_again_as_often_as_it_was_told(reach, tmp_path, until):
    steps = []
    async with brief("tcp://127.0.0.1:0", f"unix:{tmp_path}/late", retries=-1, trace=steps.append) as relay:
        reader, writer = await reach(relay.addresses[0])
        writer.write(b"hello")
        await until(lambda: any("trying again" in step for step in steps))
        async with wiretalk.serve(f"unix:{tmp_path}/late", reply=bytes.upper, limits=wiretalk.Limits(drain_s=0.05)):
            assert await reader.read(100) == b"HELLO"
    async with brief("tcp://127.0.0.1:0", f"unix:{tmp_path}/never", retries=1) as relay:
        reader, _ = await reach(relay.addresses[0])
        with pytest.raises(ConnectionResetError):
            await reader.read()


async def test_a_bridge_to_nobody_is_the_error_of_connecting(far, tmp_path):
    server = await far()
    with pytest.raises(UnreachableError):
        await Relay(f"{server.address}?connect", f"unix:{tmp_path}/nobody").start()
    reader, _ = await server.next()
    with pytest.raises(ConnectionResetError):
        await reader.read()
    with pytest.raises(UnreachableError):
        await Relay(f"unix:{tmp_path}/nobody?connect", server.address).start()


async def test_a_stopped_relay_lets_what_is_joined_end(far, reach):
    server = await far()
    relay = await Relay("tcp://127.0.0.1:0", server.address).start()
    reader, writer = await reach(relay.addresses[0])
    far_reader, far_writer = await server.next()
    closing = asyncio.create_task(relay.close(drain_s=20))
    writer.write(b"last")
    assert await far_reader.read(100) == b"last"
    far_writer.write(b"words")
    assert await reader.read(100) == b"words"
    writer.close()
    far_writer.close()
    await closing
    with pytest.raises(ConnectionRefusedError):
        await reach(relay.addresses[0])


async def test_what_does_not_end_in_time_is_ended(far, reach):
    left, right = await far(), await far()
    relay = await Relay("tcp://127.0.0.1:0", right.address).start()
    reader, _ = await reach(relay.addresses[0])
    far_reader, _ = await right.next()
    await relay.close(drain_s=0.01)
    assert await reader.read() == b""
    assert await far_reader.read() == b""
    bridge = await Relay(f"{left.address}?connect", right.address).start()
    left_reader, _ = await left.next()
    await bridge.close(drain_s=0.01)
    assert await left_reader.read() == b""


async def test_idle_joints_are_ended(far, reach):
    server = await far()
    async with brief(
        "tcp://127.0.0.1:0", server.address, limits=wiretalk.Limits(idle_timeout_s=0.2, drain_s=0.05)
    ) as relay:
        reader, _ = await reach(relay.addresses[0])
        far_reader, _ = await server.next()
        for side in (reader, far_reader):
            with pytest.raises(ConnectionResetError):
                await side.read()


async def test_words_that_are_wrong():
    with pytest.raises(UsageError, match="several addresses"):
        Relay(["tcp://127.0.0.1:1?connect", "tcp://127.0.0.1:2"], ":3")
    with pytest.raises(UsageError, match="at least one address"):
        Relay([], ":3")
    with pytest.raises(AddressError, match="cannot be listened on"):
        Relay(":1", "-?listen")
    with pytest.raises(AddressError, match="the one waits, the other goes"):
        Relay(":1?listen&connect", ":2")


async def test_a_far_side_that_refuses_is_told_as_such(reach, caplog):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with brief("tcp://127.0.0.1:0", "tcp://{}:{}".format(*taken.getsockname())) as relay:
            reader, _ = await reach(relay.addresses[0])
            with pytest.raises(ConnectionResetError):
                await reader.read()
    assert "nobody listens there" in caplog.text
