"""`wiretalk serve exec`, seen from outside: its words, and nc, ncat, a C program and our own client as peers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import trustme

from wiretalk.cli import main
from wiretalk.cli.services.secret import TOKEN

WIRETALK = os.path.join(os.path.dirname(sys.executable), "wiretalk")
TCP = "tcp://127.0.0.1:0"
WAIT_S = 30
ASK = Path(__file__).parents[1] / "interop/c/ask.c"

COMMANDS = r"""
[commands.echo]
run = ["printf", "%s\\n", "{words}"]
arguments.words = ".{0,200}"
[commands.part]
run = ["printf", "no end"]
[commands.fail]
run = ["sh", "-c", "echo out; exit 3"]
[commands.flood]
run = ["yes"]
output = 10
[commands.hang]
run = ["sleep", "1000"]
timeout = "300ms"
[commands.binary]
run = ["sh", "-c", "head -c 3000000 /dev/zero; echo; seq 100000"]
[commands.stay]
run = ["sh", "-c", "sleep 1000 & echo $$ $!; wait"]
"""


def lives(pid):
    """Whether a process runs; one that has ended, and is init's to reap, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def comes_true(condition):
    until = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def commands(tmp_path):
    file = tmp_path / "commands.toml"
    file.write_text(COMMANDS)
    return str(file)


@pytest.fixture
def served(program, require):
    """Start `wiretalk serve exec WORDS…`, and wait until it listens: a `Program` with a `port`."""
    require(os.path.exists("/proc/self/stat"), "who lives is read from /proc")

    def serve(*words, **settings):
        one = program([WIRETALK, "serve", "exec", *words], **settings)
        one.wait_for("listening on ", "\n", where="err")
        one.address = one.err.partition("listening on ")[2].split()[0]
        one.port = one.address.rpartition(":")[2]
        return one

    return serve


def run(*words, said=b""):
    return subprocess.run(words, input=said, capture_output=True, timeout=WAIT_S, check=False)


def dialled(server):
    return socket.create_connection(("127.0.0.1", int(server.port)), timeout=WAIT_S)


def read_to_end(sock):
    data = b""
    while piece := sock.recv(65536):
        data += piece
    return data


# words


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("localhost:1", "exec has nothing to run; say --commands FILE, or what to run, like: wiretalk serve exec"),
        ("localhost:1 --", "exec has nothing to run"),
        ("-- sort", "ADDRESS is missing"),
        ("localhost:1 -- nosuchprogram -u", "there is no program nosuchprogram; is it installed, executable, in the"),
        ("localhost:1 --commands x -- sort", "--commands and -- PROGRAM are two services; leave one of them out"),
        ("localhost:1 --commands /none/x", "/none/x cannot be read: No such file or directory"),
        ("localhost:1 --timeout 0 -- sort", '"0" is too short'),
        ("localhost:1 --max-output 0 -- sort", '"0" is too small'),
        ("localhost:1 --max-running 0 -- sort", '"0" is not a number of 1 or more'),
        ("localhost:1 --env A -- sort", '"A" sets no variable: write NAME=VALUE'),
        ("localhost:1 --stderr lgo -- sort", 'standard error cannot go to "lgo"; did you mean "log"?'),
        ("localhost:1 --stderr zzz -- sort", 'standard error cannot go to "zzz"; say log, output or none'),
        ("localhost:1 --directory /none -- sort", "there is no directory /none"),
        (":1 -- sort", "anybody who reaches tcp://:1 could have commands run; say --token @FILE, let TLS ask for"),
        ("192.0.2.1:1 -- sort", "anybody who reaches tcp://192.0.2.1:1 could have commands run"),
        ("udp://localhost:1 -- sort", "a program's input and output are streams, and udp has none"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_opened(words, sentence, capfd, monkeypatch):
    monkeypatch.delenv(TOKEN, raising=False)
    assert main(["serve", "exec", *words.split()]) == 2
    told = capfd.readouterr()
    assert sentence in told.err
    assert told.out == ""


def test_words_after_dashes_are_its_own(capfd):
    assert main(["serve", "echo", "localhost:1", "--", "sort"]) == 2
    assert "-- PROGRAM is an option of exec, and echo has no use for it" in capfd.readouterr().err
    assert main(["serve", "--help"]) == 0
    usage = capfd.readouterr().out.partition("\n\n")[0]
    assert usage.endswith("[-- PROGRAM ARGUMENT…]")


def test_options_of_the_program_are_left_to_it(served):
    server = served(TCP, "--", "printf", "%s|", "--help", "--json", "--", "-v")
    assert run("nc", "-N", "127.0.0.1", server.port).stdout == b"--help|--json|--|-v|"


# peers


@pytest.fixture(params=["nc -N", "ncat", "wiretalk connect"])
def client(request, require):
    """The words of a client, without where to connect to; it says its input, and its output is what it is told."""
    words = request.param.split()
    if words[0] == "wiretalk":
        return lambda port: [WIRETALK, "connect", f"127.0.0.1:{port}"]
    require(shutil.which(words[0]), f"{words[0]} is not there")
    return lambda port: [*words, "127.0.0.1", port]


def test_a_program_for_each_connection(served, client):
    server = served(TCP, "--", "sort", "-r")
    for _ in range(3):
        assert run(*client(server.port), said=b"a\nb\n").stdout == b"b\na\n"


def test_commands(served, client, commands):
    server = served(TCP, "--commands", commands)
    asked = b"echo 'it works'\npart\nfail\nflood\nhang\nnothing\necho $(id) `id`\n"
    assert run(*client(server.port), said=asked).stdout.decode().splitlines() == [
        "| it works",
        "ok",
        "+ no end",
        "ok",
        "| out",
        "exit 3",
        *["| y"] * 5,
        "limit: it was ended after 10 bytes of output",
        "timeout: it was ended after 300ms",
        "refused: there is no such command; help shows what there is",
        "refused: echo takes 1 argument: echo WORDS",
    ]
    server.wait_for("nothing: refused: there is no such command", where="err")


def test_a_c_program_reads_answers_byte_for_byte(served, commands, compile_c):
    server = served(TCP, "--commands", commands)
    ask = compile_c([ASK])
    numbers = b"".join(b"%d\n" % number for number in range(1, 100_001))
    answered = run(ask, "127.0.0.1", server.port, "echo a", "part", "binary")
    assert answered.stdout == b"a\nno end" + bytes(3_000_000) + b"\n" + numbers
    assert (answered.stderr, answered.returncode) == (b"ok\nok\nok\n", 0)
    answered = run(ask, "127.0.0.1", server.port, "fail", "flood", "hang", "echo x; rm -rf /")
    assert answered.stdout == b"out\n" + b"y\n" * 5
    assert [line.split(b" ")[0] for line in answered.stderr.splitlines()] == [
        b"exit",
        b"limit:",
        b"timeout:",
        b"refused:",
    ]
    assert answered.returncode == 1


def test_datagrams_by_our_own_client(served, commands):
    server = served("udp://127.0.0.1:0", "--commands", commands)
    assert run(WIRETALK, "send", "--replies", "1", server.address, "echo hello").stdout == b"| hello\nok\n"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_client_that_is_killed_leaves_no_process_behind(served, client, commands, program, how):
    server = served(TCP, "--commands", commands)
    one = program(client(server.port))
    one.say(b"stay\n")
    one.wait_for("| ", "\n")
    pids = one.out.partition("| ")[2].split()[:2]
    assert all(map(lives, pids))
    one.process.send_signal(how)
    assert comes_true(lambda: not any(map(lives, pids)))
    # And the server serves on.
    assert run(*client(server.port), said=b"echo on\n").stdout == b"| on\nok\n"


def test_two_hundred_at_once_of_whom_some_are_told_to_come_again(served):
    server = served(TCP, "--max-running", "8", "--", "cat")
    peers = [dialled(server) for _ in range(200)]
    said = [b""] * len(peers)

    def talk(index):
        with peers[index] as peer:
            # Told to come again, it may be gone before all is said.
            try:
                peer.sendall(b"hello\n")
                while not said[index].endswith(b"\n") and (data := peer.recv(4096)):
                    said[index] += data
                barrier.wait(WAIT_S)
            except ConnectionError:
                barrier.wait(WAIT_S)

    barrier = threading.Barrier(len(peers))
    threads = [threading.Thread(target=talk, args=(index,)) for index in range(len(peers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.count(b"hello\n") == 8
    busy = [one for one in said if one != b"hello\n"]
    assert all(re.fullmatch(rb"wiretalk: busy: 8 programs run already, .*\n", one) for one in busy)


def test_without_limits_and_with_all_that_may_be_said(served, tmp_path):
    words = [
        "--timeout",
        "never",
        "--max-output",
        "never",
        "--directory",
        str(tmp_path),
        "--env",
        "A=b",
        "--env",
        "C=d",
    ]
    server = served(TCP, *words, "--stderr", "output", "--", "sh", "-c", "pwd; echo $A$C >&2")
    assert run("nc", "-N", "127.0.0.1", server.port).stdout == f"{tmp_path}\nbd\n".encode()


# secrets


def test_a_token_in_a_file_or_around(served, tmp_path):
    file = tmp_path / "token"
    file.write_text("correct horse\n")
    for words, settings in ((["--token", f"@{file}"], {}), ([], {"env": os.environ | {TOKEN: "correct horse"}})):
        server = served(":0", *words, "--", "cat", **settings)
        with dialled(server) as peer:
            peer.sendall(b"correct horse\nhello")
            peer.shutdown(socket.SHUT_WR)
            assert read_to_end(peer) == b"hello"
        with dialled(server) as peer:
            peer.sendall(b"wrong horse\nhello")
            assert read_to_end(peer) == b"refused: the token is wrong; it has to be the first line\n"
        server.process.send_signal(signal.SIGTERM)
        assert server.wait() == 0
        assert "horse" not in server.err


def test_a_client_certificate_instead_of_a_token(served, tmp_path, monkeypatch):
    monkeypatch.delenv(TOKEN, raising=False)
    authority = trustme.CA()
    files = {
        "ca": authority.cert_pem,
        "server": authority.issue_cert("localhost").private_key_and_cert_chain_pem,
        "alice": authority.issue_cert("alice@example.org").private_key_and_cert_chain_pem,
    }
    for name, pem in files.items():
        pem.write_to_path(str(tmp_path / name))
    server = served(f"tls://:0?cert={tmp_path}/server&ca={tmp_path}/ca", "--", "tr", "a-z", "A-Z")
    there = f"tls://localhost:{server.port}?ca={tmp_path}/ca"
    proved = run(WIRETALK, "connect", f"{there}&cert={tmp_path}/alice", said=b"hello\n")
    assert (proved.stdout, proved.returncode) == (b"HELLO\n", 0)
    stranger = run(WIRETALK, "connect", there, said=b"hello\n")
    assert stranger.stdout == b""
    assert stranger.returncode == 8


# what is told, and how it ends


def test_json_tells_what_was_run(served, commands):
    server = served(TCP, "--commands", commands, "--json")
    assert run("nc", "-N", "127.0.0.1", server.port, said=b"fail\nnothing\n").returncode == 0
    server.process.send_signal(signal.SIGTERM)
    assert server.wait() == 0
    told = [json.loads(line) for line in server.out.splitlines()]
    runs = [(one["run"], one["outcome"], one["told"]) for one in told if one["event"] == "run"]
    assert runs == [
        ("fail", "exit", "3"),
        ("nothing", "refused", "there is no such command; help shows what there is"),
    ]


def test_what_a_program_complains_of_cannot_move_our_terminal(served):
    server = served(TCP, "--", "sh", "-c", r"printf 'a\033[2Jb\n' >&2")
    run("nc", "-N", "127.0.0.1", server.port)
    server.wait_for("[2Jb", where="err")
    assert "\x1b" not in server.err
    assert "sh: a\ufffd[2Jb" in server.err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_stopping_leaves_no_process_behind(served, number, status):
    server = served(TCP, "--drain", "100ms", "--", "sh", "-c", "trap '' TERM; sleep 1000 & echo $$ $!; wait; wait")
    with dialled(server) as peer:
        pids = peer.makefile().readline().split()
        assert all(map(lives, pids))
        server.process.send_signal(number)
        assert server.process.wait(WAIT_S) == status
    assert comes_true(lambda: not any(map(lives, pids)))
