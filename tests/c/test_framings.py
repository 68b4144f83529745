"""Framings in C against those in Python: the same stream in the same pieces gives the same messages, and where it is
broken or cut, the same fault in the same words; the same messages are sent, as the same bytes, and the same refused.

One difference is meant: libwiretalk's buffer is no larger than the largest message, so what had come of a message that
was cut is no longer than that.
"""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest

from wiretalk.errors import LimitError, MalformedError, TruncatedError, UsageError
from wiretalk.framing import FRAMINGS, make
from wiretalk.framing.cobs import Cobs
from wiretalk.framing.delimiter import Delimiter
from wiretalk.framing.fixed import Fixed
from wiretalk.framing.length import Length
from wiretalk.framing.line import Line, LineCrlf
from wiretalk.framing.netstring import Netstring
from wiretalk.framing.raw import Raw, RawText
from wiretalk.framing.slip import Slip
from wiretalk.framing.varint import Varint
from wiretalk.limits import MAX_MESSAGE_BYTES

ROOT = Path(__file__).parents[2]

CODES = {UsageError: -2, LimitError: -11, MalformedError: -12, TruncatedError: -13}
"""WT_E… for each exception."""

ERROR_BYTES = 2048
"""WT_ERROR_BYTES."""

IN_PYTHON = {
    "raw": Raw,
    "raw:utf8": RawText,
    "line": Line,
    "line:crlf": LineCrlf,
    "delimiter": Delimiter,
    "length": Length,
    "length:varint": Varint,
    "netstring": Netstring,
    "fixed": Fixed,
    "slip": Slip,
    "cobs": Cobs,
}
"""The framings that are written in Python, whatever `make` chooses."""

SPECS = {
    "raw": b"a",
    "raw:utf8": "aü€😀".encode() + b"\xff",
    "line": b"ab\r\n\r\n",
    "line:crlf": b"ab\r\n\r\n",
    "delimiter:00": b"ab\0",
    "delimiter:0d0a": b"ab\r\n",
    "delimiter:616162": b"aab",
    "delimiter:61616161": b"aaab",
    "delimiter:6162616261": b"abb",
    "length:u8": bytes(range(6)),
    "length:u16be": bytes(range(4)),
    "length:u16le": bytes(range(4)),
    "length:u32be": bytes((0, 0, 0, 1, 2, 255)),
    "length:u32le": bytes((0, 0, 0, 1, 2, 255)),
    "length:varint": bytes((0, 1, 2, 128, 129, 255)),
    "netstring": b"0123,:::,,5a'",
    "fixed:1": b"ab",
    "fixed:003": b"ab",
    "slip": b"\xc0\xdb\xdc\xddab",
    "cobs": b"\x00\x01\x02\x03\x04\xff",
}
"""Framings, and the bytes that make interesting streams for each."""

STREAMS = 300
"""Random streams for each framing."""


def hexed(data):
    return data.hex() or "-"


def unhexed(word):
    return bytes.fromhex(word.replace("-", ""))


@pytest.fixture(scope="session")
def show(compile_c):
    """Return libwiretalk's answers to many requests, in one run: the messages or the wire, and the fault or None."""
    program = compile_c([ROOT / "c/tests/framing/show_framing.c"])

    def answer(line):
        words = iter(line.split())
        shown, fault, place = [], None, None
        for word in words:
            if word in {"message", "wire"}:
                shown.append(unhexed(next(words)))
            elif word == "at":
                place = int(next(words)), int(next(words))
            elif word == "fault":
                code, sentence, rest, need = int(next(words)), next(words), next(words), int(next(words))
                fault = code, unhexed(sentence).decode(), unhexed(rest), need
            else:
                assert word == "ok", line
        return (shown, fault) if place is None else (place, fault)

    def shown(requests):
        given = "".join(
            f"{hexed(spec.encode())} {most} {verb} {' '.join(map(hexed, pieces))}\n"
            for spec, most, verb, pieces in requests
        )
        told = subprocess.run([program], input=given, capture_output=True, check=True, timeout=200, text=True)
        lines = told.stdout.splitlines()
        assert len(lines) == len(requests)
        return [answer(line) for line in lines]

    return shown


def in_python(spec, most):
    made = IN_PYTHON.get(spec) or IN_PYTHON[spec.partition(":")[0]]
    return made(spec, most)


def fault(error, most):
    rest = getattr(error, "rest", b"")[:most]
    return CODES[type(error)], str(error), rest, getattr(error, "need_bytes", None) or 0


def decoded(spec, most, pieces):
    framing = in_python(spec, most)
    messages = []
    try:
        for piece in pieces:
            messages += framing.feed(piece)
        messages += framing.finish()
    except (LimitError, MalformedError, TruncatedError) as error:
        return messages + error.messages, fault(error, most)
    return messages, None


def encoded(spec, most, message):
    try:
        return [in_python(spec, most).encode(message)], None
    except (LimitError, MalformedError) as error:
        return [], fault(error, most)


def check(show, requests):
    for request, told in zip(requests, show(requests), strict=True):
        spec, most, verb, pieces = request
        if verb == "encode":
            assert told == encoded(spec, most, pieces[0]), request
        elif spec.startswith("raw"):
            # Chunks have no boundaries: only what they are together counts.
            messages, expected = decoded(spec, most, pieces)
            assert (b"".join(told[0]), told[1]) == (b"".join(messages), expected), request
        else:
            assert told == decoded(spec, most, pieces), request


def vectors():
    return [
        vector
        for path in sorted((ROOT / "vectors").glob("*.json"))
        for vector in json.loads(path.read_text(encoding="utf-8"))["vectors"]
    ]


def cut(chance, wire):
    """Return a stream in pieces: small ones, or a few large ones, some of nothing."""
    pieces = []
    at = 0
    most = chance.choice((1, 3, len(wire) + 1))
    while at < len(wire):
        size = chance.randint(0 if most > 1 else 1, most)
        pieces.append(wire[at : at + size])
        at += size
    return pieces


def stream(chance, spec):
    """Return bytes that are a stream of this framing, or nearly so, or not at all."""
    alphabet = SPECS[spec]

    def some(size):
        return bytes(chance.choice(alphabet) for _ in range(size))

    if chance.random() < 0.5:
        return some(chance.randrange(40))
    wire = bytearray()
    for _ in range(chance.randrange(6)):
        size = (
            int(spec.partition(":")[2]) if spec.startswith("fixed") else chance.choice((0, 1, 3, 5, 12, 253, 255, 600))
        )
        wire += b"".join(encoded(spec, 1000, some(size))[0])
    if wire and chance.random() < 0.4:
        wire[chance.randrange(len(wire))] = chance.choice(alphabet)
    if chance.random() < 0.3:
        del wire[chance.randrange(len(wire) + 1) :]
    return bytes(wire)


def test_every_framing_is_compared():
    for shape in FRAMINGS:
        name = shape.removesuffix("HEX").removesuffix("N")
        assert any(spec == name or (name.endswith(":") and spec.startswith(name)) for spec in SPECS), shape


def test_the_vectors_in_pieces(show):
    requests = []
    for vector in vectors():
        wire = bytes.fromhex(vector.get("wire", ""))
        most = vector.get("max", MAX_MESSAGE_BYTES)
        step = 1 + len(wire) // 40
        requests += [(vector["spec"], most, "decode", [wire[:at], wire[at:]]) for at in range(0, len(wire) + 1, step)]
        requests.append((vector["spec"], most, "decode", [wire[at : at + 1] for at in range(len(wire))]))
    check(show, requests)


def test_the_vectors_messages(show):
    requests = [
        (vector["spec"], vector.get("max", MAX_MESSAGE_BYTES), "encode", [bytes.fromhex(message)])
        for vector in vectors()
        for message in vector["messages"]
    ]
    check(show, requests)


@pytest.mark.parametrize("spec", SPECS)
def test_random_streams(spec, show):
    chance = random.Random(spec)
    requests = []
    for _ in range(STREAMS):
        most = chance.choice((4, 5, 8, 20, 254, 300, MAX_MESSAGE_BYTES))
        requests.append((spec, most, "decode", cut(chance, stream(chance, spec))))
    check(show, requests)


@pytest.mark.parametrize("spec", SPECS)
def test_random_messages(spec, show):
    chance = random.Random(spec)
    requests = []
    for _ in range(STREAMS):
        message = bytes(
            chance.choice(SPECS[spec]) for _ in range(chance.choice((0, 1, 2, 3, 4, 5, 253, 254, 255, 600)))
        )
        requests.append((spec, chance.choice((4, 300, MAX_MESSAGE_BYTES)), "encode", [message]))
    check(show, requests)


def misspelt(chance):
    """Return a specification with a few characters put in, left out, changed or exchanged; or none at all."""
    text = list(chance.choice(list(SPECS)))
    for _ in range(chance.randint(0, 4)):
        at = chance.randrange(len(text) + 1)
        change = chance.choice((text.insert, lambda place, _: text.pop(place) if place < len(text) else None))
        change(at, chance.choice("abceilnrtuxz0189:::-_ LENGTH\t\x1bé€漢\u0301İK"))
    return "".join(text)


def refusal(spec):
    """Return the bytes at fault, and the words, with which Python refuses a specification; None where it does not."""
    try:
        make(spec, 100)
    except UsageError as error:
        # Where something is missing, the fault is behind the text.
        length = len(spec[error.at : error.at + error.length].encode()) or error.length
        return (len(spec[: error.at].encode()), length), str(error)
    return None


def test_specifications_and_their_mistakes(show):
    chance = random.Random(0)
    specs = ["", ":", "lines", "LINE", "length", "length:", "fixed:0", "fixed:" + "9" * 40, "delimiter:0d0", "x" * 3000]
    specs = list(dict.fromkeys(specs + list(SPECS) + [misspelt(chance) for _ in range(4000)]))
    refused = 0
    for spec, (place, told) in zip(specs, show([(spec, 100, "parse", [b""]) for spec in specs]), strict=True):
        expected = refusal(spec)
        if expected is None:
            assert (place, told) == ([], None), spec
        else:
            refused += 1
            code, sentence, _, _ = told
            whole = expected[1]
            if len(whole.encode()) >= ERROR_BYTES:
                assert sentence.endswith("…")
                sentence, whole = sentence[:-1], whole[: len(sentence) - 1]
            assert (place, code, sentence) == (expected[0], CODES[UsageError], whole), spec
    assert 1000 < refused < len(specs)
