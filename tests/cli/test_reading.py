"""What standard input says: blocks as they come, messages, or one message of the whole."""

from __future__ import annotations

import errno
import os
import threading

import pytest

from wiretalk.cli import reading
from wiretalk.cli.reading import Watch, blocks, messages, whole
from wiretalk.cli.words import make_words
from wiretalk.errors import CodecError, LimitError, MalformedError, TruncatedError
from wiretalk.framing import make


@pytest.fixture
def standard_input():
    """A pipe in the place of standard input: `standard_input(b"all of it")`; without an argument, its writing end."""
    saved = os.dup(0)

    def put(data=None):
        from_it, to_it = os.pipe()
        os.dup2(from_it, 0)
        os.close(from_it)
        if data is None:
            return to_it
        os.write(to_it, data)
        os.close(to_it)
        return None

    yield put
    os.dup2(saved, 0)
    os.close(saved)


def said(data_framing, words=None):
    return [
        message for some in messages(Watch(output=False), make(data_framing), make_words(words)) for message in some
    ]


def test_blocks_come_as_they_are(standard_input):
    standard_input(b"x" * 10)
    assert list(blocks(Watch(output=False), 4)) == [b"xxxx", b"xxxx", b"xx"]


@pytest.mark.parametrize(
    ("framing", "data", "found"),
    [
        ("line", b"one\r\n\ntwo\n", [b"one", b"", b"two"]),
        ("line", b"one\nlast without an end", [b"one", b"last without an end"]),
        ("line", b"", []),
        ("delimiter:00", b"one\0last", [b"one", b"last"]),
        ("netstring", b"3:one,0:,", [b"one", b""]),
    ],
)
def test_messages_are_told_apart_by_the_framing(standard_input, framing, data, found):
    standard_input(data)
    assert said(framing) == found


def test_a_codec_makes_messages_of_lines(standard_input):
    standard_input(b"00\nff10\n")
    assert said("line", "hex") == [b"\0", b"\xff\x10"]


@pytest.mark.parametrize(
    ("framing", "data", "error"),
    [
        ("netstring", b"3:one,x", MalformedError),
        ("netstring", b"3:one,5:cut", TruncatedError),
        ("fixed:3", b"oneto", TruncatedError),
    ],
)
def test_what_breaks_the_framing_is_our_own_mistake_after_what_was_right(standard_input, framing, data, error):
    standard_input(data)
    found = []
    with pytest.raises(error) as raised:
        for some in messages(Watch(output=False), make(framing), make_words(None)):
            found += some
    assert found == [b"one"]
    assert raised.value.by == "us"


def test_a_line_without_an_end_is_over_the_limit(standard_input):
    standard_input(b"x" * 11)
    with pytest.raises(LimitError) as raised:
        list(messages(Watch(output=False), make("line", 10), make_words(None)))
    assert raised.value.by == "us"


def test_a_line_that_is_no_value_is_refused(standard_input):
    standard_input(b"1\n?\n")
    with pytest.raises(CodecError):
        said("line", "json")


def test_the_whole_input_is_one_message_within_the_limit(standard_input):
    standard_input(b"a\nb\n")
    assert whole(Watch(output=False), 4) == b"a\nb\n"
    standard_input(b"a\nb\n5")
    with pytest.raises(LimitError, match="standard input of 5 bytes or more"):
        whole(Watch(output=False), 4)


@pytest.mark.parametrize("number", [errno.EBADF, errno.EIO])
def test_an_input_that_is_not_ours_is_none(monkeypatch, standard_input, number):
    standard_input(b"x")

    def read(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(reading.os, "read", read)
    assert list(blocks(Watch(output=False))) == []


def test_an_input_that_cannot_be_read_is_named(monkeypatch, standard_input):
    standard_input(b"x")

    def read(*_):
        raise IsADirectoryError(errno.EISDIR, "Is a directory")

    monkeypatch.setattr(reading.os, "read", read)
    with pytest.raises(OSError, match="Is a directory") as raised:
        list(blocks(Watch(output=False)))
    assert raised.value.filename == "standard input"


def test_an_input_made_non_blocking_by_others_is_waited_for(monkeypatch, standard_input):
    standard_input(b"x")
    answers = iter([BlockingIOError(), b"x", b""])

    def read(*_):
        answer = next(answers)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(reading.os, "read", read)
    assert list(blocks(Watch(output=False))) == [b"x"]


@pytest.fixture
def standard_output():
    """Put a pipe in the place of standard output and return its reading end: `standard_output()`."""
    saved = []

    def put():
        # Within the test itself: pytest takes the descriptor for its own between fixture and test.
        saved.append(os.dup(1))
        from_it, to_it = os.pipe()
        os.dup2(to_it, 1)
        os.close(to_it)
        return from_it

    yield put
    for number in saved:
        os.dup2(number, 1)
        os.close(number)


def test_a_reader_who_leaves_is_noticed_while_input_is_waited_for(standard_input, standard_output):
    to_input, from_output = standard_input(), standard_output()
    watch = Watch(output=True)
    os.close(from_output)
    with pytest.raises(BrokenPipeError):
        next(blocks(watch))
    assert watch.wait_for_leaving()
    os.close(to_input)


def test_a_reader_who_is_looked_at_no_more_is_not_held(standard_input, standard_output):
    to_input, from_output = standard_input(), standard_output()
    watch = Watch(output=True)
    found = []
    reader = threading.Thread(target=lambda: found.extend(blocks(watch)))
    reader.start()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    watch.forget_output()
    watch.forget_output()
    os.dup2(nowhere, 1)
    os.close(nowhere)
    # The pipe is closed for good, although somebody had waited for it.
    assert os.read(from_output, 1) == b""
    os.close(from_output)
    os.write(to_input, b"more")
    os.close(to_input)
    reader.join(60)
    assert found == [b"more"]


def test_waiting_for_a_reader_to_leave_takes_no_longer_than_said():
    assert not Watch(output=False).wait_for_leaving(0)
