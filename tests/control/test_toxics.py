"""Faults in toxiproxy's words: what its attributes say here, and how ours are shown there."""

from __future__ import annotations

import pytest

from wiretalk.control.messages import Refusal
from wiretalk.control.toxics import NO_RATE, TOXICS, TYPES, as_text, new_fault
from wiretalk.layer.faults import FAULTS, parse


def made(kind, attributes=None, **more):
    return new_fault({"type": kind, "attributes": attributes, **more})


@pytest.mark.parametrize(
    ("kind", "attributes", "text"),
    [
        ("latency", {"latency": 1000, "jitter": 50}, "down:latency=1s,jitter=50ms"),
        ("latency", {}, "down:latency=0s"),
        ("latency", {"latency": "2s", "distribution": "pareto"}, "down:latency=2s,distribution=pareto"),
        ("latency", {"delay": 20}, "down:latency=20ms"),
        ("bandwidth", {"rate": 100}, "down:bandwidth=100kB"),
        ("bandwidth", {"rate": "10Mbit"}, "down:bandwidth=1250kB"),
        ("slow_close", {"delay": 100}, "down:slow_close=100ms"),
        ("timeout", {"timeout": 250}, "down:blackhole,close=250ms"),
        ("timeout", {"timeout": 0}, "down:blackhole"),
        ("reset_peer", {"timeout": 2000}, "down:reset=2s"),
        ("reset_peer", {}, "down:reset"),
        ("limit_data", {"bytes": 1000}, "down:limit=1000"),
        ("slicer", {"average_size": 64, "size_variation": 32, "delay": 10}, "down:slice=96,min=32,pause=10us"),
        ("slicer", {"average_size": "64"}, "down:slice=64,min=64"),
        ("loss", {"p": 0.1}, "down:loss=0.1"),
        ("loss", {"p": "10%", "after": 500, "for": "20msg"}, "down:loss=0.1,after=500ms,for=20msg"),
        ("corrupt", None, "down:corrupt"),
        ("reset", {"after": "1000B"}, "down:reset=1000B"),
    ],
)
def test_what_attributes_say(kind, attributes, text):
    fault, found = made(kind, attributes)
    assert str(parse(text)) == str(fault)
    assert found.name == kind
    assert fault.name == f"{kind}_downstream"


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("latency", {"latency": 1000, "jitter": 50}),
        ("latency", {"latency": 1.5, "jitter": 0, "p": 0.5, "after": "10msg", "for": 2000}),
        ("bandwidth", {"rate": 100}),
        ("bandwidth", {"rate": 0}),
        ("slow_close", {"delay": 100}),
        ("timeout", {"timeout": 250}),
        ("timeout", {"timeout": 0}),
        ("reset_peer", {"timeout": 2000}),
        ("reset_peer", {"timeout": 0}),
        ("limit_data", {"bytes": 1000}),
        ("slicer", {"average_size": 64, "size_variation": 32, "delay": 10}),
        ("slicer", {"average_size": 64, "size_variation": 32, "delay": 10, "p": 0.5}),
        ("stall", {"after": 100}),
        ("slice", {"size": 10, "min": 1, "pause": 5}),
    ],
)
def test_what_was_said_is_shown(kind, attributes):
    fault, found = made(kind, attributes)
    assert found.show(fault) == attributes
    # What is shown can be said again.
    again, _ = made(kind, found.show(fault))
    assert again.values == fault.values


def test_a_rate_of_nothing_lets_nothing_through():
    fault, _ = made("bandwidth", {"rate": 0})
    assert fault.values["rate"] == NO_RATE
    assert as_text(fault) == "down:bandwidth=0"


def test_there_is_a_type_for_each_fault_and_for_each_of_toxiproxys():
    assert set(TYPES) == set(FAULTS) | set(TOXICS)
    assert set(TOXICS) == {"latency", "bandwidth", "slow_close", "timeout", "reset_peer", "slicer", "limit_data"}


@pytest.mark.parametrize(
    ("stream", "direction"),
    [("upstream", "up"), ("Downstream", "down"), (None, "down"), ("both", "both"), ("", "down")],
)
def test_streams_are_directions(stream, direction):
    assert made("latency", stream=stream)[0].direction == direction


def test_it_can_be_said_as_fault_has_it():
    fault, kind = new_fault({"fault": "up:latency=50ms,after=10msg", "toxicity": 0.5})
    assert (fault.name, kind.name, fault.toxicity) == ("latency_upstream", "latency", 0.5)
    assert kind.show(fault) == {"latency": 50, "jitter": 0, "after": "10msg"}
    assert new_fault({"fault": "reset", "name": "bye"})[0].name == "bye"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"type": "latenci"}, 'invalid toxic type: did you mean "latency"?'),
        ({"type": "nothing at all"}, "invalid toxic type"),
        ({"type": 3}, "invalid toxic type"),
        ({}, "invalid toxic type"),
        (
            {"type": "latency", "stream": "sideways"},
            "stream was invalid, can be either upstream or downstream, or both",
        ),
        ({"type": "latency", "stream": 7}, "stream was invalid"),
        (
            {"type": "latency", "attributes": {"latncy": 1}},
            'latency has no attribute "latncy"; did you mean "latency"?',
        ),
        (
            {"type": "latency", "attributes": {"bandwidth": 1}},
            "it has latency, jitter, delay, distribution, p, after, for",
        ),
        ({"type": "latency", "attributes": {"latency": -1}}, "-0.001 is not a time in seconds"),
        ({"type": "latency", "attributes": {"latency": None}}, "None is not a time"),
        ({"type": "latency", "attributes": {"latency": True}}, "True is not a time"),
        ({"type": "latency", "attributes": {"latency": [1]}}, "[1] is not a time"),
        ({"type": "latency", "attributes": {"latency": "soon"}}, "soon"),
        ({"type": "latency", "attributes": [1]}, "attributes are to be a JSON object"),
        ({"type": "latency", "toxicity": 2}, "not a probability"),
        ({"type": "latency", "toxicity": "often"}, "not a probability"),
        ({"type": "latency", "name": 3}, "the name is to be printable text"),
        ({"type": "latency", "name": "a\nb"}, "the name is to be printable text"),
        ({"type": "latency", "name": "x" * 300}, "the name is over the limit of 255 bytes"),
        ({"type": "limit_data"}, "too small"),
        ({"type": "slicer"}, "average_size of a slicer is 1 or more"),
        ({"type": "slicer", "attributes": {"average_size": 5, "size_variation": 5}}, "size_variation less than it"),
        ({"type": "slicer", "attributes": {"average_size": "x"}}, "average_size of a slicer is a number"),
        ({"type": "slicer", "attributes": {"size": 5}}, 'slicer has no attribute "size"'),
        ({"type": "refuse", "attributes": {"after": 5}}, 'refuse has no attribute "after"'),
        ({"fault": "latncy=5"}, 'there is no fault "latncy"'),
        ({"fault": 5}, "fault is to be text"),
    ],
)
def test_what_cannot_be(fields, sentence):
    with pytest.raises(Refusal) as caught:
        new_fault(fields)
    assert caught.value.status == 400
    assert sentence in caught.value.sentence
