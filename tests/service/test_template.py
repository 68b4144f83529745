from __future__ import annotations

import pytest

from wiretalk.errors import UsageError
from wiretalk.service.template import Template

FIELDS = {"message": lambda said: said, "length": lambda said: b"%d" % len(said)}


@pytest.mark.parametrize(
    ("text", "message", "filled"),
    [
        ("", b"hello", b""),
        ("thanks", b"hello", b"thanks"),
        ("{message}", b"hello", b"hello"),
        ("{message}", b"", b""),
        ("server rec: {message}", "grüß".encode(), "server rec: grüß".encode()),
        ("größer: {message}", b"\xff\xfe\x00\xc3", "größer: ".encode() + b"\xff\xfe\x00\xc3"),
        ("{message}{message} ({length})", b"ab", b"abab (2)"),
        ("{{{message}}}", b"ab", b"{ab}"),
        ('{{"got": "{message}"}}', b"ab", b'{"got": "ab"}'),
        ("{{message}}", b"ab", b"{message}"),
        ("{{{{}}}}", b"ab", b"{{}}"),
        ("{message}", b"{message} {peer} {", b"{message} {peer} {"),
        (b"\xff{message}\xfe", b"\xfd", b"\xff\xfd\xfe"),
    ],
)
def test_what_is_put_in_is_put_in_byte_for_byte(text, message, filled):
    assert Template(text, FIELDS).fill(message) == filled


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "rec: {massage}",
            'there is no field "massage" here; did you mean "message"?\n  rec: {massage}\n        ^^^^^^^',
        ),
        ("{}", 'there is no field "" here; there are {message}, {length}\n  {}\n   ^'),
        ("{0}", 'there is no field "0" here; there are {message}, {length}\n  {0}\n   ^'),
        (
            "{message.upper}",
            'there is no field "message.upper" here; did you mean "message"?\n  {message.upper}\n   ^^^^^^^^^^^^^',
        ),
        (
            "a {message",
            "this { is never closed; write it twice for a brace of the text's own\n  a {message\n    ^",
        ),
        ("a } b", "this } closes nothing; write it twice for a brace of the text's own\n  a } b\n    ^"),
        ("{{{", "this { is never closed; write it twice for a brace of the text's own\n  {{{\n    ^"),
    ],
)
def test_what_cannot_be_filled_is_refused_with_a_caret(text, shown):
    with pytest.raises(UsageError) as refused:
        Template(text, FIELDS)
    assert str(refused.value) == shown


def test_only_the_fields_of_the_text_are_asked_for():
    def never(_):
        raise AssertionError("nobody asked for this one")

    assert Template("{message}", {"message": lambda said: said, "other": never}).fill(b"hello") == b"hello"


def test_it_shows_itself():
    assert repr(Template(b"a{{", FIELDS)) == "Template('a{{')"
