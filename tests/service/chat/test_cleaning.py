"""What is said becomes lines that control no terminal."""

from __future__ import annotations

import pytest

from wiretalk.service.chat.cleaning import clean, lines_of


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("hello", "hello"),
        ("grüße, 你好 👩‍👩‍👧 ❤️", "grüße, 你好 👩‍👩‍👧 ❤️"),
        ("\x1b]0;title\x07", "�]0;title�"),
        ("\x1b[2Jgone", "�[2Jgone"),
        ("\x9b31mred", "�31mred"),
        ("one\rtwo", "one�two"),
        ("a\tb", "a b"),
        ("a\x00b\x7fc", "a�b�c"),
        ("\u202etxt.exe", "�txt.exe"),
        ("a\u2028b\u2029c", "a�b�c"),
        ("lone \ud83d", "lone �"),
        ("a\u00a0b\u3000c", "a\u00a0b\u3000c"),
    ],
)
def test_nothing_that_controls_a_terminal_is_left(said, shown):
    assert clean(said) == shown
    clean(said).encode()


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ("", []),
        (" \r\n", []),
        ("hello\n", ["hello"]),
        ("  hello \r\n\r\nworld\r\n", ["hello", "world"]),
        ("one\n\x1b\ntwo", ["one", "\x1b", "two"]),
    ],
)
def test_lines(said, lines):
    assert lines_of(said) == lines
