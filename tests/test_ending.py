"""Endings: the record and its sentence."""

from __future__ import annotations

import pytest

from wiretalk.ending import Ending
from wiretalk.errors import EXIT_STATUS


@pytest.mark.parametrize(
    ("ending", "sentence"),
    [
        (Ending("finished", "peer"), "finished by the peer"),
        (Ending("closed", "us"), "closed by us"),
        (Ending("timed-out", "peer", wait="send", unsent_bytes=9), "timed-out by the peer in send; 9 bytes unsent"),
        (Ending("reset", "system", reason="no route"), "reset by the system (no route)"),
    ],
)
def test_the_sentence(ending, sentence):
    assert str(ending) == sentence


def test_the_fields_for_json():
    assert Ending("timed-out", "us", "drain", 3, "why").as_dict() == {
        "how": "timed-out",
        "by": "us",
        "wait": "drain",
        "unsent_bytes": 3,
        "reason": "why",
    }


@pytest.mark.parametrize("how", EXIT_STATUS)
def test_the_exit_status_is_that_of_the_word(how):
    assert Ending(how, "us").exit_status == EXIT_STATUS[how]


def test_equal_is_what_says_the_same():
    assert Ending("reset", "peer") == Ending("reset", "peer")
    assert Ending("reset", "peer") != Ending("reset", "us")
    assert Ending("reset", "peer") != "reset"
    assert len({Ending("reset", "peer"), Ending("reset", "peer"), Ending("closed", "us")}) == 2


def test_how_it_shows_itself():
    assert repr(Ending("reset", "peer", unsent_bytes=1)) == "Ending('reset', 'peer', '', 1, '')"
