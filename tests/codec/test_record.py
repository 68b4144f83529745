"""struct:FMT: records of fixed size."""

import pytest

from wiretalk.codec import make
from wiretalk.errors import CodecError, UsageError


def test_a_record_is_a_tuple():
    codec = make("struct:>HHI")
    assert codec.size == 8
    assert codec.encode((1, 2, 3)) == b"\x00\x01\x00\x02\x00\x00\x00\x03"
    assert codec.encode([1, 2, 3]) == b"\x00\x01\x00\x02\x00\x00\x00\x03"
    assert codec.decode(b"\x00\x01\x00\x02\x00\x00\x00\x03") == (1, 2, 3)


def test_one_value_needs_no_tuple():
    assert make("struct:<d").encode(1.5) == make("struct:<d").encode((1.5,))
    assert make("struct:4s").encode(b"abcd") == b"abcd"
    assert make("struct:4s").decode(b"abcd") == (b"abcd",)


def test_a_sequence_number_and_a_timestamp():
    codec = make("struct:!Qd")
    assert codec.size == 16
    assert codec.decode(codec.encode((7, 1700000000.25))) == (7, 1700000000.25)


@pytest.mark.parametrize("size", [0, 7, 9])
def test_a_message_of_another_size_is_no_record(size):
    with pytest.raises(CodecError) as fault:
        make("struct:>HHI").decode(bytes(size))
    assert str(fault.value) == f"a record struct:>HHI has 8 bytes; this message has {size}"
    assert fault.value.by == "peer"


@pytest.mark.parametrize("value", [(1, 2), (1, 2, 3, 4), (1, 2, "3"), (-1, 2, 3), (65536, 2, 3), None, "abc"])
def test_a_value_that_does_not_fit(value):
    with pytest.raises(CodecError, match="no record struct:>HHI can be made of it: ") as fault:
        make("struct:>HHI").encode(value)
    assert fault.value.by == "us"


def test_a_float_too_large_for_its_field():
    with pytest.raises(CodecError, match="float too large"):
        make("struct:>f").encode(1e300)


@pytest.mark.parametrize("layout", ["", " ", "x y", ">", "0s", "99999999999999999999s", "9999999999s", "\ud800"])
def test_a_format_that_makes_no_record(layout):
    with pytest.raises(UsageError) as wrong:
        make(f"struct:{layout}")
    assert wrong.value.at == 7
