"""The door of the room: names, loaded on first use."""

import subprocess
import sys

import pytest

from wiretalk import transport


def test_every_name_of_the_door_is_there():
    for name in transport.__all__:
        assert getattr(transport, name).__name__ == name


def test_another_name_is_not():
    with pytest.raises(AttributeError, match="no attribute 'telepathy'"):
        transport.telepathy  # noqa: B018


def test_the_door_imports_no_socket_and_connecting_no_asyncio():
    script = (
        "import sys\n"
        "import wiretalk.transport\n"
        "assert 'socket' not in sys.modules\n"
        "from wiretalk.address import parse\n"
        "from wiretalk.transport import resolve, open_socket, listen\n"
        "for text in ('tcp://127.0.0.1:1', 'udp://127.0.0.1:1', 'unix:/x'):\n"
        "    for candidate in resolve(parse(text)): open_socket(candidate).close()\n"
        "heavy = {'asyncio', 'ssl', 'typing', 'dataclasses', 'inspect', 'encodings.idna', 'subprocess', 'tempfile'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-S", "-c", script], check=True, capture_output=True, text=True, env=path())
    assert done.stdout == "[]\n"


def path():
    # -S, so that what the test tools put into site-packages is not counted.
    return {"PYTHONPATH": transport.__path__[0] + "/../.."}
