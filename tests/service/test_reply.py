from __future__ import annotations

import asyncio
import re
import time

import pytest

import wiretalk
from wiretalk.errors import FinishedError, UsageError
from wiretalk.service import make

REC = "server rec: {message}"


async def all_of(connection):
    return [message async for message in connection]


async def serve_bytes(answers_to, *, size=None, framing=None, **options):
    """Serve what `options` say, send these bytes in pieces of `size`, and return every byte of the answer."""
    async with make("reply", **options).serve("tcp://127.0.0.1:0", framing=framing) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            for at in range(0, len(answers_to), size or len(answers_to) or 1):
                await connection.send(answers_to[at : at + (size or len(answers_to))])
                await asyncio.sleep(0)
            await connection.half_close()
            return b"".join(await all_of(connection))


# what is said when


async def test_it_greets_answers_and_closes(place):
    service = make("reply", greet="welcome", reply=REC, close_on=["exit", "quit"], farewell="bye")
    async with service.serve(place.listening) as server:
        for word in (b"exit", b"quit"):
            async with wiretalk.connect(
                place.connecting(server), framing="line" * place.is_stream or None
            ) as connection:
                if place.is_datagram:
                    await connection.send(b"one")
                assert await connection.receive(timeout_s=20) == b"welcome"
                if not place.is_datagram:
                    await connection.send(b"one")
                assert await connection.receive(timeout_s=20) == b"server rec: one"
                await connection.send("zwölf".encode())
                assert await connection.receive(timeout_s=20) == "server rec: zwölf".encode()
                await connection.send(word)
                assert await connection.receive(timeout_s=20) == b"bye"
                if not place.is_datagram:
                    assert await all_of(connection) == []


async def test_the_closing_word_is_not_answered(place):
    async with make("reply", reply=REC, close_on="exit").serve(place.listening, max_accepted=1) as server:
        async with wiretalk.connect(place.connecting(server), framing="line" * place.is_stream or None) as connection:
            await connection.send(b"exit now")
            assert await connection.receive(timeout_s=20) == b"server rec: exit now"
            await connection.send(b"exit")
            if not place.is_datagram:
                assert await all_of(connection) == []
        await server.serve_forever()
    assert server.totals()["messages_sent"] == 1


async def test_without_a_reply_it_listens_on():
    async with make("reply", greet="hello", close_on="exit").serve("tcp://127.0.0.1:0") as server:
        async with wiretalk.connect(server.addresses[0], framing="line") as connection:
            assert await connection.receive(timeout_s=20) == b"hello"
            for message in (b"one", b"two", b"exit"):
                await connection.send(message)
            assert await all_of(connection) == []


async def test_close_after_0_says_the_greeting_and_leaves():
    async with make("reply", greet="Thank you for connecting", close_after=0).serve("tcp://127.0.0.1:0") as server:
        for _ in range(3):
            async with wiretalk.connect(server.addresses[0], framing="line") as connection:
                assert await all_of(connection) == [b"Thank you for connecting"]


async def test_close_after_n_messages():
    assert await serve_bytes(b"a\nb\nc\n", reply="{count}", close_after=2) == b"1\n2\n"
    assert await serve_bytes(b"a\nb\nc\n", reply="{count}", close_after=2, farewell="{count} it is") == (
        b"1\n2\n2 it is\n"
    )


async def test_there_is_no_farewell_to_who_has_left():
    assert await serve_bytes(b"a\n", reply="{message}", farewell="bye") == b"a\n"


# messages, however they arrive


@pytest.mark.parametrize("size", range(1, 13))
async def test_the_word_arrives_in_pieces(size):
    sent = "hällo\nexit\n".encode()
    assert await serve_bytes(sent, size=size, reply=REC, close_on="exit") == "server rec: hällo\n".encode()


async def test_two_messages_in_one_segment():
    assert await serve_bytes(b"one\ntwo\nexit\nthree\n", reply=REC, close_on="exit") == (
        b"server rec: one\nserver rec: two\n"
    )


@pytest.mark.parametrize("size", [1, 2, 3, 5])
async def test_characters_are_never_cut(size):
    said = "ß€😀 Größe\r\n".encode() * 3
    assert await serve_bytes(said, size=size, reply=REC) == "server rec: ß€😀 Größe\n".encode() * 3


async def test_what_is_no_utf8_survives():
    said = bytes(byte for byte in range(256) if byte not in b"\r\n")
    assert await serve_bytes(said + b"\n", reply="<{message}>") == b"<" + said + b">\n"


@pytest.mark.parametrize("word", ["exit", b"exit"])
@pytest.mark.parametrize("near", [b"exi", b"exit ", b" exit", b"EXIT", b"exitexit", b""])
async def test_only_the_whole_word_closes(near, word):
    assert await serve_bytes(near + b"\nexit\n", reply="{message}", close_on=word) == near + b"\n"


async def test_an_empty_word_closes_at_an_empty_message():
    assert await serve_bytes(b"a\n\nb\n", reply="{message}", close_on="") == b"a\n"


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
async def test_without_a_framing_a_line_end_after_the_word_does_not_count(end, folder):
    addresses = ["udp://127.0.0.1:0", f"unixgram:{folder}/g", f"unixpacket:{folder}/p", "tcp://127.0.0.1:0?framing=raw"]
    async with make("reply", reply=REC, farewell="bye", close_on="exit").serve(addresses) as server:
        for address in server.addresses:
            async with wiretalk.connect(address.partition("?")[0]) as connection:
                await connection.send(b"hi" + end)
                assert await connection.receive(timeout_s=20) == b"server rec: hi" + end
                await connection.send(b"exit" + end)
                assert await connection.receive(timeout_s=20) == b"bye"


async def test_a_framing_with_exact_messages_takes_the_word_exactly():
    service = make("reply", reply="{message}", close_on="exit")
    async with service.serve("tcp://127.0.0.1:0", framing="length:u8") as server:
        async with wiretalk.connect(server.addresses[0], framing="length:u8") as connection:
            await connection.send(b"exit\n")
            assert await connection.receive(timeout_s=20) == b"exit\n"
            await connection.send(b"exit")
            with pytest.raises(FinishedError):
                await connection.receive(timeout_s=20)


# what a text may tell


async def test_the_fields(stream):
    service = make("reply", greet="{peer}|{local}|{time}", reply="{peer}|{local}|{count}|{message}|{time}")
    async with service.serve(stream.listening) as server:
        async with wiretalk.connect(stream.connecting(server), framing="line", codec="text") as connection:
            peer, local, told = (await connection.receive(timeout_s=20)).split("|")
            assert local == connection.peer
            assert peer == connection.local or peer.endswith(":(unnamed)")
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}", told)
            assert abs(time.mktime(time.strptime(told[:-5], "%Y-%m-%dT%H:%M:%S")) - time.time()) < 20
            for count in ("1", "2", "3"):
                await connection.send(f"number {count}")
                assert (await connection.receive(timeout_s=20)).split("|")[:4] == [
                    peer,
                    local,
                    count,
                    f"number {count}",
                ]


async def test_each_conversation_counts_for_itself():
    async with make("reply", reply="{count}").serve(["tcp://127.0.0.1:0", "udp://127.0.0.1:0"]) as server:
        for address in server.addresses * 2:
            async with wiretalk.connect(address, framing="line" if address.startswith("tcp") else None) as connection:
                for count in (b"1", b"2"):
                    await connection.send(b"?")
                    assert await connection.receive(timeout_s=20) == count


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"reply": "{massage}"}, 'there is no field "massage" here; did you mean "message"?'),
        ({"greet": "{message}"}, 'there is no field "message" here; there are {peer}, {local}, {time}'),
        ({"farewell": "{"}, "this { is never closed; write it twice for a brace of the text's own"),
        ({"close_after": -1}, "close_after must be 0 or more, not -1"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_opened(options, sentence):
    with pytest.raises(UsageError) as refused:
        make("reply", **options)
    assert str(refused.value).splitlines()[0] == sentence


# values, limits, and peers that misbehave


async def test_with_a_codec_messages_and_answers_must_be_its_values():
    service = make("reply", reply='{{"got": {message}, "count": {count}}}', close_on='"exit"')
    async with service.serve("tcp://127.0.0.1:0", codec="json") as server:
        async with wiretalk.connect(server.addresses[0], framing="line", codec="json") as connection:
            await connection.send([1, "zwei"])
            assert await connection.receive(timeout_s=20) == {"got": [1, "zwei"], "count": 1}
            await connection.send("exit")
            assert await all_of(connection) == []
        async with wiretalk.connect(server.addresses[0], framing="line") as connection:
            await connection.send(b"no JSON")
            assert await all_of(connection) == []


async def test_an_answer_that_cannot_be_sent_ends_its_own_conversation(caplog):
    limits = wiretalk.Limits(max_message_bytes=16)
    async with make("reply", reply=REC, close_on="exit").serve("tcp://127.0.0.1:0", limits=limits) as server:
        async with wiretalk.connect(server.addresses[0], framing="line") as connection:
            await connection.send(b"1234")
            assert await connection.receive(timeout_s=20) == b"server rec: 1234"
            await connection.send(b"12345")
            assert await all_of(connection) == []
        assert "the limit max_message_bytes is 16" in caplog.text
        async with wiretalk.connect(server.addresses[0], framing="line") as connection:
            await connection.send(b"ok")
            assert await connection.receive(timeout_s=20) == b"server rec: ok"


async def test_a_line_without_its_end_is_not_answered_but_told():
    closed = []
    async with make("reply", reply=REC).serve("tcp://127.0.0.1:0", on_close=closed.append) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.send(b"whole\nunfinish")
            await connection.half_close()
            assert b"".join(await all_of(connection)) == b"server rec: whole\n"
    assert closed[0].ending.how == "truncated"
    assert "8 bytes" in closed[0].ending.reason


async def test_a_server_of_one_conversation_hears_no_second_datagram_peer():
    service = make("reply", reply=REC, close_on="exit")
    async with service.serve("udp://127.0.0.1:0", max_accepted=1) as server:
        async with wiretalk.connect(server.addresses[0]) as first, wiretalk.connect(server.addresses[0]) as second:
            await first.send(b"one")
            assert await first.receive(timeout_s=20) == b"server rec: one"
            await second.send(b"two")
            await first.send(b"three")
            assert await first.receive(timeout_s=20) == b"server rec: three"
            assert len(server.connections) == 1
            await first.send(b"exit")
            await server.serve_forever()
    assert server.totals()["messages_received"] == 3
