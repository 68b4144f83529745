"""Peers that break off, say nonsense, or never come: every program tells it in a sentence, and every server goes on."""

from __future__ import annotations

import contextlib
import signal
import socket
import stat
import struct

import pytest

from .building import KINDS
from .test_pairs import failing, read_to_end

NONSENSE = {
    "it ends within a message": b"5:hel",
    "it is no netstring": b"hello,",
    "it is a netstring that does not end": b"5:hello;",
    "it says 4 GiB": b"4294967295:",
    "it goes on for ever": b"9" * 100_000,
}


def connected(server):
    """Connect a plain socket to a server at its x.sock."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(60)
    sock.connect(str(server.directory / "x.sock"))
    return sock


def ask(sock, what=b"5:hello,"):
    sock.sendall(what)
    assert read(sock, len(what)) == what


def read(sock, size):
    """Return so many bytes, or those that came before the end."""
    data = b""
    while len(data) < size and (piece := sock.recv(size - len(data))):
        data += piece
    return data


def test_a_server_outlives_every_rude_client_and_serves_others_meanwhile(kind, serving):
    server = serving(kind, "unix:x.sock", "netstring")
    told = 0
    with connected(server) as polite:
        ask(polite)
        for what, said in NONSENSE.items():
            with connected(server) as rude:
                ask(rude)
                rude.sendall(said)
                rude.shutdown(socket.SHUT_WR)
                assert read_to_end(rude) == b"", what
            server.wait_for(*["\n"] * (told := told + 1), where="err")
            ask(polite)
        polite.shutdown(socket.SHUT_WR)
        assert read_to_end(polite) == b""
    assert server.err.count("\n") == len(NONSENSE)
    assert "Traceback" not in server.err


def test_a_reset_costs_the_server_one_connection(kind, serving, port):
    server = serving(kind, f"tcp://127.0.0.1:{port}", "line")
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as rude:
            # Answers are on their way, and nobody takes them: writing to it fails, and must kill nobody.
            rude.sendall(b"x\n" * 100_000 + b"half")
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with socket.create_connection(("127.0.0.1", port), timeout=60) as polite:
        ask(polite, b"hello\n")
    assert server.process.poll() is None


def test_many_clients_at_once(kind, serving):
    server = serving(kind, "unix:x.sock", "netstring")
    with contextlib.ExitStack() as open_ones:
        clients = [open_ones.enter_context(connected(server)) for _ in range(40)]
        for sock in clients:
            sock.sendall(b"3:o")
        for sock in reversed(clients):
            sock.sendall(b"ne,3:two,")
            assert read(sock, 12) == b"3:one,3:two,"
    # Those who break off between two messages have done nothing wrong.
    with connected(server) as one:
        ask(one)
    assert server.err == ""


def test_a_plain_server_serves_so_many_and_then_the_next(require, serving, builder):
    for kind in ("c-plain", "python-plain"):
        if kind.startswith("c"):
            require(builder.compiler, "there is no C compiler")
        server = serving(kind, "unix:x.sock", "netstring")
        with contextlib.ExitStack() as open_ones, connected(server) as first:
            ask(first)
            for _ in range(63):
                ask(open_ones.enter_context(connected(server)))
            late = open_ones.enter_context(connected(server))
            late.sendall(b"4:late,")
            late.settimeout(0.1)
            with pytest.raises(TimeoutError):
                late.recv(1)
            first.close()
            late.settimeout(60)
            assert read(late, 7) == b"4:late,"


def test_no_one_answers(kind, client, port, place):
    done = client(kind, f"tcp://127.0.0.1:{port}", "line", status=failing(kind, 3))
    assert f"tcp://127.0.0.1:{port}: " in done.told
    assert done.told.startswith("client: ")
    assert "efused" in done.told or "nobody listens there" in done.told
    done = client(kind, "unix:x.sock", "line", status=failing(kind, 4))
    assert "unix:x.sock" in done.told
    assert done.told.count("\n") == 1
    done = client(kind, "tcp://no.such.host.invalid:1", "line", status=failing(kind, 5))
    assert "no.such.host.invalid" in done.told


@pytest.mark.parametrize(
    ("said", "how", "status"),
    [
        (b"5:hello,3:ab", "end", 13),
        (b"5:hello;", "stay", 12),
        (b"99999999:", "stay", 11),
        (b"5:hello,", "end early", 1),
        (b"5:hello,", "reset", 10),
    ],
)
def test_a_client_tells_what_its_server_did(said, how, status, kind, program, builder, place):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place / "x.sock"))
        listener.listen()
        listener.settimeout(60)
        talking = program(builder.command(kind, "client", "unix:x.sock", "netstring"), cwd=place)
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(60)
            talking.say("one\n")
            assert read(connection, 6) == b"3:one,"
            connection.sendall(said)
            if said == b"5:hello,":
                talking.wait_for("hello\n")
            if how == "reset":
                # What is unread when a Unix socket is closed makes it a reset.
                talking.say("two\n")
                connection.recv(1, socket.MSG_PEEK)
            elif how != "stay":
                connection.shutdown(socket.SHUT_WR)
            if how != "reset":
                assert talking.wait() == failing(kind, status)
        assert talking.wait() == failing(kind, status)
        assert talking.out in {"", "hello\n"}
        assert talking.err.startswith("client: ")
        assert "Traceback" not in talking.err


def test_a_lost_datagram_is_told_and_the_next_is_asked(kind, program, builder, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", port))
        server.settimeout(60)
        asking = program(builder.command(kind, "client", f"udp://127.0.0.1:{port}"))
        asking.say("one\ntwo\n")
        asking.end_input()
        assert server.recv(100) == b"one"
        message, peer = server.recvfrom(100)
        assert message == b"two"
        server.sendto(b"answer", peer)
        assert asking.wait() == failing(kind, 9)
        assert asking.out == "answer\n"
        assert asking.err.count("\n") == 1


def test_a_datagram_server_leaves_out_what_is_too_long_and_answers_whom_it_can(kind, serving, client):
    server = serving(kind, "unixgram:x.sock?max_message=5")
    path = str(server.directory / "x.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nameless:
        nameless.sendto(b"hello", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as named:
        named.bind(str(server.directory / "named"))
        named.settimeout(60)
        for message in (b"123456", b"", b"12345"):
            named.sendto(message, path)
        assert named.recv(100) == b""
        assert named.recv(100) == b"12345"
    heard = client(kind, "unixgram:x.sock?max_message=5", None, said=b"last\n", directory=server.directory).stdout
    assert heard == b"last\n"


@pytest.mark.parametrize("scheme", ["unix", "unixgram"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_server_leaves_no_file_behind(kind, scheme, number, serving):
    server = serving(kind, f"{scheme}:x.sock", "line" if scheme == "unix" else None)
    path = server.directory / "x.sock"
    assert stat.S_ISSOCK(path.stat().st_mode)
    server.process.send_signal(number)
    server.wait()
    assert not path.exists()
    assert server.err == ""


@pytest.mark.parametrize("scheme", ["unix", "unixgram"])
def test_a_stale_file_is_replaced_and_one_that_is_served_is_not(kind, scheme, serving, program, builder):
    address, frame = f"{scheme}:x.sock", "line" if scheme == "unix" else None
    first = serving(kind, address, frame)
    second = program(builder.command(kind, "server", address, frame), cwd=first.directory)
    assert second.wait() == failing(kind, 6)
    assert "in use" in second.err.lower() or "has it already" in second.err
    first.process.kill()
    first.wait()
    assert (first.directory / "x.sock").exists()
    serving(kind, address, frame).interrupt()
    # A file that is no socket is nobody's leftover.
    (first.directory / "x.sock").write_text("mine")
    third = program(builder.command(kind, "server", address, frame), cwd=first.directory)
    assert third.wait() in {failing(kind, 6), failing(kind, 4)}
    assert (first.directory / "x.sock").read_text() == "mine"


def test_ctrl_c_ends_a_client_without_a_word(kind, serving, program, builder):
    server = serving(kind, "unix:x.sock", "line")
    talking = program(builder.command(kind, "client", "unix:x.sock", "line"), cwd=server.directory)
    talking.say("hello\n")
    talking.wait_for("hello\n")
    assert talking.interrupt() in {130, -signal.SIGINT}
    assert talking.err == ""
    # The server has seen an end between two messages, and is there for the next.
    with connected(server) as one:
        ask(one, b"hello\n")
    assert server.err == ""


def test_a_port_that_somebody_has(kind, program, builder, port):
    with socket.create_server(("127.0.0.1", port)):
        server = program(builder.command(kind, "server", f"tcp://127.0.0.1:{port}", "line"))
        assert server.wait() == failing(kind, 6)
        assert f"tcp://127.0.0.1:{port}: " in server.err
        assert server.out == ""


def test_signals_and_pieces_disturb_nobody(kind, serving, program, builder):
    """Stopped and continued in the midst of a message, both sides go on where they were."""
    server = serving(kind, "unix:x.sock", "line")
    talking = program(builder.command(kind, "client", "unix:x.sock", "line"), cwd=server.directory)
    for number in range(5):
        talking.say("half ")
        for one in (server, talking):
            one.process.send_signal(signal.SIGSTOP)
            one.process.send_signal(signal.SIGCONT)
        talking.say(f"{number}\n")
        talking.wait_for(f"half {number}\n")
    talking.end_input()
    assert talking.wait() == 0


def test_who_reads_the_output_may_have_enough(kind, serving, builder):
    import subprocess

    server = serving(kind, "unix:x.sock", "line")
    command = builder.command(kind, "client", "unix:x.sock", "line")
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=server.directory
    ) as talking:
        talking.stdin.write(b"hello\n")
        talking.stdin.flush()
        assert talking.stdout.readline() == b"hello\n"
        talking.stdout.close()
        talking.stdin.write(b"again\n")
        talking.stdin.flush()
        told = talking.stderr.read()
        talking.stdin.close()
        talking.wait(60)
    assert b"Traceback" not in told
    assert b"Exception" not in told


def test_all_kinds_are_tried():
    assert set(KINDS) == {"c", "c-plain", "python", "python-plain"}
