"""Programs and commands over real sockets: what passes, what is told, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import errno
import os
import socket

import pytest

import wiretalk
from wiretalk.errors import FinishedError, WiretalkError
from wiretalk.limits import EXEC_REFUSALS, TOKEN_BYTES
from wiretalk.service import make
from wiretalk.service.exec import sessions

WAIT_S = 20
TCP = "tcp://127.0.0.1:0"


@pytest.fixture(autouse=True)
def _needs_proc(require):
    require(os.path.exists("/proc/self/stat"), "who lives is read from /proc")


async def all_of(connection):
    said = []
    try:
        async with asyncio.timeout(WAIT_S):
            while True:
                said.append(await connection.receive())
    except WiretalkError:
        pass
    return said


async def until(condition):
    async with asyncio.timeout(WAIT_S):
        while not condition():
            await asyncio.sleep(0.01)


def lives(pid):
    """Whether a process runs; one that has ended, and is init's to reap, does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def pids_in(path):
    try:
        return [int(word) for word in path.read_text().split()]
    except (FileNotFoundError, ValueError):
        return []


def shell(script):
    return ["sh", "-c", script]


def commands(**listed):
    return {"commands": {name: {"run": run} if isinstance(run, list) else run for name, run in listed.items()}}


# a program that has the conversation


@pytest.fixture
def stays(tmp_path):
    """A program that stays, and a child of its own that stays too; and where both tell their numbers."""
    told = tmp_path / "pids"
    return shell(f"sleep 1000 & echo $$ $! > {told}.new; mv {told}.new {told}; echo here; wait"), told


async def answered(said, run, address=TCP, **options):
    async with make("exec", run=run, **options).serve(address) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            if said:
                await connection.send(said)
            await connection.half_close()
            return b"".join(await all_of(connection))


async def test_input_and_output_are_the_conversation_and_half_close_passes_on():
    assert await answered(b"b\na\n", ["sort"]) == b"a\nb\n"


async def test_over_every_scheme_with_streams(stream):
    service = make("exec", run=["tr", "a-z", "A-Z"], token="secret")
    async with service.serve(stream.listening) as server:
        async with wiretalk.connect(stream.connecting(server)) as connection:
            await connection.send(b"secret\nhello")
            await connection.half_close()
            assert b"".join(await all_of(connection)) == b"HELLO"


async def test_a_program_that_reads_no_more_is_heard_to_its_end():
    assert await answered(bytes(500_000), shell("head -c 1 >/dev/null; sleep 0.2; echo done")) == b"done\n"


async def test_every_byte_both_ways():
    said = bytes(range(256)) * 20_000
    async with make("exec", run=["cat"]).serve(TCP) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            reading = asyncio.ensure_future(all_of(connection))
            for at in range(0, len(said), 100_000):
                await connection.send(said[at : at + 100_000])
            await connection.half_close()
            assert b"".join(await reading) == said


async def test_its_environment_and_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setenv("WIRETALK_TOKEN", "x")
    monkeypatch.setenv("LC_TIME", "C")
    said = await answered(b"", shell("env; pwd"), directory=str(tmp_path), variables={"A": "b,c=d"})
    lines = said.decode().splitlines()
    assert lines[-1] == str(tmp_path)
    names = dict(line.partition("=")[::2] for line in lines[:-1])
    assert names.keys() <= {
        *(
            "PATH",
            "HOME",
            "USER",
            "LOGNAME",
            "TZ",
            "TMPDIR",
            "LANG",
            "PWD",
            "A",
            "WIRETALK_PEER",
            "WIRETALK_LOCAL",
            "_",
        ),
        *(name for name in os.environ if name.startswith("LC_")),
        *("OLDPWD", "SHLVL"),
    }
    assert names["A"] == "b,c=d"
    assert names["LC_TIME"] == "C"
    assert names["WIRETALK_LOCAL"].startswith("tcp://127.0.0.1:")
    assert names["WIRETALK_PEER"].startswith("tcp://127.0.0.1:")


@pytest.mark.parametrize(("errors", "output"), [("log", b"out\n"), ("output", b"out\nerr\n"), ("none", b"out\n")])
async def test_where_standard_error_goes(errors, output, caplog):
    said = await answered(
        b"", shell("echo out; echo err > /dev/fd/2" if errors == "log" else "echo out; echo err >&2"), errors=errors
    )
    assert said == output
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == (
        ["sh: err"] if errors == "log" else []
    )


@pytest.mark.parametrize(
    ("script", "told"), [("exit 3", "sh: exit 3"), ("kill -KILL $$", "sh: killed SIGKILL"), ("exit 0", "")]
)
async def test_a_status_is_told_on_our_side(script, told, caplog):
    assert await answered(b"", shell(f"echo said; {script}")) == b"said\n"
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == ([told] if told else [])


async def test_a_flood_is_ended_and_the_peer_told():
    said = await answered(b"", ["yes"], max_output_bytes=1_000_001)
    assert said == b"y\n" * 500_000 + b"y\nwiretalk: limit: it was ended after 1000001 bytes of output\n"


async def test_a_program_that_hangs_is_ended_and_the_peer_told(stays):
    run, told = stays
    assert await answered(b"", run, timeout_s=0.5) == b"here\nwiretalk: timeout: it was ended after 500ms\n"
    await until(lambda: not any(map(lives, pids_in(told))))
    assert len(pids_in(told)) == 2


async def test_nothing_hangs_where_the_program_reads_nothing():
    async with make("exec", run=["sleep", "1000"], timeout_s=1).serve(TCP) as server:
        connection = await wiretalk.connect(server.addresses[0])
        # A reset: it has not read what we have said. Our patience would end otherwise.
        with pytest.raises(WiretalkError):
            async with asyncio.timeout(WAIT_S):
                while True:
                    await connection.send(bytes(100_000))
        connection.abort()


async def test_what_it_leaves_behind_ends_a_moment_after_it(tmp_path):
    told = tmp_path / "pids"
    assert await answered(b"", shell(f"sleep 1000 & echo $! > {told}; echo said")) == b"said\n"
    await until(lambda: not lives(*pids_in(told)))


async def test_much_output_reaches_a_slow_peer_though_the_program_has_ended():
    async with make("exec", run=["head", "-c", "300000", "/dev/zero"]).serve(TCP) as server:
        with socket.socket() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.connect(("127.0.0.1", int(server.addresses[0].rpartition(":")[2])))
            peer.setblocking(False)
            loop, said = asyncio.get_running_loop(), 0
            # Longer than those have that a program leaves behind.
            await asyncio.sleep(1.5)
            while data := await asyncio.wait_for(loop.sock_recv(peer, 8192), WAIT_S):
                said += len(data)
    assert said == 300_000


# peers that leave


@pytest.mark.parametrize("way", ["closes", "resets", "half-closes and closes"])
@pytest.mark.parametrize("scheme", ["tcp", "unix", "tls"])
async def test_a_peer_that_leaves_takes_all_processes_with_it(stays, way, scheme, folder):
    run, told = stays
    where = {"tcp": TCP, "unix": f"unix:{folder}/s", "tls": "tls://127.0.0.1:0?self_signed"}[scheme]
    async with make("exec", run=run).serve(where) as server:
        connection = await wiretalk.connect(server.addresses[0] + ("?insecure" if scheme == "tls" else ""))
        assert await connection.receive(timeout_s=WAIT_S) == b"here\n"
        await until(lambda: pids_in(told))
        assert all(map(lives, pids_in(told)))
        if way == "resets":
            connection.abort()
        else:
            if way.startswith("half"):
                await connection.half_close()
            await connection.close()
        await until(lambda: not any(map(lives, pids_in(told))))
        await until(lambda: not server.connections)


async def test_a_peer_that_says_more_than_is_read_and_leaves(stays):
    run, told = stays
    async with make("exec", run=run).serve(TCP) as server:
        loop = asyncio.get_running_loop()
        with socket.socket() as peer:
            peer.setblocking(False)
            await loop.sock_connect(peer, ("127.0.0.1", int(server.addresses[0].rpartition(":")[2])))
            assert await asyncio.wait_for(loop.sock_recv(peer, 100), WAIT_S) == b"here\n"
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(loop.sock_sendall(peer, bytes(100_000_000)), 0.5)
            await until(lambda: pids_in(told))
            assert all(map(lives, pids_in(told)))
        # Closed, while its system still holds what we have not taken.
        await until(lambda: not any(map(lives, pids_in(told))))


async def test_a_peer_that_has_finished_and_waits_is_not_taken_for_gone(monkeypatch):
    monkeypatch.setattr("wiretalk.runtime.presence.PRESENCE_S", 0.1)
    async with make("exec", run=shell("cat; sleep 1.5; echo late")).serve(TCP) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.half_close()
            assert await all_of(connection) == [b"late\n"]


async def test_stopping_ends_them_with_their_groups(stays):
    run, told = stays
    async with make("exec", run=run).serve(TCP, limits=wiretalk.Limits(drain_s=0.2)) as server:
        connection = await wiretalk.connect(server.addresses[0])
        assert await connection.receive(timeout_s=WAIT_S) == b"here\n"
        await until(lambda: pids_in(told))
    await until(lambda: not any(map(lives, pids_in(told))))
    await connection.close()


async def test_so_many_at_once_and_the_others_are_told():
    async with make("exec", run=["cat"], max_running=3).serve(TCP) as server:
        first = [await wiretalk.connect(server.addresses[0]) for _ in range(3)]
        for connection in first:
            await connection.send(b"here")
            assert await connection.receive(timeout_s=WAIT_S) == b"here"
        others = [await wiretalk.connect(server.addresses[0]) for _ in range(50)]
        busy = b"wiretalk: busy: 3 programs run already, which is the limit; try again later\n"
        for connection in others:
            assert await all_of(connection) == [busy]
            await connection.close()
        for connection in first:
            await connection.half_close()
            assert await all_of(connection) == []
            await connection.close()
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.send(b"again")
            assert await connection.receive(timeout_s=WAIT_S) == b"again"


async def test_a_program_that_is_gone_meanwhile_is_told(tmp_path, caplog):
    program = tmp_path / "prog"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    service = make("exec", run=[str(program)])
    program.unlink()
    async with service.serve(TCP) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            assert await all_of(connection) == [b"wiretalk: failed: the program could not be started\n"]
    assert "there is no such program" in caplog.text


async def test_a_system_that_is_out_of_descriptors_is_told(monkeypatch, caplog):
    def start(*_, **__):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr("wiretalk.runtime.launching.start", start)
    async with make("exec", run=["cat"], max_running=1).serve(TCP) as server:
        for _ in range(2):
            async with wiretalk.connect(server.addresses[0]) as connection:
                assert await all_of(connection) == [b"wiretalk: failed: the program could not be started\n"]
    assert "out of file descriptors (ulimit -n raises it)" in caplog.text


# listed commands


LISTED = commands(
    echo={"run": ["printf", "%s\\n", "{words}"], "arguments": {"words": ".{0,1000}"}, "description": "says it"},
    two={"run": ["printf", "[%s]", "{a}", "{b}"], "arguments": {"a": ".*", "b": ".*"}},
    fail=shell("echo out; exit 3"),
    die=shell("kill -SEGV $$"),
    flood={"run": ["yes"], "output": 6},
    hang={"run": ["sleep", "1000"], "timeout": "200ms"},
    long=["sleep", "1000"],
    read=["cat"],
    binary=shell(r"printf '\000\377\r\n\001'"),
)


async def asked(*requests, commands=LISTED, address=TCP, framing="line", **options):
    async with make("exec", commands=commands, **options).serve(address, framing=framing) as server:
        async with wiretalk.connect(server.addresses[0], framing=framing) as connection:
            await connection.send_all([one if isinstance(one, bytes) else one.encode() for one in requests])
            await connection.half_close()
            return await all_of(connection)


@pytest.mark.parametrize(
    ("request_line", "answer"),
    [
        ("echo hello", ["| hello", "ok"]),
        ("echo 'two words'", ["| two words", "ok"]),
        (r"echo a\ b\'\"", ["| a b'\"", "ok"]),
        ("echo ''", ["| ", "ok"]),
        ("two '' x", ["+ [][x]", "ok"]),
        ("fail", ["| out", "exit 3"]),
        ("die", ["killed SIGSEGV"]),
        ("flood", ["| y", "| y", "| y", "limit: it was ended after 6 bytes of output"]),
        ("hang", ["timeout: it was ended after 200ms"]),
        ("read", ["ok"]),
        ("  read  ", ["ok"]),
        ("nothing", ["refused: there is no such command; help shows what there is"]),
        ("''", ["refused: there is no such command; help shows what there is"]),
        ("echo 'x", ["refused: the quotation is never closed"]),
        ("echo x\\", ["refused: nothing comes after the backslash"]),
        ("echo", ["refused: echo takes 1 argument: echo WORDS"]),
        ("read x", ["refused: read takes no arguments"]),
        ("echo -n", ["refused: words begins with -, and would be taken for an option"]),
        (b"echo \xff", ["refused: the request is not UTF-8"]),
        (b"echo \0", ["refused: the request holds a NUL"]),
        ("echo " + "x" * 5000, ["refused: the request is longer than 4096 bytes"]),
        ("", []),
        ("list", [*(f"| {name}" for name in LISTED["commands"]), "ok"]),
        ("help echo", ["| echo WORDS", "| says it", "| WORDS is .{0,1000}", "ok"]),
        ("help two", ["| two A B", "| A is .*", "| B is .*", "ok"]),
        ("help x", ["refused: write list, help, or help and the name of a command"]),
        ("list x", ["refused: write list, help, or help and the name of a command"]),
    ],
)
async def test_requests_and_answers(request_line, answer):
    assert await asked(request_line) == [one.encode() for one in answer]


async def test_help_shows_how_all_are_asked_for():
    assert (await asked("help"))[:3] == [b"| echo WORDS  says it", b"| two A B", b"| fail"]


SHELLISH = [
    "; rm -rf /",
    "$(id)",
    "`id`",
    "| cat /etc/passwd",
    "&& id",
    "> /tmp/x",
    "${HOME}",
    "~",
    "*",
    "%s",
    "\\n",
    "{a}",
]


@pytest.mark.parametrize("word", SHELLISH)
async def test_nobody_obeys_what_looks_like_a_shell(word):
    assert await asked(f"echo '{word}'") == [f"| {word}".encode(), b"ok"]
    # Without quotation, these are words too many, or no words at all.
    unquoted = await asked(f"echo x {word}")
    assert unquoted[0].startswith(b"refused: ")


async def test_several_requests_are_answered_in_their_order():
    answers = await asked("echo 1", "fail", "", "nothing", "echo 2")
    refused = b"refused: there is no such command; help shows what there is"
    assert answers == [b"| 1", b"ok", b"| out", b"exit 3", refused, b"| 2", b"ok"]


@pytest.mark.parametrize("framing", ["length:u8", "length:u32be", "length:varint", "netstring", "slip", "cobs"])
async def test_every_byte_is_told_in_framings_that_hold_it(framing):
    assert await asked("binary", framing=framing) == [b"+ \x00\xff\r\n\x01", b"ok"]


async def test_over_unix_packets_and_websockets(folder):
    assert await asked("binary", address=f"unixpacket:{folder}/s", framing=None) == [b"+ \x00\xff\r\n\x01", b"ok"]
    async with make("exec", commands=LISTED, token="secret").serve("ws://127.0.0.1:0") as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.send(b"secret")
            await connection.send(b"echo hello\n")
            assert await connection.receive(timeout_s=WAIT_S) == b"+ hello\n"
            assert await connection.receive(timeout_s=WAIT_S) == b"ok"


async def test_datagrams_are_requests(datagrams):
    async with make("exec", commands=LISTED).serve(datagrams.listening) as server:
        async with wiretalk.connect(datagrams.connecting(server)) as connection:
            for request, answer in ((b"echo hello\n", b"| hello\nok\n"), (b"fail", b"| out\nexit 3\n")):
                await connection.send(request)
                assert await connection.receive(timeout_s=WAIT_S) == answer


async def test_a_datagram_brings_its_token(folder):
    async with make("exec", commands=LISTED, token="secret").serve("udp://127.0.0.1:0") as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            for request, answer in (
                (b"secret\necho 1\n", b"| 1\nok\n"),
                (b"secret\r\necho 2\r\n", b"| 2\nok\n"),
                (b"echo 3\n", b"refused: the token is wrong; it has to be the first line\n"),
                (b"guess\necho 4\n", b"refused: the token is wrong; it has to be the first line\n"),
                (b"secret\necho 5", b"| 5\nok\n"),
            ):
                await connection.send(request)
                assert await connection.receive(timeout_s=WAIT_S) == answer


async def test_too_many_refused_requests_end_the_connection():
    answers = await asked(*["nothing"] * (EXEC_REFUSALS + 5))
    assert len(answers) == EXEC_REFUSALS


async def test_a_browsers_request_ends_the_connection_before_its_body_is_read(tmp_path):
    marker = tmp_path / "marker"
    async with make("exec", commands=commands(make=["touch", str(marker)])).serve(TCP) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.send(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nmake\r\n")
            assert b"".join(await all_of(connection)).startswith(b"refused: there is no such command")
        await until(lambda: not server.connections)
    assert not marker.exists()


@pytest.mark.parametrize("framing", ["line", "length:u32be"])
async def test_a_peer_that_leaves_ends_the_command_it_asked_for(tmp_path, framing):
    told = tmp_path / "pid"
    listed = commands(stay=shell(f"sleep 1000 & echo $$ $! > {told}; wait"))
    async with make("exec", commands=listed).serve(TCP, framing=framing) as server:
        connection = await wiretalk.connect(server.addresses[0], framing=framing)
        await connection.send(b"stay")
        await until(lambda: len(pids_in(told)) == 2)
        await connection.close()
        await until(lambda: not any(map(lives, pids_in(told))))


async def test_busy_commands_may_be_asked_for_again(tmp_path):
    async with make("exec", commands=LISTED, max_running=1).serve(TCP) as server:
        async with (
            wiretalk.connect(server.addresses[0], framing="line") as one,
            wiretalk.connect(server.addresses[0], framing="line") as other,
        ):
            await one.send(b"long")
            answer = b""
            while not answer.startswith(b"busy: 1 programs run already"):
                await other.send(b"read")
                answer = await other.receive(timeout_s=WAIT_S)
            one.abort()
            while answer != b"ok":
                await other.send(b"read")
                answer = await other.receive(timeout_s=WAIT_S)


async def test_who_rests_is_not_waited_for():
    server = await make("exec", commands=LISTED).serve(TCP).start()
    connection = await wiretalk.connect(server.addresses[0], framing="line")
    await connection.send(b"read")
    assert await connection.receive(timeout_s=WAIT_S) == b"ok"
    async with asyncio.timeout(WAIT_S):
        await server.close(drain_s=1000)
    await connection.close()


# the token


@pytest.mark.parametrize("said", [b"secret\nhello", b"secret\r\nhello", b"secret\n"])
async def test_the_first_line_is_the_token(said):
    assert await answered(said, ["cat"], token="secret") == said.partition(b"\n")[2]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
async def test_it_may_come_in_pieces(size):
    async with make("exec", run=["cat"], token="secret").serve(TCP) as server:
        async with wiretalk.connect(server.addresses[0] + "?nodelay") as connection:
            for at in range(0, 12, size):
                await connection.send(b"secret\nhello"[at : at + size])
                await asyncio.sleep(0)
            await connection.half_close()
            assert b"".join(await all_of(connection)) == b"hello"


@pytest.mark.parametrize(
    "said",
    [b"guess\nhello", b"secre\n", b"secret \n", b"\nsecret\n", b"\xff\n", b"x" * 10 * TOKEN_BYTES, b"secret", b""],
)
async def test_a_wrong_one_ends_the_connection_and_is_not_logged(said, caplog, tmp_path):
    marker = tmp_path / "marker"
    answer = await answered(said, ["touch", str(marker)], token="secret")
    assert answer == b"refused: the token is wrong; it has to be the first line\n"
    assert not marker.exists()
    assert "guess" not in caplog.text
    assert "the token is wrong" in caplog.text


async def test_one_that_does_not_come_ends_it_in_time(monkeypatch):
    monkeypatch.setattr(sessions, "EXEC_TOKEN_S", 0.1)
    for service in (make("exec", run=["cat"], token="secret"), make("exec", commands=LISTED, token="secret")):
        async with service.serve(TCP) as server:
            async with wiretalk.connect(server.addresses[0]) as connection:
                told = b"refused: the token has not come within 10 s; it has to be the first line\n"
                assert b"".join(await all_of(connection)) == told


async def test_with_commands_it_is_the_first_line_too(caplog):
    assert await asked("secret", "echo hello", token="secret") == [b"| hello", b"ok"]
    assert await asked("echo hello", token="secret") == [b"refused: the token is wrong; it has to be the first line"]
    assert b"no such command" in (await asked("secret", "secret", token="secret"))[0]
    assert "secret" not in caplog.text


async def test_a_peer_that_breaks_off_instead_of_saying_it():
    async with make("exec", run=["cat"], token="secret").serve(TCP) as server:
        connection = await wiretalk.connect(server.addresses[0])
        await connection.send(b"sec")
        await until(lambda: server.connections)
        connection.abort()
        await until(lambda: not server.connections)


# what is told of them


async def test_what_has_been_run_is_told():
    service = make("exec", commands=LISTED)
    told = []
    service.told = lambda conversation, event, facts, sentence: told.append((event, facts, sentence))
    async with service.serve(TCP) as server:
        async with wiretalk.connect(server.addresses[0], framing="line") as connection:
            await connection.send(b"fail")
            await connection.half_close()
            await all_of(connection)
            with pytest.raises(FinishedError):
                await connection.receive()
    assert told == [("run", {"run": "fail", "outcome": "exit", "told": "3"}, "fail: exit 3")]
