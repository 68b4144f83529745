"""The Raspberry Pi case: C programs for 32-bit and 64-bit Arm, emulated, talk with Python on this machine, either way.

The C ends and the messages are those with which C and Python are tried on this machine itself (tests/interop).
"""

from __future__ import annotations

import shlex
import tempfile
from pathlib import Path

import pytest
from tests.interop.chopping import Chopper
from tests.interop.parties import Parties
from tests.interop.test_c_pairings import AWKWARD, LARGE, carried, check

from .building import KEPT, WAYS, run

pytestmark = pytest.mark.timeout(600)

BOARDS = ["armhf", "arm64"]
PLACES = [
    *(
        ("tcp", spec)
        for spec in ("line", "length:u32be", "length:varint", "netstring", "fixed:20", "slip", "cobs", "raw")
    ),
    *(("unix", spec) for spec in ("line", "length:u16le")),
    ("udp", ""),
    ("unixgram", ""),
]
PAIRINGS = [("c-serve", "asyncio"), ("c-accept", "blocking"), ("asyncio", "c"), ("blocking", "c")]
FLAGS = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-pthread"]


def addresses(directory):
    made = []
    for number, (scheme, spec) in enumerate(PLACES):
        place = "//127.0.0.1:0" if scheme in {"tcp", "udp"} else f"{directory}/{number}"
        made.append(f"{scheme}:{place}{f'?framing={spec}' if spec else ''}")
    return made


@pytest.fixture(scope="module", params=BOARDS)
def parties(request, machine, made, tmp_path_factory):
    """Servers and clients, of which those in C are a board's."""
    emulator = machine(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    compiler = WAYS[request.param]["CC"]
    library = made(request.param, KEPT / request.param / "dist/wiretalk.o") / "dist/wiretalk.o"

    def compile_c(sources):
        """Compile a program with the two files to copy; return a command that runs it on the board."""
        program, command = folder / sources[0].stem, folder / f"{sources[0].stem}.sh"
        if not command.exists():
            header = KEPT / request.param / "files"
            run([compiler, *FLAGS, f"-I{header}", "-o", program, *sources, library])
            command.write_text(f'#!/bin/sh\nexec {shlex.join([*emulator, str(program)])} "$@"\n', encoding="utf-8")
            command.chmod(0o755)
        return command

    with tempfile.TemporaryDirectory(prefix="wt") as directory:
        all_of_them = Parties(compile_c, addresses, Path(directory))
        try:
            yield all_of_them
        finally:
            all_of_them.close()


@pytest.mark.parametrize(("scheme", "spec"), PLACES, ids=lambda word: word or "datagrams")
@pytest.mark.parametrize(("server", "client"), PAIRINGS)
def test_a_board_and_a_pc(parties, server, client, scheme, spec):
    listening = parties.server(server).addresses[PLACES.index((scheme, spec))].partition("?")[0]
    options = f"?framing={spec}" if spec else ""
    said = carried(spec, [*AWKWARD[::5], *(message[:60000] for message in LARGE[:4])])
    check(spec, said, parties.client(client).say(f"{listening}{options}", said))
    if scheme == "tcp":
        said = carried(spec, AWKWARD[::5])
        with Chopper(listening, seed=len(spec)) as between:
            check(spec, said, parties.client(client).say(f"{between.address}{options}", said))
