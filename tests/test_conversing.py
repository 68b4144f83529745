"""What both faces share: how a conversation is held, its facts, and how failures are told together."""

from __future__ import annotations

import json

import pytest

from wiretalk.address import parse
from wiretalk.conversing import UDP_PAYLOAD_BYTES, Conversation, Plan, WholeMessages, on_bytes, together
from wiretalk.ending import Ending
from wiretalk.errors import (
    ClosedError,
    InUseError,
    LimitError,
    MalformedError,
    RefusedError,
    ResetError,
    TimedOutError,
    UnreachableError,
    UsageError,
)
from wiretalk.limits import Limits


def plan(address="tcp://127.0.0.1:1", framing=None, codec=None, **limits):
    return Plan(parse(address), framing, codec, Limits(**limits))


# how it is held


def test_the_address_own_options_win_over_the_arguments():
    one = plan("tcp://127.0.0.1:1?framing=line&codec=json&max_message=10", "netstring", "text")
    assert (one.framing, one.codec.spec, one.limits.max_message_bytes) == ("line", "json", 10)
    other = plan(framing="netstring", codec="text")
    assert (other.framing, other.codec.spec) == ("netstring", "text")


def test_without_words_it_is_raw_bytes():
    one = plan()
    assert (one.framing, one.codec, one.encode, one.decode) == ("raw", None, None, None)


def test_text_over_raw_is_never_cut_within_a_character():
    assert plan(codec="text").framing == "raw:utf8"
    assert plan(codec="text", framing="line").framing == "line"


def test_a_framing_or_codec_that_there_is_not_is_refused_at_once():
    with pytest.raises(UsageError):
        plan(framing="lines")
    with pytest.raises(UsageError):
        plan(codec="xml")


def test_each_conversation_has_a_framing_of_its_own():
    one = plan(framing="line")
    first, second = one.new_framing(), one.new_framing()
    first.feed(b"half")
    assert second.feed(b"whole\n") == [b"whole"]


def test_a_datagram_is_a_message_already_whatever_the_framing():
    framing = plan("udp://127.0.0.1:1", framing="line").new_framing()
    assert isinstance(framing, WholeMessages)
    assert framing.feed(b"a\nb") == [b"a\nb"]
    assert framing.finish() == []
    assert framing.encode(b"a\nb") == b"a\nb"
    assert framing.encode(b"") == b""
    assert framing.encode_all([b"one"]) == b"one"
    with pytest.raises(MalformedError, match="one datagram carries one message"):
        framing.encode_all([b"one", b"two"])


def test_a_datagram_has_the_limit_of_its_kind_and_of_the_plan():
    udp = plan("udp://127.0.0.1:1").new_framing()
    assert len(udp.encode(b"x" * UDP_PAYLOAD_BYTES)) == UDP_PAYLOAD_BYTES
    with pytest.raises(LimitError) as told:
        udp.encode(b"x" * (UDP_PAYLOAD_BYTES + 1))
    assert (told.value.by, told.value.value) == ("us", UDP_PAYLOAD_BYTES)
    assert plan("unixgram:/x").new_framing().encode(b"x" * 100_000)
    with pytest.raises(LimitError):
        plan("unixgram:/x", max_message_bytes=10).new_framing().encode(b"x" * 11)


def test_an_empty_packet_would_be_taken_for_the_end():
    with pytest.raises(MalformedError, match="taken for the end"):
        plan("unixpacket:/x").new_framing().encode(b"")


def test_a_reply_function_is_given_values_and_gives_values():
    answer = on_bytes(lambda value: None if value is None else [value], plan(codec="json"))
    assert answer(b"1") == b"[1]"
    assert answer(b"null") is None
    assert on_bytes(bytes.upper, plan()) is bytes.upper


# failures told together


def test_one_kind_of_failure_is_told_as_that_kind():
    refused = [RefusedError("tcp://a", "no"), RefusedError("tcp://b", "no")]
    assert isinstance(together("tcp://x", refused), RefusedError)
    assert str(together("tcp://x", refused)) == "tcp://x: no (tried tcp://a and tcp://b)"
    apart = [RefusedError("tcp://a", "no"), RefusedError("tcp://b", "full")]
    assert str(together("tcp://x", apart)) == "tcp://x: tcp://a: no; tcp://b: full"
    unreachable = [UnreachableError("tcp://a", "no way")] * 2
    assert isinstance(together("tcp://x", unreachable), UnreachableError)


def test_of_several_kinds_the_one_that_tells_most_is_told():
    mixed = [UnreachableError("tcp://a", "no way"), InUseError("tcp://b", "taken"), RefusedError("tcp://c", "no")]
    told = together("tcp://x", mixed)
    assert isinstance(told, InUseError)
    assert "no way" in str(told)
    late = TimedOutError("tcp://b", "connect")
    assert together("tcp://x", [UnreachableError("tcp://a", "no way"), late]) is late


# facts


class Carrier:
    """What a conversation's facts ask of what carries it."""

    backlog_bytes = 0
    bytes_received = 0
    bytes_sent = 0
    tls = None
    aborted = None

    def abort(self, error=None):
        self.aborted = error


@pytest.fixture
def conversation():
    one = Conversation(plan(), "tcp://peer:1", "tcp://us:2")
    one.attach(Carrier())
    return one


def test_it_is_idle_since_bytes_passed_last(conversation):
    began = conversation._opened_at
    assert conversation.idle_since(began + 5) == 5
    conversation._transport.bytes_sent = 1
    assert conversation.idle_since(began + 6) == 0
    assert conversation.idle_since(began + 8) == 2
    conversation._transport.bytes_received = 1
    assert conversation.idle_since(began + 9) == 0


@pytest.mark.parametrize(
    ("error", "by", "ending"),
    [
        (None, "peer", Ending("finished", "peer", unsent_bytes=7)),
        (TimedOutError("x", "idle", 5), "us", Ending("timed-out", "peer", "idle", 7)),
        (
            LimitError("max_message_bytes", 1, "a message of 2 bytes"),
            "us",
            Ending("limit", "peer", "", 7, "a message of 2 bytes"),
        ),
        (ResetError("x", Ending("reset", "peer", unsent_bytes=9)), "us", Ending("reset", "peer", unsent_bytes=9)),
        (ClosedError("x", Ending("closed", "us")), "us", Ending("closed", "us", unsent_bytes=7)),
    ],
)
def test_every_ending_is_told_by_who_and_how_with_what_was_unsent(conversation, error, by, ending):
    conversation._transport.backlog_bytes = 7
    conversation._set_ending(error, by)
    assert conversation.ending == ending
    assert json.loads(json.dumps(conversation.as_dict()))["ending"] == ending.as_dict()
    assert repr(conversation) == f"<Conversation tcp://us:2 ↔ tcp://peer:1, ended: {ending}>"


def test_aborting_is_passed_on(conversation):
    error = ClosedError("x", Ending("closed", "us"))
    conversation.abort(error)
    assert conversation._transport.aborted is error
    assert repr(conversation).endswith(", open>")
    assert conversation.address == parse("tcp://127.0.0.1:1")
    assert conversation.unsent_bytes == 0
    assert conversation.tls is None
