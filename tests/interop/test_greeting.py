"""A server that greets on connecting, reads one message, and leaves; a client that reads first and then answers."""

from __future__ import annotations

import pytest

GREETING = ("serve", "reply", "--greet", "welcome, who are you?", "--close-after", "1", "--once", "-v")


@pytest.mark.parametrize("name", ["nc", "ncat", "socat", "telnet"])
def test_our_server_greets_them(shell_at, as_client, host, name):
    server = shell_at(*GREETING, f"tcp://{host}:0")
    client = as_client(name, host, server.port)
    client.wait_for("welcome, who are you?\n")
    client.say(f"{name}, from afar\n")
    assert server.wait() == 0
    assert "1 message (" in server.err
    # Some of them stay as long as somebody could type.
    client.end_input()
    client.wait()
    assert client.out.endswith("welcome, who are you?\n")


@pytest.mark.parametrize("seed", range(3))
def test_our_server_reads_an_answer_in_pieces(shell_at, plain, wire, host, seed):
    server = shell_at("listen", "--once", "--replies", "1", "-f", "line", f"tcp://{host}:0")
    server.say("welcome, who are you?\n")
    client = plain((host, server.port))
    assert wire.read_lines(client, 1) == ["welcome, who are you?"]
    wire.send_in_pieces(client, "plain as the € is\n".encode(), seed)
    assert server.wait() == 0
    assert server.out == "plain as the € is\n"
    assert wire.read_to_end(client) == ""


@pytest.mark.parametrize("name", ["nc", "socat", "telnet"])
def test_our_listener_greets_them_reads_and_leaves(shell_at, as_client, host, name):
    server = shell_at("listen", "--once", "--replies", "1", "-f", "line", f"tcp://{host}:0")
    server.say("welcome, who are you?\n")
    client = as_client(name, host, server.port)
    client.wait_for("welcome, who are you?\n")
    client.say(f"{name}\n")
    assert server.wait() == 0
    assert server.out == f"{name}\n"


@pytest.mark.parametrize("name", ["nc", "ncat", "socat"])
def test_our_client_reads_their_greeting_first(shell, as_server, name):
    server = as_server(name)
    server.say("welcome, who are you?\n")
    client = shell("connect", server.address)
    client.wait_for("welcome, who are you?\n")
    client.say("the shell\n")
    server.wait_for("the shell\n")
    server.end_input()
    client.end_input()
    assert client.wait() == 0
    assert server.wait() == 0
    assert client.err == ""


def test_our_client_reads_a_plain_greeting_in_pieces(shell, plain_server, wire):
    client = shell("connect", "-f", "line", plain_server.address)
    server = plain_server.accept()
    wire.send_in_pieces(server, "wer bist du? «€»\n".encode(), 1)
    client.wait_for("wer bist du? «€»\n")
    client.say("the shell\n")
    assert wire.read_lines(server, 1) == ["the shell"]
    server.close()
    client.end_input()
    assert client.wait() == 0


@pytest.mark.parametrize("name", ["nc", "ncat"])
def test_one_message_sent_and_the_greeting_printed(shell, as_server, name):
    server = as_server(name)
    server.say("welcome, who are you?\n")
    client = shell("send", "--replies", "1", server.address, "the shell")
    assert client.wait() == 0
    assert client.out == "welcome, who are you?\n"
    server.wait_for("the shell\n")
