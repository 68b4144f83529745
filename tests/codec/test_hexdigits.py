"""hex: two digits a byte."""

import pytest

from wiretalk.codec import make
from wiretalk.errors import CodecError


def test_digits():
    assert make("hex").decode(b"\x00\xff\x10") == "00ff10"
    assert make("hex").encode("00ff10") == b"\x00\xff\x10"
    assert make("hex").encode("00 FF\n10") == b"\x00\xff\x10"
    assert make("hex").encode("") == b""


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("0", "hexadecimal digits come two a byte, with spaces between bytes only"),
        ("0 0", "hexadecimal digits come two a byte, with spaces between bytes only"),
        ("0g", "'g' at offset 1 is no hexadecimal digit"),
        ("0x00", "'x' at offset 1 is no hexadecimal digit"),
        ("00 é0", r"'\xe9' at offset 3 is no hexadecimal digit"),
    ],
)
def test_what_is_no_digits(value, sentence):
    with pytest.raises(CodecError) as fault:
        make("hex").encode(value)
    assert (str(fault.value), fault.value.by) == (sentence, "us")
