"""msgpack: values in few bytes, and no more memory than the message earns."""

import time
import tracemalloc

import msgpack
import pytest

from wiretalk.codec import make
from wiretalk.errors import CodecError


def test_text_and_bytes_are_told_apart():
    assert make("msgpack").encode({"a": [1, b"\x00"]}) == b"\x81\xa1a\x92\x01\xc4\x01\x00"
    assert make("msgpack").decode(b"\x81\xa1a\x92\x01\xc4\x01\x00") == {"a": [1, b"\x00"]}


def test_numbers_may_be_keys():
    assert make("msgpack").decode(make("msgpack").encode({1: "one", None: 2})) == {1: "one", None: 2}


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (b"", "not MessagePack: Unpack failed: incomplete input"),
        (b"\xc1", "not MessagePack: a byte that begins no value"),
        (b"\x01\x02", "not MessagePack: unpack(b) received extra data."),
        (b"\xdd\xff\xff\xff\xff", "not MessagePack: 4294967295 exceeds max_array_len(5)"),
        (b"\xdf\xff\xff\xff\xff", "not MessagePack: 4294967295 exceeds max_map_len(2)"),
        (b"\xc6\xff\xff\xff\xff", "not MessagePack: Unpack failed: incomplete input"),
        (b"\xa1\xff", "not MessagePack: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (b"\x91" * 100_000, "not MessagePack: nested too deep"),
        (b"\x81\x90\x01", "not MessagePack: "),
    ],
)
def test_what_is_no_msgpack(message, sentence):
    with pytest.raises(CodecError) as fault:
        make("msgpack").decode(message)
    assert str(fault.value).startswith(sentence)
    assert fault.value.by == "peer"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1 << 64, "no MessagePack can be made of it: Integer value out of range"),
        ({1, 2}, "no MessagePack can be made of it: can not serialize 'set' object"),
        ("\ud800", "no MessagePack can be made of it: 'utf-8' codec can't encode"),
    ],
)
def test_what_msgpack_cannot_say(value, words):
    with pytest.raises(CodecError) as fault:
        make("msgpack").encode(value)
    assert str(fault.value).startswith(words)
    assert fault.value.by == "us"


def test_a_value_within_itself_cannot_be_sent():
    value = []
    value.append(value)
    with pytest.raises(CodecError, match="recursion limit exceeded"):
        make("msgpack").encode(value)


def test_many_keys_that_a_peer_can_choose_to_collide_are_refused():
    few = dict.fromkeys(range(1024))
    assert make("msgpack").decode(msgpack.packb(few)) == few
    many = {f"{number}": None for number in range(5000)}
    assert make("msgpack").decode(msgpack.packb(many)) == many
    with pytest.raises(CodecError, match="a map of 1025 keys, of which some are numbers; at most 1024 may be"):
        make("msgpack").decode(msgpack.packb(few | {1024: None}))


def test_a_mebibyte_of_claims_costs_little():
    """Arrays within arrays, each of which claims to be as long as the whole message may be."""
    claims = (b"\xdd" + (1 << 20).to_bytes(4, "big")) * 100
    message = claims + b"\xc0" * ((1 << 20) - len(claims))
    start = time.process_time()
    with pytest.raises(CodecError, match="incomplete input"):
        make("msgpack").decode(message)
    assert time.process_time() - start < 10


def test_the_greatest_value_of_a_message_takes_a_hundred_times_its_bytes_at_most():
    size = 1 << 16
    message = b"\xdc" + (size - 3 & 0xFFFF).to_bytes(2, "big") + b"\x80" * (size - 3)
    tracemalloc.start()
    value = make("msgpack").decode(message)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(value) == size - 3
    assert peak < 128 * size
