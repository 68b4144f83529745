"""Whether a peer is still there, asked of the system."""

from __future__ import annotations

import os
import socket
import time

import pytest

from wiretalk.limits import PRESENCE_PROBES, PRESENCE_S
from wiretalk.transport.presence import is_abandoned, is_broken, probe

WAIT_S = 20


@pytest.fixture(params=["127.0.0.1", "::1", "unix"])
def pair(request, tmp_path):
    """Two ends of a connection: ours, and the peer's."""
    if request.param == "unix":
        ends = socket.socketpair()
    else:
        try:
            server = socket.create_server(
                (request.param, 0), family=socket.AF_INET6 if ":" in request.param else socket.AF_INET
            )
        except OSError:
            pytest.skip("this machine has no IPv6")
        with server:
            peer = socket.create_connection(server.getsockname()[:2])
            ends = server.accept()[0], peer
    yield ends
    for end in ends:
        end.close()


def comes_true(condition):
    until = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_a_peer_that_is_there(pair):
    ours, _ = pair
    assert not is_broken(ours)
    assert not is_abandoned(ours)


def test_a_peer_that_has_finished_is_there(pair):
    ours, peer = pair
    peer.shutdown(socket.SHUT_WR)
    assert ours.recv(1) == b""
    assert not is_broken(ours)
    assert not is_abandoned(ours)
    ours.sendall(b"hello")
    assert peer.recv(5) == b"hello"


def test_a_peer_that_has_closed(pair, require):
    require(os.path.exists("/proc/net/tcp"), "needs /proc")
    ours, peer = pair
    peer.close()
    assert ours.recv(1) == b""
    assert comes_true(lambda: is_broken(ours) or is_abandoned(ours))


def test_a_peer_that_has_broken_off(pair):
    ours, peer = pair
    ours.sendall(b"unread")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    assert comes_true(lambda: is_broken(ours))
    assert not is_abandoned(ours)


def test_where_there_is_no_table_nothing_is_told(pair, monkeypatch):
    monkeypatch.setattr("wiretalk.transport.presence.rows", lambda _: [])
    ours, peer = pair
    peer.close()
    assert not is_abandoned(ours)


def test_of_another_machine_no_table_tells(monkeypatch):
    class Far:
        family, type = socket.AF_INET, socket.SOCK_STREAM

        @staticmethod
        def getpeername():
            return "192.0.2.1", 1

        @staticmethod
        def getsockname():
            return "192.0.2.2", 2

    monkeypatch.setattr("wiretalk.transport.presence.rows", lambda _: pytest.fail("looked"))
    assert not is_abandoned(Far)


def test_its_system_is_probed(require):
    require(hasattr(socket, "TCP_KEEPIDLE"), "the system does not tell how it probes")
    with socket.socket() as sock:
        probe(sock)
        read = lambda level, name: sock.getsockopt(level, name)
        assert read(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert read(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == PRESENCE_S
        assert read(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == PRESENCE_S
        assert read(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == PRESENCE_PROBES


def test_others_are_not_probed():
    with socket.socket(socket.AF_UNIX) as sock:
        probe(sock)
        assert not sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
