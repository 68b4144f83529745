"""A server that answers "server rec: " and the message until quit; an interactive client for it."""

from __future__ import annotations

import pytest

ANSWERING = ("serve", "reply", "-c", "text", "--reply", "server rec: {message}", "--close-on", "quit")

SCRIPT = 'while read line && [ "$line" != quit ]; do echo "server rec: $line"; done'

WORDS = ["hello", "grüße", "世界 😀"]


@pytest.mark.parametrize("name", ["nc", "ncat", "socat", "telnet"])
def test_our_server_answers_what_they_type(shell_at, as_client, host, name):
    server = shell_at(*ANSWERING, "--once", f"tcp://{host}:0")
    client = as_client(name, host, server.port)
    # telnet makes an interrupt (IAC IP) of the byte 0x80, which an emoji may have in it.
    for word in WORDS if name != "telnet" else WORDS[:2]:
        client.say(f"{word}\n")
        client.wait_for(f"server rec: {word}\n")
    client.say("quit\n")
    assert server.wait() == 0
    client.end_input()
    client.wait()


@pytest.mark.parametrize("seed", range(4))
def test_characters_cut_anywhere(shell_at, plain, wire, host, seed):
    server = shell_at(*ANSWERING, f"tcp://{host}:0")
    client = plain((host, server.port))
    wire.send_in_pieces(client, "".join(f"{word}\n" for word in [*WORDS, "quit"]).encode(), seed)
    assert wire.read_to_end(client) == "".join(f"server rec: {word}\n" for word in WORDS)


@pytest.mark.parametrize("name", ["ncat", "socat"])
def test_our_client_types_at_theirs(shell, as_script, name):
    server = as_script(name, SCRIPT)
    client = shell("connect", server.address)
    for word in WORDS:
        client.say(f"{word}\n")
        client.wait_for(f"server rec: {word}\n")
    client.say("quit\n")
    client.end_input()
    assert client.wait() == 0
    assert client.err == ""


@pytest.mark.parametrize("name", ["nc", "ncat", "socat"])
def test_answers_that_somebody_types(shell, as_server, name):
    server = as_server(name)
    client = shell("connect", "-f", "line", "-c", "text", server.address)
    for word in WORDS:
        client.say(f"{word}\n")
        server.wait_for(f"{word}\n")
        server.say(f"server rec: {word}\nand unasked\n")
        client.wait_for(f"server rec: {word}\nand unasked\n")
    # The end of what we say is passed on, and their last answer still comes; but ncat leaves when it hears the end.
    if name == "ncat":
        server.say("good bye\n")
        client.wait_for("good bye\n")
    client.end_input()
    if name != "ncat":
        server.say("good bye\n")
    server.end_input()
    assert client.wait() == 0
    assert client.out.endswith("good bye\n")
    assert server.wait() == 0


@pytest.mark.parametrize("seed", range(2))
def test_our_client_is_told_in_pieces(shell, plain_server, wire, seed):
    client = shell("connect", "-f", "line", "-c", "text", "--json", plain_server.address)
    server = plain_server.accept()
    client.say('"hello"\n')
    wire.read_lines(server, 1)
    wire.send_in_pieces(server, "server rec: 世界 😀\n".encode(), seed)
    server.close()
    client.end_input()
    assert client.wait() == 0
    assert "server rec: 世界 😀" in client.out or "\\u4e16" in client.out
