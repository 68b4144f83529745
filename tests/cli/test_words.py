"""What is typed becomes a message, and a message is written so that it could be typed."""

from __future__ import annotations

import pytest

from wiretalk.cli.words import make_words, plain, unescaped
from wiretalk.errors import CodecError, UsageError


def test_without_a_codec_a_line_is_the_message():
    words = make_words(None)
    assert words.message(b"\xff any") == b"\xff any"
    assert words.line(b"\xff any") == b"\xff any"
    assert words.shown(b"x") == b"x"
    assert not words.valued
    assert not make_words("bytes").valued


@pytest.mark.parametrize(
    ("codec", "line", "message", "written"),
    [
        ("text", "Grüße", "Grüße".encode(), "Grüße"),
        ("hex", "00 FF 10", b"\0\xff\x10", "00ff10"),
        ("json", ' {"a" : [1, 2]} ', b'{"a":[1,2]}', '{"a":[1,2]}'),
        ("json", '"Grüße"', '"Grüße"'.encode(), '"Grüße"'),
        ("struct:>HHI", "1, 2, 3", b"\0\1\0\2\0\0\0\3", "[1,2,3]"),
        ("struct:>HHI", "[1, 2, 3]", b"\0\1\0\2\0\0\0\3", "[1,2,3]"),
        ("struct:>B4s", '7, "abc"', b"\7abc\0", '[7,"abc\\u0000"]'),
        ("struct:>f", "0.5", b"\x3f\0\0\0", "[0.5]"),
        ("msgpack", '{"led": true}', b"\x81\xa3led\xc3", '{"led":true}'),
    ],
)
def test_a_codec_makes_messages_of_lines_and_lines_of_messages(codec, line, message, written):
    words = make_words(codec)
    assert words.valued
    assert words.message(line.encode()) == message
    assert words.line(message).decode() == written


@pytest.mark.parametrize(
    ("codec", "line", "reason"),
    [
        ("text", b"\xff", "not UTF-8"),
        ("hex", b"xyz", "hexadecimal digit"),
        ("json", b"{", "not JSON"),
        ("struct:>H", b"70000", "no record struct:>H"),
        ("struct:>H", b"1, 2", "no record struct:>H"),
        ("msgpack", b"{1: 2}", "not JSON"),
    ],
)
def test_what_is_no_value_is_our_own_mistake(codec, line, reason):
    with pytest.raises(CodecError, match=reason) as raised:
        make_words(codec).message(line)
    assert raised.value.by == "us"


def test_what_the_peer_says_wrong_is_the_peer_s():
    with pytest.raises(CodecError) as raised:
        make_words("json").line(b"nonsense")
    assert raised.value.by == "peer"


def test_long_json_is_shown_in_several_lines_and_short_in_one():
    words = make_words("json")
    assert words.shown(b'{"a": 1}') == b'{"a":1}'
    long = words.shown(b'{"name": "%b", "list": [1, 2]}' % (b"x" * 80)).decode()
    assert long.splitlines()[0] == "{"
    assert '  "list": [' in long


def test_values_that_json_has_not_are_written_as_its_like():
    assert plain({b"k": (1, b"text", b"\xff")}) == {"k": [1, "text", "ff"]}
    assert plain({1: None, 2.5: True}) == {"1": None, "2.5": True}
    assert plain(float("inf")) == "inf"
    assert plain(float("nan")) == "nan"
    assert plain(1j) == "1j"


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("plain", b"plain"),
        (r"a\nb\r\t\0\e\\", b"a\nb\r\t\0\x1b\\"),
        (r"\x00\xfF", b"\x00\xff"),
        ("Grüße\\n", "Grüße\n".encode()),
        ("", b""),
        ("\udcff", b"\xff"),
    ],
)
def test_escapes_stand_for_bytes(text, data):
    assert unescaped(text) == data


@pytest.mark.parametrize(("text", "at"), [(r"a\q", 1), ("end\\", 3), (r"\x1", 0), (r"\xzz", 0)])
def test_what_is_no_escape_is_shown_with_a_caret(text, at):
    with pytest.raises(UsageError, match="is no escape") as raised:
        unescaped(text)
    assert raised.value.at == at
