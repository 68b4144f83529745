"""Following a way with a prober whose routers are scripted."""

import threading
import time

import pytest

from wiretalk.limits import PING_FLIGHT
from wiretalk.ping import Stop, TracePlan, Tracing, tracing
from wiretalk.ping.naming import Names


def plan(**settings):
    return TracePlan(**{"pause_s": 0.002, "timeout_s": 30.0, "probes": 2} | settings)


@pytest.fixture
def routers(scripted, answer, expired):
    """`routers("10.0.0.1", None)` is a prober behind a router that answers and one that does not."""

    def make(*hosts):
        def answers(sequence, ttl):
            if ttl > len(hosts):
                return [answer(sequence)]
            host = hosts[ttl - 1]
            return [expired(sequence, host)] if host else []

        return scripted(answers)

    return make


def shown(hops):
    return [(hop.number, hop.sources) for hop in hops]


def test_a_way(routers):
    prober = routers("10.0.0.1", "10.0.1.1")
    trace = Tracing(prober, plan(), Stop())
    assert shown(trace.run()) == [(1, ["10.0.0.1"]), (2, ["10.0.1.1"]), (3, ["10.0.9.9"])]
    assert (trace.way.reached, trace.way.how) == (True, "finished")
    assert prober.sent[:6] == [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3)]


def test_a_silent_router(routers):
    prober = routers("10.0.0.1", None)
    trace = Tracing(prober, plan(timeout_s=0.05), Stop())
    assert shown(trace.run()) == [(1, ["10.0.0.1"]), (2, []), (3, ["10.0.9.9"])]
    assert {3, 4} <= set(prober.forgotten)


def test_silence_to_the_end(routers):
    prober = routers(*[None] * 40)
    trace = Tracing(prober, plan(hops=9, timeout_s=0.03), Stop())
    assert shown(trace.run()) == [(number, []) for number in range(1, 10)]
    assert trace.way.how == "timed-out"


def test_who_is_slow_to_take_the_hops_loses_nothing(scripted, answer, expired):
    def answers(sequence, ttl):
        return [expired(sequence, "10.0.0.1")] if ttl == 1 else []

    prober = scripted(answers)
    trace = Tracing(prober, plan(hops=2, timeout_s=0.1), Stop())
    running = trace.run()
    assert shown([next(running)]) == [(1, ["10.0.0.1"])]
    trace._send(tracing.Schedule(0.0, 1.0), time.perf_counter())
    trace._send(tracing.Schedule(0.0, 1.0), time.perf_counter())
    prober.later(answer(3), answer(4))
    while time.perf_counter() < max(trace._awaited.values()):
        threading.Event().wait(0.01)
    assert shown(running) == [(2, ["10.0.9.9"])]
    assert trace.way.reached


def test_no_more_are_awaited_at_once_than_may_be(scripted, answer):
    most = 0

    def answers(sequence, _):
        nonlocal most
        most = max(most, len(trace._awaited))
        if sequence == PING_FLIGHT:
            prober.later(*(answer(number) for number in range(1, sequence + 1)))

    prober = scripted(answers)
    trace = Tracing(prober, plan(probes=3), Stop())
    assert shown(trace.run()) == [(1, ["10.0.9.9"])]
    assert most == PING_FLIGHT


def test_the_deadline_tells_what_is_known(routers):
    trace = Tracing(routers("10.0.0.1", None, "10.0.2.1"), plan(deadline_s=0.5), Stop())
    assert shown(trace.run()) == [(1, ["10.0.0.1"]), (2, []), (3, ["10.0.2.1"]), (4, ["10.0.9.9"])]
    assert trace.way.reached


def test_names_are_waited_for_but_not_for_long(routers, monkeypatch):
    monkeypatch.setattr(tracing, "PING_NAME_S", 0.05)
    never = threading.Event()
    names = Names(lambda host: "fast.example" if host == "10.0.9.9" else str(never.wait(30)))
    trace = Tracing(routers("10.0.0.1"), plan(), Stop(), names)
    assert [(hop.number, names.name(hop.sources[0])) for hop in trace.run()] == [(1, ""), (2, "fast.example")]
    never.set()


def test_a_name_that_comes_in_time(routers):
    names = Names(lambda host: f"{host}.example")
    trace = Tracing(routers("10.0.0.1"), plan(), Stop(), names)
    assert [names.name(hop.sources[0]) for hop in trace.run()] == ["10.0.0.1.example", "10.0.9.9.example"]


def test_interrupted_while_names_are_asked_for(routers):
    never = threading.Event()
    trace = Tracing(routers("10.0.0.1"), plan(), Stop(), Names(lambda _: str(never.wait(30))))
    trace._send(tracing.Schedule(0.0, 0.002), 1.0)
    trace._send(tracing.Schedule(0.0, 0.002), 1.0)
    for hop in trace.way.complete():
        trace._ask_names(hop, 0.0)
    assert shown(trace._rest()) == [(1, ["10.0.0.1"])]
    assert shown(trace._rest()) == []
    never.set()
