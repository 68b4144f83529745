"""The peers of a server in this process: what is said to them, and what becomes of those that go wrong."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from wiretalk.cli.gathering import Gathering
from wiretalk.errors import LimitError, MalformedError
from wiretalk.runtime import serve


class Told:
    """Keep what is told."""

    def __init__(self):
        self.events = asyncio.Queue()

    def opened(self, peer):
        self.events.put_nowait(("opened", peer.number))

    async def heard(self, peer, message):
        self.events.put_nowait(("heard", peer.number, message))

    def cut(self, peer, rest):
        self.events.put_nowait(("cut", peer.number, rest))

    def unfinished(self, peer):
        return False

    def quiet(self, peer):
        self.events.put_nowait(("quiet", peer.number))

    def said(self, peer, messages):
        pass

    def finished(self, peer):
        self.events.put_nowait(("finished", peer.number))

    def ended(self, peer):
        self.events.put_nowait(("ended", peer.number, peer.connection.ending.how))

    async def wait_for(self, *event):
        async with asyncio.timeout(60):
            while (told := await self.events.get())[: len(event)] != event:
                pass
        return told


class Gathered:
    """A gathering at a free port."""

    def __init__(self, *, framing="line", once=False, alone=False, replies=None):
        self.told = Told()
        self.gathering = Gathering(self.told, replies=replies, alone=alone, once=once)
        self.server = self.gathering.server = serve(
            "tcp://127.0.0.1:0",
            self.gathering.session,
            framing=framing,
            max_accepted=1 if once else None,
            on_close=self.gathering.closed,
        )

    async def __aenter__(self):
        await self.server.start()
        return self

    async def __aexit__(self, *_):
        await self.server.close(drain_s=0)

    async def peer(self):
        host, _, port = self.server.addresses[0].partition("://")[2].rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        await self.told.wait_for("opened")
        return reader, writer


async def test_what_is_said_reaches_everybody_who_is_here():
    async with Gathered() as here:
        assert await here.gathering.say_to_all([b"nobody"]) == 0
        first, second = await here.peer(), await here.peer()
        assert await here.gathering.say_to_all([b"a", b"b"]) == 2
        for reader, writer in (first, second):
            assert await reader.readexactly(4) == b"a\nb\n"
            writer.close()


@pytest.mark.parametrize(("message", "error"), [(b"two\nlines", MalformedError), (b"x" * 2_000_000, LimitError)])
async def test_a_message_that_cannot_be_sent_is_told_whoever_is_here(message, error):
    async with Gathered() as here:
        _, writer = await here.peer()
        with pytest.raises(error):
            await here.gathering.say_to_all([message])
        writer.close()


async def test_a_peer_that_said_what_is_no_message_does_not_hinder_what_is_said():
    async with Gathered(framing="netstring") as here:
        _, bad = await here.peer()
        bad.write(b"nonsense")
        await here.told.wait_for("ended", 1, "malformed")
        reader, good = await here.peer()
        await here.gathering.say_to_all([b"fine"])
        assert await reader.readexactly(7) == b"4:fine,"
        for writer in (bad, good):
            writer.close()


async def test_a_peer_that_has_finished_and_gone_is_let_go_when_something_is_said():
    async with Gathered() as here:
        _, writer = await here.peer()
        writer.write_eof()
        await here.told.wait_for("finished", 1)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        async with asyncio.timeout(60):
            while here.gathering.peers:
                await here.gathering.say_to_all([b"still here?"])
                await asyncio.sleep(0)
        await here.told.wait_for("ended", 1)


async def test_no_more_is_said_to_a_peer_that_is_dismissed():
    async with Gathered() as here:
        reader, writer = await here.peer()
        peer = here.gathering.peers[1]
        await here.gathering.dismiss(peer)
        assert await reader.read() == b""
        # What is said now is too late for it, and no failure.
        await here.gathering.say(peer, [b"late"])
        writer.write(b"still heard\n")
        await here.told.wait_for("heard", 1, b"still heard")
        writer.close()
        await here.told.wait_for("ended", 1, "finished")


async def test_messages_past_the_last_that_counts_are_not_told():
    async with Gathered(replies=2) as here:
        _, writer = await here.peer()
        writer.write(b"1\n2\n3\n")
        await here.server.serve_forever()
        await here.told.wait_for("heard", 1, b"1")
        await here.told.wait_for("heard", 1, b"2")
        told = await here.told.wait_for("ended", 1)
        assert told[2] == "finished"
        writer.close()


async def test_whoever_comes_after_the_one_is_refused():
    async with Gathered(once=True, alone=True) as here:
        _, writer = await here.peer()
        with pytest.raises(ConnectionRefusedError):
            await here.peer()
        assert here.gathering.exit_status == 0
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        await here.server.serve_forever()
        assert here.gathering.exit_status == 10


async def test_only_the_first_failure_counts():
    async with Gathered() as here:
        first = ValueError()
        here.gathering.fail(first)
        here.gathering.fail(KeyError())
        assert here.gathering.failure is first
        await here.server.serve_forever()
