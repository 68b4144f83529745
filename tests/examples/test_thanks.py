"""A server that takes clients one after another, thanks each, and closes; a client with two connections."""

from __future__ import annotations


def test_a_client_uses_two_connections_at_once(serving, example):
    server = serving("thanks/server", "tcp://127.0.0.1:0")
    client = example("thanks/client", server.address)
    assert client.wait() == 0
    assert client.err == ""
    lines = client.out.splitlines()
    assert [line.partition(": ")[2] for line in lines] == ["thank you, first", "thank you, second"]
    assert len({line.partition(" ")[0] for line in lines}) == 2
    server.wait_for("thanked first\n", "thanked second\n")
    assert server.interrupt() == 130


def test_one_after_another_for_ever(serving, plain, wire):
    server = serving("thanks/server", "tcp://127.0.0.1:0")
    waiting = [plain(server.address) for _ in range(5)]
    for number, client in enumerate(waiting):
        wire.send_in_pieces(client, f"client {number}\n".encode(), number)
    # The last is served although nobody has read the others' answers yet.
    for number, client in reversed(list(enumerate(waiting))):
        assert wire.read_to_end(client) == f"thank you, client {number}\n"
    server.wait_for(*(f"thanked client {number}\n" for number in range(5)))


def test_a_rude_client_does_not_end_the_server(serving, plain, wire):
    server = serving("thanks/server", "tcp://127.0.0.1:0")
    plain(server.address).close()
    within = plain(server.address)
    within.sendall(b"half a na")
    within.close()
    good = plain(server.address)
    good.sendall(b"a good one\n")
    assert wire.read_to_end(good) == "thank you, a good one\n"


def test_ctrl_c_ends_it_quietly(serving):
    server = serving("thanks/server", "tcp://127.0.0.1:0")
    assert server.interrupt() == 130
    assert server.err == ""


def test_ctrl_c_ends_a_client_that_waits(example, waiting_server):
    client = example("thanks/client", waiting_server())
    waiting_server.accept()
    assert client.interrupt() == 130
    assert client.err == ""
