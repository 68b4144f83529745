"""`wiretalk serve chat`, seen from outside: its words, who is let in, faults, and how it stops."""

from __future__ import annotations

import json
import socket

import pytest

from wiretalk.cli import main

TCP = "tcp://127.0.0.1:0"


@pytest.fixture
def enter():
    """Connect plain sockets: `enter(server)` is one, and its lines."""
    opened = []

    def connect(server, index=0, host="127.0.0.1"):
        peer = socket.create_connection(server.host_and_port(index), timeout=60, source_address=(host, 0))
        lines = peer.makefile("rb")
        opened.extend((lines, peer))
        return peer, lines

    yield connect
    for one in opened:
        one.close()


def read_until(lines, text):
    heard = []
    for line in lines:
        heard.append(line.decode().rstrip("\n"))
        if text in heard[-1]:
            return heard
    raise AssertionError(f"it ended before {text}: {heard}")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("chat --history -1 :1", '"-1" is not a number of 0 or more'),
        ("chat --max-rooms 0 :1", '"0" is not a number of 1 or more'),
        ("chat --max-text 0 :1", '"0" is too small: say 1 or more'),
        ("chat --room a/b :1", "a room is letters, digits and - _ ., without spaces"),
        ("chat --histroy=3 :1", 'there is no option "--histroy"; did you mean "--history"?'),
        ("echo --echo :1", "--echo is an option of chat, and echo has no use for it"),
        ("chat --greet hello :1", "--greet is an option of reply, and chat has no use for it"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_opened(words, sentence, capfd):
    assert main(["serve", *words.split()]) == 2
    told = capfd.readouterr()
    assert sentence in told.err
    assert told.out == ""


def test_its_options(shell_server, enter):
    words = ("--room", "tea", "--history", "1", "--max-rooms", "1", "--max-text", "10", "--echo")
    server = shell_server("chat", [TCP], *words)
    ada, lines = enter(server)
    ada.sendall(b"first\nsecond\n12345678901\n/join other\n/quit\n")
    heard = [line.decode().rstrip("\n") for line in lines]
    assert heard[0] == "-- welcome: you are guest-1, in tea, alone"
    assert heard[2:] == [
        "<guest-1> first",
        "<guest-1> second",
        "-- this was not said: 11 bytes of text, and at most 10 are said at once",
        "-- there are as many rooms as there may be (1); /rooms lists them",
    ]
    _, lines = enter(server)
    assert [line[5:] for line in read_until(lines, "second")[-2:]] == ["id in tea before:", " <guest-1> second"]


def test_who_is_not_let_in_is_no_member(shell_server, enter):
    server = shell_server("chat", [TCP], "--deny", "127.0.0.2")
    _, lines = enter(server)
    read_until(lines, "/help")
    _, refused = enter(server, host="127.0.0.2")
    try:
        assert refused.read() == b""
    except ConnectionResetError:
        # As the server refuses it, so the system tells it.
        pass
    peer, _ = enter(server, host="127.0.0.3")
    peer.sendall(b"hello\n")
    assert read_until(lines, "hello") == ["-- guest-2 has joined", "<guest-2> hello"]


def test_faults_are_in_the_way_of_members(shell_server, enter):
    server = shell_server("chat", [TCP], "--fault", "down:limit=60B")
    _, lines = enter(server)
    assert len(lines.read()) == 60


def test_stopping_ends_all_conversations_and_tells_of_each(shell_server, enter):
    server = shell_server("chat", [TCP], "--json", "--drain", "0s")
    _, lines = enter(server)
    read_until(lines, "/help")
    peer, _ = enter(server)
    peer.sendall(b"hello\n")
    read_until(lines, "hello")
    assert server.end() == 0
    events = [json.loads(line) for line in server.process.stdout.read().splitlines()]
    assert [event["event"] for event in events] == ["listening", "open", "open", "ending", "ending", "totals"]
    assert events[-1]["messages_received"] == 1
    assert "Traceback" not in server.told
