"""Faults where the socket is the point: what plain sockets see of them, over each kind of address."""

from __future__ import annotations

import asyncio
import socket

import pytest

import wiretalk
from wiretalk import faults
from wiretalk.limits import Limits
from wiretalk.relay import Relay

TCP = "tcp://127.0.0.1:0"


def upper(message):
    return message.upper()


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def plain(server):
    """Return a plain socket's reader and writer, connected to a server."""
    host, _, port = server.addresses[0].partition("://")[2].rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def read_all(reader):
    """Return what came, and how it ended: None for a clean end, or the error."""
    data = bytearray()
    try:
        while piece := await reader.read(65536):
            data += piece
    except OSError as error:
        return bytes(data), error
    return bytes(data), None


@pytest.mark.parametrize("way", [{"reply": upper}, {"session": echo}])
@pytest.mark.parametrize(
    ("fault", "error"),
    [("down:reset=1000B", ConnectionResetError), ("down:close=1000B", None), ("down:half_close=1000B", None)],
)
async def test_a_tcp_peer_gets_exactly_so_many_bytes_and_then_that_end(fault, error, way):
    net = faults.layer(fault, seed=1)
    async with wiretalk.serve(TCP, way.get("session"), reply=way.get("reply"), layers=[net]) as server:
        reader, writer = await plain(server)
        writer.write(b"X" * 5000)
        got, how = await read_all(reader)
        assert got == b"X" * 1000
        assert type(how) is (error or type(None))
        writer.close()


async def test_a_server_gets_exactly_so_many_bytes(tmp_path):
    got = bytearray()
    over = asyncio.Event()

    async def session(connection):
        try:
            async for message in connection:
                got.extend(message)
        except wiretalk.ResetError as error:
            got.extend(str(error.ending).encode())
        over.set()

    for address in (TCP, f"unix:{tmp_path}/s"):
        got.clear()
        over.clear()
        async with wiretalk.serve(address, session, layers=[faults.layer("up:reset=1234B")]) as server:
            async with wiretalk.connect(server.addresses[0]) as connection:
                await connection.send(b"x" * 100_000)
                async with asyncio.timeout(60):
                    await over.wait()
        assert bytes(got) == b"x" * 1234 + b"reset by the system (by a fault)"


async def test_a_reset_passes_through_a_relay(plain_server):
    async with plain_server() as (port, ends):
        net = faults.layer("up:reset=10B")
        async with Relay(TCP, f"tcp://127.0.0.1:{port}", layers=[net]) as relay:
            reader, writer = await plain(relay)
            writer.write(b"0123456789ABC")
            _, near = await read_all(reader)
            async with asyncio.timeout(60):
                far = await ends.get()
            assert type(near) is ConnectionResetError
            # All that came before it, and then the same end.
            assert (far[0], type(far[1])) == (b"0123456789", ConnectionResetError)
            writer.close()


@pytest.fixture
def plain_server():
    """A plain server that reads, and puts what came and how it ended into a queue."""
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def serving():
        ends = asyncio.Queue()

        async def handle(reader, writer):
            ends.put_nowait(await read_all(reader))
            writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1], ends
        finally:
            server.close()

    return serving


async def test_refused_is_a_reset_at_once():
    async with wiretalk.serve(TCP, reply=upper, layers=[faults.layer("refuse")]) as server:

        def connect_and_read():
            # It is connected for a moment: a server learns of nobody whom it could refuse before.
            host, _, port = server.addresses[0].partition("://")[2].rpartition(":")
            with socket.create_connection((host, int(port))) as peer:
                return peer.recv(1)

        with pytest.raises(ConnectionResetError):
            await asyncio.to_thread(connect_and_read)
    async with wiretalk.serve(TCP, reply=upper) as server:
        with pytest.raises(wiretalk.RefusedError, match="refused by a fault"):
            await wiretalk.connect(server.addresses[0], layers=[faults.layer("refuse")])


@pytest.mark.parametrize("address", [TCP, "udp://127.0.0.1:0"])
async def test_blackhole_nothing_passes_and_nothing_is_closed(address):
    net = faults.layer("blackhole")
    async with wiretalk.serve(address, reply=upper, layers=[net], limits=Limits(drain_s=0.1)) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.send(b"hello")
            with pytest.raises(wiretalk.TimedOutError):
                await connection.receive(timeout_s=0.2)
            assert connection.ending is None
            # It is over, and what is said now is heard.
            net.remove("blackhole")
            await connection.send(b"again")
            assert await connection.receive() == b"AGAIN"


async def test_half_closed_by_a_fault_the_peer_still_hears():
    async with wiretalk.serve(TCP, echo, layers=[faults.layer("up:half_close=3B")]) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.send(b"abcdef")
            assert await connection.receive() == b"abc"
            with pytest.raises(wiretalk.FinishedError):
                await connection.receive()


async def test_up_and_down_mean_the_same_on_both_sides():
    for place in ("server", "client"):
        net = faults.layer("up:corrupt=1,unit=bytes,after=1msg", "down:loss,after=1msg", seed=3)
        at = {place: [net]}
        got = []

        async def session(connection, got=got):
            async for message in connection:
                got.append(message)
                await connection.send(message)

        async with wiretalk.serve(TCP, session, framing="length:u8", layers=at.get("server", ())) as server:
            async with wiretalk.connect(
                server.addresses[0], framing="length:u8", layers=at.get("client", ())
            ) as connection:
                await connection.send(b"a" * 200)
                assert await connection.receive() == b"a" * 200
                await connection.send(b"b" * 200)
                with pytest.raises(wiretalk.TimedOutError):
                    await connection.receive(timeout_s=0.2)
        assert got[0] == b"a" * 200
        assert got[1] != b"b" * 200


@pytest.mark.parametrize("way", [{"reply": upper}, {"session": echo}])
async def test_udp_loses_as_many_as_told(way):
    net = faults.layer("up:loss=0.1", seed=5)
    count = 2000
    async with wiretalk.serve("udp://127.0.0.1:0", way.get("session"), reply=way.get("reply"), layers=[net]) as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.setblocking(False)
            host, _, port = server.addresses[0].partition("://")[2].rpartition(":")
            peer.connect((host, int(port)))
            loop = asyncio.get_running_loop()
            heard = 0
            for _ in range(count):
                await loop.sock_sendall(peer, b"X")
                await asyncio.sleep(0)
                try:
                    while peer.recv(100):
                        heard += 1
                except BlockingIOError:
                    pass
            try:
                async with asyncio.timeout(1):
                    while heard < count:
                        await loop.sock_recv(peer, 100)
                        heard += 1
            except TimeoutError:
                pass
    # The seed makes it the same number each time; 2,000 draws of 0.1 have a standard deviation of 13.
    assert abs(count - heard - 200) < 5 * 13.4


async def test_tls_has_faults_on_its_plain_side():
    pytest.importorskip("cryptography")
    records = []
    net = faults.layer("up:corrupt", seed=5, log=records.append)
    async with wiretalk.serve("tls://127.0.0.1:0?self_signed", reply=bytes, layers=[net]) as server:
        address = f"{server.addresses[0]}?fingerprint=sha256:{server.fingerprints[0]}"
        async with wiretalk.connect(address) as connection:
            await connection.send(b"\0")
            heard = await connection.receive()
    assert heard != b"\0"
    assert heard[0].bit_count() == 1
    assert records[0]["length"] == 1


async def test_a_sender_that_is_never_read_is_held_up():
    async def session(connection):
        await connection.receive()
        await asyncio.Event().wait()

    net = faults.layer("up:stall=1B")
    async with wiretalk.serve(TCP, session, layers=[net], limits=Limits(drain_s=0.1)) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            with pytest.raises(wiretalk.TimedOutError):
                for _ in range(1024):
                    await connection.send(bytes(1 << 20), timeout_s=0.5)
            held = net.connections[1].as_dict()["held_bytes"]["up"]
            assert held < 400 * 1024
            connection.abort()


async def test_delays_do_not_disturb_an_answer():
    net = faults.layer("latency=5ms,jitter=5ms", "slice=10", seed=2)
    async with wiretalk.serve(TCP, echo, framing="line", layers=[net]) as server:
        async with wiretalk.connect(
            server.addresses[0], framing="line", layers=[faults.layer("slice=3")]
        ) as connection:
            for number in range(20):
                await connection.send(b"message %d" % number)
            assert [await connection.receive() for _ in range(20)] == [b"message %d" % n for n in range(20)]
            await connection.half_close()
            with pytest.raises(wiretalk.FinishedError):
                await connection.receive()


async def test_what_was_delayed_arrives_before_the_end():
    got = asyncio.Queue()

    async def session(connection):
        got.put_nowait([message async for message in connection])

    async with wiretalk.serve(TCP, session, framing="line", layers=[faults.layer("latency=100ms")]) as server:
        async with wiretalk.connect(server.addresses[0], framing="line") as connection:
            await connection.send(b"last words")
    assert await got.get() == [b"last words"]


async def test_no_number_of_connections_is_mixed_up():
    records = []
    net = faults.layer("down:limit=5", log=records.append)
    async with wiretalk.serve(TCP, reply=bytes, layers=[net]) as server:
        for _ in range(3):
            reader, writer = await plain(server)
            writer.write(b"0123456789")
            assert await read_all(reader) == (b"01234", None)
            writer.close()
            await writer.wait_closed()
    assert [record["connection"] for record in records] == [1, 2, 3]
    assert net.connections == {}
