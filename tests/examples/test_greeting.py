"""A server that greets on connecting, reads one message, and leaves; a client that reads first and then answers."""

from __future__ import annotations

import pytest


def test_the_client_reads_the_greeting_and_answers_it_and_both_leave(serving, example):
    server = serving("greeting/server", "tcp://127.0.0.1:0")
    client = example("greeting/client", server.address, "Zoë")
    assert client.wait() == 0
    assert server.wait() == 0
    assert client.out == "welcome, who are you?\n"
    assert server.out.endswith(" is Zoë\n")
    assert client.err == server.err == ""


@pytest.mark.parametrize("seed", range(3))
def test_an_answer_in_pieces_is_one_answer(serving, plain, wire, seed):
    server = serving("greeting/server", "tcp://127.0.0.1:0")
    client = plain(server.address)
    assert wire.read_lines(client, 1) == ["welcome, who are you?"]
    wire.send_in_pieces(client, "Zoë of the €-land\n".encode(), seed)
    assert wire.read_to_end(client) == ""
    assert server.wait() == 0
    assert server.out.endswith(" is Zoë of the €-land\n")


def test_a_client_that_leaves_at_once_ends_it_too(serving, plain):
    server = serving("greeting/server", "tcp://127.0.0.1:0")
    plain(server.address).close()
    assert server.wait() == 0
    assert server.out.endswith(" left without a word\n")


def test_over_a_unix_socket_whose_file_is_gone_afterwards(serving, example, tmp_path):
    path = tmp_path / "s"
    server = serving("greeting/server", f"unix:{path}")
    assert path.exists()
    client = example("greeting/client", f"unix:{path}", "somebody near")
    assert client.wait() == 0
    assert server.wait() == 0
    assert server.out.endswith(" is somebody near\n")
    assert not path.exists()


def test_a_client_without_a_server_is_told_so(example):
    client = example("greeting/client", "unix:/nowhere/s")
    assert client.wait() == client.status("unreachable")
    assert client.err == "unix:/nowhere/s: there is no such socket file: is the server started?\n"
