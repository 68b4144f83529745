"""A datagram transport, step by step: whole datagrams, troubles that are told, and what is held back."""

from __future__ import annotations

import socket

import pytest

from wiretalk.errors import LimitError, OpenError, RefusedError
from wiretalk.transport.datagram import DatagramEnd, DatagramTransport


@pytest.fixture
def place(opened, tmp_path):
    """Two Unix datagram sockets: their queues are short, and full ones are told."""
    ours = opened(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    ours.bind(f"{tmp_path}/ours")
    ours.setblocking(False)
    theirs = opened(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    theirs.bind(f"{tmp_path}/theirs")
    theirs.settimeout(20)
    return ours, theirs, f"{tmp_path}/ours", f"{tmp_path}/theirs"


@pytest.fixture
def transport(loop, place, heard):
    transport = DatagramTransport(loop, place[0], heard, f"unixgram:{place[2]}", 1000)
    transport.resume()
    return transport


def test_each_datagram_comes_whole_with_its_sender(transport, place, heard, loop):
    for data in (b"one", b"", b"x" * 1000):
        place[1].sendto(data, place[2])
    loop.turn()
    assert heard.told == [(b"one", place[3]), (b"", place[3]), (b"x" * 1000, place[3])]


def test_one_over_the_limit_is_told_and_the_next_comes(transport, place, heard, loop):
    place[1].sendto(b"x" * 1001, place[2])
    place[1].sendto(b"next", place[2])
    loop.turn()
    assert isinstance(heard.told[0], LimitError)
    assert heard.told[1:] == [(b"next", place[3])]


def test_a_sink_that_pauses_gets_no_more(transport, place, heard, loop):
    heard.datagram = lambda data, sockaddr: (heard.told.append(data), transport.pause())
    place[1].sendto(b"one", place[2])
    place[1].sendto(b"two", place[2])
    loop.turn()
    loop.turn()
    assert heard.told == [b"one"]
    transport.resume()
    loop.turn()
    assert heard.told == [b"one", b"two"]
    transport.stop()
    transport.resume()
    assert not loop.readers


def fill(transport, sockaddr):
    sent = 0
    while not transport.backlog_bytes:
        transport.send_to(b"%d" % sent, sockaddr)
        sent += 1
    return sent


def test_what_finds_no_room_is_held_and_leaves_in_order(transport, place, heard, loop):
    sent = fill(transport, place[3])
    for _ in range(20):
        transport.send_to(b"%d" % sent, place[3])
        sent += 1
    (writable,) = loop.writers.values()
    writable()  # no room yet
    assert transport.backlog_bytes
    received = []
    while len(received) < sent:
        received.append(place[1].recv(100))
        for callback in list(loop.writers.values()):
            callback()
    assert received == [b"%d" % number for number in range(sent)]
    assert heard.told == ["drained"]
    assert not loop.writers


def test_held_datagrams_whose_peer_goes_are_told(transport, place, heard, loop):
    fill(transport, place[3])
    place[1].close()
    (writable,) = loop.writers.values()
    writable()
    assert isinstance(heard.told[0], OpenError)
    assert heard.told[-1] == "drained"


def test_sending_to_nobody_is_an_error(transport, place):
    with pytest.raises(OpenError):
        transport.send_to(b"hello", place[3] + "-nobody")


def test_closing_drops_what_is_held(transport, place, heard, loop):
    fill(transport, place[3])
    transport.close()
    transport.close()
    assert heard.told == [("lost", None)]
    assert not loop.writers
    assert not loop.readers


def test_a_connected_end_tells_of_a_closed_port_and_goes_on(loop, heard, opened):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        nobody = free.getsockname()
    ours = opened(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    ours.setblocking(False)
    ours.connect(nobody)
    transport = DatagramTransport(loop, ours, heard, f"udp://127.0.0.1:{nobody[1]}", 1000)
    end = DatagramEnd(transport, heard, None, owns=True)
    transport.sink = end
    end.start()
    end.write(b"anybody?")
    while len(heard.told) < 2:
        loop.turn()
    assert heard.told[0] == "opened"
    assert isinstance(heard.told[1], RefusedError)
    with opened(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as late:
        late.bind(nobody)
        end.write(b"and now?")
        assert late.recv(100) == b"and now?"
        late.sendto(b"yes", ours.getsockname())
        while len(heard.told) < 3:
            loop.turn()
    assert heard.told[2] == b"yes"
    assert (end.bytes_sent, end.bytes_received, end.backlog_bytes, end.tls) == (16, 3, 0, None)
    end.half_close()
    end.pause()
    assert not loop.readers
    end.resume()
    assert loop.readers
    end.drained()
    assert heard.told[-1] == "drained"
    end.close()
    assert heard.told[-1] == ("lost", None)
    end.write(b"nobody")
    end.drained()
    end.trouble(RefusedError("there", "late"))
    end.datagram(b"late", None)
    assert heard.told[-1] == ("lost", None)


def test_an_end_on_a_shared_socket_drops_what_comes_while_it_is_paused(transport, place, heard):
    over = []
    end = DatagramEnd(transport, heard, place[3], owns=False, on_over=over.append)
    end.start()
    end.datagram(b"one", place[3])
    end.pause()
    end.datagram(b"two", place[3])
    end.resume()
    end.datagram(b"three", place[3])
    assert heard.told == ["opened", b"one", b"three"]
    assert end.dropped == 1
    end.abort()
    end.abort()
    assert over == [end]
    assert heard.told[-1] == ("lost", None)
    transport.close()
