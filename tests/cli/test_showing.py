"""How what passes is written where nobody types at a terminal."""

from __future__ import annotations

import json

import pytest

from wiretalk.cli import showing
from wiretalk.cli.words import make_words
from wiretalk.errors import CodecError, RefusedError, TimedOutError
from wiretalk.framing import make

FACTS = {"local": "tcp://127.0.0.1:1", "tls": None, "ending": {"how": "finished", "by": "peer"}} | dict.fromkeys(
    ("age_s", "bytes_received", "bytes_sent", "messages_received", "messages_sent"), 0
)


@pytest.fixture
def written(monkeypatch):
    """What is written to standard output."""
    data = bytearray()
    monkeypatch.setattr(showing, "write_out", data.extend)
    monkeypatch.setattr(showing, "colours", lambda _: False)
    return data


def test_bytes_as_they_are(written):
    shown = showing.Shown()
    shown.opened("p", FACTS)
    shown.received("p", b"a\xff")
    shown.sent("p", b"not shown")
    shown.cut("p", b"rest")
    shown.ended("p", {})
    assert written == b"a\xffrest"


def test_lines(written):
    shown = showing.Lines(make_words("hex"))
    for message in (b"a", b""):
        shown.received("p", message)
    assert written == b"61\n\n"
    shown = showing.Lines(make_words(None))
    shown.received("p", b"ended\n")
    assert written == b"61\n\nended\n"


def test_framed(written):
    showing.Framed(make_words(None), make("netstring")).received("p", b"a\n")
    assert written == b"2:a\n,"


def test_pieces_for_reading_leave_the_prompt_a_line_of_its_own(written):
    shown = showing.ForReading(make_words(None), whole=False)
    for piece in (b"no\x1b", b"\r\nend", b""):
        shown.received("p", piece)
    shown.ended("p", {})
    shown.ended("p", {})
    assert written == b"no\\x1b\nend\n"


def test_messages_for_reading_are_lines(written):
    shown = showing.ForReading(make_words(None), whole=True)
    shown.received("p", b"one")
    shown.received("p", b"two\n")
    shown.cut("p", b"rest")
    shown.ended("p", {})
    assert written == b"one\ntwo\nrest\n"


def test_a_dump_of_several_names_each_when_it_changes(written):
    shown = showing.HexDump(several=True)
    for peer in "ab":
        shown.opened(peer, FACTS)
    shown.received("a", b"1")
    shown.sent("a", b"2")
    shown.cut("b", b"3")
    shown.ended("a", {})
    shown.finished(None)
    lines = written.decode().splitlines()
    assert [line[:13] for line in lines] == [
        "# a",
        "< 00000000  3",
        "> 00000000  3",
        "# b",
        "< 00000000  3",
    ]


def test_json(written):
    shown = showing.JsonLines(make_words("json"))
    shown.opened("p", FACTS)
    shown.received("p", b"[1]")
    with pytest.raises(CodecError):
        shown.received("p", b"?")
    shown.cut("p", b"\xff")
    shown.finished(None)
    shown.ended("p", showing.ending_of(FACTS))
    opened, value, wrong, cut, ending = map(json.loads, written.splitlines())
    assert opened["event"] == "open"
    assert value["value"] == [1]
    assert wrong["text"] == "?"
    assert (cut["hex"], cut["truncated"]) == ("ff", True)
    assert (ending["event"], ending["how"], ending["by"]) == ("ending", "finished", "peer")


def test_the_ending_of_what_never_began():
    refused = showing.ending_of_error(RefusedError("tcp://:1", "nobody"))
    assert (refused["how"], refused["by"], refused["reason"]) == ("refused", "peer", "tcp://:1: nobody")
    assert showing.ending_of_error(TimedOutError("p", "connect", 1))["wait"] == "connect"


def test_an_output_that_is_none_has_no_reader(monkeypatch):
    def fail(_):
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(showing.os, "fstat", fail)
        watches = showing.watches_reader()
    assert not watches
