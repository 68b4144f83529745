"""What a start costs is what it imports: help needs a bare interpreter, one conversation no event loop."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIGHT = ("commands", "entry", "output", "overview", "parser")


def echo_once(sock):
    sock.sendall(sock.recv(100))


def modules_after(*words, said=b""):
    """Return the modules that a run has loaded which a bare interpreter has not."""
    program = (
        "import sys; bare = set(sys.modules); from wiretalk.cli import main\n"
        f"status = main({list(words)!r})\n"
        "print(*sorted(set(sys.modules) - bare), file=sys.stderr)\n"
        "sys.exit(status)"
    )
    # With an environment of its own: coverage would load what it needs itself.
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, input=said, capture_output=True, timeout=60, check=False, env={"PYTHONPATH": ""})
    assert done.returncode == 0, done.stderr.decode()
    return set(done.stderr.decode().splitlines()[-1].split()), done.stdout


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_help_and_version_load_nothing_but_our_own(word):
    loaded, _ = modules_after(word)
    assert {name for name in loaded if not name.startswith("wiretalk")} <= {"__future__"}
    assert {name for name in loaded if name.startswith("wiretalk.cli.")} <= {f"wiretalk.cli.{name}" for name in LIGHT}


HEAVY = {
    *("asyncio", "ssl", "typing", "logging", "dataclasses", "inspect", "subprocess", "tempfile", "uvloop"),
    *("locale", "shutil", "json", "threading"),
}


@pytest.mark.parametrize("command", ["send", "connect"])
def test_a_conversation_needs_no_event_loop(command, served):
    words = ("hello",) if command == "send" else ()
    loaded, out = modules_after(command, served(echo_once).address, *words, said=b"hello\n")
    assert out == b"hello\n"
    assert loaded.isdisjoint(HEAVY), loaded.intersection(HEAVY)


def test_nor_over_udp(udp):
    loaded, _ = modules_after("send", "--replies", "0", udp.address, "hello")
    assert udp.recv(100) == b"hello"
    assert loaded.isdisjoint(HEAVY), loaded.intersection(HEAVY)


def test_nor_over_a_unix_socket(tmp_path):
    import socket
    import threading

    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()

        def answer():
            connection, _ = listening.accept()
            with connection:
                connection.sendall(connection.recv(100).upper())

        thread = threading.Thread(target=answer)
        thread.start()
        loaded, out = modules_after("send", f"unix:{path}", "hello")
        thread.join()
    assert out == b"HELLO\n"
    assert loaded.isdisjoint(HEAVY), loaded.intersection(HEAVY)
