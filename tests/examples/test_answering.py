"""A server that answers "server rec: " and the message until quit; an interactive client for it."""

from __future__ import annotations

import pytest

from .conftest import C_WITH_C, PYTHON_WITH_PYTHON


def test_its_interactive_client(serving, example):
    server = serving("answering/server", "tcp://127.0.0.1:0")
    client = example("answering/client", server.address)
    client.say("hello\n")
    client.wait_for("server rec: hello\n")
    client.say("grüße, 世界 😀\nand another\n")
    client.wait_for("server rec: grüße, 世界 😀\nserver rec: and another\n")
    # The server ends it, while the client's user could still type.
    client.say("quit\n")
    assert client.wait() == 0
    assert client.err == ""


def test_the_client_hears_what_comes_unasked(example, waiting_server):
    client = example("answering/client", waiting_server())
    peer = waiting_server.accept()
    peer.sendall("nobody asked ☎\n".encode())
    client.wait_for("nobody asked ☎\n")
    peer.close()
    assert client.wait() == 0


def test_the_end_of_what_is_typed_waits_for_the_last_answers(serving, example):
    server = serving("answering/server", "tcp://127.0.0.1:0")
    client = example("answering/client", server.address)
    client.say("".join(f"{number}\n" for number in range(500)))
    client.end_input()
    assert client.wait() == 0
    assert client.out == "".join(f"server rec: {number}\n" for number in range(500))


def test_more_than_all_buffers_hold_both_ways(serving, example, tmp_path):
    # A client that only sends while the server only answers would wait for ever.
    server = serving("answering/server", f"unix:{tmp_path}/s")
    client = example("answering/client", server.address)
    line = "x" * 4000 + "\n"
    client.say(line * 500)
    client.end_input()
    assert client.wait() == 0
    assert client.out == f"server rec: {line}" * 500


@pytest.mark.parametrize("seed", range(5))
def test_characters_cut_anywhere(serving, plain, wire, seed):
    server = serving("answering/server", "tcp://127.0.0.1:0")
    said = ["é", "日本語", "😀😃", "quit it", "", "e\u0301", "Ω"]
    client = plain(server.address)
    wire.send_in_pieces(client, "".join(f"{one}\n" for one in [*said, "quit"]).encode(), seed)
    assert wire.read_to_end(client) == "".join(f"server rec: {one}\n" for one in said)


@pytest.mark.parametrize("seed", range(3))
def test_without_line_ends_characters_are_still_whole(serving, languages, plain, wire, seed):
    # Python's codec keeps characters whole; in C, where a message is bytes, it is the framing that does.
    framing = "raw" if languages.server == "python" else "raw:utf8"
    server = serving("answering/server", f"tcp://127.0.0.1:0?framing={framing}")
    said = "é日😀Ω" * 20
    client = plain(server.address)
    wire.send_in_pieces(client, said.encode(), seed)
    client.shutdown(1)
    # decode() of the whole would fail if a prefix stood within a character.
    assert wire.read_to_end(client).replace("server rec: ", "") == said


@pytest.mark.parametrize("languages", [PYTHON_WITH_PYTHON], ids=str)
def test_what_is_no_text_ends_its_own_conversation_alone(serving, plain, wire):
    server = serving("answering/server", "tcp://127.0.0.1:0")
    good, bad = plain(server.address), plain(server.address)
    bad.sendall(b"fine\n\xff\xfe\nlost\n")
    assert wire.read_to_end(bad) == "server rec: fine\n"
    good.sendall("ungestört\n".encode())
    assert wire.read_lines(good, 1) == ["server rec: ungestört"]
    assert server.interrupt() == 130
    assert server.err == ""


@pytest.mark.parametrize("languages", [C_WITH_C], ids=str)
def test_in_c_what_is_no_text_is_bytes_like_any_other(serving, plain, wire):
    server = serving("answering/server", "tcp://127.0.0.1:0")
    client = plain(server.address)
    client.sendall(b"\x00\xff\xfe\nquit\n")
    assert client.makefile("rb").read() == b"server rec: \x00\xff\xfe\n"


def test_ctrl_c_ends_the_client_quietly(serving, example):
    server = serving("answering/server", "tcp://127.0.0.1:0")
    client = example("answering/client", server.address)
    client.say("hello\n")
    client.wait_for("server rec: hello\n")
    assert client.interrupt() == 130
    assert client.err == ""


def test_ctrl_c_ends_the_client_quietly_on_a_terminal(serving, example, terminal):
    server = serving("answering/server", "tcp://127.0.0.1:0")
    client = terminal("answering/client", server.address)
    client.type("hello\n")
    client.wait_for("server rec: hello")
    client.type("\x03")
    assert client.wait() == 130
    assert "Traceback" not in client.shown


def test_ctrl_d_on_a_terminal_finishes(serving, terminal):
    server = serving("answering/server", "tcp://127.0.0.1:0")
    client = terminal("answering/client", server.address)
    client.type("hello\n")
    client.wait_for("server rec: hello")
    client.type("\x04")
    assert client.wait() == 0
