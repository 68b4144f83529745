"""Datagram peers with a session each: found by their address, bounded, forgotten when silent."""

from __future__ import annotations

import errno
import logging
import os
import socket
import threading
import time

import pytest

from wiretalk.errors import ClosedError, FinishedError, LimitError, TimedOutError
from wiretalk.limits import Limits

UDP = "udp://127.0.0.1:0"


@pytest.fixture
def udp_peer(opened, ends):
    def connect(server, index=0):
        host, _, port = server.addresses[index].removeprefix("udp://").rpartition(":")
        sock = opened(socket.socket(type=socket.SOCK_DGRAM))
        sock.settimeout(ends.PATIENCE_S)
        sock.connect((host, int(port)))
        return sock

    return connect


def name(sock):
    return "udp://{}:{}".format(*sock.getsockname())


def counting_session(connection):
    for count, message in enumerate(connection, 1):
        connection.send(b"%s %d" % (message, count))


def test_each_peer_has_a_conversation_of_its_own(serving, udp_peer):
    with serving(UDP, counting_session) as server:
        peers = [udp_peer(server) for _ in range(10)]
        for count in range(1, 4):
            for number, peer in enumerate(peers):
                peer.send(b"%d" % number)
                assert peer.recv(100) == b"%d %d" % (number, count)
        assert {one.peer for one in server.connections} == {name(peer) for peer in peers}
        assert {one.local for one in server.connections} == set(server.addresses)
        assert server.accepted == 10
        assert {one.bytes_received for one in server.connections} == {3}


def test_a_conversation_ends_and_the_next_datagram_begins_another(serving, udp_peer, ends):
    endings = []

    def session(connection):
        while (message := connection.receive()) != b"":
            connection.send(message)

    with serving(UDP, session, on_close=lambda one: endings.append(one.ending)) as server:
        peer = udp_peer(server)
        for _ in range(2):
            peer.send(b"hello")
            assert peer.recv(100) == b"hello"
            peer.send(b"")
            ends.until(lambda: not server.connections)
        assert server.accepted == 2
    assert [ending.how for ending in endings] == ["finished", "finished"]


def test_a_silent_peer_is_forgotten_and_for_its_session_it_has_finished(serving, udp_peer, ends):
    finished = []

    def session(connection):
        connection.receive()
        try:
            connection.receive()
        except FinishedError as error:
            finished.append(error.peer)

    with serving(UDP, session, limits=Limits(udp_peer_idle_s=0.1)) as server:
        peer = udp_peer(server)
        peer.send(b"hello")
        ends.until(lambda: finished and not server.connections)
        assert finished == [name(peer)]
        assert not server._peers[0]._by_address


def test_more_peers_than_the_limit_are_not_heard(serving, udp_peer, ends, caplog):
    with serving(UDP, counting_session, limits=Limits(max_udp_peers=2)) as server:
        first, second, third, fourth = (udp_peer(server) for _ in range(4))
        for peer in (first, second):
            peer.send(b"x")
            assert peer.recv(10) == b"x 1"
        third.send(b"x")
        fourth.send(b"x")
        first.send(b"x")
        assert first.recv(10) == b"x 2"
        assert len(server._peers[0]) == 2
        assert server._peers[0].dropped == 2
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert "2 peers at once, the limit max_udp_peers" in told[0]


def test_no_more_threads_than_the_limit(serving, udp_peer, caplog):
    with serving(UDP, counting_session, max_threads=1) as server:
        first, second = udp_peer(server), udp_peer(server)
        for count in (1, 2):
            first.send(b"x")
            assert first.recv(10) == b"x %d" % count
            second.send(b"x")
        first.send(b"x")
        assert first.recv(10) == b"x 3"
        assert server._peers[0].dropped == 2
    assert "no room for another conversation" in caplog.text


def test_after_so_many_conversations_new_peers_are_not_heard(serving, udp_peer, running, ends):
    def once(connection):
        connection.send(connection.receive())

    with serving(UDP, once, max_accepted=1) as server:
        forever = running(server.serve_forever)
        peer = udp_peer(server)
        peer.send(b"x")
        assert peer.recv(10) == b"x"
        forever.result()
        udp_peer(server).send(b"too late")
        ends.until(lambda: server._peers[0].dropped)
        assert server.accepted == 1


@pytest.mark.parametrize("failing", ["descriptors", "threads"])
def test_the_system_gives_no_more(serving, udp_peer, ends, caplog, monkeypatch, failing):
    def refuse(*_):
        if failing == "threads":
            raise RuntimeError("can't start new thread")
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with serving(UDP, counting_session) as server:
        where = "wiretalk.blocking.peers.Bell" if failing == "descriptors" else "threading.Thread.start"
        with monkeypatch.context() as patch:
            patch.setattr(where, refuse)
            udp_peer(server).send(b"x")
            ends.until(lambda: server._peers[0].dropped)
        peer = udp_peer(server)
        peer.send(b"x")
        assert peer.recv(10) == b"x 1"
        assert server.accepted == 1
    assert ("no more threads" if failing == "threads" else "out of file descriptors") in caplog.text


def test_a_session_slower_than_its_peer_loses_datagrams_and_memory_is_bounded(serving, udp_peer, ends):
    go = threading.Event()
    received = []

    def session(connection):
        go.wait(30)
        received.extend(connection)

    with serving(UDP, session, limits=Limits(queue_messages=10)) as server:
        peer = udp_peer(server)
        sent = 0
        while not server._peers[0].dropped:
            peer.send(b"%d" % sent)
            sent += 1
            # The kernel drops too; so send until ours had to.
            time.sleep(0)
        ((channel, _),) = server._peers[0]._by_address.values()
        assert len(channel._queue) == 10
        go.set()
        server.close()
    assert received[:10] == [b"%d" % number for number in range(10)]


def test_a_datagram_over_the_limit_is_never_cut(serving, udp_peer, caplog):
    with serving(f"{UDP}?max_message=10", counting_session) as server:
        peer = udp_peer(server)
        peer.send(b"x" * 11)
        peer.send(b"y" * 5)
        assert peer.recv(100) == b"yyyyy 1"
    assert "longer than the limit" in caplog.text


def test_a_session_is_told_what_the_system_refuses_to_send(serving, udp_peer, ends):
    told = []

    def session(connection):
        for message in connection:
            try:
                connection.send(b"x" * 65508)
            except LimitError as error:
                told.append(error.by)
            connection.send(message)

    with serving(UDP, session) as server:
        peer = udp_peer(server)
        peer.send(b"hello")
        assert peer.recv(10) == b"hello"
    assert told == ["us"]


def test_waiting_for_a_datagram_has_its_time(serving, udp_peer, ends):
    told = []

    def session(connection):
        connection.receive()
        with pytest.raises(TimedOutError) as error:
            connection.receive(timeout_s=0.01)
        told.append(error.value.wait)
        connection.send(connection.receive(timeout_s=ends.PATIENCE_S))

    with serving(UDP, session) as server:
        peer = udp_peer(server)
        peer.send(b"one")
        ends.until(lambda: told)
        peer.send(b"two")
        assert peer.recv(10) == b"two"
    assert told == ["receive"]


def test_aborting_from_another_thread_wakes_the_session(serving, udp_peer, ends):
    told = []

    def session(connection):
        try:
            list(connection)
        except ClosedError as error:
            told.append(error.how)

    with serving(UDP, session) as server:
        peer = udp_peer(server)
        peer.send(b"x")
        ends.until(lambda: any(one._transport.bytes_received and not one._queue for one in server.connections))
        for connection in server.connections:
            connection.abort()
        ends.until(lambda: told)
        # The peer may begin anew at once.
        peer.send(b"y")
        ends.until(lambda: server.accepted == 2)


def test_the_socket_is_closed_once_no_session_sends_any_more(serving, udp_peer, ends, monkeypatch):
    monkeypatch.setattr("wiretalk.blocking.server.CLOSE_GRACE_S", 0.01)
    never = threading.Event()
    began = threading.Event()

    def session(connection):
        began.set()
        with connection._transport._state:
            connection._transport._users += 1
        never.wait(30)
        connection._transport._leave()

    server = serving(UDP, session)
    peer = udp_peer(server)
    peer.send(b"x")
    assert began.wait(30)
    server.close(drain_s=0)
    listener = server._peers[0].listener
    assert listener.fileno() != -1
    never.set()
    ends.until(lambda: listener.fileno() == -1)
    server._peers[0].close()


def test_what_the_network_says_of_an_earlier_answer_is_told_and_it_goes_on(serving, udp_peer, caplog):
    with serving(UDP, counting_session) as server:
        listener = server._peers[0].listener

        class Complaining:
            complaints = (errno.ECONNREFUSED,)

            def recvfrom(self, count):
                complaints, self.complaints = self.complaints, ()
                for complaint in complaints:
                    raise OSError(complaint, "Connection refused")
                return sock.recvfrom(count)

            def __getattr__(self, attribute):
                return getattr(sock, attribute)

        sock, listener.sock = listener.sock, Complaining()
        peer = udp_peer(server)
        peer.send(b"hello")
        assert peer.recv(10) == b"hello 1"
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_unixgram_peer_that_does_not_read_holds_up_its_own_session_without_spinning(serving, tmp_path, opened, ends):
    timed_out = []

    def session(connection):
        connection.receive()
        began = time.thread_time()
        with pytest.raises(TimedOutError):
            for _ in range(10_000):
                connection.send(b"x" * 10, timeout_s=0.5)
        timed_out.append(time.thread_time() - began)

    with serving(f"unixgram:{tmp_path}/s", session):
        peer = opened(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        peer.bind(f"{tmp_path}/peer")
        peer.sendto(b"hello", f"{tmp_path}/s")
        ends.until(lambda: timed_out)
        assert timed_out[0] < 0.25
        # What it was held up with comes when there is room: the session closes in good order.
        received = 0
        peer.settimeout(0.5)
        with pytest.raises(TimeoutError):
            while peer.recv(100):
                received += 1
        assert received > 1
