"""Pings: by the socket that the system allows, answered by ours, asked by the ping of others, and refused in words."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

import wiretalk.blocking
from wiretalk.address import parse
from wiretalk.errors import OpenError, TimedOutError
from wiretalk.transport import icmp, listen, open_socket, resolve
from wiretalk.transport.ip.icmp import Echo

EVERYBODY, NOBODY = "0 2147483647", "1 0"


@pytest.fixture
def ping_sockets(own_network):
    """Say who gets ping sockets in the test's network."""

    def allow(groups):
        with open("/proc/sys/net/ipv4/ping_group_range", "w", encoding="ascii") as file:
            file.write(groups)

    return allow


@pytest.fixture
def answering(own_network):
    """Let the system answer pings."""
    for name in ("ipv4/icmp_echo_ignore_all", "ipv6/icmp/echo_ignore_all"):
        with open(f"/proc/sys/net/{name}", "w", encoding="ascii") as file:
            file.write("0")


@pytest.mark.parametrize("groups", [EVERYBODY, NOBODY])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_the_system_answers(ping_sockets, answering, groups, host):
    ping_sockets(groups)
    with wiretalk.blocking.connect(f"icmp://{host}") as connection:
        for payload in (b"hello", b"", bytes(1400)):
            connection.send(payload)
            assert connection.receive(timeout_s=20) == payload
        assert connection.peer in ("icmp://127.0.0.1", "icmp://[::1]")


@pytest.mark.parametrize("groups", [EVERYBODY, NOBODY])
def test_two_who_ask_at_once_hear_their_own_answers(ping_sockets, answering, groups):
    ping_sockets(groups)
    with wiretalk.blocking.connect("icmp://127.0.0.1") as one, wiretalk.blocking.connect("icmp://127.0.0.1") as other:
        for turn in range(20):
            one.send(b"one %d" % turn)
            other.send(b"other %d" % turn)
        assert [one.receive(timeout_s=20) for _ in range(20)] == [b"one %d" % turn for turn in range(20)]
        assert [other.receive(timeout_s=20) for _ in range(20)] == [b"other %d" % turn for turn in range(20)]


def test_replies_of_others_and_what_is_no_reply_are_skipped(own_network):
    (candidate,) = resolve(parse("icmp://127.0.0.1"))
    with open_socket(candidate) as asking, open_socket(candidate) as other:
        asking.connect(candidate.sockaddr)
        other.connect(candidate.sockaddr)
        (listener,) = listen(parse("icmp://127.0.0.1"))
        other.send(b"not yours")
        listener.sock.settimeout(20)
        data, peer = listener.sock.recvfrom(100)
        assert data == b"not yours"
        listener.sock.sendto(b"answer", peer)
        other.settimeout(20)
        assert other.recv(100) == b"answer"
        with pytest.raises(BlockingIOError):
            asking.recv(100)
        # Enough for others that a read gives up for now, and not for ever.
        for _ in range(icmp.MAX_SKIPPED):
            listener.sock.sendto(b"answer", peer)
        with pytest.raises(BlockingIOError):
            asking.recv(100)
        listener.close()


def test_the_latest_request_is_answered_and_the_longest_silent_is_forgotten(own_network, monkeypatch):
    monkeypatch.setattr(icmp, "ECHO_PEERS", 2)
    (listener,) = listen(parse("icmp://127.0.0.1"))
    listener.sock.settimeout(20)
    (candidate,) = resolve(parse("icmp://127.0.0.1"))
    peers = []
    for _ in range(3):
        with open_socket(candidate) as asking:
            asking.connect(candidate.sockaddr)
            for _ in range(2):
                asking.send(b"hello")
                _, peer = listener.sock.recvfrom(100)
            peers.append(peer)
    assert list(listener.sock._latest.items()) == [(peers[1], 2), (peers[2], 2)]
    listener.close()


def test_what_is_no_packet_is_no_echo():
    assert icmp._echo(b"\0", 4, with_header=True) is None
    assert icmp._echo(Echo(1, 2, b"x").write(6), 6, with_header=True).payload == b"x"


def test_a_group_is_asked_without_being_connected(own_network):
    (candidate,) = resolve(parse("icmp://224.0.0.1"))
    assert not candidate.connected


def test_the_ping_of_others_is_answered(own_network, require):
    require(shutil.which("ping"), "ping is not installed")
    for address, name in (("icmp://127.0.0.2", "127.0.0.2"), ("icmp://", "127.0.0.3"), ("icmp://[::1]", "::1")):
        with wiretalk.blocking.serve(address, reply=lambda message: message):
            command = ["ping", "-n", "-c", "3", "-i", "0.01", "-W", "20", name]
            done = subprocess.run(command, capture_output=True, timeout=60, check=False)
            assert b" 3 received, 0% packet loss" in done.stdout
            assert b"wrong" not in done.stdout


UNPRIVILEGED = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

PROGRAM = """
import sys
import wiretalk.blocking
try:
    if sys.argv[1] == "connect":
        wiretalk.blocking.connect(sys.argv[2])
    else:
        wiretalk.blocking.serve(sys.argv[2], reply=bytes.upper).start()
except wiretalk.NotPermittedError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("doing", "address", "words"),
    [
        ("connect", "icmp://127.0.0.1", ("this user may not send pings", "net.ipv4.ping_group_range", "CAP_NET_RAW")),
        ("connect", "icmp://[::1]", ("this user may not send pings", "net.ipv4.ping_group_range", "CAP_NET_RAW")),
        ("listen", "icmp://", ("raw sockets are for root", "CAP_NET_RAW")),
        ("connect", "raw://127.0.0.1?protocol=253", ("raw sockets are for root", "CAP_NET_RAW")),
        ("listen", "raw://127.0.0.1?protocol=253", ("raw sockets are for root", "CAP_NET_RAW")),
    ],
)
def test_where_privilege_is_missing_a_sentence_says_so(ping_sockets, require, doing, address, words):
    require(shutil.which("setpriv"), "setpriv is not installed")
    ping_sockets(NOBODY)
    command = [*UNPRIVILEGED, sys.executable, "-c", PROGRAM, doing, address]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, env={**os.environ, "HOME": "/"})
    told = done.stdout.decode()
    require(told or b"Permission denied" not in done.stderr, "another user may not run this Python")
    assert told.startswith(address.partition("?")[0]), done.stderr
    for word in words:
        assert word in told


def test_who_gets_a_ping_socket_needs_no_privilege(ping_sockets, answering, require):
    require(shutil.which("setpriv"), "setpriv is not installed")
    ping_sockets(EVERYBODY)
    program = (
        "import wiretalk.blocking\n"
        "connection = wiretalk.blocking.connect('icmp://127.0.0.1')\n"
        "connection.send(b'hello')\n"
        "print(connection.receive(timeout_s=20))\n"
    )
    command = [*UNPRIVILEGED, sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, env={**os.environ, "HOME": "/"})
    require(done.stdout or b"Permission denied" not in done.stderr, "another user may not run this Python")
    assert done.stdout == b"b'hello'\n", done.stderr


def test_an_option_that_the_system_does_not_have_leaves_nothing_open(own_network):
    with pytest.raises(OpenError, match="no interface nosuch0"):
        open_socket(*resolve(parse("icmp://127.0.0.1?interface=nosuch0")))
    with pytest.raises(OpenError, match="no address of this machine"):
        open_socket(*resolve(parse("icmp://127.0.0.1?bind=192.0.2.1")))


def test_a_group_is_asked(own_network):
    subprocess.run(["ip", "route", "add", "224.0.0.0/4", "dev", "lo"], check=True)
    with wiretalk.blocking.connect("icmp://224.0.0.1?interface=127.0.0.1") as connection:
        connection.send(b"anybody")
        with pytest.raises(TimedOutError):
            connection.receive(timeout_s=0.02)
