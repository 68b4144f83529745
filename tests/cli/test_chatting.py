"""`wiretalk connect` on a terminal: what is typed, what is shown, how it ends."""

from __future__ import annotations

import contextlib
import signal
import socket
import struct
import threading
from argparse import Namespace

import pytest

from wiretalk.address import parse
from wiretalk.cli.chatting import Chat
from wiretalk.cli.manner import Manner
from wiretalk.cli.terminal import Interrupted
from wiretalk.ending import Ending
from wiretalk.errors import EXIT_STATUS, FinishedError, RefusedError, ResetError, TimedOutError


def read_line(sock):
    data = b""
    while not data.endswith(b"\n"):
        piece = sock.recv(1)
        if not piece:
            break
        data += piece
    return data


def test_typed_lines_go_out_and_the_peer_is_named(typed, served):
    heard = []

    def talk(sock):
        sock.sendall(b"welcome\n")
        heard.append(read_line(sock))
        sock.sendall("Grüße\n".encode())
        heard.append(sock.recv(1))

    server = served(talk)
    one = typed("connect", server.address)
    name = server.address.removeprefix("tcp://")
    one.wait_for(f"connected to {server.address} (IPv4)", f"{name}: welcome")
    one.type("hello\n")
    one.wait_for(f"{name}: Grüße")
    one.type("\x04")
    one.wait_for("we have finished; waiting for the peer")
    one.wait_for(f"{server.address}: finished by ")
    assert one.wait()[0] == 0
    server.wait()
    assert heard == [b"hello\n", b""]


def test_it_leaves_when_the_peer_has_finished(typed, served):
    server = served(lambda sock: sock.sendall(b"bye\n"))
    one = typed("connect", server.address)
    one.wait_for("bye", f"{server.address}: finished by the peer")
    assert one.wait()[0] == 0


def test_a_prompt_without_a_line_feed_is_shown_soon(typed, served):
    heard = []

    def ask(sock):
        sock.sendall(b"login: ")
        heard.append(read_line(sock))

    server = served(ask)
    one = typed("connect", server.address)
    one.wait_for(": login: ")
    one.type("me\n")
    assert one.wait()[0] == 0
    server.wait()
    assert heard == [b"me\n"]


def test_the_rest_is_shown_when_the_peer_ends_within_a_line(typed, served):
    one = typed("connect", served(lambda sock: sock.sendall(b"half a line")).address)
    one.wait_for(": half a line", "finished by the peer")


def test_a_half_typed_line_is_drawn_again_below_what_the_peer_says(typed, served):
    go, heard = threading.Event(), []

    def interrupt(sock):
        go.wait(60)
        sock.sendall(b"meanwhile\n")
        heard.append(read_line(sock))

    server = served(interrupt)
    one = typed("connect", server.address)
    one.wait_for("> ")
    one.type("half")
    one.wait_for("half")
    go.set()
    one.wait_for("meanwhile", "> half")
    one.type(" and half\n")
    assert one.wait()[0] == 0
    server.wait()
    assert heard == [b"half and half\n"]


def test_a_line_over_several_rows_is_cleared_and_drawn_whole(typed, served):
    go, heard = threading.Event(), []

    def interrupt(sock):
        go.wait(60)
        sock.sendall(b"meanwhile\n")
        heard.append(read_line(sock))

    long = "ä" * 50
    server = served(interrupt)
    one = typed("connect", server.address, columns=20)
    one.wait_for("> ")
    one.type(long)
    one.wait_for(long[:18])
    # When all of it is drawn, the cursor is in the third row.
    one.wait_for("ä" * 20)
    go.set()
    one.wait_for("\x1b[2A\x1b[J", "meanwhile", "> ")
    one.type("\n")
    assert one.wait()[0] == 0
    server.wait()
    assert heard == [long.encode() + b"\n"]


def test_the_peer_cannot_control_the_terminal(typed, served):
    one = typed("connect", served(lambda sock: sock.sendall(b"\x1b[2J\x1b]0;x\x07 \xff\r\n")).address)
    one.wait_for(": \\x1b[2J\\x1b]0;x\\x07 \\xff\r\n")


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({"NO_COLOR": None}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": None, "TERM": "dumb"}, False)],
)
def test_the_name_is_coloured_where_that_is_wanted(typed, served, environment, coloured):
    one = typed("connect", served(lambda sock: sock.sendall(b"x\n")).address, **environment)
    one.wait_for(": x" if not coloured else "\x1b[0m: x")
    status, _ = one.wait()
    assert status == 0


def test_a_dumb_terminal_gets_no_escapes(typed, served):
    go = threading.Event()

    def interrupt(sock):
        go.wait(60)
        sock.sendall(b"meanwhile\n")
        read_line(sock)

    one = typed("connect", served(interrupt).address, TERM="dumb")
    one.wait_for("> ")
    one.type("half")
    one.wait_for("half")
    go.set()
    shown = one.wait_for("meanwhile", "> half")
    assert "\x1b" not in shown
    one.type("\n")
    assert one.wait()[0] == 0


def test_values_are_typed_and_shown(typed, served):
    heard = []

    def answer(sock):
        heard.append(read_line(sock))
        sock.sendall(b'{"ok":true}\nnonsense\n')
        sock.recv(1)

    server = served(answer)
    one = typed("connect", "--codec", "json", server.address)
    one.wait_for("> ")
    one.type("{nonsense\n")
    one.wait_for("not sent: not JSON")
    one.type('{"a": 1}\n')
    one.wait_for(': {"ok":true}', ": nonsense", "(not JSON")
    one.type("\x04")
    assert one.wait()[0] == 0
    server.wait()
    assert heard == [b'{"a":1}\n']


def test_messages_in_a_framing_are_shown_whole(typed, served):
    heard = []

    def answer(sock):
        heard.append(sock.recv(100))
        sock.sendall(b"\0\7two\nrow\0\3cut"[:-1])

    server = served(answer)
    one = typed("connect", "--frame", "length:u16be", server.address)
    one.wait_for("> ")
    one.type("hello\n")
    one.wait_for(": two", "row", ": cu", "truncated by the peer")
    status, shown = one.wait()
    assert status == EXIT_STATUS["truncated"]
    assert "wiretalk: the stream ended within a message: 2 of 3 bytes of it had come" in shown
    server.wait()
    assert heard == [b"\0\5hello"]


def test_a_reset_is_told_and_is_the_exit_status(typed, served):
    def reset(sock):
        sock.recv(1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    one = typed("connect", served(reset).address)
    one.wait_for("> ")
    one.type("x\n")
    one.wait_for("reset by the peer")
    assert one.wait()[0] == EXIT_STATUS["reset"]


def test_ctrl_c_leaves(typed, served):
    one = typed("connect", served(lambda sock: sock.recv(1)).address)
    one.wait_for("> ")
    one.type("half\x03")
    one.wait_for("finished by us")
    status, shown = one.wait()
    assert status == EXIT_STATUS["interrupted"], shown


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_leave(typed, served, number):
    one = typed("connect", served(lambda sock: sock.recv(1)).address)
    one.wait_for("> ")
    one.signal(number)
    status, shown = one.wait()
    assert status == EXIT_STATUS["interrupted"], shown


def test_leaving_after_so_many_messages(typed, served):
    def talk(sock):
        sock.sendall(b"1\n2\n")
        sock.recv(1)

    one = typed("connect", "--frame", "line", "--replies", "2", served(talk).address)
    one.wait_for(": 1", ": 2", "finished by us")
    assert one.wait()[0] == 0


def test_waiting_no_longer_than_said_after_ctrl_d(typed, served):
    leave = threading.Event()
    one = typed("connect", "--wait", "100ms", served(lambda _: leave.wait(60)).address)
    one.wait_for("> ")
    one.type("\x04")
    one.wait_for("finished by us")
    leave.set()
    assert one.wait()[0] == 0


def test_lines_are_datagrams_and_an_answer_has_a_name(typed, udp):
    one = typed("connect", udp.address)
    one.wait_for("> ")
    one.type("hello\n")
    message, peer = udp.recvfrom(100)
    assert message == b"hello"
    udp.sendto(b"answer", peer)
    one.wait_for(f"{udp.address.removeprefix('udp://')}: answer")
    one.type("\x04")
    assert one.wait()[0] == 0


def test_nobody_there_is_told_over_udp_and_it_goes_on(typed, udp):
    address = udp.address
    udp.close()
    one = typed("connect", address)
    one.wait_for("> ")
    one.type("hello\n")
    one.wait_for("nobody listens there")
    one.type("again\n")
    one.wait_for("nobody listens there")
    one.type("\x03")
    status, shown = one.wait()
    assert status == EXIT_STATUS["interrupted"], shown


def test_lines_are_remembered_from_one_run_to_the_next(typed, served, tmp_path):
    for typing, heard in (("first\n", b"first\n"), ("\x1b[A\n", b"first\n")):
        lines = []
        server = served(lambda sock, lines=lines: lines.append(read_line(sock)))
        one = typed("connect", server.address)
        one.wait_for("> ")
        one.type(typing)
        assert one.wait()[0] == 0
        server.wait()
        assert lines == [heard]
    path = tmp_path / "state" / "wiretalk" / "history"
    assert path.read_text() == "first\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_lines_are_not_remembered_where_that_is_not_wanted(typed, served, tmp_path):
    one = typed("connect", "--no-history", served(read_line).address)
    one.wait_for("> ")
    one.type("secret\n")
    assert one.wait()[0] == 0
    assert not (tmp_path / "state").exists()


def test_a_dump_on_a_terminal(typed, served):
    def answer(sock):
        sock.sendall(sock.recv(100).upper())

    one = typed("connect", "--hex", served(answer).address)
    one.wait_for("connected to")
    one.type("hi\n")
    one.wait_for("> 00000000  68 69 0a", "< 00000000  48 49 0a")
    # Nobody would know that we still listen: it leaves with the peer.
    assert one.wait()[0] == 0


def test_a_tab_is_typed_as_one(typed, served):
    heard = []
    server = served(lambda sock: heard.append(read_line(sock)))
    one = typed("connect", server.address)
    one.wait_for("> ")
    one.type("a\tb\n")
    assert one.wait()[0] == 0
    server.wait()
    assert heard == [b"a\tb\n"]


def test_what_is_no_text_is_not_sent(typed, served):
    heard = []
    server = served(lambda sock: heard.append(read_line(sock)))
    one = typed("connect", server.address, PYTHONIOENCODING="utf-8:strict")
    one.wait_for("> ")
    one.type(b"\xff\n")
    one.wait_for("not sent: what was typed is not utf-8")
    one.type("fine\n")
    assert one.wait()[0] == 0
    server.wait()
    assert heard == [b"fine\n"]


def test_a_message_that_cannot_be_sent_is_told(typed, served):
    heard = []
    server = served(lambda sock: heard.append(sock.recv(100)))
    one = typed("connect", "--frame", "length:u8", server.address)
    one.wait_for("> ")
    one.type("x" * 300 + "\n")
    one.wait_for("not sent: ")
    one.type("fine\n")
    assert one.wait()[0] == 0
    server.wait()
    assert heard == [b"\4fine"]


def test_a_silent_conversation_ends_when_it_may_not_be(typed, served):
    def hear(sock):
        with contextlib.suppress(ConnectionResetError):
            sock.recv(1)

    one = typed("connect", "--idle", "300ms", served(hear).address)
    one.wait_for("timed-out by the peer in idle")
    assert one.wait()[0] == EXIT_STATUS["timed-out"]


class Stub:
    """A connection and a terminal in one, whose `send` and `close` fail as told."""

    peer = "udp://127.0.0.1:1"
    ending = "over"

    def __init__(self, error):
        self.error = error
        self.shown = []

    def send(self, _):
        raise self.error

    def receive(self, **_):
        raise FinishedError(self.peer, Ending("finished", "peer"))

    def hang_up(self):
        pass

    def half_close(self):
        pass

    def close(self):
        raise self.error

    def read_line(self):
        return None

    def show(self, text):
        self.shown.append(text)

    def end(self):
        pass


def chat_with(stub):
    arguments = Namespace(frame=None, codec=None, json=False, hex=False, max_message=1000, replies=None, wait=None)
    return Chat(Manner(arguments, parse(stub.peer)), arguments, stub, stub)


def test_a_datagram_nobody_took_is_told_and_it_goes_on():
    stub = Stub(RefusedError("udp://127.0.0.1:1", "nobody"))
    chat_with(stub)._say("hello")
    assert stub.shown == ["udp://127.0.0.1:1: nobody"]


def test_sending_to_who_has_left_leaves_it_to_the_hearing_thread():
    stub = Stub(ResetError("udp://127.0.0.1:1", Ending("reset", "peer")))
    one = chat_with(stub)
    one._hearer.start()
    one._hearer.join(60)
    with pytest.raises(Interrupted):
        one._say("hello")
    assert one._heard_all.happened


def test_what_was_left_unsent_at_the_end_is_an_error():
    stub = Stub(TimedOutError("udp://127.0.0.1:1", "close", 5, 100))
    with pytest.raises(TimedOutError):
        chat_with(stub).hold()
