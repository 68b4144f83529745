"""An echo server that ends a connection at exit; the word in pieces; two messages in one segment."""

from __future__ import annotations

import contextlib
import socket

import pytest


def test_its_own_client(serving, example):
    server = serving("echo/server", "tcp://127.0.0.1:0")
    client = example("echo/client", server.address)
    assert client.wait() == 0
    assert client.err == ""
    assert client.out == (
        "one message\ntwo messages\nin one segment\nthe server has ended it\n"
        "in pieces\nand ended by a word in three pieces\n"
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_word_in_pieces_ends_it_and_nothing_else_does(serving, plain, wire, seed):
    server = serving("echo/server", "tcp://127.0.0.1:0")
    said = "exit now\nthe exit\nEXIT\n\nexi\nt\nexitexit\n é € 😀\n"
    client = plain(server.address)
    wire.send_in_pieces(client, (said + "exit\n").encode(), seed)
    assert wire.read_to_end(client) == said


def test_two_messages_in_one_segment_and_the_word_behind_them(serving, plain, wire):
    server = serving("echo/server", "tcp://127.0.0.1:0")
    client = plain(server.address)
    client.sendall(b"one\r\ntwo\r\nexit\r\n")
    assert wire.read_to_end(client) == "one\ntwo\n"


def test_the_word_ends_one_conversation_alone(serving, plain, wire):
    server = serving("echo/server", "tcp://127.0.0.1:0")
    one, other = plain(server.address), plain(server.address)
    one.sendall(b"exit\n")
    assert wire.read_to_end(one) == ""
    other.sendall(b"still here\n")
    assert wire.read_lines(other, 1) == ["still here"]


def test_over_several_schemes_together(serving, tmp_path, plain, wire):
    server = serving("echo/server", "tcp://127.0.0.1:0", "udp://127.0.0.1:0", f"unix:{tmp_path}/s")
    stream = plain(server.addresses[0])
    stream.sendall(b"over TCP\n")
    assert wire.read_lines(stream, 1) == ["over TCP"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.settimeout(60)
        datagrams.connect(("127.0.0.1", int(server.addresses[1].rpartition(":")[2])))
        datagrams.send(b"over UDP")
        assert datagrams.recv(100) == b"over UDP"
        datagrams.send(b"exit\n")
        # As long as it has not ended yet, what comes behind it belongs to the conversation that is about to end.
        datagrams.settimeout(0.1)
        for _ in range(600):
            datagrams.send(b"and a new conversation")
            with contextlib.suppress(TimeoutError):
                assert datagrams.recv(100) == b"and a new conversation"
                break
        else:
            pytest.fail("there is no conversation after exit")
    with socket.socket(socket.AF_UNIX) as local:
        local.settimeout(60)
        local.connect(f"{tmp_path}/s")
        local.sendall(b"over a Unix socket\n")
        assert wire.read_lines(local, 1) == ["over a Unix socket"]


def test_an_address_in_use_is_told_with_who_has_it(serving, example):
    server = serving("echo/server", "tcp://127.0.0.1:0")
    second = example("echo/server", server.address)
    assert second.wait() == second.status("in-use")
    assert second.out == ""
    assert second.err.startswith(f"{server.address}: ")
    assert f"(pid {server.process.pid})" in second.err or second.language == "c"
    assert second.err.count("\n") == 1


def test_ctrl_c_ends_it_quietly_with_a_conversation_open(serving, plain, wire):
    server = serving("echo/server", "tcp://127.0.0.1:0")
    client = plain(server.address)
    client.sendall(b"hello\n")
    assert wire.read_lines(client, 1) == ["hello"]
    assert server.interrupt() == 130
    assert server.err == ""
    assert wire.read_to_end(client) == ""


def test_a_wrong_address_is_told_with_a_caret(example):
    server = example("echo/server", "tpc://127.0.0.1:0")
    assert server.wait() == server.status("usage")
    assert 'did you mean "tcp"?' in server.err
    assert "^^^" in server.err
    assert "Traceback" not in server.err
