"""What a peer says, in lines with its name in front."""

from __future__ import annotations

import pytest

from wiretalk.cli.screen import MAX_UNFINISHED_BYTES, Voice, short_name
from wiretalk.cli.words import make_words


def voice(codec=None, colour=None):
    return Voice("pi:8888", make_words(codec), colour)


@pytest.mark.parametrize(
    ("peer", "name"),
    [
        ("tcp://127.0.0.1:8888", "127.0.0.1:8888"),
        ("udp://[::1]:5", "[::1]:5"),
        ("unix:/run/x.sock", "/run/x.sock"),
        ("unix:(unnamed)", "(unnamed)"),
        ("-", "-"),
    ],
)
def test_a_peer_is_named_by_its_address_without_the_scheme(peer, name):
    assert short_name(peer) == name


def test_a_message_is_a_line():
    assert voice().message(b"hello") == "pi:8888: hello"
    assert voice().message(b"") == "pi:8888: "


def test_a_message_of_several_lines_is_indented():
    assert voice().message(b"one\r\ntwo\n") == "pi:8888: one\n         two"


def test_only_the_name_is_coloured_and_escapes_are_set_off():
    assert voice(colour=0).message(b"a\x07") == "\x1b[36mpi:8888\x1b[0m: a\x1b[7m\\x07\x1b[27m"


def test_colours_go_round():
    assert voice(colour=6).message(b"") == voice(colour=0).message(b"")


def test_a_value_is_written_as_the_codec_does():
    assert voice("hex").message(b"\0\xff") == "pi:8888: 00ff"


def test_what_is_no_value_is_shown_as_it_is_with_a_word():
    shown = voice("json").message(b"nonsense\x1b")
    assert shown.splitlines()[0] == "pi:8888: nonsense\\x1b"
    assert "(not JSON" in shown


def test_pieces_of_a_stream_make_lines():
    one = voice()
    assert one.piece(b"hel") == ""
    assert one.unfinished
    assert one.piece(b"lo\nwor") == "pi:8888: hello"
    assert one.piece(b"ld\n\nmore\n") == "pi:8888: world\npi:8888: \npi:8888: more"
    assert not one.unfinished


def test_the_begin_of_a_line_is_shown_when_its_rest_does_not_come():
    one = voice()
    one.piece(b"login: ")
    assert one.rest() == "pi:8888: login: "
    assert not one.unfinished


def test_a_line_without_an_end_is_not_held_for_ever():
    one = voice()
    assert one.piece(b"x" * MAX_UNFINISHED_BYTES) == ""
    assert one.piece(b"y").endswith("xy")
    assert not one.unfinished
