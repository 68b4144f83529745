"""Datagrams: one is one message, never cut; the network's answers are told, and it goes on."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from wiretalk import blocking
from wiretalk.errors import ClosedError, LimitError, MalformedError, RefusedError, TimedOutError
from wiretalk.limits import Limits


@pytest.fixture
def udp(opened, ends):
    """`udp(**options)` returns a connection and the plain socket that it speaks to."""

    def wire(query="", **options):
        peer = opened(socket.socket(type=socket.SOCK_DGRAM))
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(ends.PATIENCE_S)
        connection = opened(blocking.connect(ends.address_of(peer, "udp") + query, **options))
        return connection, peer

    return wire


def own(connection):
    host, _, port = connection.local.removeprefix("udp://").rpartition(":")
    return host, int(port)


def test_a_message_is_a_datagram_each_way(udp):
    connection, peer = udp(codec="text")
    connection.send("hello")
    assert peer.recvfrom(100) == (b"hello", own(connection))
    peer.sendto(b"one", own(connection))
    peer.sendto(b"", own(connection))
    peer.sendto(b"two", own(connection))
    assert [connection.receive() for _ in range(3)] == ["one", "", "two"]
    connection.send_all(["a", "b"])
    assert [peer.recv(100), peer.recv(100)] == [b"a", b"b"]
    assert (connection.messages_sent, connection.bytes_sent) == (3, 7)
    assert (connection.messages_received, connection.bytes_received) == (3, 6)
    assert connection.tls is None


def test_nothing_in_time(udp):
    connection, _ = udp()
    with pytest.raises(TimedOutError):
        connection.receive(timeout_s=0.01)


def test_closing_is_the_end_and_half_closing_is_nothing(udp, running, ends):
    connection, peer = udp()
    connection.half_close()
    connection.send(b"still")
    assert peer.recv(10) == b"still"
    receiving = running(connection.receive)
    ends.until(lambda: connection._transport._users)
    connection.close()
    with pytest.raises(ClosedError):
        receiving.result()
    with pytest.raises(ClosedError):
        connection.send(b"x")
    assert connection.ending.how == "finished"


def test_port_unreachable_is_told_at_the_next_call_and_then_it_goes_on(udp, opened, ends):
    connection, peer = udp()
    address = peer.getsockname()
    peer.close()
    connection.send(b"anybody there?")
    ends.until(lambda: connection._transport.readable())
    with pytest.raises(RefusedError, match="nobody listens there"):
        connection.receive(timeout_s=ends.PATIENCE_S)
    connection.send(b"still nobody?")
    ends.until(lambda: connection._transport.readable())
    with pytest.raises(RefusedError):
        connection.send(b"told instead of sent")
    again = opened(socket.socket(type=socket.SOCK_DGRAM))
    again.bind(address)
    again.settimeout(ends.PATIENCE_S)
    connection.send(b"welcome back")
    assert again.recv(100) == b"welcome back"
    assert connection.ending is None


def test_a_datagram_over_the_limit_is_told_and_never_cut(udp):
    connection, peer = udp("?max_message=100")
    peer.sendto(b"x" * 101, own(connection))
    peer.sendto(b"y" * 100, own(connection))
    with pytest.raises(LimitError) as told:
        connection.receive()
    assert told.value.limit == "max_message_bytes"
    assert connection.receive() == b"y" * 100
    with pytest.raises(LimitError):
        connection.send(b"z" * 101)
    assert connection.ending is None


def test_more_than_a_datagram_carries_is_not_sent(udp, monkeypatch):
    connection, peer = udp()
    with pytest.raises(LimitError) as told:
        connection.send(b"x" * 65508)
    assert told.value.by == "us"
    connection.send(b"x" * 65507)
    assert len(peer.recv(70000)) == 65507


def test_the_system_s_own_limit_is_told_too(opened, tmp_path):
    path = f"{tmp_path}/s"
    peer = opened(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    peer.bind(path)
    connection = opened(blocking.connect(f"unixgram:{path}?sndbuf=10k"))
    with pytest.raises(LimitError) as told:
        connection.send(b"x" * 500_000)
    assert told.value.by == "us"
    assert connection.unsent_bytes == 0
    connection.send(b"small")
    assert peer.recv(100) == b"small"


def test_a_unixgram_receiver_that_does_not_take_them_holds_the_sender_up(opened, tmp_path, running, ends):
    path = f"{tmp_path}/s"
    peer = opened(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    peer.bind(path)
    connection = opened(blocking.connect(f"unixgram:{path}"))
    sent = 0
    with pytest.raises(TimedOutError) as told:
        while True:
            connection.send(b"%06d" % sent, timeout_s=0.05)
            sent += 1
    assert (told.value.wait, told.value.unsent_bytes) == ("send", 6)
    # The last of them is held, and goes out before the next.
    sending = running(connection.send, b"the last")
    assert [peer.recv(100) for _ in range(sent + 2)] == [b"%06d" % n for n in range(sent + 1)] + [b"the last"]
    sending.result()
    assert connection.unsent_bytes == 0
    peer.sendto(b"answer", connection.local.removeprefix("unixgram:").replace("@", "\0", 1))
    assert connection.receive() == b"answer"


def test_what_is_held_and_then_too_long_for_the_system_does_not_hold_up_the_rest(udp, monkeypatch):
    connection, peer = udp()
    channel = connection._transport
    channel._hold(b"x" * 65508)
    channel._hold(b"fine")
    with pytest.raises(LimitError):
        connection.drain()
    connection.drain()
    assert peer.recv(100) == b"fine"


def test_a_group_is_spoken_to_and_its_members_answer_themselves(opened, ends):
    member = opened(socket.socket(type=socket.SOCK_DGRAM))
    member.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    member.bind(("239.255.77.1", 0))
    member.settimeout(ends.PATIENCE_S)
    member.setsockopt(
        socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.255.77.1") + socket.inet_aton("127.0.0.1")
    )
    port = member.getsockname()[1]
    connection = opened(blocking.connect(f"udp://239.255.77.1:{port}?interface=127.0.0.1&loop"))
    connection.send(b"who is there?")
    message, asker = member.recvfrom(100)
    assert message == b"who is there?"
    other = opened(socket.socket(type=socket.SOCK_DGRAM))
    other.sendto(b"I am", ("127.0.0.1", asker[1]))
    assert connection.receive(timeout_s=ends.PATIENCE_S) == b"I am"
    assert connection.peer == f"udp://239.255.77.1:{port}"


def test_an_empty_message_is_a_datagram_for_udp_and_no_packet_for_unixpacket(opened, tmp_path):
    path = f"{tmp_path}/p"
    listener = opened(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    listener.bind(path)
    listener.listen()
    connection = opened(blocking.connect(f"unixpacket:{path}"))
    with pytest.raises(MalformedError, match="empty message"):
        connection.send(b"")


def test_a_call_off_in_the_midst_of_a_system_call_is_told_as_such(udp, monkeypatch):
    connection, _ = udp()
    channel = connection._transport

    class Broken:
        def recv(self, count):
            connection.abort()
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))

        def send(self, data):
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))

        def __getattr__(self, name):
            return getattr(sock, name)

    sock, channel.sock = channel.sock, Broken()
    channel._eager = True
    with pytest.raises(ClosedError):
        connection.receive()
    with pytest.raises(ClosedError):
        channel._put(b"x")


def test_idle_ends_a_datagram_conversation_too(udp):
    connection, _ = udp(limits=Limits(idle_timeout_s=0.05))
    with pytest.raises(TimedOutError) as told:
        connection.receive()
    assert told.value.wait == "idle"
