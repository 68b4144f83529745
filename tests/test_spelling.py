"""What was probably meant."""

from __future__ import annotations

import doctest
import subprocess
import sys

import pytest

from wiretalk import spelling
from wiretalk.spelling import did_you_mean, nearest

SCHEMES = ["tcp", "tcp4", "tcp6", "unix", "tls", "udp", "unixgram"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("tpc", "tcp"),
        ("TCP", "tcp"),
        ("tcp5", "tcp"),
        ("unxi", "unix"),
        ("unixdgram", "unixgram"),
        ("upd", "udp"),
        ("websocket", None),
        ("", None),
    ],
)
def test_the_nearest(word, expected):
    assert nearest(word, SCHEMES) == expected


def test_no_choices():
    assert nearest("tcp", []) is None


def test_the_question():
    assert did_you_mean("upd", SCHEMES) == 'did you mean "udp"?'
    assert did_you_mean("websocket", SCHEMES) == ""


def test_choices_may_be_any_iterable():
    assert nearest("ab", (word for word in ("zz", "abc"))) == "abc"


def test_nothing_is_loaded_before_there_is_a_mistake():
    program = "import sys, wiretalk.spelling; print('difflib' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
    )


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(spelling) == (0, 2)
