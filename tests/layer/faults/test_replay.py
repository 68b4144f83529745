"""The seed and the log: a run is repeated by the one, and exactly by the other."""

from __future__ import annotations

import io
import json
from random import Random

import pytest

from wiretalk.errors import UsageError
from wiretalk.layer.faults import FAULTS, FaultLog, read_log

EVERY = {
    "latency": "latency=50ms,jitter=20ms,distribution=normal,p=0.5",
    "bandwidth": "bandwidth=10kB,p=0.5",
    "slice": "slice=7,pause=1ms,p=0.5",
    "stall": "stall=700B,for=300B",
    "reset": "reset=1234B",
    "close": "close=17msg",
    "half_close": "half_close=2s",
    "slow_close": "slow_close=1s",
    "limit": "limit=1001",
    "corrupt": "corrupt=3,p=0.3",
    "loss": "loss=0.3",
    "duplicate": "duplicate=0.3,copies=2",
    "reorder": "reorder=0.2,gap=2",
    "blackhole": "blackhole=500B,for=1s",
    "refuse": "refuse",
}


def sent(one, *, seed=1, sizes=(1, 100)):
    """Send the same bytes in pieces of any size."""
    data = Random(5).randbytes(4000)
    random = Random(seed)
    at = 0
    while at < len(data):
        size = random.randint(*sizes)
        one.put(data[at : at + size], every=0.05)
        at += size
    one.end()
    one.wait(1000)
    return one


def lines(records):
    return [json.dumps(record) for record in records]


def test_every_fault_is_tried_here():
    assert EVERY.keys() == FAULTS.keys()


# the seed


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("text", EVERY.values(), ids=EVERY)
def test_one_seed_does_the_same_twice(way, text, whole):
    one, two = (sent(way(text, whole=whole)) for _ in range(2))
    assert one.arrived == two.arrived
    assert one.records == two.records


@pytest.mark.parametrize("differs", [{"seed": 8}, {"number": 2}, {"direction": "down"}])
def test_another_seed_connection_or_direction_does_something_else(way, differs):
    assert sent(way("loss=0.5")).bytes != sent(way("loss=0.5", **differs)).bytes


def test_another_fault_does_not_change_what_one_draws(way):
    one = sent(way("loss=0.5", whole=True))
    two = sent(way("loss=0.5", "corrupt,p=0.5", whole=True))
    assert [record["message"] for record in one.records] == [
        record["message"] for record in two.records if record["fault"] == "loss"
    ]


# the log


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("name", [name for name in EVERY if name != "refuse"])
def test_a_log_does_the_same_again_at_the_same_bytes(way, name, whole):
    one = sent(way(EVERY[name], whole=whole))
    assert one.records
    # By another seed, which must not matter, and on a stream in other pieces.
    two = sent(way(whole=whole, seed=99, script=read_log(lines(one.records))), seed=1 if whole else 2)
    said = [(record["offset"], record["parameters"]) for record in one.records]
    if whole:
        assert [(record["offset"], record["parameters"]) for record in two.records] == said
        assert two.pieces == one.pieces
    elif name in {"corrupt", "duplicate", "reorder", "slice"}:
        # What happens to a piece happens to each piece of it.
        assert {record["offset"] for record in two.records} >= {record["offset"] for record in one.records}
    else:
        assert two.bytes == one.bytes
        assert [what for what in two.pieces if isinstance(what, str)] == [
            what for what in one.pieces if isinstance(what, str)
        ]


def test_several_faults_are_replayed_in_their_order(way):
    one = sent(way("loss=0.2", "duplicate=0.2", "loss=0.2", "latency=10ms", whole=True))
    script = read_log(lines(one.records))
    assert script.faults == [
        ("loss", "loss", "up"),
        ("duplicate", "duplicate", "up"),
        ("loss_2", "loss", "up"),
        ("latency", "latency", "up"),
    ]
    two = sent(way(whole=True, script=script))
    assert two.pieces == one.pieces


def test_a_fault_that_was_on_both_ways_is_so_again(way):
    records = [
        record | {"direction": direction} for record in sent(way("loss=0.2")).records for direction in ("up", "down")
    ]
    assert read_log(lines(records)).faults == [("loss", "loss", "both")]


def test_another_connection_is_left_alone(way):
    one = sent(way("loss=0.2"))
    two = sent(way(number=2, script=read_log(lines(one.records))))
    assert len(two.bytes) == 4000
    assert two.records == []


def test_faults_may_be_added_to_a_replay(way):
    one = sent(way("loss=0.2", whole=True))
    two = sent(way("duplicate", whole=True, script=read_log(lines(one.records))))
    assert two.bytes == b"".join(piece * 2 for piece in one.pieces if isinstance(piece, bytes))


def test_the_log_is_written_a_line_each():
    file = io.BytesIO()
    log = FaultLog(file)
    log({"fault": "loss"})
    log({"fault": "reset"})
    assert file.getvalue() == b'{"fault": "loss"}\n{"fault": "reset"}\n'


@pytest.mark.parametrize(
    "line",
    ["hello", "[]", "5", "{}", '{"connection": 1}'],
)
def test_what_is_no_log_is_refused(line):
    with pytest.raises(UsageError, match="file: line 2 is no record of a fault; name a file that --fault-log wrote"):
        read_log(["\n", line], "file")


def test_a_log_of_an_unknown_fault_is_refused(way):
    record = sent(way("loss")).records[0]
    for wrong in ({"fault": "gone"}, {"direction": "left"}):
        with pytest.raises(UsageError, match=r"^line 1 is no record"):
            read_log([json.dumps(record | wrong)])
