"""`wiretalk listen` on a terminal: many peers, one typist."""

from __future__ import annotations

import signal
import socket
import struct

import pytest

from wiretalk.errors import EXIT_STATUS

TCP = "tcp://127.0.0.1:0"


class Peer:
    """A plain socket that talks to a typist."""

    def __init__(self, typist, number):
        host, _, port = typist.address.partition("://")[2].rpartition(":")
        self.sock = socket.create_connection((host, int(port)), timeout=60)
        self.name = "{} {}:{}".format(number, *self.sock.getsockname())
        typist.wait_for(f"{self.name} is here")

    def hears(self, text):
        heard = b""
        while len(heard) < len(text):
            piece = self.sock.recv(len(text) - len(heard))
            assert piece, heard
            heard += piece
        assert heard == text


@pytest.fixture
def host(typed):
    def start(*words, **settings):
        one = typed("listen", *words, **settings)
        one.wait_for("listening on ")
        one.address = one.wait_for(" (").strip()
        one.wait_for("> ")
        return one

    return start


@pytest.fixture
def peers():
    there = []

    def come(typist):
        there.append(Peer(typist, len(there) + 1))
        return there[-1]

    yield come
    for peer in there:
        peer.sock.close()


def test_what_is_typed_reaches_all_or_one(host, peers):
    one = host(TCP)
    first, second = peers(one), peers(one)
    one.type("to all\n")
    first.hears(b"to all\n")
    second.hears(b"to all\n")
    one.type("@2 to one\n")
    second.hears(b"to one\n")
    one.type("@1 to the other\n")
    first.hears(b"to the other\n")
    first.sock.sendall(b"hello\n")
    one.wait_for(f"{first.name}: hello")
    second.sock.sendall(b"no line feed")
    one.wait_for(f"{second.name}: no line feed")


def test_lines_that_are_no_commands_and_look_like_one(host, peers):
    one = host(TCP)
    peer = peers(one)
    one.type("//quit\n@@1 x\n@anna hello\n")
    peer.hears(b"/quit\n@1 x\n@anna hello\n")
    one.type("/nonsense\n")
    one.wait_for("there is no command /nonsense; /help lists them; to say it, write //nonsense")


def test_peers_are_listed(host, peers):
    one = host(TCP)
    one.type("/peers\n")
    one.wait_for("nobody is here")
    one.type("hello\n")
    one.wait_for("not sent: nobody is here")
    peer = peers(one)
    peer.sock.sendall(b"x\n")
    one.wait_for(f"{peer.name}: x")
    one.type("/peers\n")
    one.wait_for("  1  tcp://127.0.0.1:", "  1 in, 0 out, 0 s")
    one.type("@7 x\n")
    one.wait_for("not sent: there is no peer 7; /peers lists them")


def test_help_tells_every_command(host):
    from wiretalk.cli.hosting import COMMANDS

    one = host(TCP)
    one.type("/help\n")
    for name, what in COMMANDS.items():
        one.wait_for(name, what)


def test_a_peer_that_has_finished_still_hears_until_it_is_closed(host, peers):
    one = host(TCP)
    peer = peers(one)
    peer.sock.sendall(b"question")
    peer.sock.shutdown(socket.SHUT_WR)
    one.wait_for(f"{peer.name}: question", f"{peer.name} has finished; it still hears you (/close 1 ends it)")
    one.type("answer\n")
    peer.hears(b"answer\n")
    one.type("/peers\n")
    one.wait_for(", has finished")
    one.type("/close\n")
    one.wait_for("say which peer, like /close 2")
    one.type("/close 1\n")
    one.wait_for(f"{peer.name}: finished by ")
    assert peer.sock.recv(1) == b""


def test_a_reset_is_told(host, peers):
    one = host(TCP)
    peer = peers(one)
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.sock.close()
    one.wait_for(f"{peer.name}: reset by the peer")


def test_a_message_cut_is_shown_and_told(host, peers):
    one = host("--frame", "length:u8", TCP)
    peer = peers(one)
    peer.sock.sendall(b"\2ok\5cut")
    peer.sock.close()
    one.wait_for(": ok", ": cut", "truncated by the peer")


def test_a_message_that_cannot_be_sent_is_told(host, peers):
    one = host("--frame", "length:u8", TCP)
    peer = peers(one)
    one.type("x" * 300 + "\n")
    one.wait_for("not sent: ")
    one.type("ok\n")
    peer.hears(b"\2ok")


def test_an_address_in_use_is_told(typed):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        one = typed("listen", f"tcp://127.0.0.1:{taken.getsockname()[1]}")
        status, shown = one.wait()
    assert status == EXIT_STATUS["in-use"]
    assert "wiretalk: tcp://127.0.0.1:" in shown


def test_ctrl_d_finishes_and_waits_for_the_peers(host, peers):
    one = host(TCP)
    peer = peers(one)
    one.type("\x04")
    one.wait_for("we have finished; waiting for the peers")
    assert peer.sock.recv(1) == b""
    peer.sock.sendall(b"last words\n")
    one.wait_for("last words")
    peer.sock.close()
    one.wait_for(f"{peer.name}: finished by ")
    assert one.wait()[0] == 0


def test_ctrl_d_leaves_where_nobody_is(host):
    one = host(TCP)
    one.type("\x04")
    assert one.wait()[0] == 0


@pytest.mark.parametrize("leaving", ["\x03", "/quit\n"])
def test_leaving_lets_peers_end_and_leaves_no_socket_file(typed, tmp_path, leaving):
    path = tmp_path / "s"
    one = typed("listen", f"unix:{path}")
    one.wait_for(f"listening on unix:{path}", "> ")
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(60)
        peer.connect(str(path))
        one.wait_for("1 (unnamed) is here")
        one.type(leaving)
        assert peer.recv(1) == b""
    status, shown = one.wait()
    assert status == EXIT_STATUS["interrupted"], shown
    assert not path.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_leave_no_socket_file(typed, tmp_path, number):
    path = tmp_path / "s"
    one = typed("listen", f"unix:{path}")
    one.wait_for("> ")
    one.signal(number)
    status, shown = one.wait()
    assert status == EXIT_STATUS["interrupted"], shown
    assert not path.exists()


def test_a_second_ctrl_c_leaves_at_once(host, peers):
    one = host("--drain", "1h", TCP)
    peers(one)
    one.type("\x03")
    one.wait_for("waiting for one conversation to end; Ctrl-C again leaves now")
    one.type("\x03")
    status, shown = one.wait()
    assert status == EXIT_STATUS["interrupted"], shown


def test_one_peer_where_that_is_wanted(host, peers):
    one = host("--once", TCP)
    peer = peers(one)
    peer.sock.sendall(b"x\n")
    peer.sock.shutdown(socket.SHUT_WR)
    one.wait_for("has finished")
    one.type("/close 1\n")
    assert one.wait()[0] == 0


def test_it_leaves_when_nobody_comes(typed):
    one = typed("listen", "--timeout", "300ms", TCP)
    one.wait_for("timed out after 0.3 s in accept")
    assert one.wait()[0] == EXIT_STATUS["timed-out"]


def test_it_does_not_when_somebody_has_come(host, peers):
    one = host("--timeout", "2s", TCP)
    peer = peers(one)
    one.type("hello\n")
    peer.hears(b"hello\n")
    one.type("\x03")
    peer.sock.close()
    status, shown = one.wait()
    assert status == EXIT_STATUS["interrupted"], shown


def test_leaving_after_so_many_messages(host, peers):
    one = host("--replies", "2", "--frame", "line", TCP)
    peer = peers(one)
    peer.sock.sendall(b"1\n2\n3\n")
    one.wait_for(": 1", ": 2")
    assert one.wait()[0] == 0


def test_datagrams(host, udp):
    one = host("udp://127.0.0.1:0")
    host_, _, port = one.address.partition("://")[2].rpartition(":")
    udp.sendto(b"hello", (host_, int(port)))
    one.wait_for("1 127.0.0.1:", " is here", ": hello")
    one.type("answer\n")
    assert udp.recv(100) == b"answer"
    one.type("\x04")
    assert one.wait()[0] == 0


def test_a_dump_on_a_terminal(typed):
    one = typed("listen", "--hex", TCP)
    one.wait_for("listening on ")
    one.address = one.wait_for(" (").strip()
    host_, _, port = one.address.partition("://")[2].rpartition(":")
    with socket.create_connection((host_, int(port)), timeout=60) as peer:
        peer.sendall(b"hi")
        one.wait_for("# tcp://127.0.0.1:", "< 00000000  68 69")
    one.type("\x03")
    status, shown = one.wait()
    assert status == EXIT_STATUS["interrupted"], shown


def test_a_flood_does_not_fill_memory_and_ctrl_c_is_heard(host, peers):
    one = host("--drain", "0", TCP)
    peer = peers(one)
    peer.sock.setblocking(False)
    sent = 0
    try:
        while sent < 64 << 20:
            sent += peer.sock.send(b"a line of no great length\n" * 1000)
    except BlockingIOError:
        pass
    # The terminal takes far less at once: the peer is held up.
    assert sent < 64 << 20
    one.wait_for("a line of no great length")
    one.type("\x03")
    status, shown = one.wait()
    assert status == EXIT_STATUS["interrupted"], shown


def test_what_is_no_text_is_not_sent(host, peers):
    one = host(TCP, PYTHONIOENCODING="utf-8:strict")
    peer = peers(one)
    one.type(b"\xff\n")
    one.wait_for("not sent: what was typed is not utf-8")
    one.type("fine\n")
    peer.hears(b"fine\n")
