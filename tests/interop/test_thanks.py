"""A server that takes clients one after another for ever, thanks each, and closes; two connections used together."""

from __future__ import annotations

import pytest

THANKS = ("serve", "reply", "-f", "line", "--reply", "thank you, {message}", "--close-after", "1")

SCRIPT = 'read name; echo "thank you, $name"'


def test_our_server_thanks_them_one_after_another(shell_at, as_client, plain, wire, host):
    server = shell_at(*THANKS, f"tcp://{host}:0")
    for name in ("nc", "telnet", "ncat", "socat"):
        client = as_client(name, host, server.port)
        client.say(f"{name}\n")
        client.wait_for(f"thank you, {name}\n")
        client.end_input()
        client.wait()
    last = plain((host, server.port))
    last.sendall(b"plain\n")
    assert wire.read_to_end(last) == "thank you, plain\n"
    assert server.interrupt() == 130


def test_our_server_serves_one_at_a_time_where_told_so(shell_at, plain, wire, host):
    server = shell_at(*THANKS, "--max-connections", "1", f"tcp://{host}:0")
    first, second = plain((host, server.port)), plain((host, server.port))
    second.sendall(b"second\n")
    first.sendall(b"first\n")
    assert wire.read_to_end(first) == "thank you, first\n"
    assert wire.read_to_end(second) == "thank you, second\n"


def test_two_connections_of_one_program_are_both_used(shell_at, plain, wire, host):
    server = shell_at(*THANKS, f"tcp://{host}:0")
    first, second = plain((host, server.port)), plain((host, server.port))
    wire.send_in_pieces(second, b"second\n", 1)
    assert wire.read_to_end(second) == "thank you, second\n"
    wire.send_in_pieces(first, b"first\n", 2)
    assert wire.read_to_end(first) == "thank you, first\n"


def test_our_clients_are_thanked_one_after_another(shell, as_script):
    # Not by ncat: at the end of a client's input it ends the script, and drops what that has still to say.
    server = as_script("socat", SCRIPT)
    for number in range(2):
        client = shell("send", server.address, f"shell {number}")
        assert client.wait() == 0
        assert client.out == f"thank you, shell {number}\n"


@pytest.mark.parametrize("name", ["ncat", "socat"])
def test_two_of_ours_open_at_once(shell, as_script, name):
    server = as_script(name, SCRIPT)
    first, second = shell("connect", "-v", server.address), shell("connect", "-v", server.address)
    first.wait_for("connected ", where="err")
    second.wait_for("connected ", where="err")
    second.say("second\n")
    second.wait_for("thank you, second\n")
    first.say("first\n")
    first.wait_for("thank you, first\n")
    for client in (first, second):
        # A pipe that is still open is no reason to stay: but the end of its input is what it waits for.
        client.end_input()
        assert client.wait() == 0


def test_a_listener_of_nc_for_one_client_after_another(shell, peer, listens, place):
    server = peer(["nc.openbsd", "-k", "-l", place[0], str(place[1])])
    listens(place)
    for number in range(2):
        client = shell("send", "--replies", "0", "tcp://{}:{}".format(*place), f"shell {number}")
        assert client.wait() == 0
        server.wait_for(f"shell {number}\n")
