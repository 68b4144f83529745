"""`wiretalk serve`, seen from outside: its words, what it tells, how it ends. Peers are plain sockets."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import threading

import pytest

from wiretalk.cli import main
from wiretalk.service import SERVICES

TCP = "tcp://127.0.0.1:0"
UDP = "udp://127.0.0.1:0"


def connected(server, index=0):
    peer = socket.create_connection(server.host_and_port(index), timeout=60)
    return peer, peer.makefile("rb")


def records(output):
    return [json.loads(line) for line in output.splitlines()]


# words


def test_help_lists_the_services_and_shows_examples(capfd):
    assert main(["serve", "--help"]) == 0
    told = capfd.readouterr().out
    for name, (_, summary) in SERVICES.items():
        assert f"  {name}" in told
        assert summary in told
    assert told.count("\n  wiretalk serve ") >= 3
    assert "{message}" in told


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("ecko :1", 'there is no service "ecko"; did you mean "echo"?\n  ecko\n  ^^^^'),
        ("echo", "ADDRESS is missing"),
        ("", "SERVICE, ADDRESS is missing"),
        ("echo tpc://:1", 'did you mean "tcp"?'),
        ("echo --greet hi :1", "--greet is an option of reply, and echo has no use for it"),
        ("daytime --close-after 1 :1", "--close-after is an option of reply, and daytime has no use for it"),
        ("reply :1", "reply has nothing to say; give it --greet TEXT or --reply TEXT"),
        (
            "reply --reply {massage} :1",
            'there is no field "massage" here; did you mean "message"?\n  {massage}\n   ^^^^',
        ),
        ("reply --reply x --close-after -1 :1", '"-1" is not a number of 0 or more'),
        ("echo --frame lien :1", 'did you mean "line"?'),
        ("echo --codec jason :1", 'did you mean "json"?'),
        ("echo --max-connections 0 :1", '"0" is not a number of 1 or more'),
        ("echo --drian=1s :1", 'there is no option "--drian"; did you mean "--drain"?'),
        ("echo --json -", "--json and the address - both want standard output"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_opened(words, sentence, capfd):
    assert main(["serve", *words.split()]) == 2
    told = capfd.readouterr()
    assert sentence in told.err
    assert told.err.startswith("wiretalk: ")
    assert told.out == ""


def test_an_address_in_use_is_status_6_and_leaves_nothing(tmp_path, capfd):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status = main(["serve", "echo", f"unix:{tmp_path}/s", f"127.0.0.1:{taken.getsockname()[1]}"])
    assert status == 6
    assert "has it already" in capfd.readouterr().err
    assert os.listdir(tmp_path) == []


# what it tells


def test_it_tells_where_it_listens(shell_server, tmp_path):
    server = shell_server("echo", [TCP, "tcp6://[::1]:0", UDP, f"unix:{tmp_path}/s", "tcp://:0"])
    tcp, tcp6, udp, unix, every = server.told.splitlines()[:5]
    port = server.host_and_port()[1]
    assert port > 0
    assert tcp == f"listening on tcp://127.0.0.1:{port} (IPv4)"
    assert tcp6.startswith("listening on tcp6://[::1]:")
    assert tcp6.endswith(" (IPv6)")
    assert udp.startswith("listening on udp://127.0.0.1:")
    assert unix == f"listening on unix:{tmp_path}/s"
    assert "IPv4" in every
    assert server.end() == 0
    assert server.process.stdout.read() == b""
    assert os.listdir(tmp_path) == []


def test_a_certificate_made_on_the_spot_can_be_trusted_by_its_fingerprint(shell_server):
    import asyncio

    import wiretalk

    server = shell_server("echo", ["tls://127.0.0.1:0"])
    server.wait_for("fingerprint=sha256:")
    option = "fingerprint=sha256:" + server.told.partition("fingerprint=sha256:")[2].split()[0]

    async def hello():
        async with wiretalk.connect(f"{server.addresses[0]}?{option}") as connection:
            await connection.send(b"hello")
            return await connection.receive(timeout_s=20)

    assert asyncio.run(hello()) == b"hello"


def test_json_tells_every_conversation(shell_server):
    server = shell_server("reply", [TCP, UDP], "--json", "--reply", "{count}", "--close-on", "exit")
    peer, lines = connected(server)
    with peer, lines:
        peer.sendall(b"a\nb\nexit\n")
        assert lines.read() == b"1\n2\n"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(60)
        peer.sendto(b"a", server.host_and_port(1))
        assert peer.recv(100) == b"1"
    assert server.end() == 0
    listening, opened, ending, *rest, totals = records(server.process.stdout.read())
    assert listening["event"] == "listening"
    assert [one["address"] for one in listening["addresses"]] == server.addresses
    assert (opened["event"], opened["conversation"]) == ("open", 1)
    assert opened["local"] == server.addresses[0]
    assert (ending["event"], ending["conversation"]) == ("ending", 1)
    assert (ending["how"], ending["by"]) == ("finished", "us")
    assert (ending["messages_received"], ending["messages_sent"]) == (3, 2)
    assert [(one["event"], one["conversation"]) for one in rest] == [("open", 2), ("ending", 2)]
    assert rest[0]["peer"].startswith("udp://127.0.0.1:")
    assert totals["event"] == "totals"
    assert (totals["conversations"], totals["messages_received"], totals["bytes_sent"]) == (2, 4, 5)


def test_the_sums_count_datagrams_that_have_no_conversation(shell_server):
    server = shell_server("echo", [UDP], "--json")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(60)
        for _ in range(3):
            peer.sendto(b"hello", server.host_and_port())
            assert peer.recv(100) == b"hello"
    assert server.end() == 0
    totals = records(server.process.stdout.read())[-1]
    assert {name: totals[name] for name in totals if name not in ("event", "time")} == {
        "conversations": 0,
        "bytes_received": 15,
        "bytes_sent": 15,
        "messages_received": 3,
        "messages_sent": 3,
    }


def test_who_has_read_enough_json_ends_it_quietly(shell_server):
    server = shell_server("echo", [TCP], "--json")
    server.process.stdout.readline()
    server.process.stdout.close()
    with contextlib.suppress(OSError):
        connected(server)[0].close()
    assert server.wait() == 0
    assert "Broken" not in server.told
    assert "Traceback" not in server.told


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="has no /dev/full")
def test_json_that_cannot_be_written_is_status_1(shell_server):
    with open("/dev/full", "wb") as full:
        server = shell_server("echo", [TCP], "--json", stdout=full)
        assert server.wait() == 1
    assert "standard output" in server.told


def test_verbose_tells_every_conversation(shell_server):
    server = shell_server("reply", [TCP], "--verbose", "--reply", "{message}")
    peer, lines = connected(server)
    with peer, lines:
        peer.sendall(b"hello\n")
        assert lines.readline() == b"hello\n"
    server.wait_for("finished by the peer")
    assert server.end() == 0
    opened, closed, sums = server.told.splitlines()[1:]
    assert opened.startswith("tcp://127.0.0.1:")
    assert opened.endswith(f": opened at {server.addresses[0]}")
    ended = "finished by the peer; 1 message (6 bytes) in, 1 message (6 bytes) out"
    assert closed.startswith(f"{opened.split(': ')[0]}: {ended}, ")
    assert sums == "served 1 conversation; 1 message (6 bytes) in, 1 message (6 bytes) out"


def test_without_verbose_only_faults_are_told(shell_server):
    server = shell_server("reply", [TCP], "--reply", "{message}", "--max-message", "8")
    for said in (b"fine\n", b"much too long\n", b"unfinished"[:5]):
        peer, lines = connected(server)
        with peer, lines:
            peer.sendall(said)
            peer.shutdown(socket.SHUT_WR)
            lines.read()
    server.wait_for("truncated")
    assert server.end() == 0
    limit, truncated = server.told.splitlines()[1:]
    assert ": limit by the peer" in limit
    assert ": truncated by the peer (the stream ended within a message: 5 bytes of it had come)" in truncated


def test_an_answer_that_cannot_be_sent_is_one_line(shell_server):
    server = shell_server("reply", [TCP], "--reply", "much too long: {message}", "--max-message", "8")
    peer, lines = connected(server)
    with peer, lines:
        peer.sendall(b"a\n")
        assert lines.read() == b""
    server.wait_for("max_message_bytes")
    assert server.end() == 0
    assert len(server.told.splitlines()) == 2


# what it does


def test_one_command_serves_every_scheme(shell_server, tmp_path):
    unix = [f"unix:{tmp_path}/s", f"unixgram:{tmp_path}/g", f"unixpacket:{tmp_path}/p"]
    server = shell_server("echo", [TCP, "tls://127.0.0.1:0", UDP, *unix])
    insecure = ssl.create_default_context()
    insecure.check_hostname, insecure.verify_mode = False, ssl.CERT_NONE
    peers = [
        socket.create_connection(server.host_and_port(0), timeout=60),
        insecure.wrap_socket(socket.create_connection(server.host_and_port(1), timeout=60)),
    ]
    for kind, where in (
        (socket.SOCK_DGRAM, server.host_and_port(2)),
        (socket.SOCK_STREAM, f"{tmp_path}/s"),
        (socket.SOCK_DGRAM, f"{tmp_path}/g"),
        (socket.SOCK_SEQPACKET, f"{tmp_path}/p"),
    ):
        peer = socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET, kind)
        if where == f"{tmp_path}/g":
            peer.bind(f"{tmp_path}/me")
        peer.settimeout(60)
        peer.connect(where)
        peers.append(peer)
    for number, peer in enumerate(peers):
        peer.sendall(b"number %d" % number)
    for number, peer in enumerate(peers):
        assert peer.recv(100) == b"number %d" % number
        peer.close()
    assert server.end() == 0
    assert os.listdir(tmp_path) == ["me"]


def test_standard_input_and_output_are_an_address_too(shell_server):
    server = shell_server(
        "reply", [], "-", "--greet", "hello", "--reply", "server rec: {message}", "--close-on", "exit"
    )
    out, _ = server.process.communicate("grüß\nexit\nmore\n".encode(), timeout=60)
    assert out == "hello\nserver rec: grüß\n".encode()
    assert server.wait() == 0


def test_the_end_of_standard_input_is_the_end(shell_server):
    server = shell_server("echo", [], "-")
    sent = bytes(range(256)) * 1000

    def say():
        server.process.stdin.write(sent)
        server.process.stdin.close()

    # Not communicate: it would read standard error too, which the server's own reader does.
    speaker = threading.Thread(target=say)
    speaker.start()
    assert server.process.stdout.read() == sent
    speaker.join(60)
    assert server.wait() == 0


def test_the_address_chooses_its_own_framing(shell_server):
    server = shell_server("reply", [f"{TCP}?framing=netstring", TCP], "--frame", "length:u8", "--reply", "<{message}>")
    for index, said, answered in ((0, b"2:hi,", b"4:<hi>,"), (1, b"\x02hi", b"\x04<hi>")):
        peer, lines = connected(server, index)
        with peer, lines:
            peer.sendall(said)
            assert lines.read(len(answered)) == answered


def test_an_idle_conversation_is_ended(shell_server):
    server = shell_server("echo", [TCP], "--idle", "200ms", "--verbose")
    peer, lines = connected(server)
    with peer, lines, pytest.raises(ConnectionResetError):
        lines.read()
    server.wait_for("in idle")


def test_at_the_limit_of_connections_it_says_so_once(shell_server):
    server = shell_server("echo", [TCP], "--max-connections", "2")
    peers = [connected(server) for _ in range(4)]
    for peer, lines in peers[:2]:
        peer.sendall(b"x")
        assert lines.read(1) == b"x"
    server.wait_for("max_connections")
    for peer, _ in peers[2:]:
        peer.sendall(b"y")
    for peer, lines in peers[:2]:
        lines.close()
        peer.close()
    for peer, lines in peers[2:]:
        assert lines.read(1) == b"y"
        lines.close()
        peer.close()
    assert server.end() == 0
    assert server.told.count("max_connections") == 1
