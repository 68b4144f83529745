"""text: UTF-8, strictly."""

import pytest

from wiretalk.codec import make
from wiretalk.errors import CodecError


def test_text_is_utf8():
    assert make("text").encode("grüß €") == b"gr\xc3\xbc\xc3\x9f \xe2\x82\xac"
    assert make("text").decode(b"gr\xc3\xbc\xc3\x9f \xe2\x82\xac") == "grüß €"
    assert make("text").decode(b"") == ""


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (b"caf\xe9", "not UTF-8: byte e9 at offset 3"),
        (b"\xc3", "not UTF-8: byte c3 at offset 0"),
        (b"a\xc0\x80", "not UTF-8: byte c0 at offset 1"),
        (b"\xed\xa0\x80", "not UTF-8: byte ed at offset 0"),
    ],
)
def test_what_is_no_utf8_is_told_with_its_place(message, sentence):
    with pytest.raises(CodecError) as fault:
        make("text").decode(message)
    assert (str(fault.value), fault.value.by) == (sentence, "peer")


def test_a_surrogate_cannot_be_sent():
    with pytest.raises(CodecError) as fault:
        make("text").encode("a\ud800")
    assert str(fault.value) == "no UTF-8 can be made of the surrogate U+D800 at offset 1"
    assert fault.value.by == "us"
