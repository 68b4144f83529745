"""`wiretalk connect` in a pipe: bytes in, bytes out, how it ends, and what it tells. Peers are plain sockets."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading

import pytest

from wiretalk.errors import EXIT_STATUS


def read_to_end(sock):
    data = bytearray()
    while piece := sock.recv(65536):
        data += piece
    return bytes(data)


def records(output):
    return [json.loads(line) for line in output.splitlines()]


# bytes in, bytes out


def test_bytes_pass_as_they_are_and_nothing_else_is_written(served, shell):
    said = bytes(range(256)) * 300

    def shout(sock):
        sock.sendall(read_to_end(sock)[::-1])

    done = shell("connect", served(shout).address, said=said)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == said[::-1]


def test_the_end_of_the_input_is_passed_on_and_answers_still_come(served, started):
    may_answer = threading.Event()

    def answer_late(sock):
        assert read_to_end(sock) == b"question"
        may_answer.wait(60)
        sock.sendall(b"answer")

    one = started("connect", served(answer_late).address)
    one.say("question")
    one.end_input()
    assert one.process.poll() is None
    may_answer.set()
    assert one.wait() == 0
    assert one.out == "answer"


def test_the_peer_s_end_is_passed_on_and_our_input_still_goes(served, started):
    heard = []

    def say_first(sock):
        sock.sendall(b"done")
        sock.shutdown(socket.SHUT_WR)
        heard.append(read_to_end(sock))

    one = started("connect", served(say_first).address)
    one.wait_for("done")
    # Whoever reads us sees the end while we still talk.
    one._readers[0].join(60)
    assert not one._readers[0].is_alive()
    one.say("more")
    one.end_input()
    assert one.wait() == 0
    assert heard == [b"more"]


def test_a_reader_who_leaves_ends_it_quietly_though_the_peer_is_silent(served, started):
    def greet(sock):
        sock.sendall(b"one\ntwo\n")
        assert read_to_end(sock) == b""

    reading, writing = os.pipe()
    with open(writing, "wb", closefd=True) as pipe:
        process = subprocess.Popen(
            [sys.executable, "-m", "wiretalk", "connect", served(greet).address],
            stdin=subprocess.PIPE,
            stdout=pipe,
            stderr=subprocess.PIPE,
        )
    with process:
        assert os.read(reading, 100) == b"one\ntwo\n"
        os.close(reading)
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_a_reader_who_leaves_ends_it_quietly_though_the_peer_never_stops(served):
    def flood(sock):
        with contextlib.suppress(ConnectionError):
            while True:
                sock.sendall(b"x" * 65536)

    command = f"'{sys.executable}' -m wiretalk connect {served(flood).address} | head -c 10; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, check=False, stdin=subprocess.PIPE)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"x" * 10, b"")


def test_a_gibibyte_arrives_with_the_same_hash(shell, tmp_path):
    size = 1 << 30 if os.environ.get("WIRETALK_REQUIRE_PEERS") == "1" else 64 << 20
    big = tmp_path / "big"
    block = hashlib.shake_256(b"wiretalk").digest(1 << 20)
    with big.open("wb") as file:
        for number in range(size >> 20):
            file.write(number.to_bytes(8, "big") + block[8:])
    received = tmp_path / "received"
    with received.open("wb") as output:
        listening = subprocess.Popen(
            [sys.executable, "-m", "wiretalk", "listen", "tcp://127.0.0.1:0"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
        )
    with listening, big.open("rb") as file:
        address = listening.stderr.readline().decode().split()[2]
        done = shell("connect", address, stdin=file)
        assert (done.returncode, done.stderr) == (0, b"")
        assert listening.wait(60) == 0
        file.seek(0)
        expected = hashlib.file_digest(file, "sha256").hexdigest()
    with received.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == expected


# messages


def test_with_a_framing_a_line_is_a_message_and_a_message_a_line(served, shell):
    def answer(sock):
        assert read_to_end(sock) == b"\0\0\0\5hello\0\0\0\0\0\0\0\4last"
        sock.sendall(b"\0\0\0\2ok\0\0\0\0")

    done = shell("connect", "--frame", "length:u32be", served(answer).address, said=b"hello\n\nlast")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"ok\n\n", b"")


def test_the_address_can_say_the_framing_and_the_codec(served, shell):
    def answer(sock):
        assert read_to_end(sock) == b"\2\0\xff"
        sock.sendall(b"\1\x10")

    done = shell("connect", served(answer).address + "?framing=length:u8&codec=hex", said=b"00 ff\n")
    assert (done.returncode, done.stdout) == (0, b"10\n")


def test_saying_it_twice_and_differently_is_refused(shell):
    done = shell("connect", "--frame", "slip", "tcp://127.0.0.1:1?framing=line")
    assert done.returncode == 2
    assert done.stderr == b"wiretalk: --frame slip contradicts framing=line in the address; say it once\n"


def test_a_message_cut_by_the_end_of_the_stream_is_shown_and_told(served, shell):
    def cut(sock):
        sock.sendall(b"whole\npart")

    done = shell("connect", "--frame", "line", served(cut).address, stdin=subprocess.DEVNULL)
    assert done.returncode == EXIT_STATUS["truncated"]
    assert done.stdout == b"whole\npart"
    assert done.stderr == b"wiretalk: the stream ended within a message: 4 bytes of it had come\n"


def test_what_the_input_says_wrong_is_told_before_more_is_said(served, shell):
    heard = []
    server = served(lambda sock: heard.append(read_to_end(sock)))
    done = shell("connect", "--codec", "json", server.address, said=b"[1]\nnonsense\n[2]\n")
    assert done.returncode == EXIT_STATUS["codec"]
    assert done.stderr.startswith(b"wiretalk: not JSON")
    server.wait()
    assert heard in ([b"[1]\n"], [b""])


def test_a_peer_s_message_that_is_no_value_ends_it(served, shell):
    done = shell(
        "connect", "-c", "json", served(lambda sock: sock.sendall(b"[1]\n?\n")).address, stdin=subprocess.DEVNULL
    )
    assert done.returncode == EXIT_STATUS["codec"]
    assert done.stdout == b"[1]\n"


def test_a_message_over_the_limit_ends_it(served, shell):
    done = shell(
        *("connect", "--frame", "line", "--max-message", "4", served(lambda sock: sock.sendall(b"12345\n")).address),
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == EXIT_STATUS["limit"]
    assert b"max_message_bytes is 4" in done.stderr


# datagrams


def test_a_line_is_a_datagram_never_a_read(udp, shell):
    done = shell("connect", "--wait", "0", udp.address, said=b"one\ntwo\r\n\nlast")
    assert (done.returncode, done.stderr) == (0, b"")
    assert [udp.recv(100) for _ in range(4)] == [b"one", b"two", b"", b"last"]


def test_records_of_fixed_size_are_datagrams(udp, shell):
    said = b"".join(struct.pack(">IQ", number, number << 40) for number in range(5))
    done = shell("connect", "--frame", "fixed:12", "--wait", "0", udp.address, said=said)
    assert done.returncode == 0
    assert [struct.unpack(">IQ", udp.recv(100)) for _ in range(5)] == [(n, n << 40) for n in range(5)]


def test_a_record_cut_short_is_told(udp, shell):
    done = shell("connect", "--frame", "fixed:12", "--wait", "0", udp.address, said=b"x" * 13)
    assert done.returncode == EXIT_STATUS["truncated"]
    assert udp.recv(100) == b"x" * 12


def test_raw_makes_one_datagram_of_the_whole_input(udp, shell):
    assert shell("connect", "--frame", "raw", "--wait", "0", udp.address, said=b"a\nb\n").returncode == 0
    assert udp.recv(100) == b"a\nb\n"


@pytest.mark.parametrize(
    ("frame", "written"),
    [(None, b"one\ntwo\nthree\n"), ("raw", b"onetwo\nthree"), ("netstring", b"3:one,4:two\n,5:three,")],
)
def test_datagrams_are_written_in_the_framing_given(udp, started, frame, written):
    one = started("connect", *(("--frame", frame) if frame else ()), "--replies", "3", udp.address)
    one.say(b"5:hello," if frame == "netstring" else b"hello\n")
    if frame == "raw":
        one.end_input()
    peer = udp.recvfrom(100)[1]
    for message in (b"one", b"two\n", b"three"):
        udp.sendto(message, peer)
    assert one.wait() == 0
    assert one.out.encode() == written


def test_datagrams_have_no_end_so_it_leaves_when_the_peer_is_silent(udp, started):
    one = started("connect", "--wait", "300ms", udp.address)
    one.say("hello\n")
    one.end_input()
    peer = udp.recvfrom(100)[1]
    udp.sendto(b"answer", peer)
    one.wait_for("answer\n")
    assert one.wait() == 0


def test_nobody_there_is_told_over_udp_too(shell, udp):
    address = udp.address
    udp.close()
    done = shell("connect", address, said=b"hello\n")
    assert done.returncode == EXIT_STATUS["refused"]


# endings


def test_a_reset_is_told_after_what_came_before_it(served, shell):
    def reset(sock):
        sock.sendall(b"before")
        sock.recv(1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    done = shell("connect", served(reset).address, said=b"x")
    assert done.returncode == EXIT_STATUS["reset"]
    assert done.stdout in (b"before", b"")
    assert b"reset" in done.stderr


@pytest.mark.parametrize(
    ("address", "how"),
    [
        ("tcp://127.0.0.1:{free}", "refused"),
        ("unix:{folder}/none", "unreachable"),
        ("tcp://no-such-host.invalid:1", "no-such-host"),
        ("tcp://127.0.0.1:99999", "usage"),
        ("-", "usage"),
    ],
)
def test_what_cannot_be_opened_is_a_number_and_a_sentence(shell, udp, tmp_path, address, how):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        free = listening.getsockname()[1]
    done = shell("connect", address.format(free=free, folder=tmp_path), stdin=subprocess.DEVNULL)
    assert done.returncode == EXIT_STATUS[how]
    assert done.stderr.startswith(b"wiretalk: ")
    assert done.stdout == b""


def test_connecting_takes_no_longer_than_it_may(shell):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fill = [socket.socket() for _ in range(3)]
        for one in fill:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        done = shell("connect", "--timeout", "200ms", f"tcp://127.0.0.1:{port}", stdin=subprocess.DEVNULL)
        for one in fill:
            one.close()
    assert done.returncode == EXIT_STATUS["timed-out"]
    assert b"timed out after 0.2 s in connect" in done.stderr


def test_it_is_tried_again_as_often_as_said(shell, udp):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    done = shell("connect", "--retry=2", "-v", f"tcp://127.0.0.1:{port}", stdin=subprocess.DEVNULL)
    assert done.returncode == EXIT_STATUS["refused"]
    assert done.stderr.count(b"trying again") == 2


def test_it_is_tried_again_until_somebody_listens(started):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    one = started("connect", "--retry", f"tcp://127.0.0.1:{port}")
    one.wait_for("trying again", where="err")
    with socket.create_server(("127.0.0.1", port)) as listening:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"at last")
    one.wait_for("at last")
    one.end_input()
    assert one.wait() == 0
    assert one.err.count("trying again") == 1


def test_leaving_after_so_many_messages(served, started):
    def count(sock):
        sock.sendall(b"1\n2\n3\n")
        read_to_end(sock)

    one = started("connect", "--frame", "line", "--replies", "2", served(count).address)
    assert one.wait() == 0
    assert one.out == "1\n2\n"


def test_replies_that_do_not_come_are_a_timeout(served, shell):
    done = shell(
        *("connect", "--replies", "1", "--wait", "200ms", served(read_to_end).address),
        said=b"hello\n",
    )
    # The peer ends as soon as we have: that is an ending in good order.
    assert done.returncode == 0

    def silent(sock):
        read_to_end(sock)
        sock.settimeout(60)
        leave.wait(60)

    leave = threading.Event()
    done = shell("connect", "--replies", "1", "--wait", "200ms", served(silent).address, said=b"hello\n")
    leave.set()
    assert done.returncode == EXIT_STATUS["timed-out"]
    assert b"timed out after 0.2 s in receive" in done.stderr


def test_waiting_no_longer_than_said_after_the_end_of_the_input(served, shell):
    leave = threading.Event()

    def silent(sock):
        sock.sendall(b"hello\n")
        leave.wait(60)

    done = shell("connect", "--wait", "200ms", served(silent).address, stdin=subprocess.DEVNULL)
    leave.set()
    assert (done.returncode, done.stdout) == (0, b"hello\n")


def test_a_silent_conversation_ends_when_it_may_not_be(served, started):
    def hear(sock):
        with contextlib.suppress(ConnectionResetError):
            read_to_end(sock)

    one = started("connect", "--idle", "200ms", served(hear).address)
    assert one.wait() == EXIT_STATUS["timed-out"]
    assert "in idle" in one.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_good_order(served, started, number):
    heard = []
    server = served(lambda sock: heard.append(read_to_end(sock)))
    one = started("connect", "-v", server.address)
    one.wait_for("connected", where="err")
    one.say("hello")
    one.process.send_signal(number)
    assert one.wait() == EXIT_STATUS["interrupted"]
    server.wait()
    assert heard in ([b"hello"], [b""])


# what else may be written


def test_a_dump_shows_both_directions(served, shell):
    def answer(sock):
        sock.sendall(read_to_end(sock).upper())

    done = shell("connect", "--hex", served(answer).address, said=b"hello, world 12345")
    assert done.stdout.decode() == (
        "> 00000000  68 65 6c 6c 6f 2c 20 77  6f 72 6c 64 20 31 32 33   |hello, world 123|\n"
        "> 00000010  34 35                                              |45|\n"
        "< 00000000  48 45 4c 4c 4f 2c 20 57  4f 52 4c 44 20 31 32 33   |HELLO, WORLD 123|\n"
        "< 00000010  34 35                                              |45|\n"
    )


def test_json_is_an_object_a_message_and_one_for_the_ending(served, shell):
    def answer(sock):
        sock.sendall("Grüße\n".encode() + b"\xff\n\npart")

    done = shell("connect", "--json", served(answer).address, stdin=subprocess.DEVNULL)
    assert done.returncode == EXIT_STATUS["truncated"]
    opened, text, data, empty, part, ending = records(done.stdout)
    assert opened["event"] == "open"
    assert opened["local"].startswith("tcp://127.0.0.1:")
    assert (text["event"], text["text"], text["bytes"]) == ("message", "Grüße", 7)
    assert data["hex"] == "ff"
    assert empty["text"] == ""
    assert (part["text"], part["truncated"]) == ("part", True)
    assert (ending["event"], ending["how"], ending["by"]) == ("ending", "truncated", "peer")
    assert (ending["messages_received"], ending["unsent_bytes"]) == (3, 0)
    assert all(one["peer"] == opened["peer"] for one in (text, data, part, ending))


def test_json_has_values_where_there_is_a_codec(served, shell):
    done = shell(
        *("connect", "--json", "--codec", "json", served(lambda sock: sock.sendall(b"{}\nnull\n")).address),
        stdin=subprocess.DEVNULL,
    )
    assert [one["value"] for one in records(done.stdout) if one["event"] == "message"] == [{}, None]
    done = shell(
        *("connect", "--json", "--codec", "json", served(lambda sock: sock.sendall(b"?\n")).address),
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == EXIT_STATUS["codec"]
    assert [one["event"] for one in records(done.stdout)] == ["open", "message", "ending"]
    assert records(done.stdout)[1]["text"] == "?"


def test_json_tells_the_ending_of_what_never_began(shell):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    done = shell("connect", "--json", f"tcp://127.0.0.1:{port}", stdin=subprocess.DEVNULL)
    (ending,) = records(done.stdout)
    assert (ending["event"], ending["how"], ending["by"]) == ("ending", "refused", "peer")
    assert ending["peer"] == f"tcp://127.0.0.1:{port}"


def test_every_step_is_told_where_asked(served, shell):
    server = served(lambda sock: sock.sendall(b"x"))
    done = shell("connect", "--verbose", server.address, stdin=subprocess.DEVNULL)
    assert done.stdout == b"x"
    told = done.stderr.decode().splitlines()
    assert told[0].startswith(f"resolved {server.address}: ")
    assert told[1] == f"connecting to {server.address}"
    assert told[2].startswith("connected tcp://127.0.0.1:")
    assert told[-1].startswith(f"{server.address}: finished by ")


def test_tls_is_spoken_and_its_version_told(shell, started):
    listening = started("listen", "tls://127.0.0.1:0?self_signed")
    listening.end_input()
    done = shell("connect", "-v", listening.address.partition("?")[0] + "?insecure", said=b"secret")
    assert done.returncode == 0
    assert b"TLSv1.3" in done.stderr
    assert listening.wait() == 0
    assert listening.out == "secret"


def test_an_untrusted_certificate_is_told(shell, started):
    listening = started("listen", "tls://127.0.0.1:0?self_signed")
    done = shell("connect", listening.address.partition("?")[0], stdin=subprocess.DEVNULL)
    assert done.returncode == EXIT_STATUS["not-trusted"]
    listening.interrupt()
