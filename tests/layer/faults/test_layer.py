"""The layer between a transport and a conversation, by a loop turned by hand: ends in order, what is held, cutting."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from wiretalk.address import parse
from wiretalk.conversing import Plan
from wiretalk.errors import LimitError, RefusedError, ResetError, TimedOutError, UsageError
from wiretalk.layer.faults import FaultSet
from wiretalk.layer.faults import layer as home
from wiretalk.limits import CLOSE_TIMEOUT_S, FAULT_QUEUE_BYTES, Limits

from .conftest import Clock


class Transport:
    """Takes down what it is told, and tells what it is asked to."""

    def __init__(self, clock):
        self.loop = clock
        self.done = []
        self.broken = None
        self.backlog_bytes = 0
        self.unacknowledged_bytes = 0
        self.bytes_received = 0
        self.bytes_sent = 0
        self.tls = None
        self.sink = None
        self.refuses = None
        self.over = False

    def __getattr__(self, name):
        if name in {"start", "pause", "resume", "half_close"}:
            return lambda: self.done.append(name)
        raise AttributeError(name)

    def write(self, data):
        if self.refuses is not None:
            raise self.refuses
        self.done.append(data)

    def close(self):
        self.done.append("close")

    def abort(self, error=None):
        self.done.append("abort")
        self.lose(error)

    def lose(self, error=None):
        if not self.over:
            self.over = True
            self.sink.lost(error)

    def took(self):
        done, self.done = self.done, []
        return done


class Above:
    """A conversation that takes down what it is told."""

    def __init__(self, address, *, framing=None, dialled=False):
        self.plan = Plan(parse(address), framing, None, Limits(), dialled=dialled)
        self.peer = "tcp://peer:1"
        self.local = "tcp://us:2"
        self.age_s = 1.0
        self.told = []
        self.answer = None
        self.error = None

    def opened(self):
        self.told.append("opened")

    def data(self, data):
        self.told.append(data)
        return self.answer

    def end(self):
        self.told.append("end")

    def held(self):
        self.told.append("held")

    def drained(self):
        self.told.append("drained")

    def trouble(self, error):
        self.told.append(error)

    def lost(self, error):
        self.told.append("lost")
        self.error = error

    def took(self):
        told, self.told = self.told, []
        return told


class Joint:
    """A set, one connection of it, and both its neighbours."""

    def __init__(self, faults, address, *, framing, dialled, opened, clock):
        self.clock = clock
        self.records = []
        self.set = FaultSet(faults, seed=7, log=self.records.append)
        self.above = Above(address, framing=framing, dialled=dialled)
        self.layer = self.set(self.above)
        self.below = Transport(self.clock)
        self.layer.below, self.layer.above, self.below.sink = self.below, self.above, self.layer
        if opened:
            self.layer.opened()

    def wait(self, seconds):
        self.clock.advance(seconds)


@pytest.fixture
def joint(monkeypatch):
    """Make a connection with faults: `joint("up:latency=50ms")`."""
    clock = Clock()
    monkeypatch.setattr(home, "time", SimpleNamespace(monotonic=clock.now))

    def make(*faults, address="tcp://:1", framing=None, dialled=False, opened=True):
        return Joint(faults, address, framing=framing, dialled=dialled, opened=opened, clock=clock)

    return make


# directions


def test_listening_up_comes_from_the_peer(joint):
    one = joint("up:loss")
    one.layer.data(b"a")
    one.layer.write(b"b")
    assert (one.above.told, one.below.done) == (["opened"], [b"b"])


def test_connecting_up_goes_to_the_peer(joint):
    one = joint("up:loss", dialled=True)
    one.layer.data(b"a")
    one.layer.write(b"b")
    assert (one.above.told, one.below.done) == (["opened", b"a"], [])


def test_an_answer_goes_the_other_way(joint):
    one = joint("down:latency=1s")
    one.above.answer = b"yes"
    one.layer.data(b"a")
    assert one.below.took() == []
    one.wait(1)
    assert one.below.took() == [b"yes"]


# ends


def test_ends_arrive_behind_what_came_before_them(joint):
    one = joint("latency=50ms")
    one.layer.data(b"a")
    one.layer.end()
    one.below.lose(None)
    one.above.took()
    assert one.set.connections == {1: one.layer}
    one.wait(0.05)
    assert one.above.told == [b"a", "end", "lost"]
    assert one.set.connections == {}


def test_and_so_do_ours(joint):
    one = joint("latency=50ms")
    one.layer.write(b"a")
    one.layer.half_close()
    one.wait(0.05)
    assert one.below.took() == [b"a", "half_close"]
    one = joint("latency=50ms")
    one.layer.write(b"a")
    one.layer.close()
    one.layer.close()
    one.layer.write(b"late")
    one.layer.half_close()
    one.wait(0.05)
    assert one.below.took() == [b"a", "close"]
    one.below.lose(None)
    assert one.above.told[-1] == "lost"
    one.below.over = False
    one.below.lose(None)
    assert one.above.told.count("lost") == 1


def test_closing_goes_on_as_long_as_something_moves(joint):
    one = joint("down:bandwidth=100")
    one.layer.write(bytes(2000))
    one.layer.close()
    one.wait(19.9)
    assert one.below.done[-1] != "close"
    one.wait(0.2)
    assert one.below.done[-1] == "close"
    assert sum(map(len, one.below.done[:-1])) == 2000


@pytest.mark.parametrize("fault", ["stall", "blackhole"])
def test_closing_ends_when_nothing_moves(joint, fault):
    one = joint(fault)
    one.layer.write(b"a")
    one.layer.close()
    one.wait(CLOSE_TIMEOUT_S - 0.1)
    assert one.below.took() == []
    one.wait(0.2)
    assert one.below.took() == ["abort"]
    assert isinstance(one.above.error, TimedOutError)


def test_closing_when_the_transport_has_gone_already(joint):
    one = joint("stall")
    error = TimedOutError("x", "idle")
    one.layer.data(b"a")
    one.below.lose(error)
    assert "lost" not in one.above.told
    one.layer.close()
    assert one.above.told[-1] == "lost"
    assert one.above.error is error


def test_aborting_is_at_once(joint):
    one = joint("latency=1s")
    one.layer.data(b"a")
    one.layer.write(b"a")
    error = TimedOutError("x", "idle")
    one.layer.abort(error)
    assert (one.above.told, one.above.error, one.below.done) == (["opened", "lost"], error, ["abort"])
    assert one.clock.waiting == 0
    two = joint("stall")
    two.below.lose(None)
    two.layer.abort(error)
    assert (two.above.told[-1], two.above.error, two.below.done) == ("lost", error, [])


def test_a_datagram_peers_silence_is_told_whatever_the_faults(joint):
    one = joint("blackhole", address="udp://:1")
    one.layer.end()
    assert one.above.told == ["opened", "end"]


def test_never_opened_it_is_lost(joint):
    one = joint("latency=1s", opened=False)
    one.below.lose(None)
    assert (one.above.told, one.layer.number) == (["lost"], 0)
    two = joint("latency=1s", opened=False)
    two.layer.pause()
    two.layer.resume()
    two.layer.close()
    assert two.below.took() == ["close"]


# what is held


def test_a_slow_link_is_not_read_when_too_much_waits_before_it(joint):
    one = joint("up:bandwidth=100kB")
    # A gibibyte in miniature: the sender goes on whenever it is read.
    given = 0
    for _ in range(4000):
        if one.below.done and one.below.done[-1] == "pause":
            one.wait(0.1)
        else:
            one.layer.data(bytes(1024))
            given += 1024
        assert one.layer.lanes["up"].held_bytes <= FAULT_QUEUE_BYTES + 1024
    assert given >= 1_000_000
    assert one.below.took()[-2:] in (["pause", "resume"], ["resume", "pause"])


def test_nobody_reads_so_nothing_more_is_read(joint):
    one = joint("up:latency=10ms")
    one.layer.pause()
    given = 0
    while one.below.done != ["pause"]:
        one.layer.data(bytes(64 * 1024))
        given += 64 * 1024
        one.wait(0.01)
        assert given < 2 * FAULT_QUEUE_BYTES
    assert one.layer.lanes["up"].held_bytes == given
    one.above.took()
    one.layer.resume()
    one.wait(0)
    assert one.below.took() == ["pause", "resume"]
    assert sum(map(len, one.above.took())) == given


def test_taking_may_end_in_the_midst(joint):
    one = joint("up:latency=10ms")
    one.layer.pause()
    one.layer.data(b"a")
    one.layer.data(b"b")
    one.layer.end()
    one.wait(1)
    taken = []

    def data(data):
        taken.append(data)
        one.layer.pause()

    one.above.data = data
    one.layer.resume()
    one.wait(0)
    one.layer.resume()
    one.wait(0)
    assert taken == [b"a", b"b"]
    one.above.took()
    one.layer.resume()
    one.wait(0)
    assert one.above.told == ["end"]


def test_what_waits_to_be_sent_counts_and_is_told(joint):
    one = joint("down:bandwidth=100kB")
    one.layer.write(bytes(300_000))
    assert one.layer.backlog_bytes == 300_000
    assert one.above.took() == ["opened", "held"]
    one.wait(1)
    # Not before half of the limit is free.
    assert "drained" not in one.above.told
    one.wait(2)
    assert one.above.told[-1] == "drained"
    one.below.backlog_bytes = 5
    assert one.layer.backlog_bytes == 5
    one.above.took()
    one.layer.held()
    one.layer.drained()
    assert one.above.told == ["held", "drained"]


def test_what_is_on_its_way_holds_nobody_up(joint):
    one = joint("down:latency=50ms")
    one.layer.write(bytes(1_000_000))
    assert one.layer.backlog_bytes == 0
    assert one.above.took() == ["opened"]


def test_trouble_with_a_datagram_that_was_late_is_told(joint):
    one = joint("down:latency=50ms", address="udp://:1")
    one.below.refuses = LimitError("x", 1, "too long")
    one.layer.write(b"a")
    one.wait(1)
    assert one.below.refuses in one.above.told


# cutting


def test_a_reset_waits_until_what_was_written_has_gone(joint):
    one = joint("down:reset=3B")
    one.below.backlog_bytes = 3
    one.layer.write(b"abcdef")
    assert one.below.took() == [b"abc"]
    one.below.backlog_bytes = 0
    one.below.unacknowledged_bytes = 3
    one.layer.drained()
    assert one.below.took() == []
    one.below.unacknowledged_bytes = 0
    one.wait(0.01)
    assert one.below.took() == ["abort"]
    assert isinstance(one.above.error, ResetError)
    assert str(one.above.error) == "tcp://peer:1: reset by the system (by a fault)"


def test_but_not_for_ever(joint):
    one = joint("down:reset=3B")
    one.below.backlog_bytes = 3
    one.layer.write(b"abcdef")
    one.below.took()
    one.wait(CLOSE_TIMEOUT_S + 0.1)
    assert one.below.took() == ["abort"]


def test_lost_meanwhile_it_is_over(joint):
    one = joint("down:reset=3B")
    one.below.backlog_bytes = 3
    one.layer.write(b"abcdef")
    one.below.lose(None)
    one.wait(CLOSE_TIMEOUT_S + 0.1)
    assert one.above.told.count("lost") == 1
    assert "abort" not in one.below.done


def test_a_reset_behind_a_connection_that_is_lost(joint):
    one = joint("up:reset=3B", "up:latency=1s")
    one.layer.data(b"abc")
    one.below.lose(None)
    one.wait(1)
    assert one.above.told == ["opened", b"abc", "lost"]


def test_half_closed_by_a_fault_it_goes_on_the_other_way(joint):
    one = joint("up:half_close=1B", "down:half_close=2B")
    one.layer.data(b"abc")
    assert one.above.took() == ["opened", b"a", "end"]
    one.layer.write(b"xyz")
    assert one.below.took() == [b"xy", "half_close"]
    one.layer.close()
    assert one.below.took() == ["close"]


def test_closed_by_a_fault(joint):
    one = joint("up:close=1B")
    one.layer.data(b"abc")
    assert one.below.took() == ["close"]
    one.below.lose(None)
    assert one.above.took() == ["opened", b"a", "lost"]
    assert one.above.error is None


def test_refused_nobody_learns_of_it(joint):
    one = joint("refuse")
    assert (one.above.told, one.below.done) == (["lost"], ["abort"])
    assert isinstance(one.above.error, RefusedError)
    assert [record["fault"] for record in one.records] == ["refuse"]
    assert one.set.connections == {}


def test_refuse_is_too_late_for_what_is_open(joint):
    one = joint()
    one.set.add("refuse")
    one.layer.data(b"a")
    one.layer.end()
    assert one.above.told == ["opened", b"a", "end"]
    one.set.change("refuse", {"p": 0.5})


def test_connections_are_listed_and_cut(joint):
    one = joint("latency=1s")
    one.layer.data(b"abc")
    assert one.set.connections[1].as_dict() == {
        "connection": 1,
        "peer": "tcp://peer:1",
        "local": "tcp://us:2",
        "age_s": 1.0,
        "bytes": {"up": 3, "down": 0},
        "held_bytes": {"up": 3, "down": 0},
    }
    with pytest.raises(UsageError, match="there is no connection 2"):
        one.set.cut(2)
    with pytest.raises(UsageError, match='cut by reset or close, not "saw"'):
        one.set.cut(1, "saw")
    one.set.cut(1)
    assert one.below.took() == ["abort"]
    assert one.above.told == ["opened", "lost"]
    two = joint()
    two.set.cut(1, "close")
    assert two.below.took() == ["close"]
    assert one.layer.conversation is one.above


def test_a_connection_that_is_gone_but_not_told_is_cut_too(joint):
    one = joint("stall")
    one.layer.data(b"a")
    one.below.lose(None)
    one.set.cut(1)
    assert one.above.told[-1] == "lost"


# a live set


def test_faults_come_change_and_go_while_it_runs(joint):
    one = joint()
    one.layer.data(b"a")
    one.set.add("up:latency=1s")
    one.layer.data(b"b")
    one.set.change("latency", {"delay": 2})
    one.layer.data(b"c")
    assert one.above.took() == ["opened", b"a"]
    one.wait(1)
    assert one.above.took() == [b"b"]
    one.set.remove("latency")
    assert one.above.took() == [b"c"]
    one.layer.data(b"d")
    assert one.above.took() == [b"d"]
    # What is logged counts from the beginning of the connection.
    assert [record["offset"] for record in one.records] == [1, 2]


def test_a_fault_added_counts_from_then_on(joint):
    one = joint()
    one.layer.data(b"abcde")
    one.set.add("up:close,after=2B")
    one.layer.data(b"fghi")
    assert one.above.told == ["opened", b"abcde", b"fg"]
    assert one.records[0]["offset"] == 7


def test_stages_stand_in_the_order_of_the_set(joint):
    one = joint("up:loss,after=3B,for=1B", "up:limit=4")
    one.layer.data(b"abcdefgh")
    assert one.above.told == ["opened", b"abc", b"e"]
    one = joint("up:limit=4", "up:loss,after=3B,for=1B")
    one.layer.data(b"abcdefgh")
    assert one.above.told == ["opened", b"abc"]


def test_removing_from_the_middle(joint):
    one = joint("up:latency=1s", "up:duplicate", "up:latency=1s")
    one.layer.data(b"a")
    one.set.remove("duplicate")
    one.wait(2)
    assert one.above.took() == ["opened", b"a"]
    one.set.remove("latency_2")
    one.layer.data(b"b")
    one.set.remove("latency")
    assert one.above.took() == [b"b"]


def test_a_connection_that_is_over_is_left_alone(joint):
    one = joint("latency=1s")
    one.layer.close()
    one.set.change("latency", {"delay": 3})
    one.set.remove("latency")
    one.set.add("loss")
    assert one.below.done == ["close"]
