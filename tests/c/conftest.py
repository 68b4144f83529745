"""What the tests of libwiretalk need of this machine. A tool that is missing skips them, or fails them in CI."""

from __future__ import annotations

import os
import shutil

import pytest

from .building import EMULATORS, WAYS, make

TOOLS = {
    "make": "make is not there",
    "clang": "clang is not there",
    "g++": "there is no C++ compiler: g++",
    "cmake": "cmake is not there",
    "pkg-config": "pkg-config is not there",
    "nm": "nm is not there",
    "gcov": "gcov is not there",
    "valgrind": "valgrind is not there",
}


@pytest.fixture(scope="session")
def tool(require):
    """Ask for programs: `tool("cmake", "clang")`."""

    def check(*names):
        for name in names:
            require(shutil.which(name), TOOLS.get(name, f"{name} is not there"))

    return check


@pytest.fixture(scope="session")
def made(tool, c_compiler):
    """Make targets in one of the ways of building: `made("checked", "programs")` is the folder they are in."""
    assert c_compiler
    done = {}

    def once(way, *targets, **variables):
        tool("make")
        key = (way, targets, tuple(variables.items()))
        if key not in done:
            done[key] = make(way, *targets, **variables)
        return done[key]

    return once


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
