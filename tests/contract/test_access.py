"""Who may come to a server, in both faces: those refused see a reset, and the log says why."""

from __future__ import annotations

import asyncio
import socket

import pytest

import wiretalk
import wiretalk.blocking
from wiretalk.address.access import Access
from wiretalk.errors import NoSuchHostError

ALLOWED, DENIED = "127.0.0.1", "127.0.0.2"
FACES = ["asyncio", "blocking"]


def ask(server, source, kind=socket.SOCK_STREAM):
    """Say hello from an address of this machine; return the answer, None where there is none."""
    host, port = server.addresses[0].partition("://")[2].split(":")
    with socket.socket(type=kind) as sock:
        sock.bind((source, 0))
        sock.settimeout(20 if kind == socket.SOCK_STREAM else 0.2)
        try:
            sock.connect((host, int(port)))
            sock.send(b"hello\n")
            return sock.recv(100)
        except (ConnectionResetError, BrokenPipeError, TimeoutError):
            return None


async def served(face, address, access, ask_it, **handler):
    """Serve in a face, and return what asking from a thread returns."""
    settings = {"access": access, "limits": wiretalk.Limits(drain_s=0.05), **handler}
    if face == "asyncio":
        async with wiretalk.serve(address, **settings) as server:
            return await asyncio.to_thread(ask_it, server)
    with wiretalk.blocking.serve(address, **settings) as server:
        return ask_it(server)


@pytest.mark.parametrize("face", FACES)
async def test_who_is_not_allowed_sees_a_reset(face, caplog):
    def both(server):
        return ask(server, ALLOWED), ask(server, DENIED), ask(server, ALLOWED)

    answers = await served(face, "tcp://127.0.0.1:0", Access(allow=[ALLOWED]), both, reply=bytes.upper)
    assert answers == (b"HELLO\n", None, b"HELLO\n")
    assert "tcp://127.0.0.2:" in caplog.text
    assert "refused: not allowed" in caplog.text


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("handler", ["reply", "session"])
async def test_datagrams_of_those_denied_are_dropped(face, handler, caplog):
    async def session(connection):
        async for message in connection:
            await connection.send(message.upper())

    def blocking_session(connection):
        for message in connection:
            connection.send(message.upper())

    how = {"reply": bytes.upper} if handler == "reply" else {}
    if handler == "session":
        how = {"session": session if face == "asyncio" else blocking_session}

    def both(server):
        return ask(server, DENIED, socket.SOCK_DGRAM), ask(server, ALLOWED, socket.SOCK_DGRAM)

    answers = await served(face, "udp://127.0.0.1:0", Access(deny=["127.0.0.2/32"]), both, **how)
    assert answers == (None, b"HELLO\n")
    assert "127.0.0.2: a datagram was refused: denied by 127.0.0.2/32" in caplog.text


@pytest.mark.parametrize("face", FACES)
async def test_unix_sockets_are_for_their_files_permissions(face, tmp_path):
    def hello(_server):
        with wiretalk.blocking.connect(f"unix:{tmp_path}/s") as connection:
            connection.send(b"hello")
            return connection.receive(timeout_s=20)

    assert await served(face, f"unix:{tmp_path}/s", Access(allow=["10.0.0.0/8"]), hello, reply=bytes.upper) == b"HELLO"


@pytest.mark.parametrize("face", FACES)
async def test_a_host_may_be_named(face):
    def both(server):
        return ask(server, ALLOWED), ask(server, DENIED)

    answers = await served(face, "tcp://127.0.0.1:0", Access(allow=["localhost"]), both, reply=bytes.upper)
    assert answers == (b"HELLO\n", None)


@pytest.mark.parametrize("face", FACES)
async def test_a_host_that_nobody_knows_is_told_before_anybody_can_come(face):
    with pytest.raises(NoSuchHostError):
        await served(face, "tcp://127.0.0.1:0", Access(deny=["nobody.invalid"]), lambda _: None, reply=bytes.upper)
