"""Serving with a thread a conversation: limits, backpressure, recovery and stopping, seen by plain sockets."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest

from wiretalk import blocking
from wiretalk.address import parse
from wiretalk.blocking import server as server_module
from wiretalk.errors import AddressError, ClosedError, InUseError, OpenError, TimedOutError, UsageError, WiretalkError
from wiretalk.limits import MIB, Limits

TCP = "tcp://127.0.0.1:0"


def echo(message):
    return message


def echo_session(connection):
    for message in connection:
        connection.send(message)


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("wiretalk")]


# the ways to serve


def test_a_session_has_a_connection_each(serving, peer_of, ends):
    with serving(TCP, echo_session, framing="line") as server:
        peers = [peer_of(server) for _ in range(20)]
        for number, peer in enumerate(peers):
            peer.sendall(b"%d\n" % number)
        for number, peer in reversed(list(enumerate(peers))):
            assert ends.receive_exactly(peer, len(b"%d\n" % number)) == b"%d\n" % number
        assert len(server.connections) == server.accepted == 20
        for peer in peers:
            peer.close()
        ends.until(lambda: not server.connections)
    ends.until(lambda: not threads())


def test_several_addresses_and_one_handler(serving, tmp_path, opened, ends):
    addresses = [TCP, "udp://127.0.0.1:0", f"unix:{tmp_path}/s", f"unixgram:{tmp_path}/g", f"unixpacket:{tmp_path}/p"]
    with serving(addresses, echo_session, framing="line", codec="text") as server:
        assert server.families == ["IPv4", "IPv4", "", "", ""]
        for address in server.addresses:
            connection = opened(blocking.connect(address, framing="line", codec="text"))
            connection.send("grüß dich")
            assert connection.receive(timeout_s=ends.PATIENCE_S) == "grüß dich"
            connection.close()
        assert server.accepted == 5
    assert server.totals() == {
        "bytes_received": 57,
        "bytes_sent": 57,
        "messages_received": 5,
        "messages_sent": 5,
    }
    assert os.listdir(tmp_path) == []


def test_an_address_may_be_given_parsed(serving, peer_of, ends):
    with serving(parse(TCP + "?framing=line"), reply=echo) as server:
        peer = peer_of(server)
        peer.sendall(b"x\n")
        assert ends.receive_exactly(peer, 2) == b"x\n"


def test_a_session_speaks_first_and_leaves(serving, peer_of, ends):
    with serving(TCP, lambda connection: connection.send("welcome"), framing="line", codec="text") as server:
        assert ends.receive_all(peer_of(server)) == b"welcome\n"


def test_after_the_peers_end_of_input_one_can_still_send(serving, peer_of, ends):
    def count(connection):
        connection.send(str(len(list(connection))))

    with serving(TCP, count, framing="line", codec="text") as server:
        peer = peer_of(server)
        peer.sendall(b"1\n2\n3\n")
        peer.shutdown(socket.SHUT_WR)
        assert ends.receive_all(peer) == b"3\n"


def test_observers_are_told_of_each_conversation(serving, peer_of, ends):
    told = []
    with serving(
        TCP,
        echo_session,
        on_open=lambda one: told.append(("open", one.ending)),
        on_close=lambda one: told.append(("close", one.ending.how)),
    ) as server:
        peer_of(server).close()
        ends.until(lambda: len(told) == 2)
        ends.reset(peer_of(server))
        ends.until(lambda: len(told) == 4)
    assert told == [("open", None), ("close", "finished"), ("open", None), ("close", "reset")]


# words that are wrong


async def coroutine_session(connection):
    pass


@pytest.mark.parametrize(
    ("arguments", "options", "reason"),
    [
        ([TCP], {}, "either a session or reply="),
        ([TCP, echo_session], {"reply": echo}, "either a session or reply="),
        ([TCP, coroutine_session], {}, "for wiretalk.serve"),
        ([TCP], {"reply": coroutine_session}, "for wiretalk.serve"),
        ([[], echo_session], {}, "at least one address"),
        ([TCP, echo_session], {"max_threads": 0}, "max_threads must be above 0"),
        ([TCP, echo_session], {"framing": "lines"}, "there is no framing"),
    ],
)
def test_words_that_are_wrong_are_refused_before_anything_is_opened(arguments, options, reason):
    with pytest.raises(UsageError, match=reason):
        blocking.serve(*arguments, **options)


def test_a_builtin_may_be_a_handler(serving, peer_of, ends):
    with serving(TCP, reply=bytes.upper, framing="line") as server:
        peer = peer_of(server)
        peer.sendall(b"x\n")
        assert ends.receive_exactly(peer, 2) == b"X\n"


def test_all_addresses_or_none(opened, tmp_path, ends):
    taken = opened(socket.create_server(("127.0.0.1", 0)))
    with pytest.raises(InUseError):
        blocking.serve([f"unix:{tmp_path}/s", "udp://127.0.0.1:0", ends.address_of(taken)], echo_session).start()
    with pytest.raises(InUseError):
        blocking.serve(["udp://127.0.0.1:0", ends.address_of(taken)], reply=echo).start()
    assert os.listdir(tmp_path) == []
    ends.until(lambda: not threads())
    with pytest.raises(AddressError):
        blocking.serve(f"tls://127.0.0.1:0?cert={tmp_path}/nothing", echo_session).start()


def test_a_server_starts_once_and_not_after_its_end(serving):
    server = serving(TCP, echo_session)
    addresses = list(server.addresses)
    with server as again:
        assert again is server
        assert server.addresses == addresses
    server.close()
    with pytest.raises(UsageError, match="has been closed"):
        server.start()


def test_a_server_that_was_never_started_can_be_closed():
    server = blocking.serve([TCP, "udp://127.0.0.1:0"], reply=echo)
    server.close()
    server.stop()
    server.serve_forever()


# whose fault it is


def test_a_handler_that_raises_ends_its_own_connection_and_no_other(serving, peer_of, ends, caplog):
    def session(connection):
        for message in connection:
            if message == b"boom":
                raise ValueError("the handler's own fault")
            connection.send(message)

    with serving(TCP, session, framing="line") as server:
        other, victim = peer_of(server), peer_of(server)
        name = "{}:{}".format(*victim.getsockname())
        victim.sendall(b"boom\n")
        assert ends.receive_all(victim) == b""
        other.sendall(b"hello\n")
        assert ends.receive_exactly(other, 6) == b"hello\n"
        ends.until(lambda: len(server.connections) == 1)
    records = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(records) == 1
    assert name in records[0].getMessage()
    assert records[0].exc_info[0] is ValueError


def test_an_observer_that_raises_ends_its_own_connection(serving, peer_of, ends, caplog):
    def observe(conversation):
        raise ValueError("the observer's own fault")

    with serving(TCP, echo_session, on_open=observe) as server:
        assert ends.receive_all(peer_of(server)) == b""
        ends.until(lambda: not server.connections)
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ValueError]


def test_what_the_peer_did_wrong_is_no_news_and_what_we_did_wrong_is(serving, peer_of, ends, caplog):
    caplog.set_level(logging.INFO, "wiretalk")

    def session(connection):
        connection.receive()
        connection.send(b"two\nlines")

    with serving(TCP, session, framing="line") as server:
        rude, polite = peer_of(server), peer_of(server)
        rude.sendall(b"half")
        rude.shutdown(socket.SHUT_WR)
        assert ends.receive_all(rude) == b""
        polite.sendall(b"x\n")
        assert ends.receive_all(polite) == b""
        ends.until(lambda: not server.connections and not server._sessions._threads)
    told = sorted((record.levelname, record.getMessage()) for record in caplog.records)
    assert [level for level, _ in told] == ["INFO", "WARNING"]
    assert "truncated by the peer" in told[0][1]
    assert "cannot be sent as a line" in told[1][1]


def test_a_rude_close_at_the_end_is_told_at_info(serving, peer_of, ends, caplog, monkeypatch):
    monkeypatch.setattr("wiretalk.blocking.channel.CLOSE_TIMEOUT_S", 0.05)
    caplog.set_level(logging.INFO, "wiretalk")

    def session(connection):
        with contextlib.suppress(TimedOutError):
            connection.send(b"x" * 64 * MIB, timeout_s=0.05)

    with serving(TCP, session) as server:
        peer = peer_of(server)
        ends.until(lambda: len(caplog.records) == 2)
        peer.close()
    assert all("in close" in record.getMessage() for record in caplog.records)


# rude peers


def test_many_clients_one_slow_one_gone_one_resetting_one_silent(serving, peer_of, ends, running):
    endings = {}

    def session(connection):
        for message in connection:
            connection.send(message * 100)

    def ended(conversation):
        endings[conversation.peer] = conversation.ending.how

    with serving(TCP, session, framing="line", on_close=ended) as server:
        slow, vanishing, resetting, silent = (peer_of(server) for _ in range(4))
        names = {one: "tcp://{}:{}".format(*one.getsockname()) for one in (slow, vanishing, resetting, silent)}
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(ends.PATIENCE_S)
        sending = running(slow.sendall, b"x" * 999 + b"\n")
        vanishing.sendall(b"half a mess")
        vanishing.close()
        resetting.sendall(b"half a mess")
        ends.reset(resetting)
        for number in range(20):
            peer = peer_of(server)
            peer.sendall(b"%d\n" % (number % 10))
            assert ends.receive_exactly(peer, 101) == b"%d" % (number % 10) * 100 + b"\n"
            peer.close()
        sending.result()
        assert ends.receive_exactly(slow, 99_901) == b"x" * 99_900 + b"\n"
        ends.until(lambda: len(endings) == 22)
        assert endings[names[vanishing]] == "truncated"
        assert endings[names[resetting]] == "reset"
        assert names[silent] in {one.peer for one in server.connections}


MEMORY_OF_A_FLOOD = """
import resource, socket, sys, threading
from wiretalk import blocking

def session(connection):
    chunk = b"x" * 65536
    sent = 0
    try:
        while sent < 1 << 30:
            connection.send(chunk)
            sent += len(chunk)
    except blocking_errors:
        pass

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

from wiretalk.errors import WiretalkError as blocking_errors
from wiretalk.limits import Limits
server = blocking.serve("tcp://127.0.0.1:0", {handler}, framing="line", limits=Limits(drain_s=0.2)).start()
port = int(server.addresses[0].rpartition(":")[2])
peer = socket.create_connection(("127.0.0.1", port))
before = peak()
{flood}
print(peak() - before)
server.close()
peer.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is counted otherwise elsewhere")
@pytest.mark.parametrize(
    ("handler", "flood"),
    [
        # A peer that never reads a 1 GiB answer.
        ("session", "import time; time.sleep(1)"),
        # A peer that asks and never reads.
        (
            "reply=lambda message: message * 100",
            "peer.settimeout(1)\ntry:\n    while True: peer.sendall(b'x' * 999 + b'\\n')\nexcept TimeoutError: pass",
        ),
        # A handler slower than its peer.
        (
            "lambda connection: threading.Event().wait(3)",
            "peer.settimeout(1)\ntry:\n    while True: peer.sendall(b'x' * 999 + b'\\n')\nexcept TimeoutError: pass",
        ),
    ],
    ids=["never reads", "asks and never reads", "slow handler"],
)
def test_memory_is_bounded_whoever_is_slow(handler, flood):
    script = MEMORY_OF_A_FLOOD.replace("{handler}", handler).replace("{flood}", flood)
    if handler == "session":
        script = script.replace('framing="line", ', "")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 16 * MIB


# limits


@pytest.mark.parametrize(
    ("options", "limit"),
    [({"limits": Limits(max_connections=2)}, "max_connections"), ({"max_threads": 2}, "max_threads")],
)
def test_at_the_limit_no_more_are_accepted_and_it_is_said_once(serving, peer_of, ends, caplog, options, limit):
    with serving(TCP, reply=echo, **options) as server:
        first, second, third, fourth = (peer_of(server) for _ in range(4))
        for peer in (first, second):
            peer.sendall(b"x")
            assert peer.recv(1) == b"x"
        third.sendall(b"x")
        assert not ends.is_readable(third, 0.1)
        assert len(server.connections) == 2
        first.close()
        assert third.recv(1) == b"x"
        second.close()
        fourth.sendall(b"x")
        assert fourth.recv(1) == b"x"
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert told == [f"2 connections, the limit {limit}: no more are accepted"]


def test_out_of_descriptors_it_waits_without_spinning_and_recovers(tmp_path):
    script = f"""
import os, resource, socket, time, logging
from wiretalk import blocking
logging.basicConfig(format="%(message)s")
server = blocking.serve("unix:{tmp_path}/s", reply=lambda message: message).start()
peers = [socket.socket(socket.AF_UNIX) for _ in range(3)]
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
lowest = os.dup(0); os.close(lowest)
resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + {{room}}, hard))
for peer in peers:
    peer.connect("{tmp_path}/s")
    peer.sendall(b"x")
began = time.process_time()
peers[2].settimeout(0.7)
try:
    peers[2].recv(1)
except TimeoutError:
    print("waiting")
assert time.process_time() - began < 0.35
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
for peer in peers:
    peer.settimeout(30)
print("recovered" if peers[2].recv(1) == b"x" else "")
server.close(drain_s=0)
for peer in peers: peer.close()
"""
    for room in (0, 1, 2, 3):
        done = subprocess.run(
            [sys.executable, "-c", script.replace("{room}", str(room))], capture_output=True, text=True, timeout=100
        )
        assert done.stdout == "waiting\nrecovered\n", done.stderr
        assert done.stderr.count("out of file descriptors") == 1


def test_out_of_threads_it_waits_and_recovers(serving, peer_of, monkeypatch, caplog):
    monkeypatch.setattr("wiretalk.blocking.accepting.ACCEPT_RETRY_S", 0.02)
    start = threading.Thread.start
    refusals = [1, 2]

    def refuse(thread):
        if refusals and threading.current_thread().name == "wiretalk-accept":
            refusals.pop()
            raise RuntimeError("can't start new thread")
        start(thread)

    with serving(TCP, reply=echo) as server:
        monkeypatch.setattr(threading.Thread, "start", refuse)
        for _ in range(2):
            with pytest.raises(ConnectionResetError):
                peer_of(server).recv(1)
        peer = peer_of(server)
        peer.sendall(b"x")
        assert peer.recv(1) == b"x"
        assert server.accepted == 1
    assert sum("no more threads" in record.getMessage() for record in caplog.records) == 1


def test_a_connection_on_which_nothing_passes_is_ended(serving, peer_of, ends):
    endings = []
    with serving(
        TCP,
        echo_session,
        limits=Limits(idle_timeout_s=0.3),
        on_close=lambda one: endings.append((one.ending.how, one.ending.wait)),
    ) as server:
        idle, lively = peer_of(server), peer_of(server)
        began = time.monotonic()
        while time.monotonic() - began < 1:
            lively.sendall(b"x")
            assert lively.recv(1) == b"x"
        with pytest.raises(ConnectionResetError):
            idle.recv(1)
        ends.until(lambda: endings)
        assert endings == [("timed-out", "idle")]


def test_a_server_of_so_many_conversations_ends_by_itself(serving, peer_of, ends, running):
    with serving([TCP, TCP], echo_session, max_accepted=2) as server:
        forever = running(server.serve_forever)
        first = peer_of(server)
        first.sendall(b"x")
        assert first.recv(1) == b"x"
        second = peer_of(server, 1)
        second.sendall(b"x")
        assert second.recv(1) == b"x"
        third = peer_of(server)
        third.sendall(b"x")
        assert not ends.is_readable(third, 0.05)
        first.close()
        assert forever.thread.is_alive()
        second.close()
        forever.result()
    assert server.accepted == 2


# stopping


def test_stopping_lets_open_conversations_end(serving, peer_of, ends, running):
    server = serving(TCP, echo_session, framing="line", drain_s=ends.PATIENCE_S)
    peer = peer_of(server)
    peer.sendall(b"one\n")
    assert ends.receive_exactly(peer, 4) == b"one\n"
    closing = running(server.close)
    ends.until(lambda: server._closing)
    with pytest.raises(OSError, match=r"[Rr]efused|[Rr]eset"):
        while True:
            peer_of(server).close()
    peer.sendall(b"two\n")
    assert ends.receive_exactly(peer, 4) == b"two\n"
    peer.close()
    closing.result()
    assert not server.connections
    ends.until(lambda: not threads())


def test_conversations_that_do_not_end_are_called_off(serving, peer_of, ends, caplog):
    caplog.set_level(logging.INFO, "wiretalk")
    ended = []

    def session(connection):
        connection.send(b"hello")
        try:
            connection.receive()
        except ClosedError as error:
            ended.append(error)
            raise

    with serving([TCP, "udp://127.0.0.1:0"], session) as server:
        peer = peer_of(server)
        assert ends.receive_exactly(peer, 5) == b"hello"
        server.close(drain_s=0.05)
        assert len(ended) == 1
        assert peer.recv(1) == b""
    assert "1 conversations did not end within 0.05 s and are closed" in caplog.text
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    ends.until(lambda: not threads())


def test_reply_conversations_that_do_not_end_are_called_off_too(serving, peer_of, ends):
    server = serving([TCP, "udp://127.0.0.1:0"], reply=echo)
    peer = peer_of(server)
    peer.sendall(b"x")
    assert peer.recv(1) == b"x"
    server.close(drain_s=0.01)
    assert peer.recv(1) == b""
    ends.until(lambda: not threads())


def test_a_session_stuck_in_something_else_is_cut_off_from_its_peer(serving, peer_of, ends, monkeypatch):
    monkeypatch.setattr("wiretalk.blocking.server.CLOSE_GRACE_S", 0.05)
    never = threading.Event()
    told = []

    def session(connection):
        never.wait(30)
        try:
            connection.send(b"x")
        except WiretalkError as error:
            told.append(error.how)

    server = serving(TCP, session)
    peer = peer_of(server)
    ends.until(lambda: server.connections)
    server.close(drain_s=0.01)
    with pytest.raises(ConnectionResetError):
        peer.recv(1)
    assert threads()
    never.set()
    ends.until(lambda: not threads())
    assert told == ["closed"]


def test_a_session_may_stop_and_even_close_its_server(serving, peer_of, ends, running):
    server = serving(TCP, lambda connection: (connection.receive(), server.close(drain_s=5)))
    peer = peer_of(server)
    forever = running(server.serve_forever)
    peer.sendall(b"end")
    forever.result()
    assert peer.recv(1) == b""
    ends.until(lambda: not threads())


SERVING_FOREVER = """
import signal, sys, threading
from wiretalk import blocking

def session(connection):
    for message in connection:
        connection.send(message)

server = blocking.serve(["tcp://127.0.0.1:0", "unix:{path}"], session, framing="line")
{before}
try:
    with server:
        print(server.addresses[0].rpartition(":")[2], flush=True)
        server.serve_forever()
        print("stopped", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(len(server.connections), flush=True)
"""


@pytest.mark.parametrize(
    ("number", "before", "says"),
    [
        (signal.SIGINT, "", ["interrupted", "0"]),
        (signal.SIGTERM, "signal.signal(signal.SIGTERM, lambda *_: server.stop())", ["stopped", "0"]),
    ],
)
def test_signals_stop_it_in_good_order(tmp_path, opened, ends, number, before, says):
    script = SERVING_FOREVER.replace("{path}", f"{tmp_path}/s").replace("{before}", before)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline())
        peer = opened(socket.create_connection(("127.0.0.1", port), ends.PATIENCE_S))
        peer.sendall(b"one\n")
        assert ends.receive_exactly(peer, 4) == b"one\n"
        process.send_signal(number)
        ends.until(lambda: not os.path.exists(f"{tmp_path}/s"))
        # Draining: the conversation goes on to its own end.
        peer.sendall(b"two\n")
        peer.shutdown(socket.SHUT_WR)
        assert ends.receive_all(peer) == b"two\n"
        assert process.stdout.read().split() == says
    assert process.returncode == 0


def test_a_second_interrupt_cuts_the_draining_short(tmp_path, opened, ends):
    script = SERVING_FOREVER.replace("{path}", f"{tmp_path}/s").replace("{before}", "")
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        peer = opened(socket.create_connection(("127.0.0.1", int(process.stdout.readline())), ends.PATIENCE_S))
        peer.sendall(b"one\n")
        assert ends.receive_exactly(peer, 4) == b"one\n"
        process.send_signal(signal.SIGINT)
        ends.until(lambda: not os.path.exists(f"{tmp_path}/s"))
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.read().split() == ["interrupted", "0"]
        assert time.monotonic() - began < 4
        with pytest.raises(ConnectionResetError):
            peer.recv(1)


def test_stdio_is_served_and_its_end_is_the_end_of_the_server():
    script = (
        "from wiretalk import blocking\n"
        "with blocking.serve('-', reply=bytes.upper, framing='line') as server:\n"
        "    assert server.addresses == ['-']\n"
        "    server.serve_forever()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], input=b"one\ntwo\n", capture_output=True, timeout=60)
    assert (done.stdout, done.stderr) == (b"ONE\nTWO\n", b"")


def test_a_certificate_made_on_the_spot_is_told(serving, opened):
    with serving("tls://127.0.0.1:0?self_signed", echo_session) as server:
        (fingerprint,) = server.fingerprints
        connection = opened(blocking.connect(f"{server.addresses[0]}?fingerprint={fingerprint}"))
        connection.send(b"x")
        assert connection.receive() == b"x"
        connection.close()


def test_resetting_clients_leave_nothing_behind(serving, ends):
    with serving(TCP, echo_session) as server:
        port = int(server.addresses[0].rpartition(":")[2])
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(200):
            sock = socket.create_connection(("127.0.0.1", port))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        ends.until(lambda: server.accepted == 200 and not server._sessions._threads)
        assert len(os.listdir("/proc/self/fd")) <= before + 1


def test_who_comes_late_is_refused_while_conversations_go_on(serving, peer_of, running, ends):
    with serving([TCP, "udp://127.0.0.1:0"], echo_session) as server:
        udp = server.addresses[1]
        peer = peer_of(server)
        peer.sendall(b"x")
        assert peer.recv(1) == b"x"
        server.stop_accepting()
        with pytest.raises(ConnectionRefusedError):
            peer_of(server)
        peer.sendall(b"y")
        assert peer.recv(1) == b"y"
        with blocking.connect(udp) as connection:
            connection.send(b"z")
            assert connection.receive(timeout_s=ends.PATIENCE_S) == b"z"


def test_it_stops_after_the_last_conversation_once_it_accepts_no_more(serving, peer_of, running):
    with serving(TCP, lambda connection: (server.stop_accepting(), echo_session(connection))) as server:
        forever = running(server.serve_forever)
        peer = peer_of(server)
        peer.sendall(b"x")
        assert peer.recv(1) == b"x"
        assert forever.thread.is_alive()
        peer.close()
        forever.result()
    with serving(TCP, echo_session) as server:
        server.stop_accepting()
        server.stop_accepting()
        server.serve_forever()
    with serving("udp://127.0.0.1:0", echo_session) as server:
        server.stop_accepting()
    blocking.serve(TCP, echo_session).stop_accepting()


def test_udp_peers_of_every_address_are_answered(serving, opened, ends):
    for options in ({"session": echo_session}, {"reply": echo}):
        with serving("udp://:0", **options) as server:
            port = server.addresses[0].rpartition(":")[2]
            for host in ("127.0.0.1", "127.0.0.2"):
                connection = opened(blocking.connect(f"udp://{host}:{port}"))
                connection.send(b"x")
                assert connection.receive(timeout_s=ends.PATIENCE_S) == b"x"


def test_stdio_is_given_back_when_another_address_cannot_be_had(opened, ends):
    taken = opened(socket.create_server(("127.0.0.1", 0)))
    with pytest.raises(InUseError):
        blocking.serve(["-", ends.address_of(taken)], echo_session).start()


def test_a_connection_that_cannot_be_held_is_closed_and_no_more(serving, peer_of, monkeypatch, caplog):
    monkeypatch.setattr("wiretalk.blocking.accepting.ACCEPT_RETRY_S", 0.02)
    failures = [OpenError("tcp://x", "it is gone already")]
    local_name = server_module.local_name

    def fail(sock, address):
        if failures:
            raise failures.pop()
        return local_name(sock, address)

    monkeypatch.setattr(server_module, "local_name", fail)
    with serving(TCP, reply=echo) as server:
        with contextlib.suppress(ConnectionResetError):
            assert peer_of(server).recv(1) == b""
        peer = peer_of(server)
        peer.sendall(b"x")
        assert peer.recv(1) == b"x"
        assert server.totals()["messages_received"] == 1
    assert "it is gone already" in caplog.text
