"""A fault as text, and what is told of a mistake in it."""

from __future__ import annotations

import pytest

from wiretalk.errors import UsageError
from wiretalk.layer.faults import FAULTS, Fault, FaultSet, parse
from wiretalk.layer.faults.fault import parameters_of
from wiretalk.layer.faults.table import load
from wiretalk.layer.faults.window import Measure


@pytest.mark.parametrize(
    ("text", "kind", "direction", "values"),
    [
        ("latency=50ms", "latency", "both", {"delay": 0.05, "jitter": 0.0, "distribution": "uniform"}),
        ("up:latency=1s,jitter=10ms,distribution=normal", "latency", "up", {"delay": 1.0, "jitter": 0.01}),
        ("down:loss=0.1", "loss", "down", {"p": 0.1}),
        ("loss=10%", "loss", "both", {"p": 0.1}),
        ("loss", "loss", "both", {"p": 1.0, "toxicity": 1.0}),
        ("bandwidth=100kB", "bandwidth", "both", {"rate": 100_000.0}),
        ("bandwidth=1MiB/s", "bandwidth", "both", {"rate": 1_048_576.0}),
        ("bandwidth=10Mbit", "bandwidth", "both", {"rate": 1_250_000.0}),
        ("bandwidth=1.5kbit", "bandwidth", "both", {"rate": 187.5}),
        ("slice=10,pause=5ms,min=2", "slice", "both", {"size": 10, "pause": 0.005, "min": 2}),
        ("reset=1000B", "reset", "both", {"after": Measure(1000, "B")}),
        ("reset,after=10msg", "reset", "both", {"after": Measure(10, "msg")}),
        ("stall=5s,for=64KiB", "stall", "both", {"after": Measure(5, "s"), "for": Measure(65536, "B")}),
        ("limit=64KiB", "limit", "both", {"bytes": 65536}),
        ("corrupt=3,unit=bytes,p=0.5", "corrupt", "both", {"count": 3, "unit": "bytes", "p": 0.5}),
        ("blackhole=1s,close=2s", "blackhole", "both", {"after": Measure(1, "s"), "close": 2.0}),
        ("refuse,toxicity=0.5", "refuse", "both", {"toxicity": 0.5}),
    ],
)
def test_it_is_read(text, kind, direction, values):
    fault = parse(text)
    assert (fault.kind, fault.direction) == (kind, direction)
    assert {name: fault.values[name] for name in values} == values
    # What it writes is read as the same.
    again = parse(str(fault))
    assert (again.kind, again.direction, again.values) == (fault.kind, fault.direction, fault.values)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("latncy=50ms", 'there is no fault "latncy"; did you mean "latency"?\n  latncy=50ms\n  ^^^^^^'),
        ("", "the name of a fault is missing; there are latency, bandwidth"),
        ("upp:loss", 'there is no direction "upp"; did you mean "up:"?\n  upp:loss\n  ^^^'),
        ("sideways:loss", 'there is no direction "sideways"; write up: or down:, or neither for both'),
        ("up:los", 'there is no fault "los"; did you mean "loss"?\n  up:los\n     ^^^'),
        ("latency", "latency needs a value; write latency=TIME\n  latency\n         ^"),
        (
            "down:latency,jitter=1s",
            "latency needs a value; write down:latency=TIME\n  down:latency,jitter=1s\n              ^",
        ),
        ("latency=50", None),
        ("latency=fast", '"fast" is not a duration; write a number and a unit'),
        (
            "latency=5ms,jiter=1ms",
            'latency has no "jiter"; did you mean "jitter"?\n  latency=5ms,jiter=1ms\n              ^^^^^',
        ),
        ("latency=5ms,zzz=1ms", 'latency has no "zzz"; it has delay, jitter, distribution, p, toxicity, after, for'),
        ("latency=5ms,jitter", "jitter needs a value; write jitter=TIME"),
        ("latency=5ms,delay=6ms", "delay is said twice; say it once\n  latency=5ms,delay=6ms\n              ^^^^^"),
        ("latency=5ms,", 'latency has no ""'),
        (
            "latency=5ms,distribution=norml",
            '"norml" is none of uniform, normal, exponential, pareto; did you mean "normal"?',
        ),
        ("latency=5ms,distribution=zzz", '"zzz" is none of uniform, normal, exponential, pareto\n'),
        ("loss=2", '"2" is not a probability; write 0 to 1, or 0% to 100%\n  loss=2\n       ^'),
        ("loss=.", '"." is not a probability'),
        ("loss=-1", '"-1" is not a probability'),
        ("bandwidth=0", '"0" is too slow: say more than 0'.replace(": ", "; ")),
        ("bandwidth=fast", '"fast" is not a rate; write 100kB (a second), 1MiB or 10Mbit'),
        ("bandwidth=fastbit", '"fastbit" is not a rate'),
        ("slice=0", '"0" is not a number of 1 or more'),
        ("limit=0", '"0" is too small; say 1 or more bytes'),
        (
            "reset=5x",
            '"5x" is neither a time, nor bytes, nor messages; write 5s, 1000B or 10msg\n  reset=5x\n        ^^',
        ),
        ("reset=-5msg", '"-5msg" is neither'),
        ("reset,for=5s", 'reset has no "for"'),
        ("refuse=1", "refuse has no value of its own; it has p, toxicity\n  refuse=1\n         ^"),
        ("refuse,after=1s", 'refuse has no "after"'),
    ],
)
def test_a_mistake_is_shown(text, told):
    if told is None:
        assert parse(text).values["delay"] == 50
        return
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert told in str(caught.value)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_can_be_made_and_says_what_its_parameters_are(name):
    stage = load(name)
    assert stage.__doc__
    known = parameters_of(stage)
    assert not stage.main or stage.main in known
    for parameter in known.values():
        assert parameter.summary
        assert parameter.form
        if parameter.default is not None:
            assert parameter.read(parameter.write(parameter.default)) == parameter.default


# in Python and JSON: numbers


def test_values_may_be_numbers():
    fault = Fault(
        "latency", name="slow", direction="down", values={"delay": 0.05, "jitter": 1, "after": "5s", "p": 0.5}
    )
    assert fault.as_dict() == {
        "name": "slow",
        "type": "latency",
        "direction": "down",
        "parameters": {
            "delay": 0.05,
            "jitter": 1.0,
            "distribution": "uniform",
            "p": 0.5,
            "toxicity": 1.0,
            "after": "5s",
        },
    }
    assert (fault.stream, parse("loss").stream) == ("downstream", "both")
    assert repr(fault) == "<Fault slow: down:latency=50ms,jitter=1s,p=0.5,after=5s>"
    assert (fault.toxicity, str(parse("bandwidth=1.5kbit"))) == (1.0, "bandwidth=1500bit")
    assert Fault("slice", values={"size": 5}).values["size"] == 5
    assert Fault("limit", values={"bytes": 5}).values["bytes"] == 5
    assert Fault("bandwidth", values={"rate": 5}).values["rate"] == 5
    assert Fault("reset", values={"after": Measure(5, "msg")}).after == Measure(5, "msg")


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        ("los", {}, 'there is no fault "los"; did you mean "loss"?'),
        ("latency", {}, "latency needs a value; write latency=TIME"),
        ("latency", {"delay": -1}, "latency: delay: -1 is not a time in seconds, 0 or more"),
        ("latency", {"delay": True}, "True is not a time in seconds"),
        ("latency", {"delay": float("inf")}, "inf is not a time in seconds"),
        ("latency", {"dely": 1}, 'latency has no "dely"; did you mean "delay"?'),
        ("slice", {"size": 1.5}, "1.5 is not a number: it is not whole"),
        ("slice", {"size": 0}, '"0" is not a number of 1 or more'),
        ("loss", {"p": 2}, '"2" is not a probability'),
        ("limit", {"bytes": 0}, '"0" is too small'),
    ],
)
def test_wrong_values_are_refused(kind, values, told):
    with pytest.raises(UsageError) as caught:
        Fault(kind, values=values)
    assert told in str(caught.value)


def test_a_direction_is_one_of_three():
    with pytest.raises(UsageError, match="a direction is up, down or both"):
        Fault("loss", direction="left")


def test_a_wrong_change_changes_nothing():
    fault = parse("latency=50ms")
    with pytest.raises(UsageError, match="jitter"):
        fault.change({"delay": 1, "jitter": "much"})
    assert fault.values["delay"] == 0.05


def test_measures_are_values():
    assert Measure(5, "s") == Measure(5, "s") != Measure(5, "B")
    assert len({Measure(5, "s"), Measure(5, "s")}) == 1
    assert (str(Measure(5, "s")), str(Measure(1000, "B")), str(Measure(65536, "B")), str(Measure(3, "msg"))) == (
        "5s",
        "1000B",
        "64KiB",
        "3msg",
    )
    assert repr(Measure(5, "s")) == "Measure(5, 's')"


def test_a_set_names_its_faults():
    net = FaultSet(["loss", "loss=0.5", Fault("loss", name="mine")], seed=7)
    assert [fault.name for fault in net.faults] == ["loss", "loss_2", "mine"]
    assert net.fault("mine").kind == "loss"
    assert repr(net) == "<FaultSet seed=7 loss, loss=0.5, loss>"
    assert repr(FaultSet(seed=1)) == "<FaultSet seed=1 without faults>"
    with pytest.raises(UsageError, match='no fault is called "mne"; did you mean "mine"'):
        net.fault("mne")
    with pytest.raises(UsageError, match='there is a fault called "mine" already'):
        net.add(Fault("loss", name="mine"))
    with pytest.raises(UsageError, match='no fault is called "x"; there are loss'):
        net.remove("x")
    net.clear()
    with pytest.raises(UsageError, match="there is none at all"):
        net.fault("loss")
    assert 0 <= FaultSet().seed < 2**32
