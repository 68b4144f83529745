"""`wiretalk listen` in a pipe: one peer or all, what goes where, how it ends. Peers are plain sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading

import pytest

from wiretalk.cli import main
from wiretalk.errors import EXIT_STATUS

TCP = "tcp://127.0.0.1:0"


def host_and_port(address):
    host, _, port = address.partition("?")[0].partition("://")[2].rpartition(":")
    return host.strip("[]"), int(port)


def peer_of(listening):
    return socket.create_connection(host_and_port(listening.address), timeout=60)


def read_to_end(sock):
    data = bytearray()
    while piece := sock.recv(65536):
        data += piece
    return bytes(data)


def records(output):
    return [json.loads(line) for line in output.splitlines()]


# where it listens


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (TCP, "(IPv4)"),
        ("tcp://[::1]:0", "(IPv6)"),
        ("udp://127.0.0.1:0", "(IPv4)"),
        (":0", "(IPv4 and IPv6)"),
    ],
)
def test_where_it_listens_is_told_on_standard_error(started, address, told):
    one = started("listen", address)
    assert one.err.splitlines()[0].endswith(told)
    assert host_and_port(one.address)[1]
    assert one.interrupt() == EXIT_STATUS["interrupted"]
    assert one.out == ""


def test_an_address_in_use_is_told(shell):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = shell("listen", f"tcp://127.0.0.1:{taken.getsockname()[1]}")
    assert done.returncode == EXIT_STATUS["in-use"]
    assert done.stdout == b""


def test_its_own_standard_input_is_no_place_to_listen(capfd):
    assert main(["listen", "-"]) == EXIT_STATUS["usage"]
    assert "our own standard input and output" in capfd.readouterr().err


# one peer


def test_one_peer_both_ways_and_then_it_leaves(started):
    one = started("listen", TCP)
    with peer_of(one) as peer:
        one.say(b"hello\xff")
        assert peer.recv(100) == b"hello\xff"
        peer.sendall(b"\0answer")
        one.wait_for("answer")
        peer.shutdown(socket.SHUT_WR)
        # The peer has finished, and our input goes on to its own end.
        one.say("more")
        assert peer.recv(100) == b"more"
        one.end_input()
        assert read_to_end(peer) == b""
    assert one.wait() == 0
    assert one.out == "\0answer"


def test_the_end_of_the_input_is_passed_on_and_the_peer_still_heard(started):
    one = started("listen", TCP)
    one.say("question")
    one.end_input()
    with peer_of(one) as peer:
        assert read_to_end(peer) == b"question"
        peer.sendall(b"answer")
    assert one.wait() == 0
    assert one.out == "answer"


def test_a_second_peer_is_refused(started):
    one = started("listen", TCP)
    with peer_of(one) as peer:
        peer.sendall(b"x")
        one.wait_for("x")
        with pytest.raises(ConnectionRefusedError):
            peer_of(one)
    one.end_input()
    assert one.wait() == 0


@pytest.mark.parametrize("redirection", ["< /dev/null", "<&-"])
def test_no_input_is_not_the_end_of_one(redirection):
    command = f'exec "$0" -m wiretalk listen {TCP} {redirection}'
    process = subprocess.Popen(
        ["sh", "-c", command, sys.executable], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.PIPE
    )
    with process:
        address = process.stderr.readline().split()[2].decode()
        with socket.create_connection(host_and_port(address), timeout=60) as peer:
            peer.sendall(b"hello")
            assert process.stdout.read(5) == b"hello"
            peer.setblocking(False)
            with pytest.raises(BlockingIOError):
                peer.recv(1)
        # It leaves with the peer, since there is nothing more to be said.
        assert process.wait(60) == 0


def test_a_reset_is_told_and_is_the_exit_status(started):
    one = started("listen", TCP)
    with peer_of(one) as peer:
        peer.sendall(b"x")
        one.wait_for("x")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert one.wait() == EXIT_STATUS["reset"]
    assert "reset by the peer" in one.err


def test_a_message_cut_by_the_end_of_the_stream_is_shown_and_told(started):
    one = started("listen", "-f", "length:u16be", TCP)
    with peer_of(one) as peer:
        peer.sendall(b"\0\2ok\0\5par")
    assert one.wait() == EXIT_STATUS["truncated"]
    assert one.out == "ok\npar"
    assert "truncated by the peer" in one.err


def test_a_message_that_is_no_value_ends_it(started):
    one = started("listen", "-c", "json", TCP)
    with peer_of(one) as peer:
        peer.sendall(b"[1]\n?\n")
        assert one.wait() == EXIT_STATUS["codec"]
    assert one.out == "[1]\n"


def test_an_input_that_is_no_value_ends_it(started):
    one = started("listen", "-c", "json", TCP)
    with peer_of(one) as peer:
        one.say("?\n")
        assert read_to_end(peer) == b""
    assert one.wait() == EXIT_STATUS["codec"]
    assert "not JSON" in one.err


# many peers


def test_with_keep_all_peers_hear_and_are_heard_by_whole_messages(started):
    one = started("listen", "--keep", "--frame", "line", TCP)
    with peer_of(one) as first, peer_of(one) as second:
        first.sendall(b"from the fir")
        second.sendall(b"from the second\n")
        one.wait_for("from the second\n")
        first.sendall(b"st\n")
        one.wait_for("from the first\n")
        one.say("to all\n")
        assert first.recv(100) == b"to all\n"
        assert second.recv(100) == b"to all\n"
    with peer_of(one) as third:
        third.sendall(b"third\n")
        one.wait_for("third\n")
    assert one.interrupt() == EXIT_STATUS["interrupted"]
    assert one.out == "from the second\nfrom the first\nthird\n"


def test_what_is_said_before_anybody_is_here_waits_for_the_first(started):
    one = started("listen", "--keep", TCP)
    one.say("early\n")
    with peer_of(one) as peer:
        assert peer.recv(100) == b"early\n"
    one.interrupt()


def test_peers_that_come_after_the_end_of_the_input_see_it(started):
    one = started("listen", "--keep", TCP)
    one.end_input()
    for _ in range(2):
        with peer_of(one) as peer:
            assert read_to_end(peer) == b""
            peer.sendall(b"heard\n")
            one.wait_for("heard\n")
    one.interrupt()


def test_a_peer_that_goes_wrong_leaves_the_others_alone(started):
    one = started("listen", "--keep", "--frame", "line", "--max-message", "5", TCP)
    with peer_of(one) as good:
        with peer_of(one) as bad:
            bad.sendall(b"123456789\n")
            assert read_to_end(bad) == b""
        one.wait_for("limit by the peer", where="err")
        good.sendall(b"fine\n")
        one.wait_for("fine\n")
    one.interrupt()


def test_a_peer_that_has_finished_and_resets_is_no_hindrance(started):
    one = started("listen", "--keep", TCP)
    with peer_of(one) as gone:
        gone.sendall(b"bye")
        gone.shutdown(socket.SHUT_WR)
        one.wait_for("bye")
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with peer_of(one) as here:
        here.sendall(b"here")
        one.wait_for("here")
        for _ in range(3):
            one.say("still\n")
            assert here.recv(100) == b"still\n"
    one.interrupt()


def test_leaving_after_so_many_messages(started):
    one = started("listen", "--keep", "--frame", "line", "--replies", "2", TCP)
    with peer_of(one) as peer:
        peer.sendall(b"1\n2\n3\n")
        assert one.wait() == 0
        assert read_to_end(peer) == b""
    assert one.out == "1\n2\n"


# datagrams


def test_datagrams_of_all_peers_are_lines_and_all_are_answered(started, udp):
    one = started("listen", "udp://127.0.0.1:0")
    there = host_and_port(one.address)
    udp.sendto(b"hello", there)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.settimeout(60)
        other.sendto(b"and me\n", there)
        one.wait_for("hello\n", "and me\n")
        one.say("to all\n")
        assert udp.recv(100) == b"to all"
        assert other.recv(100) == b"to all"
    assert one.interrupt() == EXIT_STATUS["interrupted"]


def test_datagrams_of_one_peer_only(started, udp):
    one = started("listen", "--once", "--replies", "2", "udp://127.0.0.1:0")
    there = host_and_port(one.address)
    udp.sendto(b"one", there)
    one.wait_for("one\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.sendto(b"not heard", there)
    udp.sendto(b"two", there)
    assert one.wait() == 0
    assert one.out == "one\ntwo\n"


def test_datagrams_as_they_are(started, udp):
    one = started("listen", "--frame", "raw", "--replies", "2", "udp://127.0.0.1:0")
    for message in (b"\0\1", b"\n\2"):
        udp.sendto(message, host_and_port(one.address))
    assert one.wait() == 0
    assert one.out == "\0\1\n\2"


# when it leaves


def test_it_leaves_when_nobody_comes(shell):
    done = shell("listen", "--timeout", "200ms", TCP)
    assert done.returncode == EXIT_STATUS["timed-out"]
    assert b"timed out after 0.2 s in accept" in done.stderr


def test_it_does_not_when_somebody_has_come(started):
    one = started("listen", "--timeout", "1s", TCP)
    with peer_of(one) as peer:
        one.say("hello")
        assert peer.recv(100) == b"hello"
        one.end_input()
        assert read_to_end(peer) == b""
        peer.sendall(b"bye")
    assert one.wait() == 0
    assert one.out == "bye"


def test_it_leaves_when_all_are_silent_after_the_end_of_the_input(started):
    one = started("listen", "--wait", "200ms", TCP)
    with peer_of(one) as peer:
        one.say("hello")
        one.end_input()
        assert read_to_end(peer) == b"hello"
        assert one.wait() == 0


def test_a_reader_who_leaves_ends_it_quietly():
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "wiretalk", "listen", TCP],
        stdin=subprocess.PIPE,
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    with process:
        address = process.stderr.readline().split()[2].decode()
        with socket.create_connection(host_and_port(address), timeout=60) as peer:
            peer.sendall(b"hello\n")
            assert os.read(reading, 100) == b"hello\n"
            os.close(reading)
            assert read_to_end(peer) == b""
        assert process.stderr.read() == b""
        process.stdin.close()
        assert process.wait(60) == 0


def test_an_output_that_is_full_is_told(require):
    require(os.path.exists("/dev/full"), "no /dev/full")
    with open("/dev/full", "wb") as full:
        process = subprocess.Popen(
            [sys.executable, "-m", "wiretalk", "listen", TCP],
            stdin=subprocess.PIPE,
            stdout=full,
            stderr=subprocess.PIPE,
        )
    with process:
        address = process.stderr.readline().split()[2].decode()
        with socket.create_connection(host_and_port(address), timeout=60) as peer:
            peer.sendall(b"hello\n" * 100)
            assert process.wait(60) == 1
        assert process.stderr.read() == b"wiretalk: standard output: No space left on device\n"


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)], ids=["interrupted", "terminated"]
)
def test_stopping_lets_conversations_end_and_leaves_no_socket_file(started, tmp_path, number, status):
    path = tmp_path / "s"
    one = started("listen", "--keep", f"unix:{path}")
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(60)
        peer.connect(str(path))
        peer.sendall(b"hello\n")
        one.wait_for("hello\n")
        one.process.send_signal(number)
        # We say no more, and hear what there still is.
        assert read_to_end(peer) == b""
        peer.sendall(b"last\n")
    assert one.wait() == status
    assert one.out == "hello\nlast\n"
    assert not path.exists()


def test_conversations_that_do_not_end_are_cut_when_the_time_is_over(started):
    one = started("listen", "--keep", "--drain", "100ms", TCP)
    with peer_of(one) as peer:
        peer.sendall(b"x")
        one.wait_for("x")
        assert one.interrupt() == EXIT_STATUS["interrupted"]


def test_a_second_ctrl_c_leaves_at_once(started):
    one = started("listen", "--keep", "--drain", "1h", TCP)
    with peer_of(one) as peer:
        peer.sendall(b"x")
        one.wait_for("x")
        one.process.send_signal(signal.SIGINT)
        one.wait_for("waiting for one conversation", where="err")
        assert one.interrupt() == EXIT_STATUS["interrupted"]


# what else may be written


def test_json_is_where_it_listens_then_an_object_an_event(started):
    one = started("listen", "--json", TCP)
    with peer_of(one) as peer:
        name = "tcp://{}:{}".format(*peer.getsockname())
        peer.sendall(b"hello\n")
        one.wait_for('"hello"')
    one.end_input()
    assert one.wait() == 0
    listening, opened, message, ending = records(one.out)
    assert listening["event"] == "listening"
    assert listening["addresses"] == [{"address": one.address, "family": "IPv4"}]
    assert (opened["event"], opened["peer"]) == ("open", name)
    assert (message["event"], message["peer"], message["text"]) == ("message", name, "hello")
    assert (ending["event"], ending["how"], ending["by"]) == ("ending", "finished", "peer")
    assert ending["messages_received"] == 1


def test_json_tells_what_never_began(shell):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = shell("listen", "--json", f"tcp://127.0.0.1:{taken.getsockname()[1]}")
    (ending,) = records(done.stdout)
    assert (ending["event"], ending["how"]) == ("ending", "in-use")


def test_a_dump_of_several_peers_names_them(started):
    one = started("listen", "--hex", "--keep", TCP)
    with peer_of(one) as first, peer_of(one) as second:
        names = ["tcp://{}:{}".format(*sock.getsockname()) for sock in (first, second)]
        first.sendall(b"abc")
        one.wait_for("61 62 63")
        second.sendall(b"def")
        one.wait_for("64 65 66")
        one.say("ok")
        one.wait_for("> 00000000  6f 6b", "> 00000000  6f 6b")
    one.interrupt()
    assert one.out.startswith(f"# {names[0]}\n< 00000000  61 62 63")
    assert f"# {names[1]}\n< 00000000  64 65 66" in one.out


def test_verbose_tells_who_came_and_went(started):
    one = started("listen", "-v", TCP)
    with peer_of(one) as peer:
        name = "tcp://{}:{}".format(*peer.getsockname())
    one.end_input()
    assert one.wait() == 0
    assert f"{name}: opened at {one.address}\n" in one.err
    assert f"{name}: finished by " in one.err


def test_many_mebibytes_do_not_hold_the_other_direction_up(started):
    """Whoever reads us waits for our input to be taken: neither direction may wait for the other."""
    one = started("listen", TCP)
    size = 4 << 20
    with peer_of(one) as peer:
        flood = threading.Thread(target=peer.sendall, args=(b"x" * size,))
        flood.start()
        one.say(b"y" * size)
        got = 0
        while got < size:
            got += len(peer.recv(65536))
        flood.join(60)
    one.end_input()
    assert one.wait() == 0
    assert len(one.out) == size
