"""An echo server that ends a connection at exit; the word in pieces; two messages in one segment."""

from __future__ import annotations

import pytest

ECHO = ("serve", "reply", "--reply", "{message}", "--close-on", "exit")

SCRIPT = 'while read line && [ "$line" != exit ]; do echo "$line"; done'


@pytest.mark.parametrize("name", ["nc", "ncat", "socat", "telnet"])
def test_our_server_echoes_them_until_exit(shell_at, as_client, host, name):
    server = shell_at(*ECHO, "--once", f"tcp://{host}:0")
    client = as_client(name, host, server.port)
    client.say("hello\n")
    client.wait_for("hello\n")
    # Two messages in one write, and then the word, with something behind it that nobody answers.
    client.say("one\ntwo\n")
    client.wait_for("one\ntwo\n")
    client.say("exit\n")
    assert server.wait() == 0
    client.end_input()
    client.wait()
    assert client.out.endswith("hello\none\ntwo\n") or name == "telnet"


@pytest.mark.parametrize("seed", range(4))
def test_the_word_in_pieces_from_a_plain_socket(shell_at, plain, wire, host, seed):
    server = shell_at(*ECHO, f"tcp://{host}:0")
    client = plain((host, server.port))
    said = "exit now\nexi\nt\nexits\n« exit »\n"
    wire.send_in_pieces(client, (said + "exit\n").encode(), seed)
    assert wire.read_to_end(client) == said


def test_messages_and_the_word_in_one_segment(shell_at, plain, wire, host):
    server = shell_at(*ECHO, f"tcp://{host}:0")
    client = plain((host, server.port))
    client.sendall(b"one\r\ntwo\nexit\r\nthree\n")
    assert wire.read_to_end(client) == "one\ntwo\n"


@pytest.mark.parametrize("name", ["ncat", "socat"])
def test_our_client_at_their_echo(shell, as_script, name):
    server = as_script(name, SCRIPT)
    client = shell("connect", server.address)
    client.say("one\ntwo\n")
    client.wait_for("one\ntwo\n")
    client.say("ex")
    client.say("it\n")
    client.end_input()
    assert client.wait() == 0
    assert client.out == "one\ntwo\n"


def test_our_one_shot_at_their_echo(shell, as_script):
    # Not ncat's: see test_thanks.
    server = as_script("socat", SCRIPT)
    client = shell("send", server.address, "one", "two", "exit")
    assert client.wait() == 0
    assert client.out == "one\ntwo\n"


def test_our_client_at_an_echo_in_pieces(shell, plain_server, wire):
    client = shell("connect", "-f", "line", "-c", "text", plain_server.address)
    server = plain_server.accept()
    client.say("größer\nals €\n")
    echo = "".join(f"{line}\n" for line in wire.read_lines(server, 2))
    wire.send_in_pieces(server, echo.encode(), 3)
    client.wait_for("größer\nals €\n")
    server.close()
    client.end_input()
    assert client.wait() == 0
