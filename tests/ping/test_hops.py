"""The way, hop by hop: transcripts."""

import pytest

from wiretalk.ping.hops import Way
from wiretalk.transport.probing import News

HOST = "10.0.9.9"


def told(way, sequence, source, kind="expired"):
    way.heard(News(kind, sequence, source, 0.001, words="?"))


@pytest.fixture
def way():
    """A way of 5 hops at most, two probes each, of which all have been sent."""
    way = Way(HOST, 5, 2)
    ttls = []
    while way.left:
        ttls.append(way.next_ttl())
    assert ttls == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    return way


def shown(hops):
    return [(hop.number, [news and news.source for news in hop.news]) for hop in hops]


def test_a_way_to_its_end(way):
    for sequence, source in ((1, "10.0.0.1"), (2, "10.0.0.1"), (3, "10.0.1.1"), (4, "10.0.2.1")):
        told(way, sequence, source)
    assert shown(way.complete()) == [(1, ["10.0.0.1"] * 2), (2, ["10.0.1.1", "10.0.2.1"])]
    told(way, 6, HOST, "answer")
    assert not way.over
    told(way, 5, HOST, "answer")
    # Those beyond it are no hops.
    told(way, 7, HOST, "answer")
    assert shown(way.complete()) == [(3, [HOST] * 2)]
    assert (way.reached, way.over, way.left, way.how) == (True, True, False, "finished")


def test_hops_are_told_in_their_order(way):
    told(way, 3, "10.0.1.1")
    told(way, 4, "10.0.1.1")
    assert shown(way.complete()) == []
    way.lost(1)
    way.lost(2)
    assert shown(way.complete()) == [(1, [None, None]), (2, ["10.0.1.1"] * 2)]


def test_what_comes_twice_or_too_late_or_of_nowhere_does_not_count(way):
    told(way, 1, "10.0.0.1")
    told(way, 1, "10.0.0.2")
    way.lost(2)
    told(way, 2, "10.0.0.2")
    told(way, 99, "10.0.0.2")
    told(way, 0, "10.0.0.2")
    told(way, 3, "10.0.0.2", "redirected")
    assert shown(way.complete()) == [(1, ["10.0.0.1", None])]


@pytest.mark.parametrize("kind", ["refused", "closed", "strange", "answer"])
def test_reached_is_who_answers_at_all(way, kind):
    told(way, 1, HOST, kind)
    told(way, 2, HOST, kind)
    assert (way.reached, way.how) == (True, "finished")
    assert shown(way.complete()) == [(1, [HOST] * 2)]


@pytest.mark.parametrize(("kind", "how"), [("unreachable", "unreachable"), ("closed", "refused"), ("too-big", "limit")])
def test_somebody_on_the_way_says_no(way, kind, how):
    told(way, 1, "10.0.0.1")
    told(way, 2, "10.0.0.1")
    told(way, 3, "10.0.1.1", kind)
    way.lost(4)
    assert shown(way.complete()) == [(1, ["10.0.0.1"] * 2), (2, ["10.0.1.1", None])]
    assert (way.reached, way.over, way.how) == (False, True, how)


def test_nothing_but_silence(way):
    for sequence in range(1, 11):
        way.lost(sequence)
    assert len(list(way.complete())) == 5
    assert (way.over, way.how) == (True, "timed-out")


def test_what_is_known_when_no_more_is_waited_for(way):
    told(way, 2, "10.0.0.1")
    told(way, 5, "10.0.2.1")
    assert shown(way.rest()) == [(1, [None, "10.0.0.1"]), (2, [None, None]), (3, ["10.0.2.1", None])]
    assert shown(way.rest()) == []


def test_nothing_is_known(way):
    assert shown(way.rest()) == []


def test_who_answered_at_a_hop(way):
    told(way, 1, "10.0.0.1")
    told(way, 2, "10.0.0.2")
    (hop,) = way.complete()
    assert hop.sources == ["10.0.0.1", "10.0.0.2"]
