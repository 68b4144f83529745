"""The errors: the tree, the one word of each, and the sentence each composes of its fields."""

from __future__ import annotations

import copy
import pickle

import pytest

from wiretalk import errors
from wiretalk.ending import Ending

CLASSES = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.WiretalkError)]
RESET = Ending("reset", "peer", unsent_bytes=5)
EXAMPLES = [
    errors.UsageError("lines", 0, 'there is no framing "lines"', 'did you mean "line"?', 5),
    errors.AddressError(":65536", 1, "port must be 0 to 65535", length=5),
    errors.MissingPackageError("msgpack", "msgpack", "the msgpack codec"),
    errors.OpenError("tcp://h:1", "no"),
    errors.RefusedError("tcp://h:1", "nobody listens there"),
    errors.UnreachableError("tcp://h:1", "no way there"),
    errors.NoSuchHostError("tcp://h:1", "no such name"),
    errors.InUseError("tcp://h:1", "in use by nc (pid 5)"),
    errors.NotPermittedError("tcp://h:1", "ports below 1024 are for root"),
    errors.NotTrustedError("tls://h:1", "expired"),
    errors.EndedError("tcp://h:1", RESET),
    errors.FinishedError("tcp://h:1", Ending("finished", "peer")),
    errors.ClosedError("tcp://h:1", Ending("closed", "us")),
    errors.ResetError("tcp://h:1", RESET),
    errors.TimedOutError("tcp://h:1", "connect", 10.0, 3),
    errors.LimitError("max_message_bytes", 1024, "a message of 2000 bytes"),
    errors.MessageError("no"),
    errors.MalformedError("no length", by="us"),
    errors.TruncatedError(3, 10),
    errors.CodecError("no JSON"),
]


def test_the_tree_in_the_docstring_is_the_tree():
    tree = errors.__doc__.split("\n\n")[1]
    drawn = [word for word in tree.split() if word.endswith("Error") and word.isalpha()]
    assert sorted(drawn) == sorted(each.__name__ for each in CLASSES)


@pytest.mark.parametrize("each", CLASSES, ids=lambda each: each.__name__)
def test_every_class_has_a_word_and_the_word_an_exit_status(each):
    assert each.how in errors.EXIT_STATUS
    assert each.by in {"us", "peer", "system"}


def test_every_exit_status_is_one_of_its_own():
    assert len(set(errors.EXIT_STATUS.values())) == len(errors.EXIT_STATUS)
    assert errors.EXIT_STATUS["finished"] == 0
    assert errors.EXIT_STATUS["usage"] == 2
    assert errors.EXIT_STATUS["interrupted"] == 130


@pytest.mark.parametrize(
    ("each", "builtin"),
    [
        (errors.UsageError, ValueError),
        (errors.AddressError, errors.UsageError),
        (errors.MissingPackageError, ImportError),
        (errors.OpenError, OSError),
        (errors.RefusedError, errors.OpenError),
        (errors.FinishedError, errors.EndedError),
        (errors.TimedOutError, TimeoutError),
        (errors.TruncatedError, errors.MessageError),
    ],
)
def test_who_catches_what(each, builtin):
    assert issubclass(each, builtin)
    assert issubclass(each, errors.WiretalkError)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_crosses_processes(error):
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)
        assert again.exit_status == error.exit_status


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            errors.UsageError("lines", 0, 'there is no framing "lines"', 'did you mean "line"?', 5),
            'there is no framing "lines"; did you mean "line"?\n  lines\n  ^^^^^',
        ),
        (errors.UsageError("", 0, "the address is empty"), "the address is empty"),
        (errors.UsageError("x", 1, "the port is missing", length=0), "the port is missing\n  x\n   ^"),
        (
            errors.MissingPackageError("msgpack", "msgpack", "the msgpack codec"),
            "the msgpack codec needs the package msgpack; install it with: pip install 'wiretalk[msgpack]'",
        ),
        (errors.RefusedError("tcp://h:1", "nobody listens there"), "tcp://h:1: nobody listens there"),
        (errors.ResetError("tcp://h:1", RESET), "tcp://h:1: reset by the peer; 5 bytes unsent"),
        (
            errors.TimedOutError("tcp://h:1", "connect", 10.0, 3),
            "tcp://h:1: timed out after 10 s in connect; 3 bytes unsent",
        ),
        (errors.TimedOutError("tcp://h:1", "keepalive"), "tcp://h:1: timed out in keepalive"),
        (
            errors.LimitError("max_message_bytes", 1024, "a message of 2000 bytes"),
            "a message of 2000 bytes: the limit max_message_bytes is 1024",
        ),
        (errors.MalformedError("no length"), "no length"),
        (errors.TruncatedError(3, 10), "the stream ended within a message: 3 of 10 bytes of it had come"),
        (errors.TruncatedError(3), "the stream ended within a message: 3 bytes of it had come"),
    ],
)
def test_the_sentence(error, sentence):
    assert str(error) == sentence


def test_what_could_move_a_cursor_is_not_shown():
    error = errors.UsageError("a\x1b[2Jb\nc", 1, 'no "\x1b"', length=1)
    assert str(error) == 'no "\ufffd"\n  a\ufffd[2Jb\ufffdc\n   ^'


@pytest.mark.parametrize(
    ("text", "at", "length", "carets"),
    [
        ("日本x", 2, 1, "    ^"),
        ("日本x", 0, 2, "^^^^"),
        ("e\u0301x", 2, 1, " ^"),
        ("\u200bx", 1, 1, " ^"),
        ("é", 1, 1, " ^"),
    ],
)
def test_the_caret_stands_under_characters_of_any_width(text, at, length, carets):
    assert str(errors.UsageError(text, at, "no", length=length)).split("\n")[2] == "  " + carets


def test_whose_doing_it_is():
    assert errors.MalformedError("x").by == "peer"
    assert errors.MalformedError("x", by="us").by == "us"
    assert errors.LimitError("x", 1, "x", by="us").by == "us"
    assert errors.ResetError("x", Ending("reset", "system")).by == "system"


def test_messages_before_the_fault_are_kept():
    assert errors.MalformedError("x").messages == []
    assert errors.LimitError("x", 1, "x").messages == []
