"""Messages between sides that cut them differently: framed anew, translated, reported where they cannot be carried."""

from __future__ import annotations

import asyncio
import json
import logging
import socket

import msgpack
import pytest

import wiretalk
from wiretalk.relay import Relay

BRIEF = wiretalk.Limits(idle_timeout_s=None, drain_s=0.05, udp_peer_idle_s=60)


@pytest.fixture
def udp():
    """A plain UDP socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(20)
        sock.setblocking(False)
        yield sock


def endpoint(address):
    host, _, port = address.partition("://")[2].rpartition(":")
    return host, int(port)


async def heard(sock):
    async with asyncio.timeout(20):
        return await asyncio.get_running_loop().sock_recvfrom(sock, 65536)


async def test_datagrams_become_lines_and_lines_datagrams(udp, far):
    server = await far()
    async with Relay("udp://127.0.0.1:0", f"{server.address}?framing=line", limits=BRIEF) as relay:
        udp.sendto(b"one", endpoint(relay.addresses[0]))
        udp.sendto(b"two", endpoint(relay.addresses[0]))
        reader, writer = await server.next()
        assert [await reader.readline(), await reader.readline()] == [b"one\n", b"two\n"]
        writer.write(b"yes\r\nn")
        assert (await heard(udp))[0] == b"yes"
        writer.write(b"o\n")
        assert (await heard(udp))[0] == b"no"
        assert relay.totals() == {
            "up_bytes": 6,
            "down_bytes": 5,
            "up_messages": 2,
            "down_messages": 2,
            "dropped": 0,
        }


async def test_the_end_of_line_of_a_datagram_is_the_lines_own(udp, far, caplog):
    """As nc and socat send what is typed; one within is another matter."""
    server = await far()
    async with Relay("udp://127.0.0.1:0", f"{server.address}?framing=line", limits=BRIEF) as relay:
        for message in (b"one\n", b"two\r\n", b"three\n\n", b"fo\nur\n", b"\n", b"five"):
            udp.sendto(message, endpoint(relay.addresses[0]))
        reader, _ = await server.next()
        assert await reader.readexactly(14) == b"one\ntwo\n\nfive\n"
        assert relay.totals()["dropped"] == 2
    assert [record.getMessage().count("cannot be carried") for record in caplog.records] == [1, 1]


async def test_what_a_framing_cut_keeps_all_it_holds(far, reach, caplog):
    """Where a message is counted, its last LF is meant."""
    server = await far()
    async with Relay("tcp://127.0.0.1:0?framing=length:u8", f"{server.address}?framing=line", limits=BRIEF) as relay:
        _, writer = await reach(relay.addresses[0])
        writer.write(b"\x04one\n\x03two")
        reader, _ = await server.next()
        assert await reader.readline() == b"two\n"
    assert "cannot be carried" in caplog.text


async def test_each_udp_peer_has_a_conversation_of_its_own(far):
    server = await far()
    async with Relay("udp://127.0.0.1:0", f"{server.address}?framing=line", limits=BRIEF) as relay:
        with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as two:
            writers = []
            for number, sock in enumerate((one, two)):
                sock.setblocking(False)
                sock.connect(endpoint(relay.addresses[0]))
                sock.send(b"%d" % number)
                reader, writer = await server.next()
                assert await reader.readline() == b"%d\n" % number
                writers.append(writer)
            writers[0].write(b"for the first\n")
            writers[1].write(b"for the second\n")
            assert [(await heard(sock))[0] for sock in (one, two)] == [b"for the first", b"for the second"]


async def test_a_udp_peer_that_falls_silent_is_forgotten_and_its_far_side_ends(udp, far, until):
    server = await far()
    limits = wiretalk.Limits(idle_timeout_s=None, udp_peer_idle_s=0.1, drain_s=0.05)
    async with Relay("udp://127.0.0.1:0", f"{server.address}?framing=line", limits=limits) as relay:
        udp.sendto(b"once", endpoint(relay.addresses[0]))
        reader, _ = await server.next()
        assert await reader.read() == b"once\n"
        await until(lambda: not relay.connections)
        udp.sendto(b"again", endpoint(relay.addresses[0]))
        reader, _ = await server.next()
        assert await reader.readline() == b"again\n"


async def test_no_more_udp_peers_than_the_limit(far, until, caplog):
    server = await far()
    limits = wiretalk.Limits(idle_timeout_s=None, max_udp_peers=1, drain_s=0.05)
    async with Relay("udp://127.0.0.1:0", f"{server.address}?framing=line", limits=limits) as relay:
        with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as two:
            for sock in (one, two):
                sock.sendto(b"hello", endpoint(relay.addresses[0]))
            await server.next()
            await until(lambda: "max_udp_peers" in caplog.text)
            assert len(relay.connections) == 1


async def test_json_lines_become_messagepack_with_counts(far, reach):
    server = await far()
    near = "tcp://127.0.0.1:0?framing=line&codec=json"
    async with Relay(near, f"{server.address}?framing=length:u32be&codec=msgpack", limits=BRIEF) as relay:
        reader, writer = await reach(relay.addresses[0])
        writer.write(b'{"sensor": 7, "celsius": -2.5}\n')
        far_reader, far_writer = await server.next()
        size = int.from_bytes(await far_reader.readexactly(4))
        assert msgpack.unpackb(await far_reader.readexactly(size)) == {"sensor": 7, "celsius": -2.5}
        answer = msgpack.packb(["thanks", None])
        far_writer.write(len(answer).to_bytes(4) + answer)
        assert json.loads(await reader.readline()) == ["thanks", None]


async def test_what_is_no_json_is_reported_and_the_rest_goes_on(far, reach, caplog):
    server = await far()
    near = "tcp://127.0.0.1:0?framing=line&codec=json"
    async with Relay(near, f"{server.address}?framing=line&codec=msgpack", limits=BRIEF) as relay:
        _, writer = await reach(relay.addresses[0])
        writer.write(b"{nonsense\n7\n")
        far_reader, _ = await server.next()
        assert await far_reader.readexactly(2) == b"\x07\n"
        assert "cannot be carried" in caplog.text
        assert relay.totals()["dropped"] == 1


async def test_a_message_too_long_for_a_datagram_is_dropped_whole_and_counted(udp, reach, caplog):
    address = "udp://{}:{}".format(*udp.getsockname())
    async with Relay("tcp://127.0.0.1:0?framing=line", address, limits=BRIEF) as relay:
        _, writer = await reach(relay.addresses[0])
        writer.write(b"x" * 70_000 + b"\nshort\n")
        assert (await heard(udp))[0] == b"short"
        assert relay.totals()["dropped"] == 1
        assert "a message of 70000 bytes" in caplog.text
        assert "cannot be carried" in caplog.text


async def test_bytes_that_are_no_messages_end_the_joint_after_the_whole_ones(far, reach, caplog):
    server = await far()
    async with Relay("tcp://127.0.0.1:0?framing=netstring", f"{server.address}?framing=line", limits=BRIEF) as relay:
        reader, writer = await reach(relay.addresses[0])
        writer.write(b"5:hello,nonsense")
        far_reader, _ = await server.next()
        assert await far_reader.read() == b"hello\n"
        with pytest.raises(ConnectionResetError):
            await reader.read()
        assert "the conversation is ended" in caplog.text


async def test_half_a_message_at_the_end_is_reported_and_not_passed_on(far, reach, until, caplog):
    server = await far()
    async with Relay("tcp://127.0.0.1:0?framing=line", f"{server.address}?framing=slip", limits=BRIEF) as relay:
        _, writer = await reach(relay.addresses[0])
        writer.write(b"whole\nhal")
        writer.write_eof()
        far_reader, _ = await server.next()
        assert await far_reader.read() == b"\xc0whole\xc0"
        await until(lambda: "it is not passed on" in caplog.text)


async def test_after_the_end_of_a_stream_datagrams_may_still_answer(udp, reach):
    address = "udp://{}:{}".format(*udp.getsockname())
    async with Relay("tcp://127.0.0.1:0?framing=line", address, limits=BRIEF) as relay:
        reader, writer = await reach(relay.addresses[0])
        writer.write(b"question\n")
        writer.write_eof()
        data, peer = await heard(udp)
        assert data == b"question"
        udp.sendto(b"answer", peer)
        assert await reader.read() == b"answer\n"


async def test_a_datagram_that_reaches_nobody_is_told_and_the_joint_goes_on(reach, until, caplog):
    caplog.set_level(logging.WARNING)
    with socket.socket(type=socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        address = "udp://{}:{}".format(*gone.getsockname())
    async with Relay("tcp://127.0.0.1:0?framing=line", address, limits=BRIEF) as relay:
        _, writer = await reach(relay.addresses[0])
        for word in (b"one\n", b"two\n"):
            writer.write(word)
            await until(lambda: "nobody listens there" in caplog.text)
        assert len(relay.ledger.joints) == 1


async def test_many_datagrams_before_the_other_side_is_there_are_kept_up_to_a_limit(udp, tmp_path, until):
    async with Relay("udp://127.0.0.1:0", f"unix:{tmp_path}/late?framing=line", retries=-1, limits=BRIEF) as relay:
        for number in range(100):
            udp.sendto(b"%d" % number, endpoint(relay.addresses[0]))
        await until(lambda: relay.connections and sum(end.dropped for end in relay.connections) == 36)
        heard = []

        async def session(connection):
            heard.extend([await connection.receive(timeout_s=20) for _ in range(64)])

        async with wiretalk.serve(
            f"unix:{tmp_path}/late", session, framing="line", limits=wiretalk.Limits(drain_s=0.05)
        ):
            await until(lambda: len(heard) == 64)
        assert heard == [b"%d" % number for number in range(64)]
