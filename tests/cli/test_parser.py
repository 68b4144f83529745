"""Words into arguments: help and errors in our own words."""

from __future__ import annotations

import os
import sys

import pytest

from wiretalk.cli import main
from wiretalk.cli.commands import COMMANDS
from wiretalk.cli.parser import Parser, make_parser, value
from wiretalk.errors import UsageError

EXAMPLES = (("wiretalk try :1", "an example"),)


def parser():
    one = Parser("try", "What it does.", EXAMPLES)
    one.add_argument("address", metavar="ADDRESS")
    one.add_argument("words", metavar="WORD", nargs="*")
    one.add_argument("--count", metavar="N", type=value(int))
    one.optional_value("--again", metavar="N", default="-1", type=value(int), help="again")
    one.set_defaults(again=0)
    return one


@pytest.mark.parametrize(
    ("words", "again", "said"),
    [
        ([":1"], 0, []),
        (["--again", ":1", "x"], -1, ["x"]),
        (["--again=5", ":1"], 5, []),
        ([":1", "x", "--again", "y"], -1, ["x", "y"]),
        ([":1", "--", "--again"], 0, ["--again"]),
    ],
)
def test_an_option_that_may_stand_alone_never_takes_the_next_word(words, again, said):
    arguments = parser().read(words)
    assert (arguments.again, arguments.address, arguments.words) == (again, ":1", said)


@pytest.mark.parametrize(
    ("words", "said", "program"),
    [
        ([":1"], [], None),
        ([":1", "--"], [], []),
        ([":1", "x", "--", "sort", "--count", "--", "--help"], ["x"], ["sort", "--count", "--", "--help"]),
        (["--again", ":1", "--", "--again"], [], ["--again"]),
    ],
)
def test_words_after_dashes_may_be_kept_as_they_are(words, said, program):
    one = parser()
    one.take_after_dashes("program", "PROGRAM")
    arguments = one.read(words)
    assert (arguments.address, arguments.words, arguments.program) == (":1", said, program)
    usage = one.format_help().partition("\n\n")[0]
    assert usage.endswith(f"\n{' ' * len('usage: wiretalk try ')}[-- PROGRAM]")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "ADDRESS, WORD is missing; write it like: wiretalk try :1"),
        ([":1", "--cuont=1"], 'there is no option "--cuont"; did you mean "--count"?'),
        ([":1", "--xyzzy"], 'there is no option "--xyzzy"; wiretalk try --help shows what there is'),
        ([":1", "--coun", "1"], 'there is no option "--coun"; did you mean "--count"?'),
        ([":1", "--count"], "--count: expected one argument; wiretalk try --help shows what there is"),
        ([":1", "--count", "x"], "invalid literal for int() with base 10: 'x'"),
    ],
)
def test_mistakes_are_told_with_what_would_be_right(words, sentence):
    with pytest.raises(UsageError) as raised:
        parser().read(words)
    assert str(raised.value) == sentence


def test_one_word_too_many():
    one = Parser("try", "", EXAMPLES)
    with pytest.raises(UsageError, match='"x" is one word too many'):
        one.read(["x"])


def test_a_usage_error_of_a_value_keeps_its_caret():
    def refuse(text):
        raise UsageError(text, 1, "wrong", "right")

    one = Parser("try", "", EXAMPLES)
    one.add_argument("--x", type=value(refuse))
    with pytest.raises(UsageError) as raised:
        one.read(["--x", "abc"])
    assert raised.value.at == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_every_command_says_what_it_does(name):
    made, module = make_parser(name)
    assert len(module.EXAMPLES) >= 3
    assert module.DESCRIPTION
    for action in made.options() + made.positionals():
        assert action.help


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.skipif(sys.version_info >= (3, 14), reason="argparse's own colours")
def test_help_is_as_wide_as_it_may_be(name, capfd, monkeypatch):
    monkeypatch.setattr(os, "get_terminal_size", lambda _=1: os.terminal_size((200, 50)))
    assert main([name, "--help"]) == 0
    wide = capfd.readouterr().out
    monkeypatch.setattr(os, "get_terminal_size", lambda _=1: os.terminal_size((10, 50)))
    assert main([name, "--help"]) == 0
    narrow = capfd.readouterr().out
    options = narrow.partition("\noptions:\n")[2].partition("\nexamples:\n")[0]
    assert max(len(line) for line in options.splitlines()) <= 60
    assert max(len(line) for line in wide.splitlines()) <= 120
    assert wide.count("\n") <= narrow.count("\n")


def test_examples_are_commands_that_can_be_read():
    import shlex

    for name in COMMANDS:
        made, module = make_parser(name)
        for line, _ in module.EXAMPLES:
            words = shlex.split(line.split("|")[-1].split(">")[0].split("<")[0].removeprefix("eval "))
            if words[0].startswith("$("):
                continue
            assert words[:2] == ["wiretalk", name]
            made.read(words[2:])
