"""Opening conversations: every step with its time and its error, and opening them again."""

from __future__ import annotations

import os
import socket
import threading
import time

import pytest

from wiretalk import blocking
from wiretalk.address import parse
from wiretalk.blocking import connecting
from wiretalk.errors import (
    AddressError,
    NoSuchHostError,
    RefusedError,
    TimedOutError,
    UnreachableError,
    UsageError,
    WiretalkError,
)


@pytest.fixture
def nobody(opened, ends):
    """A TCP address at which nobody listens, kept free while the test runs."""
    sock = opened(socket.socket())
    sock.bind(("127.0.0.1", 0))
    return ends.address_of(sock)


def test_each_step_is_traced(listening, opened, ends):
    listener = listening()
    steps = []
    connection = opened(blocking.connect(ends.address_of(listener), trace=steps.append))
    address = ends.address_of(listener)
    assert steps == [
        f"resolved {address}: {address}",
        f"connecting to {address}",
        f"connected {connection.local} to {address}",
    ]


def test_an_address_may_be_given_parsed(listening, opened, ends):
    listener = listening()
    connection = opened(blocking.connect(parse(ends.address_of(listener))))
    assert connection.peer == ends.address_of(listener)


def test_the_address_own_options_win(wired):
    connection, peer = wired("?framing=line&codec=text", framing="netstring")
    connection.send("hi")
    assert peer.recv(10) == b"hi\n"


def test_nobody_listens(nobody):
    with pytest.raises(RefusedError, match="nobody listens there"):
        blocking.connect(nobody)


def test_nobody_listens_at_any_of_the_addresses(nobody):
    port = nobody.rpartition(":")[2]
    with pytest.raises(RefusedError) as told:
        blocking.connect(f"tcp://localhost:{port}")
    assert f"127.0.0.1:{port}" in str(told.value)


def test_no_such_socket_file(tmp_path):
    with pytest.raises(UnreachableError, match="no such socket file"):
        blocking.connect(f"unix:{tmp_path}/nothing")


def test_no_such_host():
    with pytest.raises(NoSuchHostError):
        blocking.connect("tcp://no-such-host.invalid:1")


def test_words_that_are_wrong_are_refused_at_once():
    with pytest.raises(AddressError):
        blocking.connect("tcp://127.0.0.1:99999")
    with pytest.raises(UsageError, match="there is no framing"):
        blocking.connect("tcp://127.0.0.1:1", framing="lines")
    with pytest.raises(UsageError, match="timeout_s must be above 0"):
        blocking.connect("tcp://127.0.0.1:1", timeout_s=0)
    with pytest.raises(UsageError, match="heartbeat_interval_s must be above 0"):
        blocking.reconnect("tcp://127.0.0.1:1", heartbeat_interval_s=-1)


def test_a_resolver_that_takes_too_long_is_left_behind(monkeypatch):
    never = threading.Event()
    monkeypatch.setattr(connecting, "resolve", lambda address: never.wait(30))
    try:
        with pytest.raises(TimedOutError) as told:
            blocking.connect("tcp://slow.example:1", resolve_timeout_s=0.05)
        assert (told.value.wait, told.value.seconds) == ("resolve", 0.05)
        with pytest.raises(TimedOutError) as told:
            blocking.connect("tcp://slow.example:1", timeout_s=0.04)
        assert (told.value.wait, told.value.seconds) == ("resolve", 0.04)
    finally:
        never.set()


def test_a_name_is_resolved_in_time(listening, opened, monkeypatch, ends):
    listener = listening()
    resolve = connecting.resolve
    monkeypatch.setattr(connecting, "resolve", lambda address: resolve(address.but(host="127.0.0.1")))
    connection = opened(blocking.connect(f"tcp://pi.example:{listener.getsockname()[1]}"))
    assert connection.peer == ends.address_of(listener)


def test_a_number_or_localhost_needs_no_thread_to_resolve(monkeypatch, nobody):
    asked_in = []
    resolve = connecting.resolve
    monkeypatch.setattr(connecting, "resolve", lambda a: asked_in.append(threading.current_thread()) or resolve(a))
    port = nobody.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "[::1]", ""):
        with pytest.raises(WiretalkError):
            blocking.connect(f"tcp://{host}:{port}")
    assert asked_in == [threading.main_thread()] * 4
    with pytest.raises(NoSuchHostError):
        blocking.connect("tcp://no-such-host.invalid:1", timeout_s=None)
    assert asked_in[-1] is threading.main_thread()


def test_a_full_backlog_is_a_timeout_in_connecting(opened, ends):
    listener = opened(socket.create_server(("127.0.0.1", 0), backlog=0))
    held = []
    for _ in range(16):
        # Linux takes one more than the backlog; the next handshakes get no answer.
        sock = opened(socket.socket())
        sock.setblocking(False)
        held.append(sock.connect_ex(listener.getsockname()))
    with pytest.raises(TimedOutError) as told:
        blocking.connect(ends.address_of(listener), connect_timeout_s=0.1)
    assert (told.value.wait, told.value.seconds) == ("connect", 0.1)


def test_a_full_unix_backlog_is_waited_for(tmp_path, opened, running):
    path = f"{tmp_path}/s"
    listener = opened(socket.socket(socket.AF_UNIX))
    listener.bind(path)
    listener.listen(0)
    first = opened(blocking.connect(f"unix:{path}"))
    with pytest.raises(TimedOutError) as told:
        while True:
            opened(blocking.connect(f"unix:{path}", timeout_s=0.1))
    assert told.value.wait == "connect"
    later = running(blocking.connect, f"unix:{path}")
    opened(listener.accept()[0])
    opened(later.result())
    assert first.ending is None


def test_descriptors_are_not_left_behind_by_failures(nobody):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with pytest.raises(RefusedError):
            blocking.connect(nobody)
    assert len(os.listdir("/proc/self/fd")) == before


def test_out_of_descriptors_for_the_bell_is_a_limit(listening, monkeypatch, ends):
    import errno

    from wiretalk.blocking import lifeline
    from wiretalk.errors import LimitError

    def none_left():
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(lifeline, "Bell", none_left)
    with pytest.raises(LimitError, match="out of file descriptors"):
        blocking.connect(ends.address_of(listening()))


def test_stdio_is_a_connection_like_any_other():
    import subprocess
    import sys

    script = (
        "import wiretalk.blocking as b\n"
        "with b.connect('-', framing='line', codec='text') as c:\n"
        "    for m in c: c.send(m.upper())\n"
        "    assert (c.peer, c.local) == ('-', '-')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], input=b"one\ntwo\n", capture_output=True, timeout=60)
    assert (done.stdout, done.stderr) == (b"ONE\nTWO\n", b"")


# again and again


@pytest.fixture
def quick(monkeypatch):
    """Record the pauses instead of making them."""
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


def test_connections_follow_one_another(listening, ends):
    listener = listening()
    peers = []
    steps = []
    for connection in blocking.reconnect(ends.address_of(listener), trace=steps.append):
        peers.append(listener.accept()[0])
        peers[-1].sendall(b"x")
        assert connection.receive() == b"x"
        if len(peers) == 3:
            connection.close()
            break
    for peer in peers:
        assert peer.recv(1) == b""
        peer.close()
    assert sum("opening it again" in step for step in steps) == 2


def test_failures_are_followed_by_longer_pauses_and_counted(nobody, quick):
    steps = []
    connections = blocking.reconnect(nobody, attempts=5, trace=steps.append)
    with pytest.raises(RefusedError):
        next(connections)
    assert len(quick) == 4
    assert all(0.05 * 2**n <= pause <= 0.15 * 2**n for n, pause in enumerate(quick))
    assert sum("trying again in about" in step for step in steps) == 4


def test_a_pause_does_not_grow_for_ever_and_starts_anew_after_a_byte(nobody, quick, listening, monkeypatch, ends):
    listener = listening()
    opening = [nobody] * 12 + [ends.address_of(listener)] + [nobody] * 3
    open_one = connecting._Opening.open

    def open_next(self):
        self._plan.address = parse(opening.pop(0))
        return open_one(self)

    monkeypatch.setattr(connecting._Opening, "open", open_next)
    connections = blocking.reconnect(nobody, attempts=20)
    connection = next(connections)
    assert max(quick) <= 45
    peer = listener.accept()[0]
    peer.sendall(b"x")
    connection.receive()
    peer.close()
    del quick[:]
    with pytest.raises(IndexError):
        next(connections)
    assert quick[0] <= 0.15


def test_what_a_lost_peer_did_not_take_is_no_reason_not_to_open_the_next(listening, monkeypatch, quick, ends):
    monkeypatch.setattr("wiretalk.blocking.channel.CLOSE_TIMEOUT_S", 0.02)
    listener = listening()
    steps = []
    connections = blocking.reconnect(ends.address_of(listener), trace=steps.append)
    connection = next(connections)
    with pytest.raises(TimedOutError):
        connection.send(b"x" * (64 << 20), timeout_s=0.02)
    second = next(connections)
    assert second.ending is None
    assert any("timed out after 0.02 s in close" in step for step in steps)
    connections.close()
    assert second.ending is not None
    ends.until(lambda: connection.ending is not None)
