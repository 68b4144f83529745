"""`wiretalk send`: send, print the answers, leave; never wait for ever."""

from __future__ import annotations

import socket
import threading

import pytest

from wiretalk.cli import main
from wiretalk.errors import EXIT_STATUS


def read_to_end(sock):
    data = bytearray()
    while piece := sock.recv(65536):
        data += piece
    return bytes(data)


def answered(data, heard=None):
    """Return a handler that answers once it has heard all."""

    def answer(sock):
        said = read_to_end(sock)
        if heard is not None:
            heard.append(said)
        sock.sendall(data)

    return answer


@pytest.mark.parametrize(
    ("words", "on_the_wire"),
    [
        (["hello"], b"hello\n"),
        (["hello", "Grüße"], "hello\nGrüße\n".encode()),
        (["-e", r"GET / HTTP/1.0\r\n\r\n"], b"GET / HTTP/1.0\r\n\r\n"),
        (["-e", r"a\nb\x00"], b"a\nb\0\n"),
        (["--frame", "raw", "hello"], b"hello"),
        (["--frame", "length:u8", "hello", ""], b"\5hello\0"),
        (["--frame", "line:crlf", "hello"], b"hello\r\n"),
        (["--codec", "json", '{"a": 1}'], b'{"a":1}\n'),
        (["--frame", "raw", "--codec", "hex", "00 ff"], b"\0\xff"),
        (["--hex-in", "c0 DB", "00"], b"\xc0\xdb\0"),
        (["--hex-in", "-f", "slip", "c0"], b"\xc0\xdb\xdc\xc0"),
        (["--", "-x"], b"-x\n"),
        (["-", "after"], b"from a\npipe\nafter\n"),
    ],
)
def test_each_message_is_a_message(served, shell, words, on_the_wire):
    heard = []
    server = served(answered(b"", heard))
    end = words.index("--") if "--" in words else len(words)
    done = shell("send", server.address, *words[:end], *words[end:], said=b"from a\npipe\n")
    assert (done.returncode, done.stderr) == (0, b"")
    server.wait()
    assert heard == [on_the_wire]


def test_answers_are_printed_as_they_are(served, shell):
    done = shell("send", served(answered(b"\x00any\xff")).address, "hello")
    assert (done.returncode, done.stdout) == (0, b"\x00any\xff")


def test_answers_in_a_framing_are_lines(served, shell):
    done = shell("send", "-f", "netstring", served(answered(b"3:one,3:two,")).address, "hello")
    assert (done.returncode, done.stdout) == (0, b"one\ntwo\n")


def test_many_bytes_each_way_at_once_do_not_lock(served, shell):
    def echo(sock):
        while data := sock.recv(65536):
            sock.sendall(data)

    said = b"x" * (16 << 20)
    done = shell("send", "--max-message", "32MiB", served(echo).address, "-", said=said)
    assert done.returncode == 0
    assert done.stdout == said + b"\n"


def test_it_leaves_after_so_many_answers(served, shell):
    leave = threading.Event()

    def go_on(sock):
        sock.sendall(b"one\ntwo\nthree\n")
        leave.wait(60)

    done = shell("send", "-f", "line", "--replies", "2", served(go_on).address, "hello")
    leave.set()
    assert (done.returncode, done.stdout) == (0, b"one\ntwo\n")


def test_it_need_not_wait_for_an_answer(served, shell):
    leave, heard = threading.Event(), []

    def silent(sock):
        heard.append(sock.recv(100))
        leave.wait(60)

    server = served(silent)
    done = shell("send", "--replies", "0", server.address, "hello")
    assert (done.returncode, done.stdout) == (0, b"")
    leave.set()
    server.wait()
    assert heard == [b"hello\n"]


def test_a_peer_that_neither_answers_nor_ends_is_a_timeout(served, shell):
    leave = threading.Event()
    done = shell("send", "--wait", "200ms", served(lambda _: leave.wait(60)).address, "hello")
    leave.set()
    assert done.returncode == EXIT_STATUS["timed-out"]


def test_a_peer_that_answers_and_does_not_end_is_none(served, shell):
    leave = threading.Event()

    def answer(sock):
        sock.sendall(b"answer\n")
        leave.wait(60)

    done = shell("send", "--wait", "300ms", served(answer).address, "hello")
    leave.set()
    assert (done.returncode, done.stdout) == (0, b"answer\n")


# datagrams


def test_a_message_is_a_datagram_and_it_leaves_with_the_answers(udp, started):
    one = started("send", udp.address, "hello", "there")
    assert udp.recv(100) == b"hello"
    message, peer = udp.recvfrom(100)
    assert message == b"there"
    udp.sendto(b"yes", peer)
    udp.sendto(b"what", peer)
    assert one.wait() == 0
    assert one.out == "yes\nwhat\n"


def test_a_datagram_nobody_answers_is_sent_all_the_same(udp, shell):
    assert shell("send", "--wait", "100ms", udp.address, "hello").returncode == 0
    assert udp.recv(100) == b"hello"


def test_an_answer_that_was_asked_for_and_did_not_come_is_a_timeout(udp, shell):
    done = shell("send", "--wait", "100ms", "--replies", "1", udp.address, "hello")
    assert done.returncode == EXIT_STATUS["timed-out"]


def test_a_datagram_too_long_is_told(udp, shell):
    done = shell("send", udp.address, "-", said=b"x" * 70000)
    assert done.returncode == EXIT_STATUS["limit"]


def test_unix_datagrams_are_answered(tmp_path, started):
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
        peer.bind(path)
        peer.settimeout(60)
        one = started("send", f"unixgram:{path}", "hello")
        message, name = peer.recvfrom(100)
        peer.sendto(message.upper(), name)
        assert one.wait() == 0
    assert one.out == "HELLO\n"


# words


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["tcp://127.0.0.1:1"], "MESSAGE is missing"),
        (["tcp://127.0.0.1:1", "-e", "\\q"], "is no escape"),
        (["tcp://127.0.0.1:1", "--hex-in", "0g"], '"0g" is not hexadecimal digits, two a byte'),
        (["tcp://127.0.0.1:1", "-e", "--hex-in", "00"], "not allowed with argument"),
        (["tcp://127.0.0.1:1", "x", "--hex", "--json"], "not allowed with argument"),
        (["tcp://127.0.0.1:1", "x", "--wait", "soon"], '"soon" is not a duration'),
        (["tcp://127.0.0.1:1", "x", "--replies", "few"], '"few" is not a number of 0 or more'),
        (["tcp://127.0.0.1:1", "x", "--retry=few"], '"few" is not a number of 0 or more'),
        (["tcp://127.0.0.1:1", "x", "--timeout", "0"], '"0" is too short'),
        (["tcp://127.0.0.1:1", "x", "--max-message", "0"], '"0" is too small'),
        (["-", "x"], '"-" is our own standard input and output'),
        (["nonsense://x", "x"], "nonsense"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_opened(words, sentence, capfd):
    assert main(["send", *words]) == EXIT_STATUS["usage"]
    told = capfd.readouterr()
    assert sentence in told.err
    assert told.out == ""


def test_a_message_that_is_none_is_refused_before_anything_is_opened(capfd):
    assert main(["send", "tcp://127.0.0.1:1", "-c", "json", "{"]) == EXIT_STATUS["codec"]
    assert main(["send", "tcp://127.0.0.1:1", "--max-message", "3", "hello"]) == EXIT_STATUS["limit"]
    assert "the limit max_message_bytes is 3" in capfd.readouterr().err


def test_a_whole_input_longer_than_a_message_may_be_is_told(served, shell):
    done = shell("send", "--max-message", "10", "tcp://127.0.0.1:1", "-", said=b"x" * 11)
    assert done.returncode == EXIT_STATUS["limit"]
    assert b"standard input of 11 bytes or more as one message" in done.stderr


def test_times_may_be_without_end(served, shell):
    done = shell(
        "send", "--wait", "never", "--timeout", "never", "--idle", "never", served(answered(b"x")).address, "y"
    )
    assert (done.returncode, done.stdout) == (0, b"x")
