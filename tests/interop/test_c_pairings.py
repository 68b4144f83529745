"""C with C, C with Python, Python with C: over every transport and every framing, in one piece and cut anywhere."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path

import pytest

from wiretalk.errors import WiretalkError
from wiretalk.framing import FRAMINGS, make

from .chopping import Chopper
from .parties import Parties

SPECS = [
    *(name for name in FRAMINGS if not name.rpartition(":")[2].isupper()),
    "delimiter:00",
    "delimiter:0d0a",
    "delimiter:6161",
    "fixed:1",
    "fixed:20",
]
STREAMS = ("tcp", "unix")
DATAGRAMS = ("udp", "unixgram")
PLACES = [*((scheme, spec) for scheme in STREAMS for spec in SPECS), *((scheme, "") for scheme in DATAGRAMS)]

PAIRINGS = [
    *((server, "c") for server in ("c-serve", "c-accept", "asyncio", "blocking")),
    *((server, client) for server in ("c-serve", "c-accept") for client in ("asyncio", "blocking")),
]

EVERY_BYTE = bytes(range(256))
AWKWARD = [
    b"",
    *(bytes([byte]) for byte in range(256)),
    EVERY_BYTE,
    EVERY_BYTE[::-1],
    *(EVERY_BYTE.replace(byte, b"") for byte in (b"\n", b"\0", b"a")),
    "é日😀 \0 \r".encode(),
    b"\r\n",
    b"\n\r",
    b"a\r",
    b"ba",
    b"\0\0",
    b"\xc0\xdb\xdc\xdd\xc0",
    b"5:hello,",
    *(b"x" * size for size in (126, 127, 128, 253, 254, 255, 256, 508)),
]
LARGE = [bytes(random.Random(size).choices(range(98, 123), k=size)) for size in (16383, 16384, 65535, 65536, 300_000)]


def carried(spec, messages):
    """Return those of the messages that a framing can carry; of another size, where it has one size alone."""
    if spec.startswith("fixed:"):
        size = int(spec.removeprefix("fixed:"))
        messages = [(message * size)[:size] for message in messages if message]
    return [message for message in messages if can_carry(spec, message)]


def can_carry(spec, message):
    if spec == "raw:utf8":
        return bool(message) and message.decode(errors="replace").encode() == message
    if not spec or spec == "raw":
        return bool(message) or not spec
    try:
        make(spec).encode(message)
    except WiretalkError:
        return False
    return True


def addresses(directory):
    """Return where each server listens: one address for each of PLACES."""
    made = []
    for number, (scheme, spec) in enumerate(PLACES):
        place = "//127.0.0.1:0" if scheme in {"tcp", "udp"} else f"{directory}/{number}"
        made.append(f"{scheme}:{place}{f'?framing={spec}' if spec else ''}")
    return made


@pytest.fixture(scope="module")
def parties(compile_c):
    # A short name, for the paths of Unix sockets.
    with tempfile.TemporaryDirectory(prefix="wt") as directory:
        all_of_them = Parties(compile_c, addresses, Path(directory))
        try:
            yield all_of_them
        finally:
            all_of_them.close()


def check(spec, said, heard):
    answers, how = heard
    assert how == "finished", f"{how} after {len(answers)} answers of {len(said)}"
    if spec.startswith("raw"):
        assert b"".join(answers) == b"".join(said)
        if spec == "raw:utf8":
            assert all(answer.decode() for answer in answers)
    else:
        assert answers == said


@pytest.mark.parametrize(("scheme", "spec"), PLACES, ids=lambda word: word or "datagrams")
@pytest.mark.parametrize(("server", "client"), PAIRINGS)
def test_pairing(parties, server, client, scheme, spec):
    listening = parties.server(server).addresses[PLACES.index((scheme, spec))].partition("?")[0]
    speaking = parties.client(client)
    options = f"?framing={spec}" if spec else ""
    large = LARGE if scheme in STREAMS else [message[:60000] for message in LARGE]
    said = carried(spec, [*AWKWARD, *large, *AWKWARD])
    check(spec, said, speaking.say(f"{listening}{options}", said))
    if scheme in STREAMS:
        seed = int(os.environ.get("WIRETALK_SEED") or random.SystemRandom().getrandbits(32))
        print(f"WIRETALK_SEED={seed} cuts the pieces so again")
        said = carried(spec, [*AWKWARD, *LARGE[:1], *AWKWARD])
        with Chopper(listening, seed) as between:
            check(spec, said, speaking.say(f"{between.address}{options}", said))


def test_every_framing_is_among_them():
    assert {name.partition(":")[0] for name in FRAMINGS} == {spec.partition(":")[0] for spec in SPECS}
    for spec in SPECS:
        assert len(carried(spec, AWKWARD)) >= 100
        assert spec == "length:u8" or carried(spec, LARGE)
