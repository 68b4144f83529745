"""The shell face and the tools people use today, each at either end of a conversation."""

from __future__ import annotations

import shutil
import socket

import pytest


@pytest.fixture
def free():
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


NC = "nc -N 127.0.0.1 {port}"
CLIENTS = [NC, "ncat 127.0.0.1 {port}", "socat - TCP:127.0.0.1:{port}"]
LISTENERS = ["nc -l 127.0.0.1 {port}", "ncat -l 127.0.0.1 {port}", "socat - TCP-LISTEN:{port},reuseaddr"]


def name(command):
    return command.split()[0]


@pytest.fixture
def tool(program, require):
    """Start a tool: `tool("nc -l {port}", port=…)`."""

    def start(command, **values):
        require(shutil.which(name(command)), f"no {name(command)}")
        return program(command.format(**values).split())

    return start


@pytest.mark.parametrize("command", CLIENTS, ids=name)
def test_they_connect_to_listen(tool, started, command):
    one = started("listen", "tcp://127.0.0.1:0")
    other = tool(command, port=one.address.rpartition(":")[2])
    other.say("hello\n")
    one.wait_for("hello\n")
    one.say("Grüße\n")
    other.wait_for("Grüße\n")
    other.end_input()
    one.end_input()
    assert one.wait() == 0
    assert other.wait() == 0


@pytest.mark.parametrize("command", LISTENERS, ids=name)
def test_connect_finds_them_listening(tool, started, free, command):
    other = tool(command, port=free)
    one = started("connect", "--retry", f"tcp://127.0.0.1:{free}")
    one.say("hello\n")
    other.wait_for("hello\n")
    other.say("Grüße\n")
    one.wait_for("Grüße\n")
    one.end_input()
    other.end_input()
    assert one.wait() == 0


def test_telnet_talks_to_a_terminal_s_worth_of_lines(tool, started):
    one = started("listen", "--frame", "line", "tcp://127.0.0.1:0")
    other = tool("telnet 127.0.0.1 {port}", port=one.address.rpartition(":")[2])
    other.wait_for("Escape character")
    other.say("hello\n")
    # The CR that telnet puts before LF is no part of the line.
    one.wait_for("hello\n")
    assert one.out == "hello\n"
    one.say("there\n")
    other.wait_for("there")
    one.end_input()
    other.end_input()
    assert one.wait() == 0


@pytest.mark.parametrize("command", ["nc -u 127.0.0.1 {port}", "ncat -u 127.0.0.1 {port}"], ids=name)
def test_they_send_datagrams_to_listen(tool, started, command):
    one = started("listen", "--drain", "100ms", "udp://127.0.0.1:0")
    other = tool(command, port=one.address.rpartition(":")[2])
    other.say("hello\n")
    one.wait_for("hello\n")
    one.say("there\n")
    other.wait_for("there")
    one.interrupt()
    # The datagram had its own line feed: there is no second.
    assert one.out == "hello\n"


def test_a_unix_socket_of_socat(tool, started, tmp_path):
    path = tmp_path / "s"
    one = started("listen", f"unix:{path}")
    other = tool("socat - UNIX-CONNECT:{path}", path=path)
    other.say("hello\n")
    one.wait_for("hello\n")
    one.say("there\n")
    other.wait_for("there\n")
    one.end_input()
    other.end_input()
    assert one.wait() == 0
    assert not path.exists()


def test_ncat_speaks_tls_to_listen(tool, started):
    one = started("listen", "--drain", "100ms", "tls://127.0.0.1:0?self_signed")
    other = tool("ncat --ssl 127.0.0.1 {port}", port=one.address.partition("?")[0].rpartition(":")[2])
    other.say("hello\n")
    one.wait_for("hello\n")
    one.say("there\n")
    other.wait_for("there\n")
    # ncat leaves without TLS's goodbye, which is no good ending: how it ends is not its strength.
    one.interrupt()
