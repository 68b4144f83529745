"""Raw IP: payloads, whole packets, checksums, groups; and what a socket hears from before it was bound."""

from __future__ import annotations

import shutil
import socket
import subprocess

import pytest

import wiretalk.blocking
from wiretalk.address import parse
from wiretalk.errors import AddressError, NoSuchHostError, OpenError, UnreachableError
from wiretalk.transport import listen, open_socket, raw, resolve
from wiretalk.transport.ip.checksum import internet_checksum
from wiretalk.transport.ip.icmp import Echo, read_echo
from wiretalk.transport.ip.ipv4 import Ipv4Header, read_ipv4


@pytest.fixture
def two_addresses(own_network, require):
    """Two IPv6 addresses of the test's machine."""
    require(shutil.which("ip"), "iproute2 is not installed")
    for host in ("fd00::1", "fd00::2"):
        subprocess.run(["ip", "address", "add", f"{host}/128", "dev", "lo", "nodad"], check=True)
    return "[fd00::1]", "[fd00::2]"


def test_payloads_pass_without_their_headers(own_network):
    with wiretalk.blocking.serve("raw://127.0.0.2?protocol=253", reply=bytes.upper) as server:
        assert server.addresses == ["raw://127.0.0.2?protocol=253"]
        address = "raw://127.0.0.2?protocol=253&bind=127.0.0.1"
        with wiretalk.blocking.connect(address) as connection:
            connection.send(b"hello")
            assert connection.receive(timeout_s=20) == b"HELLO"
            assert (connection.peer, connection.bytes_received) == ("raw://127.0.0.2", 5)


def test_whole_packets_pass_with_theirs(own_network):
    heard = []

    def answer(packet):
        heard.append(packet)
        return Ipv4Header("127.0.0.2", "127.0.0.1", 253, ttl=9).write(b"answer")

    with wiretalk.blocking.serve("raw://127.0.0.2?protocol=253&hdrincl", reply=answer):
        address = "raw://127.0.0.2?protocol=253&hdrincl&bind=127.0.0.1"
        with wiretalk.blocking.connect(address) as connection:
            # The checksum is the system's business; here it is wrong.
            packet = bytearray(Ipv4Header("127.0.0.1", "127.0.0.2", 253, ttl=7, identification=5).write(b"hello"))
            packet[10:12] = b"\xde\xad"
            connection.send(bytes(packet))
            header, payload = read_ipv4(connection.receive(timeout_s=20))
            assert (header.ttl, header.source, payload) == (9, "127.0.0.2", b"answer")
    (packet,) = heard
    header, payload = read_ipv4(packet)
    assert (header.ttl, header.identification, payload) == (7, 5, b"hello")
    assert internet_checksum(packet[:20]) == 0


def test_a_checksum_over_ipv6_is_filled_in_and_looked_at(two_addresses):
    one, other = two_addresses
    with wiretalk.blocking.serve(f"raw://{other}?protocol=253&checksum=2", reply=lambda message: message):
        with wiretalk.blocking.connect(f"raw://{other}?protocol=253&checksum=2&bind={one}") as connection:
            connection.send(b"\0\0\0\0hello!")
            answer = connection.receive(timeout_s=20)
    assert answer[:2] + answer[4:] == b"\0\0hello!"
    assert answer[2:4] != b"\0\0"
    pseudo = socket.inet_pton(socket.AF_INET6, "fd00::1") + socket.inet_pton(socket.AF_INET6, "fd00::2")
    assert internet_checksum(pseudo + len(answer).to_bytes(4) + b"\0\0\0\xfd" + answer) == 0


def test_whole_icmp_messages_are_raw_ones(own_network):
    with open("/proc/sys/net/ipv4/icmp_echo_ignore_all", "w", encoding="ascii") as file:
        file.write("0")
    with wiretalk.blocking.connect("raw://127.0.0.2?protocol=1&bind=127.0.0.1") as connection:
        connection.send(Echo(3, 4, b"hello").write(4))
        echo = read_echo(4, connection.receive(timeout_s=20))
    assert (echo.reply, echo.identifier, echo.sequence, echo.payload) == (True, 3, 4, b"hello")


def test_icmp_over_ipv6_has_its_checksum_already(own_network):
    with pytest.raises(OpenError, match="the system refuses checksum=2"):
        open_socket(*resolve(parse("raw://[::1]?protocol=58&checksum=2")))


def test_what_came_before_a_socket_was_bound_is_not_for_it(own_network):
    (candidate,) = resolve(parse("raw://127.0.0.2?protocol=253"))
    with open_socket(candidate) as early, open_socket(candidate) as sending:
        sending.sendto(b"to another", ("127.0.0.3", 0))
        early.connect(("127.0.0.2", 0))
        with pytest.raises(BlockingIOError):
            early.recv(100)


def test_listening_everywhere_is_a_socket_for_each_version(own_network):
    listeners = listen(parse("raw://?protocol=253"))
    assert [(str(one.address), one.families) for one in listeners] == [
        ("raw://?protocol=253", "IPv6"),
        ("raw://?protocol=253", "IPv4"),
    ]
    for one in listeners:
        one.close()


@pytest.mark.parametrize(
    ("address", "kind", "why"),
    [
        ("raw://192.0.2.1?protocol=253", UnreachableError, "no address of this machine"),
        ("raw://127.0.0.1?protocol=253&bind=127.0.0.1", AddressError, "bind is where to connect from"),
        ("raw://nobody.invalid?protocol=253", NoSuchHostError, "nobody.invalid"),
        ("raw://127.0.0.1?protocol=253&interface=nosuch0", UnreachableError, "no interface nosuch0"),
    ],
)
def test_what_cannot_be_listened_on(own_network, address, kind, why):
    with pytest.raises(kind, match=why):
        listen(parse(address))


@pytest.mark.parametrize("option", ["hdrincl", "checksum=2"])
def test_an_option_of_one_version_leaves_the_other_out(option):
    (candidate,) = resolve(parse(f"raw://localhost?protocol=253&{option}"))
    assert candidate.family == (socket.AF_INET if option == "hdrincl" else socket.AF_INET6)


def test_a_host_without_the_version_of_an_option_is_told(monkeypatch):
    monkeypatch.setattr("wiretalk.transport.raw.lookup", lambda *_, **__: [(socket.AF_INET6, ("::1", 0, 0, 0))])
    with pytest.raises(UnreachableError, match="it has no IPv4 address, and hdrincl is for those"):
        resolve(parse("raw://h?protocol=253&hdrincl"))


def test_a_group_is_joined(own_network, require):
    require(shutil.which("ip"), "iproute2 is not installed")
    subprocess.run(["ip", "route", "add", "224.0.0.0/4", "dev", "lo"], check=True)
    group = "raw://239.1.2.3?protocol=253&interface=127.0.0.1"
    with wiretalk.blocking.serve(group, reply=bytes.upper) as server:
        with wiretalk.blocking.connect(group + "&bind=127.0.0.1") as connection:
            connection.send(b"hello")
            assert connection.receive(timeout_s=20) in (b"hello", b"HELLO")
        assert server.addresses == ["raw://239.1.2.3?protocol=253"]


def test_a_version_that_the_machine_does_not_have_is_left_out(own_network):
    with open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w", encoding="ascii") as file:
        file.write("1")
    with pytest.raises(UnreachableError, match="no address of this machine"):
        listen(parse("raw://[::1]?protocol=253"))
    (listener,) = listen(parse("raw://localhost?protocol=253"))
    assert listener.families == "IPv4"
    listener.close()


def test_where_none_is_left_it_is_told(own_network, monkeypatch):
    found = [(socket.AF_INET, ("192.0.2.1", 0)), (socket.AF_INET, ("192.0.2.2", 0))]
    monkeypatch.setattr("wiretalk.transport.raw.lookup", lambda *_, **__: found)
    with pytest.raises(UnreachableError, match="no address of this machine"):
        listen(parse("raw://h?protocol=253"))


def test_what_is_no_packet_is_skipped(own_network):
    (candidate,) = resolve(parse("raw://127.0.0.1?protocol=253"))
    with open_socket(candidate) as sock, pytest.raises(BlockingIOError):
        raw._payload(sock, b"\0")
