"""Connecting: each step's time, several addresses at once, and again and again."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

import wiretalk
from wiretalk.errors import NotTrustedError, RefusedError, ResetError, TimedOutError, UnreachableError, UsageError
from wiretalk.limits import ATTEMPT_DELAY_S
from wiretalk.runtime import attempts, connecting, dialling
from wiretalk.runtime.attempts import connect_first
from wiretalk.transport import resolve


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


@pytest.fixture
def deaf():
    """A listening socket whose queue is full: connecting to it never ends."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(0)
        waiting = []
        for _ in range(8):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(sock.getsockname())
            waiting.append(filler)
        yield sock.getsockname()[1]
        for filler in waiting:
            filler.close()


async def test_nobody_listens_there():
    with pytest.raises(RefusedError) as told:
        await wiretalk.connect(f"tcp://127.0.0.1:{free_port()}")
    assert told.value.exit_status == 3
    assert "127.0.0.1" in str(told.value)


async def test_no_socket_file_there(tmp_path):
    with pytest.raises(UnreachableError):
        await wiretalk.connect(f"unix:{tmp_path}/none")


async def test_connecting_takes_too_long(deaf):
    with pytest.raises(TimedOutError) as told:
        await wiretalk.connect(f"tcp://127.0.0.1:{deaf}", timeout_s=0.1)
    assert (told.value.wait, told.value.seconds) == ("connect", 0.1)


async def test_connecting_has_a_time_of_its_own(deaf):
    with pytest.raises(TimedOutError) as told:
        await wiretalk.connect(f"tcp://127.0.0.1:{deaf}", connect_timeout_s=0.05)
    assert (told.value.wait, told.value.seconds) == ("connect", 0.05)


async def test_resolving_has_a_time_of_its_own(monkeypatch):
    monkeypatch.setattr(dialling, "resolve", lambda _: time.sleep(0.5))
    with pytest.raises(TimedOutError) as told:
        await wiretalk.connect("tcp://somewhere.invalid:80", resolve_timeout_s=0.05)
    assert told.value.wait == "resolve"


async def test_a_server_that_never_answers_the_handshake():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tls://127.0.0.1:{silent.getsockname()[1]}?insecure"
        waits = set()
        while "tls-handshake" not in waits:
            # On a busy machine an earlier step may be the one that takes too long.
            with pytest.raises(TimedOutError) as told:
                await wiretalk.connect(address, timeout_s=0.3)
            waits.add(told.value.wait)
        with pytest.raises(TimedOutError) as told:
            await wiretalk.connect(address, limits=wiretalk.Limits(tls_handshake_timeout_s=0.05))
        assert (told.value.wait, told.value.seconds) == ("tls-handshake", 0.05)


async def test_a_certificate_nobody_vouches_for():
    async with wiretalk.serve("tls://127.0.0.1:0?self_signed", reply=lambda message: message) as server:
        assert server.fingerprints
        address = server.addresses[0].partition("?")[0]
        with pytest.raises(NotTrustedError):
            await wiretalk.connect(address)
        async with wiretalk.connect(address + "?insecure") as connection:
            await connection.send(b"hello")
            assert await connection.receive(timeout_s=20) == b"hello"
            assert connection.tls.version.startswith("TLS")


async def test_the_first_address_that_answers_wins(deaf):
    """RFC 8305: the second address is tried after a head start, not after the first has timed out."""
    with socket.create_server(("127.0.0.1", 0)) as good:
        slow = resolve(wiretalk.parse(f"tcp://127.0.0.1:{deaf}"))[0]
        quick = resolve(wiretalk.parse(f"tcp://127.0.0.1:{good.getsockname()[1]}"))[0]
        lines = []
        began = time.monotonic()
        sock, candidate = await connect_first([slow, quick], lines.append)
        assert time.monotonic() - began >= ATTEMPT_DELAY_S
        assert candidate is quick
        assert lines == [f"connecting to {slow}", f"connecting to {quick}"]
        sock.close()


async def test_a_refusal_gives_the_next_address_its_turn_at_once(monkeypatch):
    monkeypatch.setattr(attempts, "ATTEMPT_DELAY_S", 3600)
    with socket.create_server(("127.0.0.1", 0)) as good:
        bad = resolve(wiretalk.parse(f"tcp://127.0.0.1:{free_port()}"))[0]
        quick = resolve(wiretalk.parse(f"tcp://127.0.0.1:{good.getsockname()[1]}"))[0]
        async with asyncio.timeout(30):
            sock, candidate = await connect_first([bad, quick], lambda _: None)
        assert candidate is quick
        sock.close()


async def test_when_none_answers_each_is_named():
    ports = free_port(), free_port()
    candidates = [resolve(wiretalk.parse(f"tcp://127.0.0.1:{port}"))[0] for port in ports]
    with pytest.raises(RefusedError) as told:
        await connect_first(candidates, lambda _: None)
    for port in ports:
        assert str(port) in str(told.value)


async def test_localhost_is_both_families():
    async with wiretalk.serve("tcp4://127.0.0.1:0", reply=lambda message: message) as server:
        port = server.addresses[0].rpartition(":")[2]
        steps = []
        async with wiretalk.connect(f"tcp://localhost:{port}", trace=steps.append) as connection:
            assert connection.peer == f"tcp://127.0.0.1:{port}"
        assert any(step.startswith("resolved") for step in steps)
        assert any(step.startswith("connected") for step in steps)


async def test_reconnecting_waits_longer_each_time(monkeypatch):
    pauses = []

    async def sleep(seconds):
        pauses.append(seconds)

    monkeypatch.setattr(connecting.asyncio, "sleep", sleep)
    with pytest.raises(RefusedError):
        async for _ in wiretalk.connect(f"tcp://127.0.0.1:{free_port()}", attempts=8):
            pytest.fail("nobody listens there")
    assert len(pauses) == 7
    for number, pause in enumerate(pauses):
        assert 0.5 * 0.1 * 2**number <= pause <= 1.5 * 0.1 * 2**number


async def test_reconnecting_to_a_server_that_comes_and_goes():
    async def greet(connection):
        await connection.send(b"hello")

    heard = []
    async with wiretalk.serve("tcp://127.0.0.1:0", greet, framing="line") as server:
        async for connection in wiretalk.connect(server.addresses[0], framing="line"):
            heard += [message async for message in connection]
            if len(heard) == 3:
                break
    assert heard == [b"hello"] * 3


async def test_a_heartbeat_is_sent_while_nothing_else_is():
    heard = []
    enough = asyncio.Event()

    async def listen(connection):
        async for message in connection:
            heard.append(message)
            if len(heard) == 3:
                enough.set()

    async with wiretalk.serve("tcp://127.0.0.1:0", listen, framing="line") as server:
        async with wiretalk.connect(server.addresses[0], framing="line", heartbeat=b"ping", heartbeat_interval_s=0.02):
            async with asyncio.timeout(20):
                await enough.wait()
    assert heard[:3] == [b"ping"] * 3


async def test_a_peer_without_a_heartbeat_is_dead():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with wiretalk.connect(
            f"tcp://127.0.0.1:{silent.getsockname()[1]}",
            framing="line",
            heartbeat=b"ping",
            heartbeat_interval_s=0.02,
            heartbeat_timeout_s=0.1,
        ) as connection:
            with pytest.raises(TimedOutError) as told:
                await connection.receive(timeout_s=20)
            assert told.value.wait == "heartbeat"
        assert (connection.ending.how, connection.ending.wait) == ("timed-out", "heartbeat")


async def test_an_idle_client_may_be_ended_too():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with wiretalk.connect(
            f"tcp://127.0.0.1:{silent.getsockname()[1]}", limits=wiretalk.Limits(idle_timeout_s=0.1)
        ) as connection:
            with pytest.raises(TimedOutError) as told:
                await connection.receive(timeout_s=20)
            assert told.value.wait == "idle"


@pytest.mark.parametrize("options", [{"timeout_s": 0}, {"heartbeat_interval_s": -1}, {"framing": "lien"}])
def test_wrong_arguments_are_refused_at_once(options):
    with pytest.raises(UsageError):
        wiretalk.connect("tcp://127.0.0.1:1", **options)


async def test_bytes_lost_in_closing_are_told():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        connection = await wiretalk.connect(f"tcp://127.0.0.1:{deaf.getsockname()[1]}")
        peer, _ = deaf.accept()
        with pytest.raises(TimedOutError):
            while True:
                await connection.send(bytes(1_000_000), timeout_s=0.05)
        assert connection.unsent_bytes > 0
        peer.close()
        with pytest.raises(ResetError):
            await connection.close()
        assert connection.ending.unsent_bytes > 0


async def test_two_cannot_receive_at_once():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with wiretalk.connect(f"tcp://127.0.0.1:{silent.getsockname()[1]}") as connection:
            first = asyncio.ensure_future(connection.receive())
            await asyncio.sleep(0)
            with pytest.raises(UsageError):
                await connection.receive()
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first


async def test_standard_input_and_output_are_an_address(tmp_path):
    script = (
        "import wiretalk\n"
        "async def main():\n"
        "    async with wiretalk.connect('-', framing='line') as connection:\n"
        "        async for message in connection:\n"
        "            await connection.send(message.upper())\n"
        "wiretalk.run(main())\n"
    )
    import sys

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        out, _ = await process.communicate(b"one\ntwo\n")
    assert out == b"ONE\nTWO\n"
    assert process.returncode == 0
