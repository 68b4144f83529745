"""A conversation between a source and what shows it, in this process: who says what, and what ends it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

import pytest

import wiretalk.blocking
from wiretalk.cli import talking
from wiretalk.cli.reading import Watch
from wiretalk.cli.showing import Shown
from wiretalk.cli.talking import Talk
from wiretalk.errors import (
    ClosedError,
    CodecError,
    LimitError,
    MalformedError,
    ResetError,
    TimedOutError,
    TruncatedError,
)


@pytest.fixture(autouse=True)
def seen_threads(monkeypatch):
    """Threads begun by `_thread` are not seen by coverage; and this way they are waited for."""
    threads = []

    def start(function, arguments):
        threads.append(threading.Thread(target=function, args=arguments, daemon=True))
        threads[-1].start()

    monkeypatch.setattr(talking, "start_new_thread", start)
    yield
    for thread in threads:
        thread.join(60)


class Kept(Shown):
    """Keep what is shown."""

    def __init__(self, *, wants_sent=False, fail=None):
        self.heard, self.said, self.rest, self.endings = [], [], [], []
        self.wants_sent = wants_sent
        self.fail = fail

    def received(self, peer, message):
        if self.fail is not None:
            raise self.fail
        self.heard.append(message)

    def sent(self, peer, message):
        self.said.append(message)

    def cut(self, peer, rest):
        self.rest.append(rest)

    def finished(self, watch):
        self.endings.append("peer finished")

    def ended(self, peer, ending):
        self.endings.append(ending["how"])


def talk(server, source, shown, framing="line", **settings):
    connection = wiretalk.blocking.connect(server.address, framing=framing)
    one = Talk(connection, iter(source), shown, Watch(output=False), **settings)
    return one, connection


def read_to_end(sock):
    data = bytearray()
    while piece := sock.recv(65536):
        data += piece
    return bytes(data)


def echo(sock):
    while data := sock.recv(65536):
        sock.sendall(data)


def test_what_the_source_says_is_said_and_the_answers_shown(served):
    shown = Kept(wants_sent=True)
    one, connection = talk(served(echo), [[b"a"], [b"b", b"c"]], shown)
    one.hold()
    assert shown.heard == shown.said == [b"a", b"b", b"c"]
    assert shown.endings == ["peer finished", "finished"]
    assert (connection.messages_sent, connection.messages_received) == (3, 3)


def test_the_source_goes_on_when_the_peer_has_finished(served):
    may_go_on, heard = threading.Event(), []

    def finish_first(sock):
        sock.shutdown(socket.SHUT_WR)
        may_go_on.set()
        heard.append(read_to_end(sock))

    def source():
        may_go_on.wait(60)
        yield [b"late"]

    server = served(finish_first)
    shown = Kept()
    one, _ = talk(server, source(), shown)
    one.hold()
    server.wait()
    assert heard == [b"late\n"]


def test_it_need_not_where_nobody_would_know_that_it_does(served):
    forever = threading.Event()

    def source():
        forever.wait(60)
        yield from ()

    one, connection = talk(served(lambda sock: sock.shutdown(socket.SHUT_WR)), source(), Kept(), alone=True)
    one.hold()
    assert connection.ending.how == "finished"
    forever.set()


def test_so_many_replies_end_it(served):
    def count(sock):
        sock.sendall(b"1\n2\n3\n")
        read_to_end(sock)

    shown = Kept()
    one, _ = talk(served(count), [[b"x"]], shown, replies=2)
    one.hold()
    assert (shown.heard, one.why) == ([b"1", b"2"], "replies")


def test_no_replies_are_not_waited_for(served):
    heard = []
    server = served(lambda sock: heard.append(read_to_end(sock)))
    one, _ = talk(server, [[b"x"], [b"y", b"z"]], Kept(), replies=0)
    one.hold()
    server.wait()
    assert heard == [b"x\ny\nz\n"]


@pytest.mark.parametrize("expects", [0, 1, 2])
def test_a_silent_peer_is_waited_for_as_long_as_said(served, expects):
    leave = threading.Event()

    def answer_once(sock):
        sock.sendall(b"one\n")
        leave.wait(60)

    shown = Kept()
    one, _ = talk(served(answer_once), [], shown, wait_s=0.2, expects=expects)
    with pytest.raises(TimedOutError) if expects == 2 else contextlib.nullcontext():
        one.hold()
    leave.set()
    assert (shown.heard, one.why) == ([b"one"], "wait")


def test_what_comes_is_waited_for_anew(served):
    def answer_slowly(sock):
        for number in range(4):
            done.wait(0.1)
            sock.sendall(b"%d\n" % number)

    done, shown = threading.Event(), Kept()
    one, _ = talk(served(answer_slowly), [], shown, wait_s=1)
    one.hold()
    assert shown.heard == [b"0", b"1", b"2", b"3"]


def test_a_message_cut_is_shown_and_raised(served):
    shown = Kept()
    one, _ = talk(served(lambda sock: sock.sendall(b"whole\npart")), [], shown)
    with pytest.raises(TruncatedError):
        one.hold()
    assert (shown.heard, shown.rest, shown.endings) == ([b"whole"], [b"part"], ["truncated"])


def test_a_source_that_fails_ends_it(served):
    def source():
        yield [b"good"]
        raise CodecError("no value", by="us")

    shown = Kept()
    one, _ = talk(served(read_to_end), source(), shown)
    with pytest.raises(CodecError):
        one.hold()
    assert shown.endings == ["codec"]


def test_a_message_that_cannot_be_sent_ends_it(served):
    one, _ = talk(served(read_to_end), [[b"two\nlines"]], Kept())
    with pytest.raises(MalformedError):
        one.hold()


def test_a_source_that_fails_after_the_peer_has_finished_is_told(served):
    def source():
        finished.wait(60)
        raise LimitError("max_message_bytes", 1, "too long", by="us")
        yield

    finished, shown = threading.Event(), Kept()
    shown.finished = lambda _: finished.set()
    one, _ = talk(served(lambda _: None), source(), shown)
    with pytest.raises(LimitError):
        one.hold()


def test_a_peer_that_breaks_off_is_told_once_all_it_said_is_shown(served):
    def reset(sock):
        sock.sendall(b"before\n")
        sock.recv(1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def source():
        while True:
            yield [b"x" * 1000]

    shown = Kept()
    one, _ = talk(served(reset), source(), shown)
    with pytest.raises(ResetError):
        one.hold()
    assert shown.endings[-1] == "reset"


def test_what_cannot_be_shown_ends_it(served):
    def say(sock):
        sock.sendall(b"x\n")
        read_to_end(sock)

    shown = Kept(fail=BrokenPipeError())
    one, connection = talk(served(say), [], shown)
    with pytest.raises(BrokenPipeError):
        one.hold()
    # There is nobody to be told.
    assert shown.endings == []
    assert connection.ending is not None


def test_ctrl_c_ends_it_in_good_order(served):
    heard = []

    def say(sock):
        sock.sendall(b"x\n")
        heard.append(read_to_end(sock))

    server = served(say)
    one, _ = talk(server, [[b"hello"]], Kept(fail=KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        one.hold()
    assert one._shown.endings == ["interrupted"]
    server.wait()
    assert heard in ([b"hello\n"], [b""])


def test_somebody_else_who_closes_it_is_told(served):
    def say(sock):
        sock.sendall(b"x\n")
        read_to_end(sock)

    shown = Kept()
    one, connection = talk(served(say), [], shown)
    shown.received = lambda *_: connection.hang_up()
    with pytest.raises(ClosedError):
        one.hold()


def test_a_reader_who_leaves_ends_it(served):
    class Left(Watch):
        def wait_for_leaving(self, timeout_s=None):
            return True

    connection = wiretalk.blocking.connect(served(read_to_end_quietly).address)
    watch = Left(output=False)
    watch.output = True
    one = Talk(connection, iter([]), Kept(), watch)
    one.hold()
    assert one.why == "reader"


def read_to_end_quietly(sock):
    leave = threading.Event()
    with contextlib.suppress(ConnectionError):
        while sock.recv(100):
            pass
        leave.wait(0.2)


def test_a_watch_that_fails_is_told(served):
    class Broken(Watch):
        def wait_for_leaving(self, timeout_s=None):
            raise OSError(5, "Input/output error")

    connection = wiretalk.blocking.connect(served(read_to_end_quietly).address)
    watch = Broken(output=False)
    watch.output = True
    with pytest.raises(OSError, match="Input/output error"):
        Talk(connection, iter([]), Kept(), watch).hold()
