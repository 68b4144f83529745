"""Every command that stands beside one of nc's, ncat's or socat's does what it says, with wiretalk at the other end."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest

from .place import Place
from .running import PATIENCE_S, Running


def rows(page):
    """Return the commands in the last column of each table: what is written there is run."""
    found = []
    for line in page.prose:
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 3 and cells[2].startswith("`"):
            found.append(cells[2].strip("`").replace("pi.local", "localhost"))
    return found


def address_of(command):
    return [word for word in shlex.split(command)[2:] if ":" in word][-1]


@pytest.fixture
def place_for():
    places = []

    def make(command):
        places.append(Place([command]))
        return places[-1]

    yield make
    for place in places:
        place.close()


def test_what_stands_beside_nc_works(ours, place_for):
    place = place_for(ours)
    place.path("file").write_text("hello\n", encoding="ascii")
    command = place.own(ours)
    verb, address = command.split()[1], address_of(command)
    if verb in {"listen", "serve"}:
        be_found(command, verb, address, place)
    else:
        find(command, address, place)


def be_found(command, verb, address, place):
    """Start a server, and say hello to it."""
    running = Running(command, **place.settings)
    try:
        assert running.wait_for(lambda told: "listening on " in told), running.told
        theirs = address
        if address.startswith("tls"):
            theirs = f"{address}?insecure"
        elif address.startswith("unix"):
            theirs = address.partition("?")[0]
        if "daytime" in command:
            assert ":" in run(f"wiretalk connect '{theirs}'", place)
        else:
            said = run(f"wiretalk send '{theirs}' hello --wait 1s", place)
            assert said == ("hello\n" if "echo" in command else "")
        if verb == "listen":
            if "--keep" not in command and "udp" not in command:
                assert running.wait() == 0
            if "> file" in command:
                assert place.path("file").read_text(encoding="ascii") == "hello\n"
            else:
                assert running.wait_for(lambda told: "hello" in told), running.told
    finally:
        status = running.close()
    assert status == 0, running.told


def find(command, address, place):
    """Start a server, and let the command talk to it; standard input says hello, where the command does not itself."""
    theirs = address.partition("?")[0]
    group = "239." in theirs
    served = f"wiretalk listen '{address}'" if group else f"wiretalk serve echo '{theirs}'"
    server = Running(served, **place.settings)
    try:
        assert server.wait_for(lambda told: "listening on " in told), server.told
        said = run(command if "<" in command or " send " in command else f"echo hello | {command}", place)
        if group:
            assert server.wait_for(lambda told: "hello" in told), server.told
        elif "HTTP" in command:
            assert said == "GET / HTTP/1.0\n\n"
        else:
            assert "hello" in said
    finally:
        server.close()


def run(command, place):
    done = subprocess.run(
        ["bash", "-c", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE_S,
        **place.settings,
    )
    assert done.returncode == 0, f"{command}: {done.stderr.decode()}"
    return done.stdout.decode().replace("\r", "")


def pytest_generate_tests(metafunc):
    if "ours" in metafunc.fixturenames:
        from .conftest import ROOT, Page

        metafunc.parametrize("ours", rows(Page(ROOT / "docs" / "from-nc.md")))
