"""PROXY headers, byte by byte: those of the specification, those in pieces, and those that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiretalk.errors import MalformedError
from wiretalk.limits import PROXY_HEADER_BYTES
from wiretalk.transport.proxy.header import SIGNATURE, Greeting, HeaderReader, Proxied, write_header

AFTER = b"\r\nPROXY and all that comes after"

V4 = Proxied(("192.0.2.1", 4711), ("198.51.100.7", 443))
V6 = Proxied(("2001:db8::1", 1, 0, 0), ("2001:db8::2", 65535, 0, 0))
MIXED = Proxied(("192.0.2.1", 1), ("2001:db8::2", 2, 0, 0))
UNIX = Proxied("/run/a", "\0b")
NOBODY = Proxied()

HEADERS = [
    (b"PROXY TCP4 192.0.2.1 198.51.100.7 4711 443\r\n", V4),
    (b"PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", V6),
    # The worst cases of section 2.1.
    (b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", None),
    (b"PROXY TCP6 " + b":".join([b"ffff"] * 8) + b" " + b":".join([b"ffff"] * 8) + b" 65535 65535\r\n", None),
    (b"PROXY UNKNOWN " + b":".join([b"ffff"] * 8) + b" " + b":".join([b"ffff"] * 8) + b" 65535 65535\r\n", NOBODY),
    (b"PROXY UNKNOWN\r\n", NOBODY),
    (SIGNATURE + bytes.fromhex("2111000c c0000201 c6336407 1267 01bb".replace(" ", "")), V4),
    (SIGNATURE + b"\x20\x00\0\0", NOBODY),
    # What LOCAL says of a family counts for nothing, and its block is skipped.
    (SIGNATURE + b"\x20\x77\0\x05abcde", NOBODY),
    (SIGNATURE + b"\x21\x00\0\0", NOBODY),
    # TLVs after the addresses are skipped.
    (SIGNATURE + bytes.fromhex("21110013 c0000201 c6336407 1267 01bb 0300040000beef".replace(" ", "")), V4),
    (
        SIGNATURE + bytes.fromhex("2112000c c0000201 c6336407 1267 01bb".replace(" ", "")),
        Proxied(V4.source, V4.destination, datagram=True),
    ),
]


@pytest.mark.parametrize(("wire", "proxied"), HEADERS)
def test_a_header_split_at_every_byte(wire, proxied):
    for at in range(len(wire) + 1):
        reader = HeaderReader()
        taken = 0
        for piece in (wire[:at], wire[at:] + AFTER):
            if piece and not reader.done:
                taken += reader.feed(piece)
        assert reader.done
        assert taken == len(wire)
        assert proxied is None or reader.proxied == proxied


@pytest.mark.parametrize(("wire", "proxied"), HEADERS)
def test_a_header_byte_by_byte(wire, proxied):
    reader = HeaderReader()
    for at in range(len(wire)):
        assert not reader.done
        assert reader.feed(wire[at : at + 1]) == 1
    assert reader.done
    assert proxied is None or reader.proxied == proxied


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"GET / HTTP/1.1\r\n", "began without"),
        (b"PROXX", "began without"),
        (b"proxy TCP4 1.2.3.4 1.2.3.4 1 1\r\n", "began without"),
        (b"\r\n\r\n\0\r\nQUIP", "began without"),
        (b"\x16\x03\x01", "began without"),
        (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n", "CR LF"),
        (b"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", "no such line"),
        (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n", "no such line"),
        (b"PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n", "no such line"),
        (b"PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n", "no such line"),
        (b"PROXY \r\n", "no such line"),
        (b"PROXY TCP4 1.2.3.4 1.2.3.256 1 1\r\n", "no TCP4 addresses"),
        (b"PROXY TCP4 ::1 ::1 1 1\r\n", "no TCP4 addresses"),
        (b"PROXY TCP6 1.2.3.4 ::1 1 1\r\n", "no TCP6 addresses"),
        (b"PROXY TCP6 ::1%lo ::1 1 1\r\n", "no TCP6 addresses"),
        (b"PROXY TCP4 1.2.3.4 01.2.3.4 1 1\r\n", "no TCP4 addresses"),
        (b"PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n", "port '65536'"),
        (b"PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n", "port '01'"),
        (b"PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\r\n", "port '-1'"),
        (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n", "port ''"),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 ² 1\r\n".encode(), "CR LF"),
        (b"PROXY UNKNOWN " + b"x" * 93, "longer than 107"),
        (SIGNATURE + b"\x11\x11\0\x0c", "0x11"),
        (SIGNATURE + b"\x22\x11\0\x0c", "0x22"),
        (SIGNATURE + b"\x21\x11\xff\xff", "65551 bytes"),
        (SIGNATURE + b"\x21\x11" + (PROXY_HEADER_BYTES - 15).to_bytes(2), f"more than {PROXY_HEADER_BYTES}"),
        (SIGNATURE + b"\x21\x11\0\x0b" + bytes(11), "11 bytes for addresses of 12"),
        (SIGNATURE + b"\x21\x21\0\x0c" + bytes(12), "12 bytes for addresses of 36"),
        (SIGNATURE + b"\x21\x13\0\x0c" + bytes(12), "0x13"),
        (SIGNATURE + b"\x21\x10\0\x0c" + bytes(12), "0x10"),
        (SIGNATURE + b"\x21\x01\0\x0c" + bytes(12), "0x01"),
        (SIGNATURE + b"\x21\x41\0\x0c" + bytes(12), "0x41"),
    ],
)
def test_what_is_no_header_is_refused_wherever_it_is_split(wire, why):
    for at in range(len(wire)):
        reader = HeaderReader()
        with pytest.raises(MalformedError, match=why):
            for piece in (wire[:at], wire[at:]):
                if piece:
                    reader.feed(piece)
        assert not reader.done


@pytest.mark.parametrize("proxied", [V4, V6, UNIX, NOBODY, Proxied(V6.source, V6.destination, datagram=True)])
def test_version_2_is_read_as_it_is_written(proxied):
    wire = write_header(2, proxied)
    reader = HeaderReader()
    assert reader.feed(wire) == len(wire)
    assert reader.proxied == proxied


def test_ends_of_two_families_are_both_told_as_ipv6():
    assert write_header(1, MIXED) == b"PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 1 2\r\n"
    reader = HeaderReader()
    reader.feed(write_header(2, MIXED))
    assert reader.proxied.source == ("::ffff:192.0.2.1", 1, 0, 0)


def test_version_1_has_no_words_for_others():
    for other in (UNIX, NOBODY, Proxied(V4.source, None), Proxied(V4.source, V4.destination, datagram=True)):
        assert write_header(1, other) == b"PROXY UNKNOWN\r\n"
    assert write_header(1, V4) == HEADERS[0][0]
    assert write_header(1, V6) == HEADERS[1][0]


def test_a_zone_is_of_this_machine_alone():
    ends = Proxied(("fe80::1%eth0", 1, 0, 3), ("fe80::2", 2, 0, 3))
    assert write_header(1, ends) == b"PROXY TCP6 fe80::1 fe80::2 1 2\r\n"


def test_names_of_unix_sockets_that_do_not_fit_are_left_out():
    assert write_header(2, Proxied("x" * 109, "y")) == SIGNATURE + b"\x21\0\0\0"
    reader = HeaderReader()
    reader.feed(write_header(2, Proxied(b"\0abstract", "")))
    assert reader.proxied == Proxied("\0abstract", "")


@given(st.binary(max_size=300))
def test_nothing_else_happens_whatever_comes(data):
    for start in (b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21\x11\0\x0c"):
        reader = HeaderReader()
        wire = start + data
        if wire:
            try:
                taken = reader.feed(wire)
            except MalformedError:
                continue
            assert taken <= len(wire)
            assert reader.done or taken == len(wire)


def test_a_greeting_is_sent_once_and_asks_for_nothing():
    greeting = Greeting(b"PROXY UNKNOWN\r\n")
    assert greeting.outgoing() == b"PROXY UNKNOWN\r\n"
    assert greeting.outgoing() == b""
    assert greeting.done
    assert greeting.feed(b"anything") == 0
    assert "before" in str(greeting.broken())
    assert repr(V4) == "Proxied(('192.0.2.1', 4711), ('198.51.100.7', 443), datagram=False)"
    assert Proxied() != object()
