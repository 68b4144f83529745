"""How an answer is cut into messages: transcripts of what a command says and what the peer reads, without a socket."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from wiretalk.address import parse
from wiretalk.limits import EXEC_DATAGRAM_BYTES, EXEC_PIECE_BYTES
from wiretalk.service.exec.answers import Answer, Datagrams, Lines, answer_to
from wiretalk.service.exec.running import Outcome


class Client:
    """A peer that notes what it is sent."""

    def __init__(self, address="tcp://h:1", framing="line", max_message=1 << 20):
        self.address = parse(address)
        self.plan = SimpleNamespace(framing=framing, limits=SimpleNamespace(max_message_bytes=max_message))
        self.sent = []

    async def send(self, message):
        self.sent.append(message)

    async def send_all(self, messages):
        self.sent += messages


def output_of(messages):
    """What a reader of the protocol makes of an answer's messages."""
    return b"".join(one[2:] + (b"\n" if one[:2] == b"| " else b"") for one in messages)


async def told(answer, *pieces, outcome=None):
    for piece in pieces:
        await answer.give(piece)
    await answer.finish(outcome or Outcome("ok"))
    return answer._client.sent


@pytest.mark.parametrize(
    ("pieces", "messages"),
    [
        ([], [b"ok"]),
        ([b"one\n"], [b"| one", b"ok"]),
        ([b"one\ntwo"], [b"| one", b"+ two", b"ok"]),
        ([b"o", b"ne\nt", b"wo\n"], [b"| one", b"| two", b"ok"]),
        ([b"\n\n"], [b"| ", b"| ", b"ok"]),
        ([b"ok\n"], [b"| ok", b"ok"]),
        ([b"| a\n+ b\n"], [b"| | a", b"| + b", b"ok"]),
        ([b"123456789\n"], [b"+ 12345678", b"| 9", b"ok"]),
        ([b"12345678\n"], [b"| 12345678", b"ok"]),
        ([b"1234567890123456\n"], [b"+ 12345678", b"| 90123456", b"ok"]),
        ([b"12345", b"67890"], [b"+ 12345678", b"+ 90", b"ok"]),
        ([b"a\r\nb\rc\r\r\n"], [b"| a", b"| b\rc", b"ok"]),
    ],
)
async def test_lines(pieces, messages):
    assert await told(Lines(Client(), 10, strips=True), *pieces) == messages


async def test_lines_split_anywhere_say_the_same():
    said = b"one\n\nlonger than a message may be\nend"
    for first, second in itertools.combinations(range(len(said) + 1), 2):
        messages = await told(Lines(Client(), 10), said[:first], said[first:second], said[second:])
        assert output_of(messages[:-1]) == said
        assert all(len(message) <= 10 for message in messages)


async def test_every_byte_is_told_where_messages_hold_anything():
    said = bytes(range(256)) * 300
    messages = await told(Answer(Client(framing="length:u32be")), said, outcome=Outcome("exit", "3"))
    assert messages[-1] == b"exit 3"
    assert all(one[:2] == b"+ " and len(one) <= EXEC_PIECE_BYTES for one in messages[:-1])
    assert output_of(messages[:-1]) == said


async def test_datagrams_hold_as_many_lines_as_fit():
    said = b"".join(b"line %d\n" % number for number in range(1000)) + b"x" * 5000
    client = Client("udp://h:1", "raw")
    datagrams = await told(Datagrams(client), said)
    assert max(map(len, datagrams)) <= EXEC_DATAGRAM_BYTES
    assert len(datagrams) < 20
    lines = b"".join(datagrams).split(b"\n")
    assert lines[-2:] == [b"ok", b""]
    assert output_of(lines[:-2]) == said


@pytest.mark.parametrize(
    ("client", "kind", "most"),
    [
        (Client("udp://h:1", "raw"), Datagrams, EXEC_DATAGRAM_BYTES - 3),
        (Client("udp://h:1", "raw", 100), Datagrams, 97),
        (Client("tcp://h:1", "line"), Lines, EXEC_PIECE_BYTES - 2),
        (Client("tcp://h:1", "line:crlf", 1000), Lines, 998),
        (Client("tcp://h:1", "length:u8"), Answer, 253),
        (Client("tcp://h:1", "cobs", 1), Answer, 1),
        (Client("ws://h:1", "raw"), Answer, EXEC_PIECE_BYTES - 2),
        (Client("unixpacket:s", "raw"), Answer, EXEC_PIECE_BYTES - 2),
    ],
)
def test_which_kind_a_peer_is_answered_in(client, kind, most):
    answer = answer_to(client)
    assert type(answer) is kind
    assert answer._most == most


async def test_lines_that_keep_a_carriage_return():
    assert (await told(answer_to(Client(framing="line:crlf")), b"a\r\n"))[0] == b"| a\r"


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (Outcome("ok"), "ok"),
        (Outcome("exit", "3"), "exit 3"),
        (Outcome("killed", "SIGKILL"), "killed SIGKILL"),
        (Outcome("busy", "try again"), "busy: try again"),
    ],
)
def test_a_status_in_words(outcome, text):
    assert str(outcome) == text
