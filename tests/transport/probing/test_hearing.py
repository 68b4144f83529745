"""What the system tells beside the data."""

import socket
import struct

import pytest

from wiretalk.transport.probing import hearing
from wiretalk.transport.probing.hearing import Heard, Report, hear, hear_error, prepare

ERROR = struct.Struct("=IBBBxII")


def ipv4(host):
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(host))


def ipv6(host, scope=0):
    return struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, socket.inet_pton(socket.AF_INET6, host), scope)


@pytest.mark.parametrize(
    ("origin", "version", "tail", "offender"),
    [
        (2, 4, ipv4("10.0.0.1"), "10.0.0.1"),
        (3, 6, ipv6("fd00::1"), "fd00::1"),
        (3, 6, ipv6("fe80::1", 1), "fe80::1%lo"),
        (1, 0, struct.pack("=H14x", 0), ""),
        (1, 0, b"", ""),
    ],
)
def test_an_error_and_who_told_it(origin, version, tail, offender):
    report = Report(ERROR.pack(113, origin, 11, 0, 1300, 0) + tail)
    assert (report.errno, report.version, report.kind, report.code, report.info) == (113, version, 11, 0, 1300)
    assert report.offender == offender


def test_what_is_told_beside_the_data():
    told = [
        (socket.SOL_SOCKET, hearing.SO_TIMESTAMPNS, struct.pack("@ll", 5, 7)),
        (socket.IPPROTO_IP, hearing.IP_TTL, struct.pack("=i", 63)),
        (socket.IPPROTO_IP, 99, b"?"),
    ]
    one = Heard(b"x", told, "10.0.0.1")
    assert (one.arrived_ns, one.ttl, one.report) == (5_000_000_007, 63, None)
    six = Heard(b"x", [(socket.IPPROTO_IPV6, hearing.IPV6_HOPLIMIT, struct.pack("=i", 9))], "::1")
    assert (six.arrived_ns, six.ttl) == (None, 9)


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_datagram_has_its_time_and_its_hops(family, host, readable):
    with socket.socket(family, socket.SOCK_DGRAM) as one, socket.socket(family, socket.SOCK_DGRAM) as other:
        one.bind((host, 0))
        one.setblocking(False)
        prepare(one)
        assert hear(one, 100) is None
        hearing.set_ttl(other, 7)
        other.sendto(b"hello", one.getsockname())
        readable(one)
        heard = hear(one, 100)
        assert (heard.data, heard.source, heard.ttl) == (b"hello", host, 7)
        assert heard.arrived_ns > 1_700_000_000_000_000_000
        assert hear_error(one, 100) is None


def test_where_the_system_tells_nothing_it_is_not_asked(monkeypatch):
    monkeypatch.setattr(hearing, "SUPPORTED", False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        prepare(sock)
        assert sock.getsockopt(socket.IPPROTO_IP, hearing.IP_RECVERR) == 0
        assert hear_error(sock, 100) is None


def test_a_kernel_that_lacks_one_of_them_tells_the_others(monkeypatch):
    monkeypatch.setattr(hearing, "IP_RECVERR", 9999)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        prepare(sock)
        assert sock.getsockopt(socket.IPPROTO_IP, hearing.IP_RECVTTL) == 1


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_hops(family, kind):
    with socket.socket(family, kind) as sock:
        hearing.set_ttl(sock, 3)
        if family == socket.AF_INET6:
            assert sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS) == 3
        else:
            assert sock.getsockopt(socket.IPPROTO_IP, socket.IP_TTL) == 3
