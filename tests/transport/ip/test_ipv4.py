"""The header of IPv4: a packet that the network has carried, and what is none."""

from __future__ import annotations

import pytest

from wiretalk.errors import MalformedError
from wiretalk.transport.ip.checksum import internet_checksum
from wiretalk.transport.ip.ipv4 import DONT_FRAGMENT, Ipv4Header, header_length, read_ipv4

# The first header of RFC 791, appendix A, example 1: 21 bytes, identification 111, TTL 123, one byte of data.
EXAMPLE = Ipv4Header("10.0.0.1", "10.0.0.2", 1, ttl=123, identification=111)


def test_the_first_example_of_rfc_791():
    packet = EXAMPLE.write(b"D")
    assert packet[:2] == b"\x45\0"
    assert packet[2:8] == bytes.fromhex("0015006f0000")
    assert packet[8:10] == b"\x7b\x01"
    assert internet_checksum(packet[:20]) == 0


def test_a_header_as_linux_sends_it():
    # UDP of 95 bytes from 192.168.0.1 to 192.168.0.199; the checksum is b861.
    packet = bytes.fromhex("4500007300004000 4011b861c0a80001c0a800c7".replace(" ", "")) + bytes(95)
    header, payload = read_ipv4(packet)
    assert (header.source, header.destination) == ("192.168.0.1", "192.168.0.199")
    assert (header.protocol, header.ttl, header.total_bytes, header.fragment) == (17, 64, 115, DONT_FRAGMENT)
    assert (header.tos, header.identification, header.options) == (0, 0, b"")
    assert payload == bytes(95)
    assert header.write(payload) == packet


def test_options_are_kept():
    header = Ipv4Header("127.0.0.1", "127.0.0.2", 253, tos=4, options=b"\1\1\1\0")
    packet = header.write(b"payload")
    assert packet[0] == 0x46
    again, payload = read_ipv4(packet)
    assert (again.options, again.tos, again.header_bytes, payload) == (b"\1\1\1\0", 4, 24, b"payload")


def test_what_is_behind_a_packet_is_not_its_payload():
    assert read_ipv4(EXAMPLE.write(b"D") + b"padding")[1] == b"D"


@pytest.mark.parametrize(
    "packet",
    [b"", b"\x45", EXAMPLE.write(b"")[:19], b"\x65" + bytes(39), b"\x44" + bytes(30), b"\x4f" + bytes(30)],
)
def test_what_is_no_packet_is_told(packet):
    with pytest.raises(MalformedError, match="no IPv4 packet"):
        read_ipv4(packet)
    with pytest.raises(MalformedError):
        header_length(packet)


@pytest.mark.parametrize(
    ("options", "payload"), [(b"", bytes(65516)), (bytes(44), b""), (b"\1", b"")], ids=["payload", "options", "words"]
)
def test_what_fits_no_packet_is_not_written(options, payload):
    with pytest.raises(MalformedError):
        Ipv4Header("127.0.0.1", "127.0.0.1", 1, options=options).write(payload)
