"""bytes: a message is itself."""

import pytest

from wiretalk.codec import make


def test_a_message_is_its_own_value():
    message = b"\x00\xff"
    assert make("bytes").decode(message) is message
    assert make("bytes").encode(message) is message


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_whatever_holds_bytes_can_be_sent(kind):
    encoded = make("bytes").encode(kind(b"abc"))
    assert (encoded, type(encoded)) == (b"abc", bytes)
