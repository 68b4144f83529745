"""What may be asked for: words against patterns, and patterns that could hang us."""

from __future__ import annotations

import pytest

from wiretalk.errors import UsageError
from wiretalk.limits import EXEC_ARGUMENT_CHARACTERS
from wiretalk.service.exec.commands import Argument, Command, RefusalError, check_pace
from wiretalk.service.exec.running import Manner

MANNER = Manner(timeout_s=1, max_output_bytes=1)


def command(run=("df", "-h", "{path}"), **patterns):
    return Command("disk", list(run), patterns or {"path": "/[a-z/]{0,40}"}, MANNER, "how full")


def test_an_argument_becomes_one_word():
    made = command(("prog", "--at={where}", "{{literal}}", "{what}{what}"), what=".*", where=".*")
    shell = "a b; $(c) `d` | e * ~ \\"
    assert made.fill([shell, "é'\""]) == ["prog", "--at=é'\"", "{literal}", shell + shell]
    assert made.usage == "disk WHAT WHERE"
    assert made.program == "prog"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "disk takes 1 argument: disk PATH"),
        (["/", "/"], "disk takes 1 argument: disk PATH"),
        (["/etc; rm -rf /"], "path does not match /[a-z/]{0,40}"),
        (["$(id)"], "path does not match"),
        (["/\n"], "path does not match"),
        (["/etc\n"], "path does not match"),
        (["/../etc"], "path does not match"),
        ([""], "path does not match"),
        (["-rf"], "path begins with -, and would be taken for an option"),
        (["/" * 300], f"path is longer than {EXEC_ARGUMENT_CHARACTERS} characters"),
        (["/\0"], "path holds a NUL"),
    ],
)
def test_words_that_are_not_let_through(words, reason):
    with pytest.raises(RefusalError) as raised:
        command().fill(words)
    assert str(raised.value).startswith(reason)


def test_how_many_arguments():
    with pytest.raises(RefusalError, match="disk takes no arguments"):
        Command("disk", ["df"], {}, MANNER).fill(["x"])
    with pytest.raises(RefusalError, match="disk takes 2 arguments: disk A B"):
        command(("p", "{a}", "{b}"), a="a", b="b").fill(["x"])


@pytest.mark.parametrize(("pattern", "word"), [("-?[0-9]{1,4}", "-12"), (r"\-[a-z]", "-a"), ("-v", "-v")])
def test_a_pattern_that_begins_with_a_dash_lets_one_through(pattern, word):
    Argument("n", pattern).check(word)
    with pytest.raises(RefusalError):
        Argument("n", "[-a-z0-9]{1,9}").check(word)


@pytest.mark.parametrize(
    ("run", "patterns", "reason"),
    [
        ([], {}, "run names no program"),
        (["", "x"], {}, "run names no program"),
        (["df", "{path"], {"path": "x"}, "this { is never closed"),
        (["df", "{paht}"], {"path": "x"}, 'there is no field "paht" here; did you mean "path"?'),
        (["/bin/{path}"], {"path": "x"}, "the program itself is not for peers to choose"),
        (["df"], {"path": "x"}, "does not use its argument path in run; write {path} there"),
        (["df", "{path}"], {"path": "["}, "the pattern of path is none: unterminated character set"),
        (["df", "{path}"], {"path": "a{99999999999999999999}"}, "the pattern of path is none: "),
        (["df", "{path}"], {"path": "(" * 5000}, "the pattern of path is none: "),
    ],
)
def test_commands_that_are_none(run, patterns, reason):
    with pytest.raises(UsageError) as raised:
        Command("disk", run, patterns, MANNER)
    assert str(raised.value).startswith(reason)


HANGING = [
    "(a+)+",
    "(a*)*",
    "(a|aa)*",
    "(?:a?){30}",
    "a*a*a*b",
    "(x{1,100}y{1,100}){2,3}",
    "(a|b|ab)*c",
    "(?:.*){5}",
    "(a+?)+",
]


@pytest.mark.parametrize("pattern", HANGING)
def test_patterns_that_could_hang_us_are_refused(pattern):
    with pytest.raises(UsageError, match="could take too long to match; bound its repetitions"):
        check_pace("x", pattern)


@pytest.mark.parametrize("pattern", ["(?=a)a", "(?!a)b", "(?<=a)b", r"(a)\1", "(a)?(?(1)b|c)"])
def test_patterns_that_look_around_are_refused(pattern):
    with pytest.raises(UsageError, match="the pattern of x looks around or back"):
        Argument("x", pattern)


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("[a-z]+", "abc"),
        ("[ab]*", "abab"),
        ("(on|off)", "off"),
        ("(?i)ON|OFF", "off"),
        ("[a-z]{1,20}-[0-9]{1,20}(\\.[0-9]{1,20})?", "a-1.5"),
        ("(foo|bar){0,3}", "foobar"),
        ("(?>a+)b", "aab"),
        ("[a-z]++", "abc"),
        ("^x$", "x"),
        (".{0,256}", "ä" * 256),
        ("(?:[0-9]{3}\\.){2}[^x]", "123.456.y"),
    ],
)
def test_patterns_that_are_fine(pattern, word):
    Argument("x", pattern).check(word)


@pytest.mark.parametrize("pattern", ["[a-z]*[a-z]*!", ".{0,90}.{0,90}.{0,90}!", "(a|aa){0,13}!"])
def test_the_slowest_that_is_let_in_is_done_at_once(pattern):
    # One that could hang us would end with the patience of the tests.
    with pytest.raises(RefusalError):
        Argument("x", pattern).check("a" * EXEC_ARGUMENT_CHARACTERS)
