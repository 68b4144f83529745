"""What `--help` shows as examples, and what the documentation's prose names as a command, are right commands."""

from __future__ import annotations

import re
import shlex

import pytest

from wiretalk.cli import main
from wiretalk.cli.commands import COMMANDS, TOPICS
from wiretalk.cli.overview import EXAMPLES
from wiretalk.cli.parser import make_parser

PLACEHOLDER = re.compile(r"\b[A-Z]{3,}\b|…")


def words_of(line):
    """Return the words that wiretalk gets of a line for the shell: without redirections, pipes and what is around."""
    inner = re.search(r"\$\((wiretalk [^)]*)\)", line)
    lexer = shlex.shlex(inner.group(1) if inner else line, posix=True, punctuation_chars="|<>&;")
    lexer.whitespace_split = True
    words = list(lexer)
    words = words[words.index("wiretalk") + 1 :]
    return words[: next((at for at, word in enumerate(words) if word[0] in "|<>&;"), len(words))]


def check(line):
    """Raise what the command would say of its words."""
    words = words_of(line)
    if words and words[0] in COMMANDS and words[1:] not in ([], ["--help"]):
        make_parser(words[0])[0].read(words[1:])
    elif words[0] == "help" and len(words) > 1:
        assert words[1] in TOPICS or words[1] in COMMANDS, line
    else:
        assert words[0] in {*COMMANDS, "help", "--help", "--version"}, line


def examples_in(text):
    """Return the command lines of a text's examples: two columns, or the second on a line of its own."""
    lines = [line[2:] for line in text.partition("examples:\n")[2].split("\n") if line.startswith("  ")]
    return [line.partition("  ")[0] for line in lines if "wiretalk " in line.partition("  ")[0]]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_three_examples_and_they_are_right(name, capfd):
    assert main([name, "--help"]) == 0
    shown = examples_in(capfd.readouterr().out)
    assert len(shown) >= 3
    for line in shown:
        assert words_of(line)[0] == name
        check(line)


def test_the_overview_shows_three_examples_and_they_are_right(capfd):
    assert main(["--help"]) == 0
    told = capfd.readouterr().out
    assert len(EXAMPLES) >= 3
    for line, _ in EXAMPLES:
        assert line in told
        check(line)


@pytest.mark.parametrize("name", TOPICS)
def test_the_examples_of_a_topic_are_right(name, capfd):
    assert main(["help", name]) == 0
    for line in examples_in(capfd.readouterr().out):
        check(line)


def test_commands_in_prose_are_right(page):
    prose = "\n".join(line for line in page.prose if not line.startswith("|"))
    for code in re.findall(r"`([^`]+)`", prose):
        line = " ".join(code.split())
        if re.match(r"(\S+ \| )?wiretalk ", line) and not PLACEHOLDER.search(line):
            check(line)
