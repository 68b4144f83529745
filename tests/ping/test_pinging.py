"""Sending when it is due and hearing what comes."""

import threading
import time

from wiretalk.ping import Pinging, Plan, Stop


def plan(**settings):
    return Plan(**{"interval_s": 0.01, "timeout_s": 30.0} | settings)


def test_until_all_are_answered(scripted, answer):
    def answers(sequence, _):
        # The second is answered after the third was sent, by the one in between.
        if sequence == 3:
            prober.later(answer(2), answer(3))
        return [answer(1)] if sequence == 1 else []

    prober = scripted(answers)
    pinging = Pinging(prober, plan(count=3), Stop())
    assert [(one.what, one.sequence) for one in pinging.run()] == [("answer", 1), ("answer", 2), ("answer", 3)]
    assert prober.sent == [(1, None), (2, None), (3, None)]
    assert pinging.ledger.received == 3
    assert pinging.elapsed_s >= 0.02


def test_the_lost_are_told_and_forgotten(scripted):
    prober = scripted(lambda *_: None)
    pinging = Pinging(prober, plan(count=2, timeout_s=0.02), Stop())
    assert [(one.what, one.sequence) for one in pinging.run()] == [("lost", 1), ("lost", 2)]
    assert prober.forgotten == [1, 2]
    assert pinging.ledger.lost_percent == 100


def test_the_deadline_ends_it(scripted):
    pinging = Pinging(scripted(lambda *_: None), plan(deadline_s=0.05), Stop())
    assert list(pinging.run()) == []
    assert pinging.ledger.transmitted >= 1
    assert pinging.ledger.awaited == pinging.ledger.transmitted


def test_what_is_on_its_way_when_it_is_stopped_is_not_lost(scripted, answer):
    def answers(sequence, _):
        if sequence == 3:
            stop.say()
            prober.later(answer(2))
        return [answer(1, 0.05)] if sequence == 1 else []

    stop = Stop()
    prober = scripted(answers)
    pinging = Pinging(prober, plan(), stop)
    # The third is waited for, twice as long as the longest took; not for ever.
    assert [one.sequence for one in pinging.run()] == [1, 2]
    assert (pinging.ledger.received, pinging.ledger.awaited) == (2, 1)


def test_stopped_while_it_waits_and_nobody_has_ever_answered(scripted):
    stop = Stop()
    saying = threading.Timer(0.02, stop.say)
    saying.start()
    pinging = Pinging(scripted(lambda *_: None), plan(interval_s=60.0), stop)
    assert list(pinging.run()) == []
    saying.join()
    assert pinging.ledger.transmitted == 1


def test_what_nobody_asked_is_no_outcome(scripted, answer):
    prober = scripted(lambda sequence, _: [answer(77), answer(sequence)])
    assert [one.sequence for one in Pinging(prober, plan(count=1), Stop()).run()] == [1]


def test_ticks_come_while_nothing_does(scripted, answer):
    prober = scripted(lambda *_: None)
    ticks = 0
    pinging = Pinging(prober, plan(count=1), Stop(), tick_s=0.002)
    for outcome in pinging.run():
        if outcome is None:
            ticks += 1
            if ticks == 3:
                prober.later(answer(1))
    assert ticks >= 3
    assert pinging.ledger.received == 1


def test_who_is_slow_to_take_what_comes_loses_nothing(scripted, answer):
    prober = scripted(lambda sequence, _: [answer(2)] if sequence == 2 else [])
    pinging = Pinging(prober, plan(count=2, timeout_s=0.05), Stop())
    running = pinging.run()
    assert next(running).sequence == 2
    prober.later(answer(1))
    while time.perf_counter() < pinging.ledger.next_loss_s:
        threading.Event().wait(0.01)
    assert [(one.what, one.sequence) for one in running] == [("answer", 1)]


def test_a_slow_answer_holds_up_no_probe(scripted, answer):
    # The first one is answered when the fifth has been sent.
    def answers(sequence, _):
        if sequence == 5:
            prober.later(*(answer(number) for number in range(1, 6)))

    prober = scripted(answers)
    assert len(list(Pinging(prober, plan(count=5), Stop()).run())) == 5


def test_an_answer_wakes_who_waits(scripted, answer):
    prober = scripted(lambda *_: None)
    pinging = Pinging(prober, plan(count=1), Stop())
    ringing = threading.Timer(0.02, prober.later, (answer(1),))
    ringing.start()
    began = time.monotonic()
    assert len(list(pinging.run())) == 1
    ringing.join()
    # Not by the end of the 30 s that it may take.
    assert time.monotonic() - began < 25
