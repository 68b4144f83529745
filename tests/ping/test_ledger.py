"""What was sent and what came of it: transcripts."""

import math
import statistics

import pytest

from wiretalk.limits import PING_REMEMBERED
from wiretalk.ping import Ledger
from wiretalk.transport.probing import News


def answer(sequence, rtt_s=0.001, **more):
    return News("answer", sequence, "10.0.0.1", rtt_s, **more)


def trouble(sequence, kind="unreachable"):
    return News(kind, sequence, "10.0.0.9", 0.001, words="?")


@pytest.fixture
def ledger():
    return Ledger(1.0)


def test_all_is_well(ledger):
    for now in range(3):
        assert ledger.sent(now) == now + 1
        outcome = ledger.heard(answer(now + 1))
        assert (outcome.what, outcome.sequence) == ("answer", now + 1)
        assert (outcome.duplicate, outcome.late, outcome.overtaken) == (False, False, False)
    assert (ledger.transmitted, ledger.received, ledger.awaited, ledger.lost_percent) == (3, 3, 0, 0)
    assert ledger.how == "finished"


def test_nothing_was_sent(ledger):
    assert (ledger.lost_percent, ledger.how, ledger.next_loss_s) == (0, "timed-out", None)
    assert (ledger.times.mean_s, ledger.times.mdev_s) == (0, 0)


def test_lost(ledger):
    ledger.sent(0.0)
    ledger.sent(0.5)
    assert ledger.next_loss_s == 1.0
    assert list(ledger.lose(0.9)) == []
    assert [(one.what, one.sequence, one.news) for one in ledger.lose(1.0)] == [("lost", 1, None)]
    assert ledger.next_loss_s == 1.5
    ledger.heard(answer(2))
    assert list(ledger.lose(9.0)) == []
    assert ledger.lost_percent == 50


def test_late(ledger):
    ledger.sent(0.0)
    assert len(list(ledger.lose(1.0))) == 1
    outcome = ledger.heard(answer(1, 1.5))
    assert (outcome.late, outcome.duplicate) == (True, False)
    assert (ledger.late, ledger.received, ledger.times.count) == (1, 0, 0)
    # And once more.
    assert ledger.heard(answer(1, 1.5)).duplicate


def test_late_by_its_time_though_nobody_has_looked(ledger):
    ledger.sent(0.0)
    outcome = ledger.heard(answer(1, 1.01))
    assert (outcome.late, ledger.late, ledger.received, ledger.lost_percent) == (True, 1, 0, 100)
    assert list(ledger.lose(9.0)) == []


def test_twice(ledger):
    ledger.sent(0.0)
    ledger.heard(answer(1, 0.001))
    outcome = ledger.heard(answer(1, 0.003))
    assert outcome.duplicate
    assert (ledger.received, ledger.duplicates) == (1, 1)
    # As iputils has it, its time counts.
    assert ledger.times.count == 2


def test_out_of_order(ledger):
    for now in range(3):
        ledger.sent(now / 10)
    marks = [(one, ledger.heard(answer(one)).overtaken) for one in (2, 1, 3, 1)]
    assert marks == [(2, False), (1, True), (3, False), (1, False)]
    assert (ledger.overtaken, ledger.duplicates) == (1, 1)


def test_corrupted(ledger):
    ledger.sent(0.0)
    ledger.heard(answer(1, intact=False))
    assert (ledger.corrupted, ledger.received) == (1, 1)


def test_trouble_settles_a_probe(ledger):
    ledger.sent(0.0)
    assert ledger.heard(trouble(1)).what == "trouble"
    assert (ledger.errors, ledger.awaited, ledger.how) == (1, 0, "unreachable")
    assert list(ledger.lose(5.0)) == []
    # An answer that comes all the same is one.
    outcome = ledger.heard(answer(1))
    assert (outcome.late, outcome.duplicate, ledger.received, ledger.how) == (False, False, 1, "finished")


def test_who_is_redirected_goes_on(ledger):
    ledger.sent(0.0)
    ledger.heard(trouble(1, "redirected"))
    assert (ledger.errors, ledger.awaited) == (1, 1)


def test_trouble_after_the_answer_or_the_loss(ledger):
    ledger.sent(0.0)
    ledger.sent(0.1)
    ledger.heard(answer(1))
    ledger.heard(trouble(1))
    list(ledger.lose(5.0))
    ledger.heard(trouble(2))
    assert (ledger.received, ledger.errors) == (1, 2)
    assert ledger.heard(answer(2)).late


def test_refused_is_an_answer_but_not_a_good_end(ledger):
    ledger.sent(0.0)
    ledger.heard(News("refused", 1, "10.0.0.1", 0.001))
    assert (ledger.received, ledger.refused, ledger.times.count, ledger.how) == (1, 1, 1, "refused")
    ledger.sent(1.0)
    ledger.heard(answer(2))
    assert ledger.how == "finished"


def test_what_was_never_sent_or_is_forgotten_is_no_news(ledger):
    assert ledger.heard(answer(0)) is None
    assert ledger.heard(answer(1)) is None
    for now in range(PING_REMEMBERED + 1):
        ledger.sent(now)
        list(ledger.lose(now))
    assert ledger.heard(answer(1)) is None
    assert ledger.heard(answer(2)).late
    assert len(ledger._status) == PING_REMEMBERED


def test_an_answer_without_a_time(ledger):
    ledger.sent(0.0)
    ledger.heard(answer(1, None))
    assert (ledger.received, ledger.times.count) == (1, 0)


def test_times_are_those_of_the_textbook(ledger):
    times = [0.00012, 0.00031, 0.00002, 0.25, 0.0007]
    for one in times:
        ledger.sent(0.0)
        ledger.heard(answer(ledger.transmitted, one))
    told = ledger.times
    assert (told.least_s, told.most_s, told.count) == (0.00002, 0.25, 5)
    assert told.mean_s == pytest.approx(statistics.fmean(times))
    assert told.mdev_s == pytest.approx(statistics.pstdev(times), rel=1e-6)


def test_nearly_equal_times_have_their_small_deviation():
    ledger = Ledger(2000.0)
    for one in (1000.000000001, 1000.000000003):
        ledger.sent(0.0)
        ledger.heard(answer(ledger.transmitted, one))
    assert math.isclose(ledger.times.mdev_s, 1e-9, rel_tol=0.01)
