"""The words of a command, and what is refused before anything is started."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiretalk.address import parse
from wiretalk.address.commands import UnclosedError, variables, words
from wiretalk.errors import AddressError


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("sort", ["sort"]),
        ("sort  -u\t-r", ["sort", "-u", "-r"]),
        ("echo 'two words'", ["echo", "two words"]),
        ('echo "two words"', ["echo", "two words"]),
        ("echo two\\ words", ["echo", "two words"]),
        ("echo a'b'\"c\"d", ["echo", "abcd"]),
        ("echo '' \"\"", ["echo", "", ""]),
        ("echo 'a\\b' \"a\\b\"", ["echo", "a\\b", "a\\b"]),
        ('echo "a\\"b\\\\c"', ["echo", 'a"b\\c']),
        ("echo $HOME * | cat; #x", ["echo", "$HOME", "*", "|", "cat;", "#x"]),
        ("", []),
    ],
)
def test_words(command, found):
    assert words(command) == found


@given(st.text("ab \t'\"\\$", max_size=20))
def test_a_shell_without_patterns_reads_it_so(command):
    try:
        expected = shlex.split(command)
    except ValueError:
        with pytest.raises(UnclosedError):
            words(command)
        return
    assert words(command) == expected


@pytest.mark.parametrize(
    ("text", "at", "length", "reason"),
    [
        ("exec:echo 'a b", 10, 1, "the quotation is never closed"),
        ('pty:sh -c "a', 10, 1, "the quotation is never closed"),
        ('exec:echo "a\\', 10, 1, "the quotation is never closed"),
        ("exec:echo a\\", 11, 1, "nothing comes after the backslash"),
        ("exec:echo%20'a", 5, 9, "the quotation is never closed"),
        ("exec:''", 5, 2, "the command has no name of a program"),
        ("exec:%20", 5, 3, "the command has no name of a program"),
        ("exec:env?env=A=1,B", 9, 3, '"B" sets no variable'),
        ("pty:env?raw=1&env==1", 14, 3, '"=1" sets no variable'),
    ],
)
def test_what_is_refused_and_where(text, at, length, reason):
    with pytest.raises(AddressError) as caught:
        parse(text)
    assert (caught.value.at, caught.value.length, caught.value.reason) == (at, length, reason)


def test_a_shell_reads_its_command_itself():
    assert parse("exec:echo 'a?shell").path == "echo 'a"


def test_variables():
    assert variables(parse("exec:env")) == []
    assert variables(parse("exec:env?env=A=1,B=a%26b=c")) == ["A=1", "B=a&b=c"]
