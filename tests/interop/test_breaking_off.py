"""Peers that break off right behind their last words, and ports that nobody is at: noticed, on every loop.

An error and data are told by the event loop in one call, and libuv then ends its watch of that socket: who takes the
data and waits for the next call waits for ever.
"""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

import wiretalk

RESET = struct.pack("ii", 1, 0)


@pytest.fixture(params=["uvloop", "asyncio"])
def run(request, monkeypatch):
    """`wiretalk.run` on one of the loops."""
    monkeypatch.setenv("WIRETALK_LOOP", request.param)
    if request.param == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop has no wheel for this platform")

    def on_loop(main):
        return wiretalk.run(asyncio.wait_for(main, 60))

    return on_loop


def test_a_reset_behind_data_ends_a_session_that_only_reads(run):
    heard = []
    over = asyncio.Event()

    async def session(connection):
        async for message in connection:
            heard.append(message)
            if message == b"first":
                # Nothing else runs in this thread: when the loop looks again, there is data, and a reset behind it.
                peer.sendall(b"second\nthi")
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                peer.close()

    def ended(connection):
        heard.append(connection.ending.how)
        over.set()

    async def main():
        nonlocal peer
        async with wiretalk.serve("tcp://127.0.0.1:0", session, framing="line", on_close=ended) as server:
            peer = socket.create_connection(place(server))
            peer.sendall(b"first\n")
            await over.wait()

    peer = None
    run(main())
    assert heard == [b"first", b"second", "reset"]


@pytest.mark.parametrize("scheme", ["unix", "unixpacket"])
def test_a_unix_peer_that_leaves_without_reading_is_noticed(run, scheme, tmp_path):
    heard = []
    over = asyncio.Event()

    async def session(connection):
        await connection.send(b"welcome")
        async for message in connection:
            heard.append(message)
            assert message == b"bye"

    def ended(connection):
        heard.append(connection.ending.how)
        over.set()

    async def main():
        kind = socket.SOCK_STREAM if scheme == "unix" else socket.SOCK_SEQPACKET
        async with wiretalk.serve(f"{scheme}:{tmp_path}/s", session, framing="line", on_close=ended):
            with socket.socket(socket.AF_UNIX, kind) as peer:
                peer.connect(f"{tmp_path}/s")
                # The greeting is there and stays unread, which makes of this close a reset, as the system sees it.
                await asyncio.to_thread(peer.recv, 1, socket.MSG_PEEK)
                peer.sendall(b"bye\n" if scheme == "unix" else b"bye")
            await over.wait()

    run(main())
    assert heard == [b"bye", "reset"]


def test_after_a_port_that_nobody_was_at_datagrams_come_again(run):
    async def main():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
            nobody.bind(("127.0.0.1", 0))
            place = nobody.getsockname()
        async with wiretalk.connect(f"udp://127.0.0.1:{place[1]}") as connection:
            for _ in range(3):
                await connection.send(b"anybody?")
                with pytest.raises(wiretalk.RefusedError):
                    await connection.receive(timeout_s=30)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as somebody:
                somebody.settimeout(30)
                somebody.bind(place)
                await connection.send(b"now?")
                _, source = somebody.recvfrom(100)
                somebody.sendto(b"yes", source)
                assert await connection.receive(timeout_s=30) == b"yes"

    run(main())


def test_a_send_that_is_told_of_the_port_does_not_make_deaf(run):
    async def main():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
            nobody.bind(("127.0.0.1", 0))
            place = nobody.getsockname()
        async with wiretalk.connect(f"udp://127.0.0.1:{place[1]}") as connection:
            # All in one turn of the loop, so that it is this call, and no reading, that is told.
            with pytest.raises(wiretalk.RefusedError):
                while True:
                    await connection.send(b"anybody?")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as somebody:
                somebody.settimeout(30)
                somebody.bind(place)
                await connection.send(b"now?")
                _, source = somebody.recvfrom(100)
                somebody.sendto(b"yes", source)
                assert await connection.receive(timeout_s=30) == b"yes"

    run(main())


def place(server):
    host, _, port = server.addresses[0].partition("://")[2].rpartition(":")
    return host, int(port)
