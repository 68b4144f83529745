"""How `wiretalk serve` ends: after one conversation, by a signal, with conversations still open. Peers are sockets."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import struct
import time

import pytest

TCP = "tcp://127.0.0.1:0"
UDP = "udp://127.0.0.1:0"


def connected(server, index=0):
    peer = socket.create_connection(server.host_and_port(index), timeout=60)
    return peer, peer.makefile("rb")


def test_once_leaves_after_the_first_connection(shell_server, tmp_path):
    server = shell_server("echo", [TCP, f"unix:{tmp_path}/s"], "--once")
    peer, lines = connected(server)
    with peer, lines:
        peer.sendall(b"hello")
        assert lines.read(5) == b"hello"
        assert server.process.poll() is None
    assert server.wait() == 0
    assert os.listdir(tmp_path) == []


def test_once_over_udp_leaves_after_the_first_peer(shell_server):
    server = shell_server("reply", [UDP], "--once", "--reply", "{count}", "--close-on", "exit")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(60)
        for count in (b"1", b"2"):
            peer.sendto(b"hello", server.host_and_port())
            assert peer.recv(100) == count
        peer.sendto(b"exit\n", server.host_and_port())
    assert server.wait() == 0


@pytest.mark.parametrize("service", ["echo", "discard", "chargen", "daytime"])
def test_once_over_udp_leaves_after_the_first_request(shell_server, service):
    server = shell_server(service, [UDP], "--once")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(60)
        peer.sendto(b"hello", server.host_and_port())
        if service != "discard":
            peer.recv(1000)
    assert server.wait() == 0


def test_a_silent_udp_peer_is_the_end_of_once(shell_server):
    server = shell_server("reply", [UDP], "--once", "--reply", "{message}", "--udp-peer-idle", "200ms")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(60)
        peer.sendto(b"hello", server.host_and_port())
        assert peer.recv(100) == b"hello"
        assert server.wait() == 0


def test_a_failed_handshake_is_not_the_first_connection(shell_server):
    server = shell_server("daytime", ["tls://127.0.0.1:0"], "--once")
    peer, lines = connected(server)
    with peer, lines:
        peer.sendall(b"GET / HTTP/1.0\r\n\r\n")
        lines.read()
    server.wait_for("does not speak TLS")
    insecure = ssl.create_default_context()
    insecure.check_hostname, insecure.verify_mode = False, ssl.CERT_NONE
    with insecure.wrap_socket(socket.create_connection(server.host_and_port(), timeout=60)) as peer:
        assert b"," in peer.recv(100)
    assert server.wait() == 0


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130), (signal.SIGHUP, 0)], ids=["TERM", "INT", "HUP"]
)
def test_a_signal_ends_it_in_good_order(shell_server, tmp_path, number, status):
    server = shell_server("echo", [f"unix:{tmp_path}/s", f"unixgram:{tmp_path}/g"])
    assert sorted(os.listdir(tmp_path)) == ["g", "s"]
    assert server.end(number) == status
    assert os.listdir(tmp_path) == []
    assert "waiting" not in server.told


def test_open_conversations_may_end(shell_server):
    server = shell_server("echo", [TCP], "--drain", "60s")
    peer, lines = connected(server)
    other, other_lines = connected(server)
    with peer, lines, other, other_lines:
        for each, each_lines in ((peer, lines), (other, other_lines)):
            each.sendall(b"before")
            assert each_lines.read(6) == b"before"
        server.process.send_signal(signal.SIGTERM)
        server.wait_for("waiting for 2 conversations to end; Ctrl-C again leaves now")
        with pytest.raises(ConnectionRefusedError):
            connected(server)
        peer.sendall(b"after")
        assert lines.read(5) == b"after"
    assert server.wait() == 0


def test_a_second_signal_leaves_now(shell_server):
    server = shell_server("echo", [TCP], "--drain", "60s")
    peer, lines = connected(server)
    with peer, lines:
        peer.sendall(b"x")
        assert lines.read(1) == b"x"
        server.process.send_signal(signal.SIGTERM)
        server.wait_for("waiting for one conversation to end")
        before = time.monotonic()
        assert server.end(signal.SIGINT) == 130
        assert time.monotonic() - before < 30
        with contextlib.suppress(ConnectionResetError):
            assert lines.read() == b""


def test_who_does_not_end_within_the_drain_is_closed(shell_server):
    server = shell_server("echo", [TCP], "--drain", "300ms")
    peer, lines = connected(server)
    with peer, lines:
        peer.sendall(b"x")
        assert lines.read(1) == b"x"
        server.process.send_signal(signal.SIGTERM)
        assert lines.read() == b""
    assert server.wait() == 0


def test_a_peer_that_resets_troubles_nobody(shell_server):
    server = shell_server("chargen", [TCP])
    for _ in range(3):
        peer, lines = connected(server)
        assert lines.read(1000)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        lines.close()
        peer.close()
    peer, lines = connected(server)
    with peer, lines:
        assert lines.readline().startswith(b' !"#')
    assert server.end() == 0
    assert len(server.told.splitlines()) == 1
