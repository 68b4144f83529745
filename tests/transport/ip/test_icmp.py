"""Echo messages of both versions, and the errors that quote them."""

from __future__ import annotations

import pytest

from wiretalk.transport.ip.checksum import internet_checksum
from wiretalk.transport.ip.icmp import TIME_EXCEEDED, UNREACHABLE, Echo, read_echo, read_trouble
from wiretalk.transport.ip.ipv4 import Ipv4Header

REQUEST = Echo(0x1234, 7, b"abc")


def test_a_request_over_ipv4():
    # RFC 792, page 14: type 8, code 0, checksum, identifier, sequence number, data.
    message = REQUEST.write(4)
    assert message[:2] + message[4:] == bytes.fromhex("0800 12340007 616263".replace(" ", ""))
    assert internet_checksum(message) == 0


def test_a_request_over_ipv6_leaves_the_checksum_to_the_system():
    assert REQUEST.write(6) == bytes.fromhex("80000000 12340007 616263".replace(" ", ""))


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("reply", [False, True])
def test_they_are_read_as_they_are_written(version, reply):
    echo = read_echo(version, Echo(1, 65535, b"payload", reply=reply).write(version))
    assert (echo.identifier, echo.sequence, echo.payload, echo.reply) == (1, 65535, b"payload", reply)


@pytest.mark.parametrize("message", [b"", bytes(7), b"\x03" + bytes(7), b"\x08\x01" + bytes(6)])
def test_what_is_no_echo(message):
    assert read_echo(4, message) is None
    assert read_echo(6, message) is None


def quoting(version, kind, carried, about=None):
    if version == 4:
        quoted = Ipv4Header("10.0.0.1", "10.0.0.2", 1 if about is None else about).write(carried)
    else:
        quoted = bytes(6) + bytes((58 if about is None else about,)) + bytes(33) + carried
    return bytes((kind, 1)) + bytes(6) + quoted


@pytest.mark.parametrize("version", [4, 6])
def test_an_error_tells_whose_request_it_is_about(version):
    for kind in (TIME_EXCEEDED[version], UNREACHABLE[version]):
        # No more than eight bytes of the message need be quoted.
        trouble = read_trouble(version, quoting(version, kind, REQUEST.write(version)[:8]))
        assert (trouble.kind, trouble.code, trouble.identifier, trouble.sequence) == (kind, 1, 0x1234, 7)


@pytest.mark.parametrize("version", [4, 6])
def test_errors_about_others_are_not_ours(version):
    kind = TIME_EXCEEDED[version]
    assert read_trouble(version, quoting(version, kind, REQUEST.write(version), about=17)) is None
    assert read_trouble(version, quoting(version, kind, Echo(1, 1, b"", reply=True).write(version))) is None
    assert read_trouble(version, quoting(version, kind, b"short")) is None
    assert read_trouble(version, bytes((kind, 0)) + bytes(6)) is None
    assert read_trouble(version, REQUEST.write(version)) is None
    assert read_trouble(version, b"") is None
    assert read_trouble(6, quoting(6, 200, REQUEST.write(6))) is None
