"""What a peer says must not control a terminal, and must stay readable."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiretalk.cli.escaping import printable, printable_lines


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"hello", "hello"),
        ("Grüße, 日本, ❤️, 👨‍👩‍👧".encode(), "Grüße, 日本, ❤️, 👨‍👩‍👧"),
        (b"a\tb", "a\tb"),
        (b"\x1b[2Jgone", "\\x1b[2Jgone"),
        (b"\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        (b"over\rwritten", "over\\rwritten"),
        (b"back\x08space\x7f\0", "back\\x08space\\x7f\\0"),
        (b"\xff\xfe caf\xe9", "\\xff\\xfe caf\\xe9"),
        ("c1 \x9b31m".encode(), "c1 \\u009b31m"),
        ("evil \u202etxt".encode(), "evil \\u202etxt"),
        ("sep\u2028".encode(), "sep\\u2028"),
        ("tag\U000e0041".encode(), "tag\\U000e0041"),
        ("no\u00a0break".encode(), "no\u00a0break"),
    ],
)
def test_text_stays_and_control_is_escaped(data, shown):
    assert printable(data) == shown


def test_escapes_are_set_off_where_colours_are():
    assert printable(b"\x1b[1m and \\x1b[1m\t.", marked=True) == "\x1b[7m\\x1b\x1b[27m[1m and \\x1b[1m\t."


def test_line_feeds_stay_and_a_cr_before_one_goes():
    assert printable_lines(b"one\r\ntwo\rthree\n\x07") == "one\ntwo\\rthree\n\\x07"


@given(st.binary())
def test_nothing_shown_controls_a_terminal(data):
    shown = printable_lines(data)
    assert all(unicodedata.category(c) not in {"Cc", "Cs"} for c in shown if c not in "\n\t")
    assert not any(c in shown for c in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S"))))
def test_plain_text_is_shown_as_it_is(text):
    assert printable(text.encode()) == text
