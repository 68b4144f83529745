"""Serving: limits, backpressure, recovery and stopping, seen by peers that know nothing of wiretalk."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import socket
import struct
import sys

import pytest

import wiretalk
from wiretalk.errors import AddressError, InUseError, UsageError
from wiretalk.limits import MIB


def port_of(server, index=0):
    return int(server.addresses[index].rpartition(":")[2])


async def peer_of(server):
    return await asyncio.open_connection("127.0.0.1", port_of(server))


def echo(message):
    return message


async def echo_session(connection):
    async for message in connection:
        await connection.send(message)


async def until(condition, seconds=30):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def own_memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="reads the process's memory from /proc")


async def test_one_handler_serves_several_addresses_at_once(tmp_path):
    addresses = ["tcp://127.0.0.1:0", "udp://127.0.0.1:0", f"unix:{tmp_path}/s"]
    async with wiretalk.serve(addresses, reply=bytes.upper, framing="line") as server:
        assert [address.partition(":")[0] for address in server.addresses] == ["tcp", "udp", "unix"]
        for address in server.addresses:
            async with wiretalk.connect(address, framing="line") as connection:
                await connection.send(b"hello")
                assert await connection.receive(timeout_s=20) == b"HELLO"
    assert not (tmp_path / "s").exists()


async def test_all_addresses_open_or_none_does(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = wiretalk.serve([f"unix:{tmp_path}/s", f"tcp://127.0.0.1:{taken.getsockname()[1]}"], reply=echo)
        with pytest.raises(InUseError):
            await server.start()
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (("tcp://:0",), {}),
        (("tcp://:0", echo_session), {"reply": echo}),
        (("tcp://:0",), {"reply": echo_session}),
        (("tcp://:0", 5), {}),
        (([],), {"reply": echo}),
        (("tcp://:0",), {"reply": echo, "framing": "lien"}),
        (("tcp://:0",), {"reply": echo, "codec": "jason"}),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_opened(arguments, options):
    with pytest.raises(UsageError):
        wiretalk.serve(*arguments, **options)


def test_a_wrong_address_is_refused_before_anything_is_opened():
    with pytest.raises(AddressError) as told:
        wiretalk.serve("tpc://:8888", reply=echo)
    assert "^" in str(told.value)


async def test_an_address_says_more_than_the_arguments():
    async with wiretalk.serve(
        "tcp://127.0.0.1:0?framing=netstring&codec=json&max_message=20", reply=lambda value: value, framing="line"
    ) as server:
        reader, writer = await peer_of(server)
        writer.write(b"2:{},")
        assert await reader.readexactly(5) == b"2:{},"
        writer.write(b"21:")
        assert await reader.read() == b""
        writer.close()


@needs_proc
async def test_a_peer_that_never_reads_a_gigabyte_costs_a_bounded_amount():
    """A session: `send` waits. 1 GiB is sent to a peer that reads nothing for a while, then everything."""
    chunk = bytes(256 * 1024)
    sent = 0

    async def flood(connection):
        nonlocal sent
        while sent < 1024 * MIB:
            await connection.send(chunk)
            sent += len(chunk)

    async with wiretalk.serve("tcp://127.0.0.1:0?sndbuf=65536", flood) as server:
        before = own_memory()
        with socket.create_connection(("127.0.0.1", port_of(server))) as peer:
            await until(lambda: server.connections and next(iter(server.connections)).unsent_bytes > 0)
            stuck = -1
            while stuck != sent:
                stuck = sent
                await asyncio.sleep(0.05)
            assert own_memory() - before < 32 * MIB
            assert sent < 64 * MIB
            peer.setblocking(False)
            received = 0
            loop = asyncio.get_running_loop()
            while piece := await loop.sock_recv(peer, 1024 * 1024):
                received += len(piece)
        assert received == 1024 * MIB


@needs_proc
async def test_a_reply_server_stops_reading_a_peer_that_does_not_read_its_answers():
    async with wiretalk.serve("tcp://127.0.0.1:0", reply=lambda _: bytes(100_000), framing="line") as server:
        before = own_memory()
        reader, writer = await peer_of(server)
        writer.transport.pause_reading()
        writer.write(b"\n" * 10_000)  # 1 GB of answers
        await until(lambda: any(c.unsent_bytes for c in server.connections))
        held = -1
        while held != (held := sum(c.messages_received for c in server.connections)):
            await asyncio.sleep(0.05)
        assert held < 1000
        assert own_memory() - before < 64 * MIB
        writer.transport.resume_reading()
        answers = 0
        while answers < 3000:
            answers += (await reader.readexactly(100_001)).count(b"\n")
        writer.transport.abort()


@needs_proc
async def test_a_handler_slower_than_its_peer_costs_a_bounded_amount():
    go_on = asyncio.Event()
    heard = 0

    async def slow(connection):
        nonlocal heard
        await go_on.wait()
        async for _ in connection:
            heard += 1

    async with wiretalk.serve("tcp://127.0.0.1:0", slow, framing="line") as server:
        before = own_memory()
        _, writer = await peer_of(server)
        line = b"x" * 999 + b"\n"

        async def flood():
            for _ in range(100):
                writer.write(line * 1000)  # 1 MB
                await writer.drain()
            writer.write_eof()

        flooding = asyncio.create_task(flood())
        await until(lambda: server.connections and next(iter(server.connections)).messages_received > 100)
        read = -1
        while read != (read := next(iter(server.connections)).bytes_received):
            await asyncio.sleep(0.05)
        assert read < 2 * MIB
        assert own_memory() - before < 32 * MIB
        go_on.set()
        await flooding
        await until(lambda: heard == 100_000)
        writer.close()


async def test_five_thousand_connections_at_once_all_get_their_answers():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 10_500:
        pytest.skip(f"the system allows {hard} open files, and both ends of 5,000 connections need 10,500")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        async with wiretalk.serve("tcp://127.0.0.1:0", reply=bytes.upper, framing="line") as server:
            peers = []
            for start in range(0, 5000, 500):
                peers += await asyncio.gather(*(peer_of(server) for _ in range(start, start + 500)))
            await until(lambda: len(server.connections) == 5000)
            for number, (_, writer) in enumerate(peers):
                writer.write(b"peer %d\n" % number)
            for number, (reader, _) in enumerate(peers):
                assert await reader.readline() == b"PEER %d\n" % number
            for _, writer in peers:
                writer.close()
            await until(lambda: not server.connections)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_at_the_limit_it_stops_accepting_and_says_so_once(caplog):
    async with wiretalk.serve(
        "tcp://127.0.0.1:0", reply=echo, framing="line", limits=wiretalk.Limits(max_connections=2)
    ) as server:
        peers = [await peer_of(server) for _ in range(4)]
        await until(lambda: len(server.connections) == 2)
        for _, writer in peers:
            writer.write(b"hello\n")
        assert await peers[0][0].readline() == b"hello\n"
        assert await peers[1][0].readline() == b"hello\n"
        assert len(server.connections) == 2
        for _, writer in peers[:2]:
            writer.close()
        assert await peers[2][0].readline() == b"hello\n"
        assert await peers[3][0].readline() == b"hello\n"
        for _, writer in peers[2:]:
            writer.close()
    assert sum("max_connections" in record.getMessage() for record in caplog.records) == 1


OUT_OF_FILES = """
import asyncio, logging, os, resource, socket, sys, time
import wiretalk
logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(message)s")

async def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    async with wiretalk.serve("tcp://127.0.0.1:0", reply=bytes.upper, framing="line") as server:
        print(server.addresses[0], flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        spent = time.process_time()
        await asyncio.sleep(1.2)
        print("cpu", time.process_time() - spent, flush=True)
        await server.serve_forever()

wiretalk.run(main())
"""


async def test_out_of_file_descriptors_it_waits_and_recovers_without_spinning():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OUT_OF_FILES, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = int((await process.stdout.readline()).rpartition(b":")[2])
        peers = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        for number, (_, writer) in enumerate(peers):
            writer.write(b"peer %d\n" % number)
        assert b"open files" in await process.stdout.readline()
        process.stdin.write(b"\n")
        cpu = float((await process.stdout.readline()).split()[1])
        assert cpu < 0.6  # spinning would take all of the 1.2 s
        for number, (reader, writer) in enumerate(peers):
            assert await reader.readline() == b"PEER %d\n" % number
            writer.close()
    finally:
        process.terminate()
        await process.wait()
        process._transport.close()


async def test_a_failing_handler_makes_one_record_that_names_the_peer(caplog):
    def fail(message):
        if message == b"fail":
            raise ValueError("no")
        return message

    async with wiretalk.serve("tcp://127.0.0.1:0", reply=fail, framing="line") as server:
        reader, writer = await peer_of(server)
        writer.write(b"one\ntwo\nfail\nthree\n")
        assert await reader.read() == b"one\ntwo\n"
        local = writer.get_extra_info("sockname")
        writer.close()
    failed = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(failed) == 1
    assert f"tcp://127.0.0.1:{local[1]}" in failed[0].getMessage()
    assert failed[0].exc_info


async def test_an_answer_that_cannot_be_sent_ends_the_conversation(caplog):
    async with wiretalk.serve("tcp://127.0.0.1:0", reply=lambda _: b"two\nlines", framing="line") as server:
        reader, writer = await peer_of(server)
        writer.write(b"hello\n")
        assert await reader.read() == b""
        writer.close()
    assert "cannot be sent" in caplog.text


async def test_an_answer_that_is_not_bytes_ends_the_conversation(caplog):
    async with wiretalk.serve("tcp://127.0.0.1:0", reply=lambda _: "text", framing="line") as server:
        reader, writer = await peer_of(server)
        writer.write(b"hello\n")
        assert await reader.read() == b""
        writer.close()
    assert "cannot be sent" in caplog.text


async def test_a_message_that_is_no_value_ends_the_conversation_after_earlier_answers():
    endings = []
    async with wiretalk.serve(
        "tcp://127.0.0.1:0", reply=lambda value: value, framing="line", codec="json", on_close=endings.append
    ) as server:
        reader, writer = await peer_of(server)
        writer.write(b"[1]\n{\n[2]\n")
        assert await reader.read() == b"[1]\n"
        writer.close()
        await until(lambda: endings)
    assert endings[0].ending.how == "codec"


async def test_every_conversation_is_told_when_it_opens_and_how_it_ended():
    opened, ended = [], []
    async with wiretalk.serve(
        "tcp://127.0.0.1:0", echo_session, framing="line", on_open=opened.append, on_close=ended.append
    ) as server:
        reader, writer = await peer_of(server)
        writer.write(b"whole\npart")
        writer.write_eof()
        assert await reader.read() == b"whole\n"
        writer.close()
        await until(lambda: ended)
    assert opened == ended
    assert ended[0].ending.how == "truncated"
    assert ended[0].ending.by == "peer"
    assert ended[0].as_dict()["messages_received"] == 1


async def test_a_peer_that_resets_is_a_reset():
    ended = []
    async with wiretalk.serve("tcp://127.0.0.1:0", reply=echo, on_close=ended.append) as server:
        peer = socket.create_connection(("127.0.0.1", port_of(server)))
        await until(lambda: server.connections)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        await until(lambda: ended)
    assert (ended[0].ending.how, ended[0].ending.by) == ("reset", "peer")


async def test_so_many_conversations_and_no_more():
    async with wiretalk.serve("tcp://127.0.0.1:0", reply=echo, framing="line", max_accepted=2) as server:
        for _ in range(2):
            async with wiretalk.connect(server.addresses[0], framing="line") as connection:
                await connection.send(b"hello")
                assert await connection.receive(timeout_s=20) == b"hello"
        async with asyncio.timeout(20):
            await server.serve_forever()
        assert server.accepted == 2


async def test_one_datagram_answered_and_no_more():
    async with wiretalk.serve("udp://127.0.0.1:0", reply=echo, max_accepted=1) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.send(b"hello")
            assert await connection.receive(timeout_s=20) == b"hello"
        async with asyncio.timeout(20):
            await server.serve_forever()


async def test_an_idle_reply_connection_is_ended():
    ended = []
    limits = wiretalk.Limits(idle_timeout_s=0.1)
    async with wiretalk.serve("tcp://127.0.0.1:0", reply=echo, limits=limits, on_close=ended.append) as server:
        reader, writer = await peer_of(server)
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        writer.close()
        await until(lambda: ended)
    assert (ended[0].ending.how, ended[0].ending.wait) == ("timed-out", "idle")


async def test_a_peer_that_never_finishes_its_handshake_is_dropped(tmp_path):
    import trustme

    trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    ended = []
    async with wiretalk.serve(
        f"tls://127.0.0.1:0?cert={tmp_path}/server.pem",
        reply=echo,
        limits=wiretalk.Limits(tls_handshake_timeout_s=0.1),
        on_close=ended.append,
    ) as server:
        address = server.addresses[0].partition("?")[0]
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        writer.close()
        await until(lambda: ended)
    assert (ended[0].ending.how, ended[0].ending.wait) == ("timed-out", "tls-handshake")


async def test_stopping_cancels_what_goes_on_for_ever():
    cancelled = asyncio.Event()

    async def stubborn(connection):
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    server = await wiretalk.serve("tcp://127.0.0.1:0", stubborn).start()
    reader, writer = await peer_of(server)
    await until(lambda: server.connections)
    await server.close(drain_s=0.05)
    assert cancelled.is_set()
    assert await reader.read() == b""
    writer.close()


async def test_stopping_resets_a_peer_that_takes_nothing():
    async def flood(connection):
        while True:
            await connection.send(bytes(100_000))

    server = await wiretalk.serve("tcp://127.0.0.1:0", flood).start()
    with socket.create_connection(("127.0.0.1", port_of(server))):
        await until(lambda: any(c.unsent_bytes for c in server.connections))
        async with asyncio.timeout(20):
            await server.close(drain_s=0.05)
        assert not server.connections


async def test_a_cancelled_server_does_not_drain():
    async def forever():
        async with wiretalk.serve("tcp://127.0.0.1:0", echo_session) as server:
            addresses.append(server)
            await server.serve_forever()

    addresses: list[wiretalk.Server] = []
    task = asyncio.create_task(forever())
    await until(lambda: addresses)
    _, writer = await peer_of(addresses[0])
    await until(lambda: addresses[0].connections)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(20):
            await task
    writer.close()
