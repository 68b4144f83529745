"""Who does not read misses what is said, is told how much, and holds up nobody; who never reads is dropped."""

from __future__ import annotations

import asyncio
import os
import socket

import pytest

import wiretalk
from wiretalk import faults
from wiretalk.ending import Ending
from wiretalk.errors import LimitError, ResetError, TimedOutError
from wiretalk.service import make
from wiretalk.service.chat import outlet
from wiretalk.service.chat.forms import Batch, Wire

PATIENCE_S = 30
LISTENING = "tcp://127.0.0.1:0?sndbuf=8192"
LIMITS = wiretalk.Limits(send_buffer_bytes=20_000)
LINE = b"x" * 1000


class Deaf:
    """A member that reads nothing until it is told to."""

    def __init__(self, server):
        host, _, port = server.addresses[0].partition("://")[2].rpartition(":")
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect((host, int(port)))
        self.lines = self.sock.makefile("rb")

    async def line(self):
        return await asyncio.to_thread(self.lines.readline)

    async def read_until(self, text):
        heard = []
        while not heard or text not in heard[-1]:
            heard.append(await self.line())
            assert heard[-1], f"it ended before {text}"
        return heard

    def close(self):
        self.lines.close()
        self.sock.close()


@pytest.fixture
async def room():
    """A speaker, a listener and one that is deaf, all in one room: `room(server)`."""
    made = []

    class Room:
        async def enter(self, server):
            self.speaker = await wiretalk.connect(server.addresses[0], framing="line")
            self.listener = await wiretalk.connect(server.addresses[0], framing="line")
            self.deaf = Deaf(server)
            made.append(self)
            for member in (self.speaker, self.listener):
                await heard(member, b"guest-3 has joined")
            return self

        async def speak(self, count, first=0):
            """Say so many lines, the listener hearing each."""
            for number in range(first, first + count):
                await self.speaker.send(b"%d %b" % (number, LINE))
                assert await self.listener.receive(timeout_s=PATIENCE_S) == b"<guest-1> %d %b" % (number, LINE)

        async def leave(self):
            self.deaf.close()
            for member in (self.speaker, self.listener):
                await member.send(b"/quit")
                await member.close()

    yield Room()
    for one in made:
        one.deaf.close()
        one.speaker.abort()
        one.listener.abort()


async def heard(member, text):
    async with asyncio.timeout(PATIENCE_S):
        while text not in await member.receive():
            pass


async def test_it_is_told_how_much_it_has_missed_and_goes_on(room):
    async with make("chat", history=0).serve(LISTENING, limits=LIMITS) as server:
        await room.enter(server)
        await room.speak(300)
        conversation = max(server.connections, key=lambda one: one.unsent_bytes)
        assert 20_000 < conversation.unsent_bytes < 20_000 + 2 * len(LINE)
        lines = await room.deaf.read_until(b"missed")
        missed = int(lines[-1].split()[1])
        said = [int(line.split()[1]) for line in lines if line.startswith(b"<guest-1>")]
        # The first ones without a gap, then nothing until it had read them all.
        assert said == list(range(len(said)))
        assert len(said) + missed == 300
        assert 0 < len(said) < 200
        assert lines[-1] == b"-- %d messages missed: too much was said at once for this connection\n" % missed
        await room.speak(5, first=300)
        assert [int((await room.deaf.line()).split()[1]) for _ in range(5)] == [300, 301, 302, 303, 304]
        await room.leave()


async def test_it_is_dropped_when_it_takes_nothing_for_long(room, monkeypatch):
    monkeypatch.setattr(outlet, "CHAT_STUCK_S", 0.2)
    ended = []
    async with make("chat", history=0).serve(LISTENING, limits=LIMITS, on_close=ended.append) as server:
        await room.enter(server)
        await room.speak(100)
        await heard(room.listener, b"-- guest-3 has left (timed-out)")
        assert (ended[0].ending.how, ended[0].ending.wait) == ("timed-out", "send")
        await room.speak(3, first=100)
        await room.leave()


class Trickling:
    """A connection whose peer takes one byte each time that it is waited for, and everything the third time."""

    class Address:
        kind = "stream"

    address = Address()
    ending = None
    bytes_sent = 0

    def __init__(self):
        self.room = False
        self.posted = []

    def post(self, pieces, count):
        self.posted += pieces if self.room else ()
        return self.room

    async def drain(self, *, timeout_s):
        self.bytes_sent += 1
        self.room = self.bytes_sent == 3
        if not self.room:
            raise TimedOutError("tcp://peer:1", "send", timeout_s)


class Plain:
    """A form without frames; see `forms.Form`."""

    def batch(self, events):
        return Batch([[line.encode() for line in event.lines()] for event in events], [0] * len(events), stream=False)


async def test_it_is_kept_as_long_as_it_reads_something():
    connection = Trickling()
    slow = outlet.Outlet(connection, Plain())
    for count in (1, 4):
        slow.take(Wire([b"hello"], count, 0))
    while not connection.posted:
        await asyncio.sleep(0)
    assert connection.posted == [b"-- 5 messages missed: too much was said at once for this connection"]
    slow.take(Wire([b"hello"], 1, 0))
    assert connection.posted[1:] == [b"hello"]
    assert connection.bytes_sent == 3


class Lost(Trickling):
    """A connection that is over when it is waited for."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    async def drain(self, *, timeout_s):  # as `Connection.drain`
        self.room = True
        self.ending = self.error.ending if hasattr(self.error, "ending") else Ending("timed-out", "us")
        raise self.error


@pytest.mark.parametrize(
    "error", [ResetError("tcp://peer:1", Ending("reset", "peer")), TimedOutError("tcp://peer:1", "idle", 1.0)]
)
async def test_when_it_is_over_there_is_nothing_more_to_tell(error):
    connection = Lost(error)
    gone = outlet.Outlet(connection, Plain())
    gone.take(Wire([b"hello"], 1, 0))
    while connection.ending is None:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert connection.posted == []
    gone.close()


class Narrow(Trickling):
    """A connection whose way carries no long datagram."""

    def post(self, pieces, count):
        if any(len(piece) > 100 for piece in pieces):
            raise LimitError("mtu", 100, "a datagram of 300 bytes", by="us")
        self.posted += pieces
        return True

    async def drain(self, *, timeout_s):
        """There is nothing to wait for."""


async def test_what_is_too_long_for_the_way_is_missed():
    connection = Narrow()
    narrow = outlet.Outlet(connection, Plain())
    narrow.take(Wire([b"x" * 300], 1, 0))
    while not connection.posted:
        await asyncio.sleep(0)
    assert connection.posted == [b"-- 1 message missed: too much was said at once for this connection"]


async def test_it_may_leave_while_it_is_behind(room):
    async with make("chat", history=0).serve(LISTENING, limits=LIMITS) as server:
        await room.enter(server)
        await room.speak(100)
        room.deaf.close()
        await heard(room.listener, b"guest-3 has left")
        await room.speak(3, first=100)
        await room.leave()


async def test_it_may_say_quit_while_it_is_behind(room):
    async with make("chat", history=0).serve(LISTENING, limits=LIMITS) as server:
        await room.enter(server)
        await room.speak(100)
        await asyncio.to_thread(room.deaf.sock.sendall, b"/names\n/quit\n")
        await heard(room.listener, b"-- guest-3 has left")
        lines = [line async for line in lines_of(room.deaf)]
        assert not any(b"-- in lobby" in line for line in lines)
        await room.leave()


async def lines_of(deaf):
    while line := await deaf.line():
        yield line


async def test_a_datagram_member_that_takes_nothing_is_dropped_too(monkeypatch):
    """Its way is stalled by a fault, which holds what is sent."""
    monkeypatch.setattr(outlet, "CHAT_STUCK_S", 0.2)
    ended = []
    service = make("chat", history=0)
    layers = [faults.layer("down:stall=500B")]
    limits = wiretalk.Limits(send_buffer_bytes=2000)
    async with service.serve("udp://127.0.0.1:0", layers=layers, limits=limits, on_close=ended.append) as server:
        async with wiretalk.connect(server.addresses[0]) as board:
            for _ in range(20):
                await board.send(b"/help")
                await asyncio.sleep(0.01)
            async with asyncio.timeout(PATIENCE_S):
                while not ended:
                    await asyncio.sleep(0.01)
    assert (ended[0].ending.how, ended[0].ending.wait) == ("timed-out", "send")


async def test_a_datagram_member_whose_socket_is_gone_has_left(folder):
    service = make("chat")
    async with service.serve(["tcp://127.0.0.1:0", f"unixgram:{folder}/s"]) as server:
        async with wiretalk.connect(server.addresses[0], framing="line") as ada:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as board:
                board.bind(f"{folder}/board")
                board.sendto(b"hello", f"{folder}/s")
                await heard(ada, b"<guest-2> hello")
            os.unlink(f"{folder}/board")
            await ada.send(b"anybody?")
            await heard(ada, b"-- guest-2 has left (")
            await ada.send(b"/quit")
