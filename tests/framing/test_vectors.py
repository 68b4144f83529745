"""Every vector of `vectors/`, fed whole, split in two at every byte, and byte by byte."""

import json
from pathlib import Path

import pytest

from wiretalk.errors import LimitError, MalformedError, TruncatedError
from wiretalk.framing import FRAMINGS, make
from wiretalk.limits import MAX_MESSAGE_BYTES

VECTORS = Path(__file__).parents[2] / "vectors"
ERRORS = {"malformed": MalformedError, "limit": LimitError, "truncated": TruncatedError}


class Vector:
    def __init__(self, file, fields):
        self.id = f"{file.stem}: {fields['name']}"
        self.kind = fields["kind"]
        self.spec = fields["spec"]
        self.max = fields.get("max", MAX_MESSAGE_BYTES)
        self.wire = bytes.fromhex(fields.get("wire", ""))
        self.messages = [bytes.fromhex(message) for message in fields["messages"]]
        self.error = ERRORS.get(fields.get("error"))
        self.rest = bytes.fromhex(fields.get("rest", ""))
        self.need = fields.get("need")

    def make(self):
        return make(self.spec, self.max)

    def expected(self, messages):
        """Chunks have no boundaries: only what they are together counts."""
        chunks = self.spec.startswith("raw")
        return (b"".join(messages), b"".join(self.messages)) if chunks else (messages, self.messages)


def load(*kinds):
    vectors = [
        Vector(file, fields)
        for file in sorted(VECTORS.glob("*.json"))
        for fields in json.loads(file.read_text())["vectors"]
    ]
    return [pytest.param(vector, id=vector.id) for vector in vectors if vector.kind in kinds]


def ways(wire):
    """Yield the pieces in which a stream may arrive."""
    yield [wire]
    for at in range(1, len(wire)):
        yield [wire[:at], wire[at:]]
    yield [wire[at : at + 1] for at in range(len(wire))]
    yield [piece for at in range(len(wire)) for piece in (b"", wire[at : at + 1], b"")]


@pytest.mark.parametrize("vector", load("both", "stream"))
def test_what_is_sent(vector):
    framing = vector.make()
    assert framing.encode_all(vector.messages) == vector.wire
    assert b"".join(framing.encode(message) for message in vector.messages) == vector.wire


@pytest.mark.parametrize("vector", load("both", "decode", "stream"))
def test_what_is_read(vector):
    for pieces in ways(vector.wire):
        framing = vector.make()
        messages = [message for piece in pieces for message in framing.feed(piece)]
        messages += framing.finish()
        got, expected = vector.expected(messages)
        assert got == expected, pieces


@pytest.mark.parametrize("vector", load("fault"))
def test_what_is_no_message(vector):
    for pieces in ways(vector.wire):
        framing = vector.make()
        messages = []
        with pytest.raises(vector.error) as fault:
            for piece in pieces:
                messages += framing.feed(piece)
        messages += fault.value.messages
        assert messages == vector.messages, pieces
        assert fault.value.by == "peer"


@pytest.mark.parametrize("vector", load("cut"))
def test_a_stream_that_ends_within_a_message(vector):
    for pieces in ways(vector.wire):
        framing = vector.make()
        messages = [message for piece in pieces for message in framing.feed(piece)]
        with pytest.raises(TruncatedError) as fault:
            framing.finish()
        got, expected = vector.expected(messages)
        assert got == expected, pieces
        assert (fault.value.rest, fault.value.need_bytes) == (vector.rest, vector.need), pieces
        assert fault.value.have_bytes == len(vector.rest)
        assert fault.value.messages == []


@pytest.mark.parametrize("vector", load("refuse"))
def test_what_cannot_be_sent(vector):
    framing = vector.make()
    with pytest.raises(vector.error) as fault:
        framing.encode_all(vector.messages)
    assert fault.value.by == "us"


def test_every_framing_has_vectors():
    specs = {param.values[0].spec for param in load("both", "stream")}
    for shape in FRAMINGS:
        name = shape.removesuffix("HEX").removesuffix("N")
        assert any(spec.startswith(name) for spec in specs), shape


def test_every_vector_is_of_a_kind_that_is_tested():
    files = list(VECTORS.glob("*.json"))
    total = sum(len(json.loads(file.read_text())["vectors"]) for file in files)
    assert len(load("both", "decode", "stream", "fault", "cut", "refuse")) == total > 100
