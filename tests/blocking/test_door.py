"""What the blocking face loads, and when."""

from __future__ import annotations

import subprocess
import sys

import pytest

import wiretalk.blocking

HEAVY = (
    "asyncio",
    "ssl",
    "logging",
    "typing",
    "dataclasses",
    "inspect",
    "concurrent.futures",
    "re",
    "random",
    "threading",
)


def loaded_after(code):
    script = f"import sys\n{code}\nprint(*sys.modules)"
    # -S: what a site's own .pth files load is not ours.
    source = wiretalk.__path__[0].removesuffix("/wiretalk")
    command = [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {source!r})\n{script}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_importing_it_loads_no_socket():
    loaded = loaded_after("import wiretalk.blocking")
    assert not loaded & {*HEAVY, "socket", "select", "wiretalk.address", "wiretalk.framing"}


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "udp://127.0.0.1:1", "unix:/nowhere/at/all"])
def test_connecting_loads_nothing_heavy(address):
    loaded = loaded_after(
        "import wiretalk.blocking\n"
        "from wiretalk.errors import WiretalkError\n"
        "try:\n"
        f"    with wiretalk.blocking.connect({address!r}, framing='line') as connection:\n"
        "        connection.send(b'x')\n"
        "except WiretalkError:\n"
        "    pass\n"
    )
    assert not loaded & set(HEAVY)
    assert "wiretalk.blocking.connecting" in loaded
    assert not any(name.startswith("wiretalk.runtime") for name in loaded)


def test_every_name_is_there():
    assert sorted(wiretalk.blocking.__all__) == ["Connection", "Server", "connect", "reconnect", "serve"]
    for name in wiretalk.blocking.__all__:
        assert getattr(wiretalk.blocking, name).__name__ == name


def test_a_name_it_does_not_have():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = wiretalk.blocking.nonsense
