"""How the way to a host is told: lines, names, and what is known when Ctrl-C comes."""

from __future__ import annotations

import json
from argparse import Namespace

import pytest

from wiretalk.address import parse
from wiretalk.cli.tracing import TextHops, trace
from wiretalk.ping import Hop, Stop, TracePlan
from wiretalk.ping.naming import Names
from wiretalk.transport.probing import News

HOST = "10.0.9.9"


class Interrupted:
    """A prober to whom Ctrl-C comes while a few more hops are asked than those that answer.

    Args:
        hops: how many answer; so does the last but one that is asked.
    """

    host = HOST

    def __init__(self, hops):
        self._hops = hops
        self.stop = Stop()

    def send(self, sequence, ttl=None):
        if ttl == self._hops + 5:
            self.stop.say()
        if ttl > self._hops and ttl != self._hops + 2:
            return []
        return [News("expired", sequence, f"10.0.{ttl}.1", 0.001, words="Time to live exceeded")]

    def watched(self):
        return []

    def forget(self, sequence):
        pass


def traced(prober, arguments):
    return trace(prober, plan(), arguments, prober.stop)


def arguments(**more):
    return Namespace(**{"numeric": True, "json": False, "target": parse(f"icmp://{HOST}")} | more)


def plan():
    return TracePlan(probes=2, pause_s=0.002, timeout_s=30.0)


@pytest.mark.parametrize("hops", [0, 1])
def test_ctrl_c(capfd, hops):
    assert traced(Interrupted(hops), arguments()) == 130
    out, err = capfd.readouterr()
    told = [f"  10.0.{number}.1  1.00 ms  1.00 ms" for number in range(1, hops + 1)]
    told += ["  *  *", f"  10.0.{hops + 2}.1  1.00 ms  1.00 ms"]
    assert out.splitlines() == [f"{number:2}{line}" for number, line in enumerate(told, 1)]
    assert err == (
        f"the way to icmp://{HOST} ({HOST}), 30 hops at most\n"
        f"{HOST} was not reached in {hops + 2} hops: it has not answered\n"
    )


def test_ctrl_c_as_json(capfd):
    assert traced(Interrupted(1), arguments(json=True)) == 130
    out, err = capfd.readouterr()
    hop, _, _, summary = map(json.loads, out.splitlines())
    assert (hop["hop"], hop["names"], [one["from"] for one in hop["probes"]]) == (1, {}, ["10.0.1.1"] * 2)
    assert (summary["reached"], summary["hops"], summary["how"]) == (False, 3, "timed-out")
    assert err == ""


def test_names_are_asked_for(capfd, monkeypatch):
    from wiretalk.transport import probing

    monkeypatch.setattr(probing, "name_of", lambda host: f"router-{host}")
    assert traced(Interrupted(1), arguments(numeric=False)) == 130
    assert capfd.readouterr().out.splitlines()[0] in {
        " 1  router-10.0.1.1 (10.0.1.1)  1.00 ms  1.00 ms",
        " 1  10.0.1.1  1.00 ms  1.00 ms",
    }


def shown(capfd, names, *news):
    TextHops(names).hop(Hop(3, list(news)))
    return capfd.readouterr().out


def test_lines(capfd):
    expired = News("expired", 1, "10.0.1.1", 0.00123, words="Time to live exceeded")
    other = News("unreachable", 2, "10.0.1.2", None, words="Packet filtered")
    assert shown(capfd, None, expired, None, expired) == " 3  10.0.1.1  1.23 ms  *  1.23 ms\n"
    assert shown(capfd, None, expired, other) == " 3  10.0.1.1  1.23 ms  10.0.1.2 (Packet filtered)\n"


def test_a_name_cannot_move_the_cursor(capfd):
    names = Names(lambda _: "")
    names._names["10.0.1.1"] = "\x1b[2Jrouter"
    expired = News("expired", 1, "10.0.1.1", 0.00123)
    assert shown(capfd, names, expired) == " 3  \\x1b[2Jrouter (10.0.1.1)  1.23 ms\n"
