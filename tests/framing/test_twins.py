"""The framings in C beside those in Python: what the one says of any bytes the other says, to the letter."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretalk.errors import LimitError, MalformedError, TruncatedError, UsageError
from wiretalk.framing import FRAMINGS, Framing, make

from ..twins import KINDS, serving

SPECS = [
    "raw",
    "line",
    "line:crlf",
    "delimiter:00",
    "delimiter:0d0a0d0a",
    "delimiter:6161",
    "delimiter:616261",
    "length:u8",
    "length:u16be",
    "length:u16le",
    "length:u32be",
    "length:u32le",
    "length:varint",
    "netstring",
    "fixed:3",
    "slip",
    "cobs",
]
TELLING = b"\r\n\x00\x01\x02\x03\xc0\xdb\xdc\xddab:,0123456789\x80\xc3\xa4\xe2\xff"
PIECE = st.lists(st.sampled_from(TELLING), max_size=10).map(bytes) | st.builds(
    lambda byte, size: byte * size, st.sampled_from([b"\x00", b"x", b"\xff", b"\r", b"9"]), st.integers(1, 300)
)
STREAM = st.lists(PIECE, max_size=8).map(b"".join)
CUTS = st.lists(st.integers(0, 1 << 16), max_size=8)


@pytest.fixture(scope="module", params=["both"], autouse=True)
def twin(request):
    """Here both are used in the same test."""
    return request.param


@pytest.fixture(scope="module", name="both")
def _both(require):
    def made(spec, greatest):
        twins = []
        for kind in KINDS:
            with serving(kind, require):
                twins.append(make(spec, greatest))
        return twins

    return made


def said(call, *arguments):
    """Return what a call gave, or all that can be seen of its exception."""
    try:
        return call(*arguments)
    except (LimitError, MalformedError, TruncatedError, UsageError) as error:
        fields = {name: value for name, value in vars(error).items() if not name.startswith("__")}
        return type(error), error.args, str(error), fields


@pytest.mark.parametrize("spec", SPECS)
@settings(deadline=None, max_examples=80)
@given(wire=STREAM, cuts=CUTS, greatest=st.sampled_from([3, 4, 5, 17, 254, 255, 1 << 20]))
def test_any_stream_is_read_the_same(both, spec, wire, cuts, greatest):
    python, c = both(spec, greatest)
    edges = sorted({0, len(wire), *(cut % (len(wire) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        piece = wire[start:end]
        assert said(c.feed, piece) == said(python.feed, piece)
    for _ in range(2):
        assert said(c.finish) == said(python.finish)
    assert said(c.feed, b"more") == said(python.feed, b"more")


@pytest.mark.parametrize("spec", SPECS)
@settings(deadline=None, max_examples=80)
@given(messages=st.lists(PIECE, max_size=6), greatest=st.sampled_from([3, 4, 17, 255, 1 << 20]))
def test_any_messages_are_sent_or_refused_the_same(both, spec, messages, greatest):
    python, c = both(spec, greatest)
    assert said(lambda: c.encode_all(messages)) == said(lambda: python.encode_all(messages))
    for message in messages:
        assert said(c.encode, message) == said(python.encode, message)


@pytest.mark.parametrize("size", [255, 256, 65535, 65536])
@pytest.mark.parametrize("spec", ["length:u8", "length:u16be", "length:u16le"])
def test_what_a_count_cannot_count_is_refused_the_same(both, spec, size):
    python, c = both(spec, 1 << 20)
    for messages in ([b"x" * size], [b"ok", b"x" * size, b"y" * (size + 1)]):
        assert said(c.encode_all, messages) == said(python.encode_all, messages)


@pytest.mark.parametrize("shape", [shape for shape in FRAMINGS if shape != "raw:utf8"])
def test_both_bear_the_same_name_and_are_framings(both, shape):
    python, c = both(shape.replace("HEX", "0a").replace("N", "3"), 100)
    assert type(c).__name__ == type(python).__name__
    assert type(c) is not type(python)
    assert type(c).__module__ == "wiretalk._speedups"
    assert isinstance(c, Framing)
    assert repr(c) == repr(python)
    assert (c.spec, c.max_message_bytes) == (python.spec, python.max_message_bytes)
    public = {name for name in dir(python) if not name.startswith("_")}
    assert public == {name for name in dir(c) if not name.startswith("_")}


@pytest.mark.parametrize(
    "spec", ["delimiter:", "delimiter:0", "delimiter:é0", "delimiter:\ud800", "fixed:0", "fixed:101"]
)
def test_a_wrong_value_is_refused_the_same(accelerator, spec):
    name = spec.partition(":")[0]
    twins = __import__(f"wiretalk.framing.{name}", fromlist=["_"]), accelerator
    python, c = (getattr(module, name.capitalize()) for module in twins)
    assert said(c, spec, 100) == said(python, spec, 100)
    assert said(c, spec, 100)[0] is UsageError


def test_what_no_framing_is_made_of_is_refused(accelerator):
    with pytest.raises(ValueError, match="Line cannot be made of 'slip'"):
        accelerator.Line("slip", 100)
    for wrong in (("line",), ("line", "100"), (b"line", 100), ("line", -1), ("line", -1 << 70)):
        with pytest.raises((TypeError, OverflowError)):
            accelerator.Line(*wrong)
    framing = accelerator.Line("line", 100)
    with pytest.raises(TypeError):
        framing.feed("text")
    with pytest.raises(AttributeError):
        framing.spec = "slip"
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Mine", (accelerator.Line,), {})


def test_a_limit_of_nothing_carries_empty_messages_alone(both):
    for framing in both("line", 0):
        assert framing.feed(b"\n\r\n") == [b"", b""]
        with pytest.raises(LimitError, match="a message of 1 bytes"):
            framing.feed(b"x\n")


@pytest.mark.parametrize("greatest", [sys.maxsize, 1 << 64, 1 << 70])
def test_a_limit_beyond_all_counting_is_none(both, greatest):
    for framing in both("length:u32be", greatest):
        assert framing.max_message_bytes == greatest
        assert framing.feed(framing.encode(b"abc") + b"\xff\xff\xff\xff") == [b"abc"]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_whatever_holds_bytes_can_be_fed_to_c(both, spec, kind):
    wire = both(spec, 100)[0].encode_all([b"abc", b"def"])
    assert both(spec, 100)[1].feed(kind(wire)) == both(spec, 100)[0].feed(wire)


def test_a_list_that_changes_while_it_is_sent_is_sent_as_it_was(both):
    class Changing(bytearray):
        """Bytes that empty the list they are in when they are looked at."""

        def __buffer__(self, flags):
            messages.clear()
            return super().__buffer__(flags)

    messages = [b"one", Changing(b"two"), b"three"]
    assert both("line", 100)[1].encode_all(messages) == b"one\ntwo\nthree\n"


TURNS = 250
"""So often a thing is done whose memory is looked at."""


def growth_bytes(work):
    """Return by how much the memory in use grows when work is done: the least of some times, for others use it too.

    What measures the tests (coverage) uses some 2 kB a time, whatever is done.
    """
    work()
    grown = []
    tracemalloc.start()
    try:
        for _ in range(3):
            gc.collect()
            before, _ = tracemalloc.get_traced_memory()
            work()
            gc.collect()
            grown.append(tracemalloc.get_traced_memory()[0] - before)
    finally:
        tracemalloc.stop()
    return min(grown)


@pytest.mark.parametrize("spec", SPECS)
def test_nothing_is_left_behind(both, spec):
    wire = both(spec, 300)[0].encode_all([b"abc"] * 5)

    def work():
        for _ in range(TURNS):
            framing = both(spec, 300)[1]
            framing.feed(wire[:-2])
            framing.feed(wire[-2:])
            framing.feed(memoryview(wire))
            for message in (b"abc", bytearray(b"abc"), None, b"\n\r\xc0\xdb\x00" * 100):
                try:
                    framing.encode(message)
                    framing.encode_all([b"abc", message])
                except (TypeError, MalformedError, LimitError):
                    pass
            for call in (lambda: framing.feed(b"\xff" * 400), framing.finish, framing.finish):  # noqa: B023
                try:
                    call()
                except (MalformedError, LimitError, TruncatedError):
                    pass

    # One object a turn, of the smallest there are, would be more.
    assert growth_bytes(work) < 24 * TURNS


@pytest.mark.parametrize("spec", SPECS)
def test_no_reference_is_lost_or_kept(both, spec):
    python, c = both(spec, 100)
    message = bytes(bytearray(b"abc"))
    wire = bytes(bytearray(python.encode(message)))
    many = [message]
    before = [sys.getrefcount(thing) for thing in (message, wire, many, c)]
    for _ in range(100):
        c.feed(wire)
        c.encode(message)
        c.encode_all(many)
    assert [sys.getrefcount(thing) for thing in (message, wire, many, c)] == before


IN_ANOTHER_INTERPRETER = """
from wiretalk import chooser
from wiretalk.framing import make
assert chooser.speedups is not None
framing = make("line", 5)
assert framing.feed(b"one\\ntw") == [b"one"]
try:
    framing.feed(b"o more")
except Exception as error:
    assert type(error).__name__ == "LimitError" and error.messages == [], error
else:
    raise AssertionError
"""


def test_every_interpreter_of_a_process_has_its_own(both):
    interpreters = pytest.importorskip("_xxsubinterpreters")
    ours = both("line", 5)[1]
    ours.feed(b"on")
    for _ in range(3):
        other = interpreters.create(isolated=False)
        try:
            interpreters.run_string(other, f"import sys; sys.path[:] = {sys.path!r}\n{IN_ANOTHER_INTERPRETER}")
        finally:
            interpreters.destroy(other)
    assert ours.feed(b"e\n") == [b"one"]
