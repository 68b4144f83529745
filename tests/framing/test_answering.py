"""A function between the bytes that come in and those that go out."""

from __future__ import annotations

import gc
import sys
import weakref
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretalk.conversing import WholeMessages
from wiretalk.errors import LimitError, MalformedError, TruncatedError
from wiretalk.framing import make
from wiretalk.framing.answering import new_answering
from wiretalk.limits import READ_BYTES, REPLY_BATCH

SPECS = [
    "raw",
    "raw:utf8",
    "line",
    "length:u16be",
    "length:varint",
    "netstring",
    "delimiter:00",
    "fixed:3",
    "slip",
    "cobs",
]


class Owner:
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def interrupted(self, *told):
        self.told.append(told)


@pytest.fixture
def owner():
    return Owner()


@pytest.fixture
def answering(owner):
    """`answering(reply, spec="line", limit=…)` answers for the owner."""

    def made(reply, spec="line", limit=1 << 20):
        return new_answering(make(spec, limit), reply, owner)

    return made


def counts(answering):
    return answering.received, answering.sent


def test_the_twin_in_c_answers_for_framings_in_c(answering, twin):
    module = type(answering(bytes.upper)).__module__
    assert module == ("wiretalk._speedups" if twin == "c" else "wiretalk.framing.answering")


@pytest.mark.parametrize("spec", SPECS)
def test_every_message_is_answered_in_order(answering, owner, spec):
    answers = answering(bytes.upper, spec)
    framing = make(spec)
    wire = framing.encode_all([b"one", b"two", b"six"])
    got = b"".join(answers.answer(piece) or b"" for piece in (wire[:5], b"", wire[5:6], wire[6:]))
    assert got == framing.encode_all([b"ONE", b"TWO", b"SIX"])
    assert owner.told == []
    if not spec.startswith("raw"):
        assert counts(answers) == (3, 3)


def test_a_message_of_raw_bytes_is_what_one_read_brings(answering):
    asked = []
    answers = answering(lambda message: asked.append(message) or message, "raw")
    assert answers.answer(b"one") == b"one"
    assert answers.answer(b"two") == b"two"
    assert answers.answer(b"") is None
    assert asked == [b"one", b"two"]
    assert counts(answers) == (2, 2)


def test_a_limit_cuts_raw_bytes(answering):
    answers = answering(lambda message: b"<%b>" % message, "raw", 2)
    assert answers.answer(b"abcde") == b"<ab><cd><e>"
    assert counts(answers) == (3, 3)


def test_datagrams_are_answered_too(owner):
    answers = new_answering(WholeMessages(100, empty=False), bytes.upper, owner)
    assert answers.answer(b"hello") == b"HELLO"


def test_where_there_is_no_answer_nothing_is_sent(answering, owner):
    answers = answering(lambda message: None if message == b"no" else message)
    assert answers.answer(b"no\nyes\nno\nno\nyes\n") == b"yes\nyes\n"
    assert counts(answers) == (5, 2)
    assert answers.answer(b"no\n") is None
    assert counts(answers) == (6, 2)
    assert owner.told == []


def test_an_answer_of_nothing_is_an_answer(answering, owner):
    assert answering(lambda _: b"").answer(b"x\n") == b"\n"
    assert answering(lambda _: b"", "raw").answer(b"x") is None
    assert owner.told == []


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
@pytest.mark.parametrize("spec", SPECS)
def test_whatever_holds_bytes_is_an_answer(answering, spec, kind):
    assert answering(kind, spec).answer(make(spec).encode(b"abc")) == make(spec).encode(b"abc")


def test_bytes_may_come_in_whatever_holds_them(answering):
    assert answering(bytes.upper).answer(b"one\n") == b"ONE\n"


def failing_at(stop, error):
    def reply(message):
        if message == stop:
            raise error
        return message

    return reply


@pytest.mark.parametrize("spec", ["line", "netstring", "slip"])
def test_what_was_answered_before_the_function_failed_is_owed(answering, owner, spec):
    error = ValueError("no such thing")
    answers = answering(failing_at(b"3", error), spec)
    framing = make(spec)
    assert answers.answer(framing.encode_all([b"1", b"2", b"3", b"4"])) is None
    assert owner.told == [(framing.encode_all([b"1", b"2"]), "reply", error, [])]
    assert counts(answers) == (3, 2)
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    assert trace.tb_frame.f_code.co_name == "reply"


def test_a_failure_of_the_function_after_many_batches(answering, owner):
    error = ValueError("no such thing")
    answers = answering(failing_at(b"40", error))
    assert answers.answer(b"".join(b"%d\n" % number for number in range(50))) is None
    assert owner.told == [(b"".join(b"%d\n" % number for number in range(40)), "reply", error, [])]
    assert counts(answers) == (41, 40)


def test_a_failure_with_raw_bytes(answering, owner):
    error = ValueError("no such thing")
    answers = answering(failing_at(b"x", error), "raw")
    assert answers.answer(b"x") is None
    assert owner.told == [(b"", "reply", error, [])]
    assert counts(answers) == (1, 0)


@pytest.mark.parametrize(
    ("wrong", "kind", "words"),
    [
        ("text", TypeError, "a message is bytes, not str: encode it"),
        (b"two\nlines", MalformedError, "a message that holds LF cannot be sent"),
        (b"x" * 101, LimitError, "a message of 101 bytes to send"),
    ],
)
def test_what_was_answered_before_what_cannot_be_sent_is_owed(answering, owner, wrong, kind, words):
    answers = answering(lambda message: {b"3": wrong, b"2": None}.get(message, message), limit=100)
    assert answers.answer(b"1\n2\n3\n4\n") is None
    ((wire, why, error, rest),) = owner.told
    assert (wire, why, rest) == (b"1\n", "answer", [])
    assert type(error) is kind
    assert str(error).startswith(words)
    assert counts(answers) == (4, 1)


def test_what_cannot_be_sent_comes_before_a_later_failure(answering, owner):
    answers = answering(failing_at(b"3", ValueError()), "line", 1)
    assert answers.answer(b"1\n3\n") is None
    assert owner.told.pop()[:2] == (b"1\n", "reply")
    replies = {b"1": b"1", b"2": b"too long"}
    answers = answering(lambda message: replies[message], "line", 1)
    assert answers.answer(b"1\n2\n3\n") is None
    assert owner.told.pop()[:2] == (b"1\n", "answer")
    assert counts(answers) == (3, 1)


@pytest.mark.parametrize("wrong", ["text", 5])
def test_what_is_no_bytes_is_no_raw_answer_either(answering, owner, wrong):
    assert answering(lambda _: wrong, "raw").answer(b"x") is None
    ((wire, why, error, rest),) = owner.told
    assert (wire, why, type(error), rest) == (b"", "answer", TypeError, [])


def test_a_fault_comes_behind_the_answers_to_what_came_before_it(answering, owner):
    answers = answering(bytes.upper, "netstring")
    assert answers.answer(b"1:a,1:b,x") is None
    ((wire, why, fault, rest),) = owner.told
    assert (wire, why, rest) == (b"1:A,1:B,", "fault", [])
    assert isinstance(fault, MalformedError)
    assert counts(answers) == (2, 2)
    assert answers.answer(b"1:c,") is None
    assert owner.told[1][:2] == (b"", "fault")
    assert str(owner.told[1][2]) == str(fault)


def test_a_fault_behind_many_batches(answering, owner):
    answers = answering(bytes.upper, limit=3)
    assert answers.answer(b"x\n" * 100 + b"long\n") is None
    ((wire, why, fault, rest),) = owner.told
    assert (wire, why, rest) == (b"X\n" * 100, "fault", [])
    assert isinstance(fault, LimitError)


def test_a_failure_before_a_fault_is_what_counts_and_the_stream_is_broken_nonetheless(owner):
    framing = make("netstring")
    answers = new_answering(framing, failing_at(b"b", ValueError()), owner)
    assert answers.answer(b"1:a,1:b,1:c,x") is None
    assert owner.told.pop()[:2] == (b"1:a,", "reply")
    with pytest.raises(MalformedError):
        framing.feed(b"1:d,")


def test_after_a_failure_the_stream_goes_on_behind_what_was_read(owner):
    framing = make("line")
    answers = new_answering(framing, failing_at(b"2", ValueError()), owner)
    assert answers.answer(b"1\n2\n3\nfo") is None
    assert framing.feed(b"ur\n") == [b"four"]


BIG = b"x" * (READ_BYTES // REPLY_BATCH + 1)


def test_too_much_at_once_is_told_with_what_is_left(answering, owner):
    answers = answering(lambda _: BIG)
    assert answers.answer(b"".join(b"%d\n" % number for number in range(2 * REPLY_BATCH + 1))) is None
    ((wire, why, error, rest),) = owner.told
    assert wire == (BIG + b"\n") * REPLY_BATCH
    assert (why, error) == ("", None)
    assert rest == [b"%d" % number for number in range(REPLY_BATCH, 2 * REPLY_BATCH + 1)]
    assert counts(answers) == (REPLY_BATCH, REPLY_BATCH)
    wire, why, error, rest = answers.ask(rest)
    assert (wire, why, error, rest) == ((BIG + b"\n") * REPLY_BATCH, "", None, [b"%d" % (2 * REPLY_BATCH)])
    assert answers.ask(rest) == (BIG + b"\n", "", None, [])
    assert counts(answers) == (2 * REPLY_BATCH + 1, 2 * REPLY_BATCH + 1)
    assert len(owner.told) == 1


def test_much_with_nothing_behind_it_is_an_answer(answering, owner):
    answers = answering(lambda _: BIG)
    assert answers.answer(b"1\n" * REPLY_BATCH) == (BIG + b"\n") * REPLY_BATCH
    assert answers.answer(b"1\n" * REPLY_BATCH + b"unfinished") == (BIG + b"\n") * REPLY_BATCH
    assert owner.told == []


def test_the_fault_behind_too_much_is_kept_for_later(answering, owner):
    answers = answering(lambda _: BIG, "netstring")
    assert answers.answer(b"1:a," * (REPLY_BATCH + 1) + b"x") is None
    ((_, why, fault, rest),) = owner.told
    assert (why, rest) == ("", [b"a"])
    assert isinstance(fault, MalformedError)
    assert answers.ask(rest, fault) == (make("netstring").encode(BIG), "fault", fault, [])


def test_the_fault_right_behind_much(answering, owner):
    answers = answering(lambda _: BIG, "netstring")
    assert answers.answer(b"1:a," * REPLY_BATCH + b"x") is None
    ((wire, why, fault, rest),) = owner.told
    assert (len(wire), why, rest) == (len(make("netstring").encode(BIG)) * REPLY_BATCH, "fault", [])
    assert isinstance(fault, MalformedError)


def test_asking_for_nothing_and_for_what_fails(answering):
    answers = answering(failing_at(b"3", error := ValueError()))
    assert answers.ask([]) == (b"", "", None, [])
    fault = MalformedError("x")
    assert answers.ask([], fault) == (b"", "fault", fault, [])
    assert answers.ask([b"1", b"3", b"4"], fault) == (b"1\n", "reply", error, [])
    wrong = answering(lambda _: "text").ask([b"1", b"2"])
    assert (wrong[:2], type(wrong[2]), wrong[3]) == ((b"", "answer"), TypeError, [])


def test_an_order_to_leave_is_obeyed(answering, owner):
    answers = answering(failing_at(b"2", KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        answers.answer(b"1\n2\n3\nfo")
    assert owner.told == []
    assert answers.answer(b"ur\n") == b"four\n"


def test_what_the_owner_raises_is_raised(answering, owner):
    def refuse(*_):
        raise OSError("not now")

    owner.interrupted = refuse
    with pytest.raises(OSError, match="not now"):
        answering(failing_at(b"x", ValueError())).answer(b"x\n")


def test_a_function_cannot_feed_its_own_stream(answering, owner):
    answers = answering(lambda _: answers.answer(b"more\n"))
    assert answers.answer(b"one\ntwo\n") is None
    ((wire, why, error, rest),) = owner.told
    assert (wire, why, rest) == (b"", "reply", [])
    assert str(error) == "a reply function cannot feed the stream whose message it answers"
    assert type(error) is RuntimeError


def test_a_function_cannot_feed_the_framing_in_c_either(owner, twin):
    if twin == "python":
        pytest.skip("the framing in Python has taken all of the bytes by then")
    framing = make("line")
    for call in (lambda _: framing.feed(b"x\n"), lambda _: framing.finish()):
        assert new_answering(framing, call, owner).answer(b"one\n") is None
        assert isinstance(owner.told.pop()[2], RuntimeError)
    assert framing.feed(b"two\n") == [b"two"]


def test_a_function_may_encode_and_answer_for_others(answering, owner):
    framing = make("line")
    other = answering(bytes.lower)
    answers = new_answering(framing, lambda message: framing.encode(message) and other.answer(b"ABC\n")[:-1], owner)
    assert answers.answer(b"one\ntwo\n") == b"abc\nabc\n"
    asked = answering(lambda message: answers.ask([message])[0][:-1])
    assert asked.answer(b"x\n") == b"abc\n"


@pytest.mark.parametrize("spec", SPECS)
@settings(deadline=None, max_examples=60)
@given(
    messages=st.lists(st.binary(min_size=3, max_size=3) | st.sampled_from([b"no!", b"bad"]), max_size=40),
    cuts=st.lists(st.integers(0, 1 << 16), max_size=6),
)
def test_any_messages_cut_anywhere_are_answered_in_order(spec, messages, cuts):
    framing = make(spec)
    kept = []
    for message in messages:
        try:
            framing.encode(message)
        except MalformedError:
            continue
        kept.append(message)

    owner = Owner()
    answers = new_answering(make(spec), lambda message: None if message == b"no!" else message, owner)
    wire = framing.encode_all(kept)
    edges = sorted({0, len(wire), *(cut % (len(wire) + 1) for cut in cuts)})
    got = b"".join(answers.answer(wire[start:end]) or b"" for start, end in pairwise(edges))
    assert owner.told == []
    if spec == "raw":
        # What a read brings is the message there.
        return
    if spec == "raw:utf8":
        assert len(got) <= len(wire)
        return
    assert got == framing.encode_all([message for message in kept if message != b"no!"])
    assert answers.received == len(kept)


def test_who_answers_for_whom_is_let_go_of(owner):
    class Reply:
        def __init__(self):
            self.answers = new_answering(make("line"), self, self)

        def __call__(self, message):
            return message

        def interrupted(self, *_):
            pass

    reply = Reply()
    assert reply.answers.answer(b"x\n") == b"x\n"
    gone = weakref.ref(reply)
    del reply
    gc.collect()
    assert gone() is None


def test_no_reference_is_lost_or_kept(owner, answering):
    def keep(*args):
        kept[:] = args
        return args[0]

    kept = []
    things = [keep, owner, None, b"answer of its own", owner.told]
    for reply in (keep, lambda _: None, lambda _: things[3], failing_at(b"x", ValueError())):
        answers = answering(reply)
        for _ in range(3):
            answers.answer(b"x\n" * 40)
            answers.ask([b"x"] * 3)
            owner.told.clear()
        del answers
    gc.collect()
    before = [sys.getrefcount(thing) for thing in things]
    for reply in (keep, lambda _: None, lambda _: things[3], failing_at(b"x", ValueError())):
        answers = answering(reply)
        for _ in range(50):
            answers.answer(b"x\n" * 40)
            answers.ask([b"x"] * 3)
            owner.told.clear()
        del answers
    del reply
    gc.collect()
    after = [sys.getrefcount(thing) for thing in things]
    assert all(abs(now - then) < 20 for now, then in zip(after, before, strict=True)), (before, after)


def test_an_end_within_a_message_is_the_framings_to_tell(owner):
    framing = make("line")
    assert new_answering(framing, bytes.upper, owner).answer(b"one\ntw") == b"ONE\n"
    with pytest.raises(TruncatedError):
        framing.finish()


def test_the_twin_in_c_takes_nothing_else(accelerator, owner):
    with pytest.raises(TypeError, match=r"for the framings of wiretalk\._speedups alone"):
        accelerator.Answering(WholeMessages(100, empty=False), bytes.upper, owner)
    with pytest.raises(TypeError):
        accelerator.Answering(accelerator.Line("line", 100))
    answers = accelerator.Answering(accelerator.Line("line", 100), bytes.upper, owner)
    with pytest.raises(TypeError):
        answers.answer("text")
    with pytest.raises(TypeError):
        answers.ask((b"a", b"b"))
    with pytest.raises(AttributeError):
        answers.received = 0
