"""A UDP server on every address answers from the one it was spoken to."""

from __future__ import annotations

import socket

import pytest

from wiretalk.address import parse
from wiretalk.transport import listen, name
from wiretalk.transport.pktinfo import SUPPORTED

pytestmark = pytest.mark.skipif(not SUPPORTED, reason="this system's layout of IP_PKTINFO is not known here")


@pytest.mark.parametrize("address", ["udp://:0", "udp4://:0", "udp4://0.0.0.0:0"])
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.5"])
def test_the_answer_comes_from_where_the_question_went(address, host):
    (listener,) = listen(parse(address))
    listener.sock.settimeout(20)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(20)
            peer.connect((host, listener.address.port))
            peer.send(b"question")
            data, sockaddr = listener.sock.recvfrom(100)
            assert data == b"question"
            assert name(sockaddr, "udp") == f"udp://127.0.0.1:{peer.getsockname()[1]}" or host == "127.0.0.5"
            assert listener.sock.sendto(b"answer", sockaddr) == 6
            assert peer.recv(100) == b"answer"  # a connected socket hears nobody else
    finally:
        listener.close()


def test_ipv6_peers_too():
    (listener,) = listen(parse("udp6://:0"))
    listener.sock.settimeout(20)
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as peer:
            peer.settimeout(20)
            peer.connect(("::1", listener.address.port))
            peer.send(b"question")
            data, sockaddr = listener.sock.recvfrom(100)
            assert (data, name(sockaddr, "udp")) == (b"question", f"udp://[::1]:{peer.getsockname()[1]}")
            listener.sock.sendto(b"answer", sockaddr)
            assert peer.recv(100) == b"answer"
    finally:
        listener.close()


def test_one_peer_at_two_of_our_addresses_is_two():
    (listener,) = listen(parse("udp://:0"))
    listener.sock.settimeout(20)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            peer.sendto(b"one", ("127.0.0.1", listener.address.port))
            peer.sendto(b"other", ("127.0.0.2", listener.address.port))
            heard = dict(listener.sock.recvfrom(100) for _ in range(2))
            assert heard[b"one"] != heard[b"other"]
            assert heard[b"one"][:-1] == heard[b"other"][:-1]
    finally:
        listener.close()


def test_who_spoke_to_everybody_is_answered_from_an_address_of_ours():
    (listener,) = listen(parse("udp://:0"))
    listener.sock.settimeout(20)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(20)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            peer.sendto(b"question", ("127.255.255.255", listener.address.port))
            _, sockaddr = listener.sock.recvfrom(100)
            listener.sock.sendto(b"answer", sockaddr)
            assert peer.recv(100) == b"answer"
    finally:
        listener.close()


def test_a_plain_address_may_be_sent_to():
    (listener,) = listen(parse("udp://:0"))
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as peer:
            peer.settimeout(20)
            peer.bind(("::1", 0))
            listener.sock.sendto(b"hello", peer.getsockname())
            assert peer.recv(100) == b"hello"
    finally:
        listener.close()
