"""The framings that plain programs have of their own: each agrees with the vectors, however a stream is cut."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.compiling import SANITIZERS

from .building import written

HERE = Path(__file__).parent
VECTORS = HERE.parents[1] / "vectors"
STANDARD = 1 << 20


def by_framing():
    """Return the vectors of each framing and limit."""
    found = {}
    for path in sorted(VECTORS.glob("*.json")):
        for vector in json.loads(path.read_text())["vectors"]:
            # A limit of no bytes at all is one that no address can say.
            if vector.get("max", STANDARD):
                found.setdefault((vector["spec"], vector.get("max", STANDARD)), []).append(vector)
    return found


BY_FRAMING = by_framing()


def address(max_message):
    return "tcp://:8888" + ("" if max_message == STANDARD else f"?max_message={max_message}")


def cuts(wire):
    """Yield a stream in pieces: whole, byte by byte, and in two at every place."""
    yield [wire]
    yield [wire[at : at + 1] for at in range(len(wire))]
    for at in range(1, len(wire)):
        yield [wire[:at], wire[at:]]


class InPython:
    """The framing of a plain Python program."""

    def __init__(self, spec, max_message):
        self._names = {"__name__": "tried"}
        exec(written("python-plain", "server", address(max_message), spec), self._names)

    def encode_all(self, messages):
        """Return the wire of each message, None where it is refused."""
        wires = []
        for message in messages:
            try:
                wires.append(self._names["encode"](message))
            except ValueError:
                wires.append(None)
        return wires

    def decode_all(self, streams):
        """Return of each stream, which is a list of pieces, its messages and how it ended."""
        return [self._decode(pieces) for pieces in streams]

    def _decode(self, pieces):
        incoming = self._names["Incoming"]()
        messages = []
        try:
            for piece in pieces:
                messages.extend(incoming.feed(piece))
        except ValueError:
            return messages, "fault"
        try:
            incoming.finish()
        except ValueError:
            return messages, "truncated"
        return messages, "end"


class InC:
    """The framing of a plain C program, watched by ASan and UBSan."""

    def __init__(self, builder, spec, max_message):
        text = written("c-plain", "server", address(max_message), spec).replace(
            "int main(void)", "int their_main(void)"
        )
        self._path = builder.built(text + "int their_main(void);\n" + (HERE / "harness.c").read_text(), *SANITIZERS)

    def _run(self, commands):
        done = subprocess.run([self._path], input="".join(commands), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [line.partition(" ")[::2] for line in done.stdout.splitlines()]

    def encode_all(self, messages):
        """See InPython. Nothing is sent that is longer than the limit: the program has no room for it."""
        told = self._run(f"encode {message.hex()}\n" for message in messages)
        return [bytes.fromhex(digits) if what == "wire" else None for what, digits in told]

    def decode_all(self, streams):
        """See InPython."""
        found, messages = [], []
        for what, digits in self._run(f"decode {' '.join(piece.hex() for piece in pieces)}\n" for pieces in streams):
            if what == "message":
                messages.append(bytes.fromhex(digits))
            else:
                found.append((messages, what))
                messages = []
        return found


@pytest.mark.parametrize("language", ["c", "python"])
@pytest.mark.parametrize(("spec", "max_message"), BY_FRAMING, ids=lambda value: str(value))
def test_a_plain_framing_agrees_with_the_vectors(language, spec, max_message, request):
    if language == "c":
        request.getfixturevalue("c_compiler")
        framing = InC(request.getfixturevalue("builder"), spec, max_message)
    else:
        framing = InPython(spec, max_message)
    for vector in BY_FRAMING[spec, max_message]:
        messages = [bytes.fromhex(digits) for digits in vector["messages"]]
        if vector["kind"] in {"both", "stream"} and max(map(len, messages), default=0) <= max_message:
            assert b"".join(framing.encode_all(messages)) == bytes.fromhex(vector["wire"]), vector["name"]
        if vector["kind"] == "refuse":
            assert None in framing.encode_all(messages), vector["name"]
            continue
        streams = list(cuts(bytes.fromhex(vector["wire"])))
        for pieces, (heard, end) in zip(streams, framing.decode_all(streams), strict=True):
            where = f"{vector['name']}: {pieces}"
            if spec.startswith("raw"):
                assert b"".join(heard) == b"".join(messages), where
            else:
                assert heard == messages, where
            # An escape that is none may be told when its packet is whole: then the stream has ended within it.
            ends = {"fault": {"fault", "truncated"}, "cut": {"truncated"}}.get(vector["kind"], {"end"})
            assert end in ends, where


def test_the_vectors_are_there():
    assert len(BY_FRAMING) > 20
    assert {"line", "netstring", "slip", "cobs", "length:varint", "raw:utf8"} <= {spec for spec, _ in BY_FRAMING}
