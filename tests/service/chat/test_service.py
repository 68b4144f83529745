"""A chat on real sockets: every scheme, text and objects, hostile members, and how each leaves."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
import time

import pytest

import wiretalk
from wiretalk.errors import UsageError
from wiretalk.limits import CHAT_TEXT_BYTES
from wiretalk.service import make

PATIENCE_S = 30


class Talker:
    """A member at the other end of a connection of wiretalk's own."""

    def __init__(self, connection):
        self.connection = connection

    async def say(self, *lines):
        for line in lines:
            await self.connection.send(line)

    async def hear(self, wanted):
        """Return what is heard up to a message that is `wanted`, or holds it, that one included."""
        heard = []
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.connection.receive()
                if isinstance(message, bytes):
                    message = message.decode().removesuffix("\n")
                heard.append(message)
                if callable(wanted) and wanted(message):
                    return heard
                if not callable(wanted) and wanted in message:
                    return heard


def is_event(kind):
    return lambda message: message["event"] == kind


def talking(place, server):
    return wiretalk.connect(place.connecting(server), framing="line" * place.is_stream or None)


def plain_socket(server):
    host, _, port = server.addresses[0].partition("://")[2].rpartition(":")
    peer = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
    return peer, peer.makefile("rb")


async def until(condition):
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.002)


# over every scheme


async def test_two_talk(place):
    async with make("chat").serve(place.listening) as server:
        async with talking(place, server) as one, talking(place, server) as other:
            ada, bob = Talker(one), Talker(other)
            await ada.say(b"/nick ada")
            await ada.hear("you are ada, in lobby")
            await bob.say(b"/nick bob")
            await bob.hear("you are bob, in lobby, with 1 other")
            await ada.hear("is bob now")
            await bob.say("grüße".encode(), b"/me waves")
            assert await ada.hear("waves") == ["<bob> grüße", "* bob waves"]
            await bob.say(b"/quit")
            assert await ada.hear("left") == ["-- bob has left"]
            await ada.say(b"/quit")


async def test_across_schemes_and_shapes(folder):
    pytest.importorskip("websockets")
    addresses = [
        "tcp://127.0.0.1:0",
        "udp://127.0.0.1:0",
        f"unix:{folder}/s",
        "ws://127.0.0.1:0?codec=json",
        "tcp://127.0.0.1:0?framing=length:u16be&codec=msgpack",
        "tcp://127.0.0.1:0?framing=line&codec=hex",
        "ws://127.0.0.1:0",
    ]
    spoken = [b"1", b"2", b"3", "4", "5", "36", "7"]
    async with make("chat").serve(addresses) as server:
        async with (
            wiretalk.connect(server.addresses[0], framing="line") as tcp,
            wiretalk.connect(server.addresses[1]) as udp,
            wiretalk.connect(server.addresses[2], framing="line") as unix,
            wiretalk.connect(server.addresses[3], codec="json") as page,
            wiretalk.connect(server.addresses[4], framing="length:u16be", codec="msgpack") as packed,
            wiretalk.connect(server.addresses[5], framing="line", codec="hex") as spelt,
            wiretalk.connect(server.addresses[6], codec="text") as bare,
        ):
            members = [Talker(one) for one in (tcp, udp, unix, page, packed, spelt, bare)]
            await udp.send(b"/help")
            await members[1].hear("/quit")
            await until(lambda: len(server.connections) == 7)
            for number, member in enumerate(members):
                await member.say(spoken[number])
                for index, other in enumerate(members):
                    if index in {3, 4}:
                        heard = (await other.hear(is_event("message")))[-1]
                        assert heard["text"] == f"{number + 1}"
                    elif index == 5 and other is not member:
                        assert bytes.fromhex((await other.hear(b"> ".hex()))[-1]).endswith(b"> %d" % (number + 1))
                    elif other is not member:
                        assert (await other.hear("> "))[-1].endswith(f"> {number + 1}")
            for member, word in zip(
                members, [b"/quit", b"/quit", b"/quit", "/quit", "/quit", b"/quit".hex(), "/quit"], strict=True
            ):
                await member.say(word)


async def test_one_service_at_two_servers_is_one_chat():
    service = make("chat", room="tea")
    async with service.serve("tcp://127.0.0.1:0") as one, service.serve("tcp://127.0.0.1:0") as other:
        async with (
            wiretalk.connect(one.addresses[0], framing="line") as ada,
            wiretalk.connect(other.addresses[0], framing="line") as bob,
        ):
            await Talker(bob).hear("in tea")
            await Talker(ada).hear("guest-2 has joined")
            await bob.send(b"hello")
            assert await Talker(ada).hear("hello") == ["<guest-2> hello"]
            await bob.send(b"/quit")
            await ada.send(b"/quit")


# objects


async def test_programs_are_told_objects():
    service = make("chat")
    async with service.serve("tcp://127.0.0.1:0?codec=json") as server:
        async with wiretalk.connect(server.addresses[0], framing="line", codec="json") as connection:
            program = Talker(connection)
            assert await program.hear(is_event("welcome")) == [
                {"event": "welcome", "nick": "guest-1", "room": "lobby", "members": 1}
            ]
            before = time.time()
            await program.say("/nick ada", {"text": "/not a command\nbut two lines"}, "/names", "/rooms", "/help")
            heard = await program.hear(is_event("help"))
            said = [one for one in heard if one["event"] == "message"]
            for one in said:
                assert before - 1 <= one.pop("time") <= time.time() + 1
            told = {"event": "message", "room": "lobby", "from": "ada"}
            # It hears itself, and knows so where in the room's order that was.
            assert said == [told | {"text": "/not a command"}, told | {"text": "but two lines"}]
            assert [one["event"] for one in heard] == ["renamed", "you", "message", "message", "names", "rooms", "help"]
            assert heard[4] == {"event": "names", "room": "lobby", "names": ["ada"], "members": 1}
            assert heard[5] == {"event": "rooms", "rooms": {"lobby": 1}}
            for wrong in (7, None, [], {"txt": "hello"}, {"text": 5}):
                await program.say(wrong)
                (told,) = await program.hear(is_event("error"))
                assert (
                    told["text"]
                    == 'a message is a string, as it would be typed, or {"text": "…"}, which is said as it is'
                )
            await program.say("/history 1")
            header, one = await program.hear(lambda message: message.get("history"))
            assert header == {"event": "history", "room": "lobby", "count": 1}
            assert (one["text"], one["history"]) == ("but two lines", True)
            await program.say("/quit")


async def test_what_is_no_json_ends_the_conversation_of_who_said_it():
    ended = []
    service = make("chat")
    async with service.serve("tcp://127.0.0.1:0?codec=json", on_close=ended.append) as server:
        async with wiretalk.connect(server.addresses[0], framing="line", codec="json") as connection:
            await Talker(connection).hear(is_event("welcome"))
            peer, lines = plain_socket(server)
            with peer, lines:
                assert json.loads(await asyncio.to_thread(lines.readline))["event"] == "welcome"
                await asyncio.to_thread(peer.sendall, b"hello\n")
                assert await asyncio.to_thread(lines.read) == b""
            left = (await Talker(connection).hear(is_event("left")))[-1]
            assert (left["nick"], left["why"]) == ("guest-2", "codec")
            await connection.send("/quit")


# hostile members


async def test_what_members_say_controls_no_terminal():
    async with make("chat").serve("tcp://127.0.0.1:0") as server:
        ada, heard = plain_socket(server)
        eve, unread = plain_socket(server)
        with ada, eve, heard, unread:
            rude = b"\x1b]0;owned\x07\x9b2J \xff\xfe\xc3 \r \x00 \xe2\x80\xae \xc2\x85\n"
            await asyncio.to_thread(
                eve.sendall, b"/nick \x1b[31m\n/me " + rude + rude + b"/msg guest-1 " + rude + b"/quit\n"
            )
            said = await asyncio.to_thread(lambda: list(iter(heard.readline, b"-- guest-2 has left\n")))
            lines = b"".join(said).decode().splitlines()
            fit = "�]0;owned��2J ��� � � �"
            assert lines[-3:] == [f"* guest-2 {fit}", f"<guest-2> {fit}", f"[guest-2 -> you] {fit}"]
            assert all(line.isprintable() for line in lines)
            await asyncio.to_thread(ada.sendall, b"/quit\n")


async def test_a_text_that_is_too_long_is_refused_and_nobody_hears_it():
    async with make("chat").serve("tcp://127.0.0.1:0") as server:
        async with (
            wiretalk.connect(server.addresses[0], framing="line") as one,
            wiretalk.connect(server.addresses[0], framing="line") as other,
        ):
            ada, bob = Talker(one), Talker(other)
            await bob.hear("/help")
            await ada.say(b"x" * (CHAT_TEXT_BYTES + 1), b"y" * CHAT_TEXT_BYTES, b"/quit")
            await ada.hear(f"this was not said: {CHAT_TEXT_BYTES + 1} bytes of text, and at most 4KiB are said at once")
            assert await bob.hear("left") == ["<guest-1> " + "y" * CHAT_TEXT_BYTES, "-- guest-1 has left"]
            await bob.say(b"/quit")


async def test_however_much_one_says_others_have_their_turns():
    pytest.importorskip("websockets")
    async with make("chat").serve(["ws://127.0.0.1:0", "tcp://127.0.0.1:0"]) as server:
        async with (
            wiretalk.connect(server.addresses[0]) as flood,
            wiretalk.connect(server.addresses[1], framing="line") as ada,
        ):
            await Talker(ada).hear("/help")
            await flood.send(b"x\n" * 20_000)
            await Talker(ada).hear("> x")
            # It is heard amid the flood, and not behind it.
            await ada.send(b"/rooms")
            heard = await Talker(ada).hear("-- rooms: lobby (2)")
            assert len(heard) < 19_000
            await ada.send(b"/quit")
            await flood.send(b"/quit")


async def test_who_breaks_off_has_left():
    async with make("chat").serve("tcp://127.0.0.1:0") as server:
        async with wiretalk.connect(server.addresses[0], framing="line") as connection:
            eve, lines = plain_socket(server)
            with lines:
                await asyncio.to_thread(lines.readline)
                eve.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            eve.close()
            assert (await Talker(connection).hear("left"))[-1] == "-- guest-2 has left (reset)"
            await connection.send(b"/quit")


# leaving


async def test_who_ends_its_input_has_left_after_what_it_said():
    async with make("chat").serve("tcp://127.0.0.1:0") as server:
        async with wiretalk.connect(server.addresses[0], framing="line") as connection:
            await Talker(connection).hear("/help")
            script, lines = plain_socket(server)
            with script, lines:
                await asyncio.to_thread(script.sendall, b"/nick bot\n1\n2\n")
                script.shutdown(socket.SHUT_WR)
                assert (await asyncio.to_thread(lines.read)).endswith(b"you are bot, in lobby, with 1 other\n")
            heard = await Talker(connection).hear("left")
            assert heard[2:] == ["<bot> 1", "<bot> 2", "-- bot has left"]
            await connection.send(b"/quit")


async def test_a_datagram_peer_that_is_silent_has_left_whatever_it_is_told(datagrams):
    limits = wiretalk.Limits(udp_peer_idle_s=0.3)
    service = make("chat")
    async with service.serve([datagrams.listening, "tcp://127.0.0.1:0"], limits=limits) as server:
        async with (
            wiretalk.connect(server.addresses[1], framing="line") as connection,
            talking(datagrams, server) as board,
        ):
            watcher = Talker(connection)
            await board.send(b"")
            await watcher.hear("guest-2 has joined")

            async def chatter():
                while True:
                    await connection.send(b"still here")
                    await asyncio.sleep(0.05)

            chattering = asyncio.ensure_future(chatter())
            assert await watcher.hear("left") == ["-- guest-2 has left"]
            chattering.cancel()
            await connection.send(b"/quit")


async def test_a_server_that_stops_lets_its_datagram_peers_go(datagrams):
    ended = []
    async with make("chat").serve(datagrams.listening, on_close=ended.append) as server:
        async with talking(datagrams, server) as board:
            await board.send(b"hello")
            await Talker(board).hear("/help")
            await server.close()
    assert [one.ending.how for one in ended] == ["finished"]


async def test_a_datagram_peer_is_told_the_history_when_it_asks():
    service = make("chat")
    async with service.serve(["tcp://127.0.0.1:0", "udp://127.0.0.1:0"]) as server:
        async with (
            wiretalk.connect(server.addresses[0], framing="line") as connection,
            wiretalk.connect(server.addresses[1]) as board,
        ):
            await connection.send(b"before")
            await connection.send(b"/names")
            await Talker(connection).hear("-- in lobby")
            await board.send(b"\n")
            assert len(await Talker(board).hear("/help")) == 2
            await board.send(b"/history\n/quit\n")
            header, line = await Talker(board).hear("> before")
            assert (header, line[5:]) == ("-- said in lobby before:", " <guest-1> before")
            await connection.send(b"/quit")


# what cannot carry it


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("framing=fixed:4", "4 bytes"),
        ("framing=line&codec=struct:>HH", "a chat is text or objects, and struct:>HH is neither"),
    ],
)
async def test_what_can_carry_no_text_is_told(words, reason, caplog):
    ended = []
    async with make("chat").serve(f"tcp://127.0.0.1:0?{words}", on_close=ended.append) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            assert [message async for message in connection] == []
        await until(lambda: ended)
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(told) == 1
    assert reason in told[0]


async def test_what_is_too_long_for_one_is_missed_by_that_one_alone():
    service = make("chat")
    addresses = ["tcp://127.0.0.1:0", "tcp://127.0.0.1:0?framing=length:u8", "udp://127.0.0.1:0?max_message=150"]
    async with service.serve(addresses) as server:
        async with (
            wiretalk.connect(server.addresses[0], framing="line") as ada,
            wiretalk.connect(server.addresses[1], framing="length:u8") as bob,
            wiretalk.connect(server.addresses[2]) as board,
        ):
            await Talker(bob).hear("/help")
            await board.send(b"/nick board")
            await Talker(board).hear("you are board")
            await ada.send(b"x" * 300)
            for member in (bob, board):
                assert (await Talker(member).hear("missed"))[-1].startswith("-- 1 message missed: ")
            await ada.send(b"short")
            for member in (bob, board):
                assert (await Talker(member).hear("short")) == ["<guest-1> short"]
            for member in (ada, bob, board):
                await member.send(b"/quit")


# words


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"history": -1}, "history must be 0 or more, not -1"),
        ({"max_rooms": 0}, "max_rooms must be 1 or more, not 0"),
        ({"max_text_bytes": 0}, "max_text_bytes must be 1 or more, not 0"),
        ({"room": "two words"}, "a room is letters, digits and - _ ., without spaces"),
        ({"room": ""}, "a room has at least one letter"),
    ],
)
def test_wrong_options(options, sentence):
    with pytest.raises(UsageError) as told:
        make("chat", **options)
    assert sentence in str(told.value)
