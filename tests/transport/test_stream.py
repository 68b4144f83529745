"""A stream transport, step by step: a real socket pair, and a loop that is turned by hand."""

from __future__ import annotations

import socket
import struct

import pytest

from wiretalk.errors import ResetError, TimedOutError
from wiretalk.limits import LINGER_S, READ_BYTES

from ..twins import KINDS


@pytest.fixture(scope="module", params=KINDS, autouse=True)
def _stream_transport(request, twins):
    """Every test here is run twice: with bytes crossing in Python, and in C."""
    global StreamTransport
    StreamTransport = twins(request.param).StreamTransport


@pytest.fixture
def pair(opened):
    ours, theirs = socket.socketpair()
    opened(ours)
    ours.setblocking(False)
    theirs.settimeout(20)
    return ours, opened(theirs)


@pytest.fixture
def tcp_pair(opened):
    with socket.create_server(("127.0.0.1", 0)) as server:
        theirs = opened(socket.create_connection(server.getsockname()))
        ours = opened(server.accept()[0])
    ours.setblocking(False)
    theirs.settimeout(20)
    return ours, theirs


@pytest.fixture
def transport(loop, pair, heard):
    transport = StreamTransport(loop, pair[0], heard, "the peer")
    transport.start()
    assert heard.told == ["opened"]
    heard.told.clear()
    return transport


def fill(transport):
    """Write until the kernel takes no more; return what was written."""
    whole = b""
    while not transport.backlog_bytes:
        whole += bytes([len(whole) % 251]) * 65536
        transport.write(whole[-65536:])
    return whole


def receive_all(sock, loop, size):
    whole = b""
    while len(whole) < size:
        whole += sock.recv(1 << 20)
        loop.turn()
    return whole


def test_what_comes_is_pushed_and_what_goes_leaves_at_once(transport, pair, heard, loop):
    pair[1].send(b"hello")
    loop.turn()
    assert heard.told == [b"hello"]
    transport.write(b"hi")
    assert pair[1].recv(100) == b"hi"
    assert (transport.bytes_received, transport.bytes_sent, transport.backlog_bytes) == (5, 2, 0)


def test_waking_up_for_nothing_is_harmless(transport, heard, loop):
    for callback in loop.readers.values():
        callback()
    assert heard.told == []


def test_paused_is_not_read(transport, pair, heard, loop):
    transport.pause()
    transport.pause()
    pair[1].send(b"hello")
    loop.turn()
    assert heard.told == []
    transport.resume()
    transport.resume()
    loop.turn()
    assert heard.told == [b"hello"]


def test_what_the_kernel_does_not_take_is_held_in_order(transport, pair, heard, loop):
    whole = fill(transport)
    for number in range(200):
        transport.write(b"%d," % number)
        whole += b"%d," % number
    assert transport.backlog_bytes == len(whole) - transport.bytes_sent
    loop.turn()  # no room yet
    assert receive_all(pair[1], loop, len(whole)) == whole
    assert transport.backlog_bytes == 0
    assert heard.told
    assert set(heard.told) == {"drained"}
    assert not loop.writers


def test_a_writer_that_wakes_for_nothing_waits_on(transport, loop):
    fill(transport)
    held = transport.backlog_bytes
    (writable,) = loop.writers.values()
    writable()
    assert transport.backlog_bytes == held
    assert loop.writers


def test_half_close_comes_after_what_is_held_and_reading_goes_on(transport, pair, heard, loop):
    whole = fill(transport)
    transport.half_close()
    transport.half_close()
    transport.write(b"too late")
    assert receive_all(pair[1], loop, len(whole)) == whole
    assert pair[1].recv(100) == b""
    pair[1].send(b"still here")
    loop.turn()
    assert heard.told[-1] == b"still here"
    pair[1].close()
    loop.turn()
    assert heard.told[-2:] == ["end", ("lost", None)]
    transport.write(b"nobody")
    transport.half_close()
    transport.close()
    transport.abort()
    assert heard.told[-1] == ("lost", None)
    assert not loop.readers
    assert not loop.writers


def test_after_the_peers_end_we_can_still_send(transport, pair, heard, loop):
    pair[1].shutdown(socket.SHUT_WR)
    loop.turn()
    assert heard.told == ["end"]
    transport.resume()
    assert not loop.readers  # nothing more to read
    transport.write(b"answer")
    assert pair[1].recv(100) == b"answer"
    transport.half_close()
    assert heard.told == ["end", ("lost", None)]


def test_closing_sends_what_is_held_first(transport, pair, heard, loop):
    whole = fill(transport)
    transport.close()
    transport.close()
    assert heard.told == []
    assert receive_all(pair[1], loop, len(whole)) == whole
    assert pair[1].recv(100) == b""
    assert heard.told == []
    pair[1].close()
    loop.turn()
    assert heard.told == [("lost", None)]


def test_closing_on_a_peer_that_takes_nothing_ends_in_time(transport, heard, loop):
    fill(transport)
    held = transport.backlog_bytes
    transport.close()
    loop.expire()
    ((_, error),) = heard.told
    assert isinstance(error, TimedOutError)
    assert (error.wait, error.unsent_bytes) == ("close", held)


def test_closing_on_a_peer_that_is_still_sending_listens_to_it_for_a_moment(tcp_pair, loop, heard):
    """Closed at once, the kernel would answer the peer's bytes with a reset, which could overtake ours."""
    ours, theirs = tcp_pair
    transport = StreamTransport(loop, ours, heard, "the peer")
    transport.start()
    theirs.send(b"unread")
    while not heard.told[1:]:
        loop.turn()
    transport.write(b"the last words")
    theirs.send(b"more, unread")
    while not ours.recv(1, socket.MSG_PEEK):
        pass
    transport.close()
    assert heard.told == ["opened", b"unread"]
    assert [timer.delay for timer in loop.timers] == [LINGER_S]
    (listening,) = loop.readers.values()
    listening()  # woken for nothing
    theirs.send(b"and more")
    loop.turn()
    assert theirs.recv(100) == b"the last words"
    assert theirs.recv(100) == b""
    theirs.close()
    while heard.told[-1] != ("lost", None):
        loop.turn()
    assert all(timer.cancelled for timer in loop.timers)


def test_it_does_not_listen_for_ever(tcp_pair, loop, heard):
    ours, theirs = tcp_pair
    transport = StreamTransport(loop, ours, heard, "the peer")
    transport.start()
    transport.pause()
    theirs.send(bytes(2 * READ_BYTES))
    while not ours.recv(1, socket.MSG_PEEK):
        pass
    transport.close()
    assert heard.told == ["opened"]
    loop.expire()
    assert heard.told == ["opened", ("lost", None)]


def test_closing_on_a_peer_that_is_gone_is_quiet(tcp_pair, loop, heard):
    ours, theirs = tcp_pair
    transport = StreamTransport(loop, ours, heard, "the peer")
    transport.start()
    transport.pause()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()
    while ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) != b"\x07":  # until the reset has come
        pass
    transport.close()
    assert heard.told == ["opened", ("lost", None)]


def test_a_failed_write_leaves_what_the_peer_said_before_to_be_read(tcp_pair, loop, heard):
    ours, theirs = tcp_pair
    transport = StreamTransport(loop, ours, heard, "the peer")
    transport.start()
    theirs.send(b"the answer")
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    while not ours.recv(1, socket.MSG_PEEK):
        pass
    theirs.close()
    while transport.broken is None:
        transport.write(b"question")
    transport.write(b"another")  # tells nobody, does no harm
    assert isinstance(transport.broken, ResetError)
    while not isinstance(heard.told[-1], tuple):
        loop.turn()
    assert heard.told == ["opened", "drained", b"the answer", ("lost", transport.broken)] or heard.told == [
        "opened",
        "drained",
        b"the answer",
        "end",
        ("lost", transport.broken),
    ]


def test_a_write_that_fails_while_bytes_are_held_says_how_many(transport, pair, heard, loop):
    fill(transport)
    held = transport.backlog_bytes
    pair[1].close()
    loop.turn()
    errors = [one[1] for one in heard.told if isinstance(one, tuple)] or [transport.broken]
    assert isinstance(errors[0], ResetError)
    # Where reading tells first, the transport itself still says so; the conversation takes the greater.
    assert max(errors[0].ending.unsent_bytes, transport.backlog_bytes) == held
    assert not loop.writers


def test_a_write_that_fails_after_the_peers_end_is_the_end(transport, pair, heard, loop):
    pair[1].shutdown(socket.SHUT_WR)
    loop.turn()
    pair[1].close()
    transport.write(b"nobody reads this")
    assert heard.told[0] == "end"
    assert isinstance(heard.told[1][1], ResetError)
    assert not loop.readers


def test_reading_a_reset_is_a_reset(tcp_pair, loop, heard):
    ours, theirs = tcp_pair
    transport = StreamTransport(loop, ours, heard, "the peer")
    transport.start()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()
    while len(heard.told) < 2:
        loop.turn()
    assert isinstance(heard.told[1][1], ResetError)
    assert heard.told[1][1].ending.by == "peer"


def test_aborting_is_a_reset_for_a_tcp_peer(tcp_pair, loop, heard):
    ours, theirs = tcp_pair
    transport = StreamTransport(loop, ours, heard, "the peer")
    transport.start()
    transport.abort()
    assert heard.told == ["opened", ("lost", None)]
    with pytest.raises(ConnectionResetError):
        theirs.recv(100)


def test_half_closing_when_the_peer_is_gone_is_told(tcp_pair, loop, heard):
    ours, theirs = tcp_pair
    transport = StreamTransport(loop, ours, heard, "the peer")
    transport.start()
    transport.pause()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()
    while ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) != b"\x07":
        pass
    transport.half_close()
    assert transport.broken is not None
    transport.resume()
    while len(heard.told) < 2:
        loop.turn()
    assert heard.told[-1] == ("lost", transport.broken)
