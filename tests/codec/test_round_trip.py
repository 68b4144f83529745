"""For any value: what was encoded decodes to the same. For any bytes: a value, or a CodecError."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretalk.codec import make
from wiretalk.errors import CodecError

TEXT = st.text()
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
SMALL_NUMBERS = st.integers(-(1 << 63), (1 << 64) - 1) | st.floats(allow_nan=False)
MSGPACK = st.recursive(
    st.none() | st.booleans() | SMALL_NUMBERS | TEXT | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT | st.binary() | st.integers(0, 1000), inner, max_size=4)
    ),
    max_leaves=12,
)
VALUES = {
    "bytes": st.binary(),
    "text": TEXT,
    "json": JSON,
    "msgpack": MSGPACK,
    "struct:>HbQ3s": st.tuples(
        st.integers(0, 65535), st.integers(-128, 127), st.integers(0, (1 << 64) - 1), st.binary(min_size=3, max_size=3)
    ),
    "hex": st.binary().map(bytes.hex),
}


@pytest.mark.parametrize("spec", VALUES)
@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_any_value_comes_back(spec, data):
    codec = make(spec)
    value = data.draw(VALUES[spec])
    message = codec.encode(value)
    assert type(message) is bytes
    assert codec.decode(message) == value


@pytest.mark.parametrize("spec", VALUES)
@settings(deadline=None, max_examples=200)
@given(
    message=st.binary(max_size=40) | st.text(alphabet='[]{}",:0123456789.eE+-tfnu\\ NaIy', max_size=20).map(str.encode)
)
def test_any_bytes_are_a_value_or_a_codec_error(spec, message):
    codec = make(spec)
    try:
        codec.decode(message)
    except CodecError as error:
        fault = error
    else:
        return
    assert fault.by == "peer"
    assert str(fault).isprintable()


@settings(deadline=None, max_examples=100)
@given(message=st.binary(min_size=8, max_size=8))
def test_any_record_of_the_right_size_is_one(message):
    codec = make("struct:<HHI")
    assert codec.decode(message) == struct.unpack("<HHI", message)
    assert codec.encode(codec.decode(message)) == message
