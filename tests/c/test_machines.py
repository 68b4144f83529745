"""The library on other machines: 32-bit and 64-bit Arm, and one with the high byte first, all emulated (qemu-user)."""

from __future__ import annotations

import pytest

from .building import EMULATORS, KEPT, PROGRAMS, environment, run

pytestmark = pytest.mark.timeout(600)

SOCKETS = ("connection/", "server/")
CASES = [
    (machine, program)
    for machine in EMULATORS
    for program in PROGRAMS
    # The order of bytes matters to what is stored and sent alone; the sockets are tried on Arm.
    if machine != "s390x" or not program.startswith(SOCKETS)
]


@pytest.mark.parametrize(("name", "program"), CASES, ids=lambda word: word)
def test_its_programs(name, program, machine, made):
    emulator = machine(name)
    # A machine that is emulated is slow: some hundred connections instead of thousands say as much. What the
    # emulator cannot do is left out.
    few = environment() | {"WT_TEST_CONNECTIONS": "200", "WT_TEST_EMULATED": "1"}
    programs = [KEPT / name / "tests" / one for machine, one in CASES if machine == name]
    made(name, *programs)
    told = run([*emulator, KEPT / name / "tests" / program], env=few)
    assert " 0 checks failed" in told
