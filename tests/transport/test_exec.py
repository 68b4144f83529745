"""A program's standard input and output as a socket, and what becomes of the program."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import stat
import sys
import threading

import pytest

import wiretalk
import wiretalk.blocking
from wiretalk.address import parse
from wiretalk.errors import EndedError, LimitError, NotPermittedError, OpenError, ResetError, UnreachableError
from wiretalk.transport import child as children
from wiretalk.transport import explain, listen, open_socket, reaper, resolve

WAIT_S = 20
WIRETALK = os.path.join(os.path.dirname(sys.executable), "wiretalk")


def start(text):
    (candidate,) = resolve(parse(text))
    return open_socket(candidate)


def quoted(script):
    return "'" + script.replace("'", "'\\''").replace("%", "%25").replace("?", "%3F") + "'"


def shell(script):
    return f"exec:sh -c {quoted(script)}"


def all_of(sock):
    """All there is to read until the end."""
    sock.settimeout(WAIT_S)
    said = b""
    while data := sock.recv(65536):
        said += data
    return said


def ended(sock):
    with pytest.raises(EndedError) as caught:
        all_of(sock)
    return explain(caught.value, "exec:x", "receive")


@pytest.fixture
def run(opened):
    return lambda text: opened(start(text))


@pytest.fixture(autouse=True)
def nobody_left():
    yield
    pause = threading.Event()
    for _ in range(2000):
        if not reaper._wards:
            return
        pause.wait(0.01)
    pytest.fail("a program is left")


def test_both_ways(run):
    sock = run("exec:tr a-z A-Z")
    sock.send(b"hello")
    sock.shutdown(socket.SHUT_WR)
    assert all_of(sock) == b"HELLO"


def test_its_words_are_no_shells(run):
    assert all_of(run("exec:echo $HOME '*' | cat")) == b"$HOME * | cat\n"


def test_a_shells_words(run):
    assert all_of(run("exec:echo one; echo two | tr a-z A-Z?shell")) == b"one\nTWO\n"


def test_directory_and_environment(run, tmp_path):
    (tmp_path / "here").touch()
    sock = run(f"exec:ls; echo $ONE $TWO $PATH?shell&directory={tmp_path}&env=ONE=1,TWO=2%263")
    assert all_of(sock) == f"here\n1 2&3 {os.environ['PATH']}\n".encode()


@pytest.mark.parametrize(
    ("script", "reason"),
    [("echo said; exit 3", "ended with status 3"), ("echo said; kill -KILL $$", "ended by SIGKILL")],
)
def test_how_it_ended_is_told_after_all_that_it_said(run, script, reason):
    sock = run(shell(script))
    sock.settimeout(WAIT_S)
    assert sock.recv(100) == b"said\n"
    for _ in range(2):
        error = ended(sock)
        assert isinstance(error, EndedError)
        assert (error.how, error.by, error.ending.reason) == ("failed", "peer", reason)
        assert error.peer.startswith("exec:sh -c")


def test_signals_that_have_no_name():
    assert children.in_words(-200) == "ended by signal 200"


def test_what_it_has_not_read_is_no_reset(run):
    sock = run(shell("read line; echo said"))
    sock.send(b"x\n" * 10000)
    assert all_of(sock) == b"said\n"


@pytest.mark.parametrize(("status", "kind"), [(0, ResetError), (1, EndedError)])
def test_nobody_takes_what_is_said_to_it(run, status, kind):
    sock = run(f"exec:sh -c 'exit {status}'")
    if status:
        ended(sock)
    else:
        assert all_of(sock) == b""
    for send in (lambda: sock.send(b"x"), lambda: sock.sendmsg([b"x", b"y"])):
        with pytest.raises(EndedError) as caught:
            send()
        error = explain(caught.value, "exec:x", "send")
        assert type(error).__mro__[1] is kind
        assert error.orderly


def test_output_ends_early_and_it_goes_on(run):
    # A half-close of its own, which only sockets have.
    sock = run(
        "exec:python3 -c 'import socket, sys\n"
        's = socket.socket(fileno=1); s.send(b"said"); s.shutdown(socket.SHUT_WR); '
        'print(sys.stdin.readline(), file=open(sys.argv[1], "w"))\''.replace("\n", "%0A")
        + f" {os.devnull}"
    )
    assert all_of(sock) == b"said"
    assert sock.child.status is None
    sock.send(b"still heard\n")


def test_a_program_that_closes_everything_ends_when_it_ends(run):
    sock = run(shell("echo said; exec <&- >&-; sleep 0.05; exit 2"))
    sock.settimeout(WAIT_S)
    assert sock.recv(100) == b"said\n"
    assert ended(sock).ending.reason == "ended with status 2"


def test_what_others_of_its_group_say_belongs_to_it(run):
    assert all_of(run(shell("(sleep 0.05; echo later) & echo now"))) == b"now\nlater\n"


def test_it_has_none_of_our_descriptors(run):
    held = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(held, True)
    try:
        assert all_of(run(shell("ls /proc/$$/fd"))).split() in ([b"0", b"1", b"2"], [b"0", b"1", b"10", b"2"])
    finally:
        os.close(held)


def test_its_signals_are_as_usual(run):
    # Python ignores SIGPIPE, and an ignored signal stays so in a program that is started.
    lines = all_of(run("exec:grep Sig /proc/self/status")).decode().splitlines()
    masks = {
        name: int(mask, 16)
        for name, mask in (line.split(":") for line in lines if line.startswith("Sig"))
        if name != "SigQ"
    }
    assert not masks["SigIgn"] & 1 << (signal.SIGPIPE - 1)
    assert not masks["SigBlk"]


def test_our_terminals_ctrl_c_is_not_its(run):
    sock = run(shell("echo $$; read line"))
    sock.settimeout(WAIT_S)
    number = int(sock.recv(100))
    assert os.getsid(number) == os.getpgid(number) == number == sock.child.pid


def test_closing_ends_it(run):
    sock = run("exec:cat")
    number = sock.child.pid
    sock.close()
    sock.close()
    for _ in range(2000):
        if not os.path.exists(f"/proc/{number}"):
            return
        threading.Event().wait(0.01)
    pytest.fail("it is still there")


def test_one_that_floods_is_held_up_and_ended(run):
    sock = run("exec:yes")
    sock.settimeout(WAIT_S)
    assert sock.recv(4) == b"y\ny\n"
    # As a transport breaks off.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    sock.close()


def test_socket_options_are_those_of_any_socket(run):
    sock = run("exec:cat")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    assert stat.S_ISSOCK(os.fstat(sock.fileno()).st_mode)


def test_one_that_fails_when_we_have_left_is_logged(run, caplog):
    sock = run(shell("read line; exit 3"))
    sock.close()
    for _ in range(2000):
        if caplog.records:
            break
        threading.Event().wait(0.01)
    assert caplog.messages == [f"{children.told(parse(shell('read line; exit 3')))}: ended with status 3"]


def test_one_that_has_failed_before_we_leave_is_logged_once(run, caplog):
    sock = run("exec:sh -c 'exit 3'")
    for _ in range(2000):
        if sock.child.status is not None:
            break
        threading.Event().wait(0.01)
    sock.close()
    assert caplog.messages == ["exec:sh -c 'exit 3': ended with status 3"]


def test_one_whose_failure_has_been_told_is_not_logged(run, caplog):
    sock = run("exec:false")
    ended(sock)
    sock.close()
    assert not caplog.messages


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("exec:there-is-none", UnreachableError, "there is no such program"),
        ("exec:/etc/passwd", NotPermittedError, "is it executable?"),
        ("exec:cat?directory=/there-is-none", UnreachableError, "there is no directory /there-is-none"),
    ],
)
def test_what_cannot_be_started(text, kind, words):
    before = os.listdir("/proc/self/fd")
    with pytest.raises(kind, match=words):
        start(text)
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.EAGAIN, OpenError, "no more processes for this user"),
        (errno.EMFILE, LimitError, "out of file descriptors"),
        (errno.ENOEXEC, OpenError, "it could not be started: Exec format error"),
    ],
)
def test_what_the_system_does_not_start(monkeypatch, number, kind, words):
    def fails(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(children.subprocess, "Popen", fails)
    with pytest.raises(kind, match=words):
        start("exec:cat")


def test_one_that_cannot_be_waited_for_is_not_left(monkeypatch):
    begun = []

    def fails(process, _):
        begun.append(process)
        raise OSError(errno.EMFILE, "x")

    monkeypatch.setattr(reaper, "watch", fails)
    with pytest.raises(LimitError):
        start("exec:cat")
    assert begun[0].returncode == -signal.SIGKILL


def test_listening_is_one_conversation_that_is_there(opened, readable):
    (listener,) = opened(listen(parse("exec:echo hello")))
    readable(listener)
    sock, sockaddr = listener.accept()
    assert listener.accept() is None
    assert sockaddr is None
    assert all_of(opened(sock)) == b"hello\n"


# in both faces


async def test_asyncio_tells_how_it_ended():
    connection = await wiretalk.connect(shell("echo one; echo two; exit 3"), framing="line")
    assert [await connection.receive(), await connection.receive()] == [b"one", b"two"]
    with pytest.raises(EndedError, match="ended with status 3"):
        await connection.receive()
    assert (connection.ending.how, connection.ending.by) == ("failed", "peer")
    await connection.close()


def test_blocking_tells_how_it_ended():
    with wiretalk.blocking.connect(shell("echo one; echo two; exit 3"), framing="line") as connection:
        assert [connection.receive(), connection.receive()] == [b"one", b"two"]
        with pytest.raises(EndedError, match="ended with status 3"):
            connection.receive()
        assert (connection.ending.how, connection.ending.by) == ("failed", "peer")


async def test_many_at_once_one_thread_and_nothing_left():
    before = len(os.listdir("/proc/self/fd"))
    connections = await asyncio.gather(*(wiretalk.connect("exec:cat", framing="line") for _ in range(50)))
    assert len([thread for thread in threading.enumerate() if thread.name.startswith("wiretalk")]) == 1
    for number, connection in enumerate(connections):
        await connection.send(b"%d" % number)
    for number, connection in enumerate(connections):
        assert await connection.receive() == b"%d" % number
    await asyncio.gather(*(connection.close() for connection in connections))
    async with asyncio.timeout(WAIT_S):
        while reaper._wards:
            await asyncio.sleep(0.01)
        while len(os.listdir("/proc/self/fd")) > before:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("face", ["asyncio", "blocking"])
async def test_a_failure_while_we_take_leave_is_logged(face, caplog):
    address = shell("read line; exit 3")
    if face == "asyncio":
        connection = await wiretalk.connect(address)
        await connection.close()
    else:
        wiretalk.blocking.connect(address).close()
    async with asyncio.timeout(WAIT_S):
        while reaper._wards:
            await asyncio.sleep(0.01)
    assert len(caplog.messages) == 1
    assert "ended with status 3" in caplog.messages[0]


@pytest.mark.parametrize("command", ["true", "sh -c 'exit 3'"])
async def test_a_server_of_a_program_stops_when_it_has_ended(command):
    async with wiretalk.serve(f"exec:{command}", reply=bytes.upper) as server:
        async with asyncio.timeout(WAIT_S):
            await server.serve_forever()
    with wiretalk.blocking.serve(f"exec:{command}", reply=bytes.upper) as server:
        await asyncio.to_thread(server.serve_forever)


# through the shell face


def test_a_relay_to_a_program_passes_on_all_that_a_failing_one_said(program):
    far = shell("read line; echo heard $line; exit 1")
    relay = program([WIRETALK, "relay", "tcp://127.0.0.1:0", far])
    host, _, port = relay.wait_for("listening on", "\n", where="err").partition("://")[2].split()[0].rpartition(":")
    for _ in range(3):
        with socket.create_connection((host, int(port)), WAIT_S) as sock:
            sock.sendall(b"hello\nnever read\n")
            assert all_of(sock) == b"heard hello\n"
    relay.wait_for("ended with status 1", where="err")
    relay.interrupt()


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("cat >/dev/null; head -c 8000000 /dev/zero; exit 3", "ended with status 3"),
        ("head -c 8000000 /dev/zero; exit 3", "ended with status 3"),
        ("head -c 8000000 /dev/zero", "it ended without reading all"),
        ("head -c 4000000; head -c 4000000 /dev/zero", "it ended without reading all"),
    ],
)
def test_much_that_a_program_says_arrives_whole(program, script, told):
    relay = program([WIRETALK, "relay", "tcp://127.0.0.1:0", shell(script)])
    host, _, port = relay.wait_for("listening on", "\n", where="err").partition("://")[2].split()[0].rpartition(":")

    def say(sock):
        with contextlib.suppress(OSError):
            sock.sendall(bytes(6_000_000))
            sock.shutdown(socket.SHUT_WR)

    with socket.create_connection((host, int(port)), WAIT_S) as sock:
        speaker = threading.Thread(target=say, args=(sock,))
        speaker.start()
        assert len(all_of(sock)) == 8_000_000
        speaker.join()
    relay.wait_for(told, where="err")
    relay.interrupt()


@pytest.mark.parametrize(("command", "status"), [("false", 1), ("true", 0), ("there-is-none", 4), ('"', 2)])
def test_the_shells_exit_status(program, command, status):
    one = program([WIRETALK, "connect", f"exec:{command}"])
    one.end_input()
    assert one.wait() == status


@pytest.mark.parametrize(
    ("words", "status"), [(["listen"], 1), (["listen", "--keep"], 0), (["serve", "echo"], 0), (["relay"], 0)]
)
def test_who_waits_for_peers_is_done_when_the_program_is(program, words, status, tmp_path):
    far = [f"file:{tmp_path}/said?append"] if words == ["relay"] else []
    one = program([WIRETALK, *words, "exec:sh -c 'echo said; exit 3'", *far])
    one.end_input()
    assert one.wait() == status
    assert one.err.count("ended with status 3") == 1
    if far:
        assert (tmp_path / "said").read_text() == "said\n"


def test_ctrl_c_lets_the_program_end_by_itself(program, tmp_path):
    told = tmp_path / "told"
    script = f"trap 'echo INT >{told}' INT TERM; echo up; cat; echo end of input >>{told}"
    one = program([WIRETALK, "connect", shell(script)], start_new_session=True)
    one.wait_for("up")
    os.killpg(one.process.pid, signal.SIGINT)
    one.wait()
    assert told.read_text() == "end of input\n"
