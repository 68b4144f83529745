"""The Internet checksum, by RFC 1071's own example and by its properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiretalk.transport.ip.checksum import internet_checksum


def test_the_example_of_rfc_1071():
    # Section 3: the sum of these is ddf2; the checksum is its complement.
    assert internet_checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xDDF2 ^ 0xFFFF


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"", 0xFFFF),
        (b"\0", 0xFFFF),
        (b"\0\0\0\0", 0xFFFF),
        (b"\xff\xff", 0),
        (b"\xff", 0x00FF),
        (b"\xff\xff\xff\xff", 0),
        (b"\x80\x00\x80\x00", 0xFFFE),
    ],
)
def test_the_edges(data, checksum):
    assert internet_checksum(data) == checksum


def by_the_words(data):
    """As RFC 1071 says it first: add 16-bit words, and every carry again at the low end."""
    total = 0
    for at in range(0, len(data), 2):
        total += int.from_bytes(data[at : at + 2].ljust(2, b"\0"))
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


@given(st.binary(max_size=200))
def test_it_is_what_adding_word_by_word_gives(data):
    assert internet_checksum(data) == by_the_words(data)


@given(st.binary(min_size=2, max_size=100).filter(lambda data: len(data) % 2 == 0 and any(data)))
def test_what_holds_its_own_checksum_sums_up_to_nothing(data):
    assert internet_checksum(data + internet_checksum(data).to_bytes(2)) == 0
