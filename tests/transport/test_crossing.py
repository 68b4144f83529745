"""Where a stream's bytes cross between the kernel and us, in Python and in C: what is written on top hears the same."""

from __future__ import annotations

import gc
import os
import socket
import struct
import sys
import weakref

import pytest

from wiretalk.framing import make
from wiretalk.framing.answering import new_answering
from wiretalk.limits import READ_BYTES

from ..twins import KINDS, serving


@pytest.fixture(scope="module", params=KINDS)
def crossing_type(request, twins):
    """What a stream transport is built on: in Python, in C."""
    return twins(request.param).StreamTransport.__base__


class Sink:
    """Keeps what comes, and answers with what it was given."""

    def __init__(self):
        self.came = []
        self.answer = None

    def data(self, data):
        self.came.append(data)
        return self.answer


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def make_crossing(crossing_type, sink):
    class Crossing(crossing_type):
        """Keeps what it is told."""

        __slots__ = ("__weakref__", "told")

        def __init__(self, sock):
            super().__init__(sock, sink)
            self.told = []
            self._reading = True

        def _unreadable(self, error):
            self.told.append(("unreadable", type(error), error.errno))

        def _end_of_input(self):
            self.told.append("end")

        def _behind(self, code):
            self.told.append(("behind", code))

        def _hold(self, data):
            self.told.append(("hold", bytes(data)))

        def _break(self, error):
            self.told.append(("break", type(error), error.errno))
            self.broken = error

    return Crossing


@pytest.fixture
def pair(opened):
    ours, theirs = socket.socketpair()
    opened(ours)
    ours.setblocking(False)
    theirs.settimeout(20)
    return ours, opened(theirs)


@pytest.fixture
def crossing(make_crossing, pair):
    return make_crossing(pair[0])


@pytest.fixture
def tcp_pair(opened):
    with socket.create_server(("127.0.0.1", 0)) as server:
        theirs = opened(socket.create_connection(server.getsockname()))
        ours = opened(server.accept()[0])
    ours.setblocking(False)
    return ours, theirs


def fill(sock):
    """Send until the kernel takes no more."""
    try:
        while True:
            sock.send(bytes(65536))
    except BlockingIOError:
        pass


def test_it_begins_with_nothing_passed(crossing, pair, sink):
    assert crossing.sock is pair[0]
    assert crossing.sink is sink
    assert crossing.broken is None
    assert (crossing.backlog_bytes, crossing.wire_received, crossing.wire_sent) == (0, 0, 0)
    assert (crossing._finishing, crossing._closing) == (False, False)


def test_what_comes_is_pushed_and_what_is_answered_is_sent(crossing, pair, sink):
    sink.answer = b"world"
    pair[1].send(b"hello")
    assert crossing._readable() is None
    assert sink.came == [b"hello"]
    assert pair[1].recv(100) == b"world"
    assert (crossing.wire_received, crossing.wire_sent) == (5, 5)
    assert crossing.told == []


@pytest.mark.parametrize("answer", [None, b""])
def test_no_answer_sends_nothing(crossing, pair, sink, answer):
    sink.answer = answer
    pair[1].send(b"hello")
    crossing._readable()
    assert (sink.came, crossing.wire_sent, crossing.told) == ([b"hello"], 0, [])


def test_one_read_brings_so_much_and_no_more(crossing, pair, sink):
    pair[1].setblocking(False)
    sent = pair[1].send(bytes(2 * READ_BYTES))
    crossing._readable()
    assert [len(data) for data in sink.came] == [min(sent, READ_BYTES)]


def test_waking_for_nothing_is_no_matter(crossing, sink):
    crossing._readable()
    assert (sink.came, crossing.told) == ([], [])


def test_the_peers_end_is_told(crossing, pair):
    pair[1].close()
    crossing._readable()
    assert crossing.told == ["end"]


def test_a_read_that_fails_is_told(make_crossing, tcp_pair):
    crossing = make_crossing(tcp_pair[0])
    tcp_pair[1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    tcp_pair[1].close()
    while not crossing.told:
        crossing._readable()
    assert crossing.told == [("unreadable", ConnectionResetError, 104)]


def test_an_error_behind_what_is_read_is_looked_for(make_crossing, tcp_pair, sink):
    crossing = make_crossing(tcp_pair[0])
    tcp_pair[1].send(b"the last words")
    while not tcp_pair[0].recv(1, socket.MSG_PEEK):
        pass
    tcp_pair[1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    tcp_pair[1].close()
    while tcp_pair[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) != b"\x07":  # until the reset has come
        pass
    sink.came.clear()
    crossing._readable()
    heard = sink.came, crossing.told
    assert heard in (([b"the last words"], [("behind", 104)]), ([], [("unreadable", ConnectionResetError, 104)]))


def test_an_error_known_before_is_told_without_asking(crossing, pair):
    crossing.broken = OSError()
    pair[1].send(b"hello")
    crossing._readable()
    assert crossing.told == [("behind", 0)]


@pytest.mark.parametrize("flag", ["_closing", "_reading"])
def test_nobody_looks_behind_what_is_not_read_on(crossing, pair, flag):
    crossing.broken = OSError()
    setattr(crossing, flag, flag == "_closing")
    pair[1].send(b"hello")
    crossing._readable()
    crossing._look_behind()
    assert crossing.told == []


def test_what_the_kernel_takes_a_part_of_is_held_for_the_rest(crossing, pair):
    data = os.urandom(1 << 22)
    crossing.write(data)
    ((_, rest),) = crossing.told
    assert crossing.wire_sent == len(data) - len(rest) > 0
    assert data.endswith(rest)


def test_what_the_kernel_takes_nothing_of_is_held_whole(crossing, pair):
    fill(pair[0])
    data = b"hello"
    crossing.write(data)
    crossing.write(bytearray(data))
    assert crossing.told == [("hold", data)] * 2


def test_behind_what_is_held_all_is_held(crossing, pair):
    crossing.backlog_bytes = 7
    crossing.write(b"hello")
    assert crossing.told == [("hold", b"hello")]
    assert crossing.wire_sent == 0


def test_a_write_that_fails_is_told_once(crossing, pair):
    pair[1].close()
    crossing.write(b"hello")
    crossing.write(b"hello")
    assert crossing.told == [("break", BrokenPipeError, 32)]


@pytest.mark.parametrize(("name", "value"), [("_finishing", True), ("broken", OSError()), ("sink", None)])
def test_what_is_over_is_not_written_to(crossing, pair, name, value):
    setattr(crossing, name, value)
    crossing.write(b"hello")
    pair[0].close()
    assert pair[1].recv(100) == b""
    assert crossing.told == []


def test_when_it_is_over_nothing_is_read(crossing, pair, sink):
    crossing.sink = None
    pair[1].send(b"hello")
    crossing._readable()
    crossing._look_behind()
    assert (sink.came, crossing.told, crossing.wire_received) == ([], [], 0)


def test_what_the_sink_raises_is_raised(crossing, pair, sink):
    def refuse(_):
        raise ValueError("not that")

    sink.data = refuse
    pair[1].send(b"hello")
    with pytest.raises(ValueError, match="not that"):
        crossing._readable()
    del sink.data
    crossing.sink = sink
    pair[1].send(b"again")
    crossing._readable()
    assert sink.came == [b"again"]


def test_a_sink_may_end_it_from_within(crossing, pair, sink):
    def end(data):
        crossing.sink = None
        pair[0].close()
        return data

    sink.data = end
    pair[1].send(b"hello")
    crossing._readable()
    assert pair[1].recv(100) == b""
    assert crossing.told == []


def test_a_sink_may_lead_to_another_read(make_crossing, opened, sink):
    """Two connections, of which the one's bytes lead to reading the other's: neither spoils the other's."""
    ends = []
    for _ in range(2):
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        ends.append((make_crossing(opened(ours)), opened(theirs)))
    (first, _), (second, _) = ends

    def data(data):
        if data == b"first":
            second._readable()
        return data

    sink.data = data
    ends[0][1].send(b"first")
    ends[1][1].send(b"second")
    first._readable()
    assert [theirs.recv(100) for _, theirs in ends] == [b"first", b"second"]


class Owner:
    def __init__(self):
        self.told = []

    def interrupted(self, *told):
        self.told.append(told)


@pytest.fixture
def answering(crossing_type, sink, require):
    """`answering(reply)` has the sink answer lines, by the Answering of the same kind."""

    def made(reply):
        owner = Owner()
        with serving("python" if crossing_type.__module__ == "wiretalk.transport.crossing" else "c", require):
            sink.data = new_answering(make("line"), reply, owner).answer
        return owner

    return made


def test_an_answering_sink_answers_at_once(crossing, pair, answering):
    owner = answering(bytes.upper)
    pair[1].send(b"one\ntwo\nthr")
    crossing._readable()
    assert pair[1].recv(100) == b"ONE\nTWO\n"
    pair[1].send(b"ee\n")
    crossing._readable()
    assert pair[1].recv(100) == b"THREE\n"
    assert (crossing.wire_received, crossing.wire_sent) == (14, 14)
    assert (owner.told, crossing.told) == ([], [])


def test_answers_the_kernel_has_no_room_for_are_held(crossing, pair, answering):
    answering(bytes.upper)
    fill(pair[0])
    pair[1].send(b"one\ntwo\n")
    crossing._readable()
    assert crossing.told == [("hold", b"ONE\nTWO\n")]


def test_an_answering_that_is_interrupted_tells_its_owner_alone(crossing, pair, answering):
    owner = answering(lambda message: 1 / 0)
    pair[1].send(b"one\n")
    crossing._readable()
    assert [told[1] for told in owner.told] == ["reply"]
    assert crossing.wire_sent == 0


def test_a_reply_may_end_the_connection(crossing, pair, answering):
    def reply(message):
        crossing.sink = None
        pair[0].close()
        return message

    answering(reply)
    pair[1].send(b"one\ntwo\n")
    crossing._readable()
    assert pair[1].recv(100) == b""
    assert crossing.told == []


def test_an_answering_sink_is_looked_behind_where_it_answers_nothing(crossing, pair, answering):
    answering(lambda _: None)
    crossing.broken = OSError()
    pair[1].send(b"one\n")
    crossing._readable()
    assert crossing.told == [("behind", 0)]


def test_it_is_let_go_of_with_all_it_holds(make_crossing, pair, sink):
    ours, _ = pair
    crossing = make_crossing(ours)
    crossing.told.append(crossing)
    crossing.broken = OSError()
    sink.crossing = crossing
    gone = weakref.ref(crossing)
    before = sys.getrefcount(ours)
    del crossing, sink.crossing
    gc.collect()
    assert gone() is None
    assert sys.getrefcount(ours) < before


def test_no_reference_is_lost_or_kept(crossing, pair, sink, answering):
    sink.answer = bytes(bytearray(b"an answer of its own"))
    things = [sink, sink.answer, pair[0], crossing]

    def pass_some():
        for _ in range(50):
            pair[1].send(b"hello\n")
            crossing._readable()
            pair[1].recv(100)
            crossing.write(things[1])
            pair[1].recv(100)
            sink.came.clear()

    pass_some()
    before = [sys.getrefcount(thing) for thing in things]
    pass_some()
    assert [sys.getrefcount(thing) for thing in things] == before
    answering(bytes.upper)
    crossing.sink = sink
    pass_some()
    before = [sys.getrefcount(thing) for thing in things]
    pass_some()
    assert [sys.getrefcount(thing) for thing in things] == before


def test_the_twin_in_c_is_made_of_a_socket_once(make_crossing, crossing_type, pair, sink):
    if crossing_type.__module__ != "wiretalk._speedups":
        pytest.skip("asked of the twin in C alone")
    for wrong in ((), (pair[0],), ("no socket", sink), (-1, sink)):
        with pytest.raises((TypeError, ValueError)):
            crossing_type(*wrong)
    crossing = make_crossing(pair[0])
    with pytest.raises(RuntimeError, match="once"):
        crossing_type.__init__(crossing, pair[0], sink)
    with pytest.raises(TypeError):
        crossing.write("text")
    sink.answer = "text"
    pair[1].send(b"hello")
    with pytest.raises(TypeError):
        crossing._readable()
    for name in ("wire_received", "backlog_bytes"):
        with pytest.raises(TypeError):
            setattr(crossing, name, None)


def test_one_that_was_never_made_does_nothing(crossing_type):
    if crossing_type.__module__ != "wiretalk._speedups":
        pytest.skip("asked of the twin in C alone")
    crossing = crossing_type.__new__(crossing_type)
    for call in (crossing._readable, crossing._look_behind, lambda: crossing.write(b"x")):
        with pytest.raises(RuntimeError, match="has not been made"):
            call()
