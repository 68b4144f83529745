"""json: RFC 8259, in UTF-8, without spaces."""

import math

import pytest

from wiretalk.codec import make
from wiretalk.errors import CodecError


def test_json_is_short_and_readable():
    assert (
        make("json").encode({"name": "Zoë", "n": [1, 2.5, None, True]})
        == '{"name":"Zoë","n":[1,2.5,null,true]}'.encode()
    )
    assert make("json").decode(b' {"a" : [1, "\\u00e9"]}\n') == {"a": [1, "é"]}


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (b"", "not JSON: Expecting value at offset 0"),
        (b'{"a":}', "not JSON: Expecting value at offset 5"),
        ('["ü" 1]'.encode(), "not JSON: Expecting ',' delimiter at offset 6"),
        (b"1 2", "not JSON: Extra data at offset 2"),
        (b'"\xff"', "not JSON: not UTF-8: byte ff at offset 1"),
        (b"NaN", "not JSON: NaN is no JSON"),
        (b"[1,-Infinity]", "not JSON: -Infinity is no JSON"),
        (b"[" * 100_000, "JSON nested too deep"),
        (b"1" * 5000, "not JSON: Exceeds the limit (4300 digits) for integer string conversion"),
    ],
)
def test_what_is_no_json(message, sentence):
    with pytest.raises(CodecError) as fault:
        make("json").decode(message)
    assert str(fault.value).startswith(sentence)
    assert fault.value.by == "peer"


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def within_itself():
    value = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (math.nan, "no JSON can be made of it: Out of range float values are not JSON compliant"),
        ([math.inf], "no JSON can be made of it: Out of range float values are not JSON compliant"),
        (b"bytes", "no JSON can be made of it: Object of type bytes is not JSON serializable"),
        ({(1, 2): 3}, "no JSON can be made of it: keys must be str, int, float, bool or None, not tuple"),
        ("\ud800", "no JSON can be made of a lone surrogate, U+D800"),
        (within_itself(), "no JSON can be made of it: Circular reference detected"),
        (nested(100_000), "no JSON can be made of it: nested too deep"),
        (10**5000, "no JSON can be made of it: Exceeds the limit (4300 digits)"),
    ],
    ids=["NaN", "infinity", "bytes", "tuple as key", "surrogate", "circle", "deep", "long number"],
)
def test_what_json_cannot_say(value, words):
    with pytest.raises(CodecError) as fault:
        make("json").encode(value)
    assert str(fault.value).startswith(words)
    assert fault.value.by == "us"
