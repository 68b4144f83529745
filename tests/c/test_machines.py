"""The library on other machines: 32-bit and 64-bit Arm, and one with the high byte first, all emulated (qemu-user)."""

from __future__ import annotations

import os

import pytest

from .building import PROGRAMS, WAYS, environment, run

pytestmark = pytest.mark.timeout(600)

EMULATORS = {
    "armhf": ["qemu-arm", "-L", "/usr/arm-linux-gnueabihf"],
    "arm64": ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"],
    "s390x": ["qemu-s390x", "-L", "/usr/s390x-linux-gnu"],
}
"""What runs a program of each machine here."""

PURE = ("error", "characters", "columns", "framing/", "address/")
CASES = [
    (machine, program)
    for machine in EMULATORS
    for program in PROGRAMS
    # The order of bytes matters to what is stored and sent alone; the sockets are tried on Arm.
    if machine != "s390x" or program.startswith(PURE)
]


@pytest.fixture(scope="session")
def machine(tool, require):
    """Ask for a machine: `machine("armhf")` is the command before a program of its own."""

    def ask(name):
        emulator, _, system = EMULATORS[name]
        compiler = WAYS[name]["CC"]
        tool(compiler, emulator)
        require(os.path.exists(f"{system}/lib"), f"{name} has no C library here")
        return EMULATORS[name]

    return ask


@pytest.mark.parametrize(("name", "program"), CASES, ids=lambda word: word)
def test_its_programs(name, program, machine, made):
    emulator = machine(name)
    # A machine that is emulated is slow: a few hundred connections instead of thousands say the same there.
    few = environment() | {"WT_TEST_CONNECTIONS": "200"}
    told = run([*emulator, made(name, "programs") / "tests" / program], env=few)
    assert " 0 checks failed" in told
