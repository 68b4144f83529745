"""A function a message: answers in order, in few writes, and what happens when there is none to give."""

from __future__ import annotations

import errno
import logging
import socket
import threading

import pytest

from wiretalk.limits import Limits
from wiretalk.transport import explain

TCP = "tcp://127.0.0.1:0"
UDP = "udp://127.0.0.1:0"


@pytest.fixture
def udp_peer(opened, ends):
    def connect(server, index=0):
        host, _, port = server.addresses[index].removeprefix("udp://").rpartition(":")
        sock = opened(socket.socket(type=socket.SOCK_DGRAM))
        sock.settimeout(ends.PATIENCE_S)
        sock.connect((host, int(port)))
        return sock

    return connect


# streams


def test_a_thousand_messages_in_one_segment_are_answered_in_order(serving, peer_of, ends):
    with serving(TCP, reply=lambda number: number + 1, framing="line", codec="json") as server:
        peer = peer_of(server)
        peer.sendall(b"".join(b"%d\n" % number for number in range(1000)))
        peer.shutdown(socket.SHUT_WR)
        assert ends.receive_all(peer).split() == [b"%d" % (number + 1) for number in range(1000)]
        ends.until(lambda: not server.connections)
        assert server.totals()["messages_received"] == server.totals()["messages_sent"] == 1000


def test_answers_larger_than_a_read_leave_as_they_are_made(serving, peer_of, ends):
    with serving(TCP, reply=lambda message: message * 10_000, framing="line") as server:
        peer = peer_of(server)
        peer.sendall(b"0123456789\n" * 100)
        peer.shutdown(socket.SHUT_WR)
        assert ends.receive_all(peer) == (b"0123456789" * 10_000 + b"\n") * 100


def test_no_answer_is_an_answer(serving, peer_of, ends):
    with serving(TCP, reply=lambda m: None if m == "quiet" else m.upper(), framing="line", codec="text") as server:
        peer = peer_of(server)
        peer.sendall(b"quiet\nloud\nquiet\nquiet\nloud\n")
        assert ends.receive_exactly(peer, 10) == b"LOUD\nLOUD\n"
        peer.sendall(b"quiet\n")
        peer.shutdown(socket.SHUT_WR)
        assert ends.receive_all(peer) == b""


@pytest.mark.parametrize(
    ("sent", "how", "answered"),
    [
        (b"good\nbad\nnever\n", "failed", b"GOOD\n"),
        (b"good\nlf\nnever\n", "failed", b""),
        (b"good\nhalf a mess", "truncated", b"GOOD\n"),
        (b"good\n" + b"x" * 200, "limit", b"GOOD\n"),
        (b"good\n\xff\nnever\n", "codec", b"GOOD\n"),
        (b"good\n7\nnever\n", "failed", b"GOOD\n"),
    ],
)
def test_what_ends_it_comes_after_what_is_owed(serving, peer_of, ends, sent, how, answered):
    def reply(message):
        if message == "bad":
            raise ValueError(message)
        return {"lf": "two\nlines", "7": 7}.get(message, message.upper())

    endings = []
    limits = Limits(max_message_bytes=100)
    with serving(
        TCP, reply=reply, framing="line", codec="text", limits=limits, on_close=lambda one: endings.append(one.ending)
    ) as server:
        peer = peer_of(server)
        peer.sendall(sent)
        peer.shutdown(socket.SHUT_WR)
        received = ends.receive_all(peer)
        ends.until(lambda: endings)
        if how != "failed" or b"bad" in sent:
            assert received == answered
        assert endings[0].how == ("codec" if b"7" in sent else how)


def test_a_failing_function_is_logged_with_the_peer_and_others_go_on(serving, peer_of, ends, caplog):
    def reply(message):
        if message == b"bad":
            raise ValueError("the handler's own fault")
        return message

    with serving(TCP, reply=reply, framing="line") as server:
        other, victim = peer_of(server), peer_of(server)
        name = "{}:{}".format(*victim.getsockname())
        victim.sendall(b"good\nbad\nnever\n")
        assert ends.receive_all(victim) == b"good\n"
        other.sendall(b"good\n")
        assert ends.receive_exactly(other, 5) == b"good\n"
    records = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(records) == 1
    assert name in records[0].getMessage()
    assert records[0].exc_info[0] is ValueError


def test_a_peer_that_breaks_off_is_told_by_its_ending(serving, peer_of, ends):
    endings = []
    with serving(TCP, reply=lambda m: m, on_close=lambda one: endings.append(one.ending.how)) as server:
        ends.reset(peer_of(server))
        ends.until(lambda: endings)
    assert endings == ["reset"]


# datagrams


def test_each_datagram_is_answered_and_nobody_is_remembered(serving, udp_peer, ends):
    with serving(UDP, reply=lambda m: None if m == "quiet" else m.upper(), codec="text") as server:
        peers = [udp_peer(server) for _ in range(20)]
        for peer in peers:
            peer.send(b"quiet")
            peer.send("grüß dich".encode())
        assert [peer.recv(100).decode() for peer in peers] == ["GRÜSS DICH"] * 20
        ends.until(lambda: server.totals()["messages_sent"] == 20)
        assert server.totals() == {
            "bytes_received": 20 * 16,
            "bytes_sent": 20 * 11,
            "messages_received": 40,
            "messages_sent": 20,
        }
        assert not server.connections


def test_a_datagram_that_cannot_be_answered_is_told_and_the_next_is(serving, udp_peer, caplog, ends):
    def reply(message):
        if message == "bad":
            raise ValueError("the handler's own fault")
        return "x" * 70_000 if message == "long" else message

    with serving(f"{UDP}?max_message=100k", reply=reply, codec="text") as server:
        peer = udp_peer(server)
        for message in (b"bad", b"long", b"\xff", b"good"):
            peer.send(message)
        assert peer.recv(100) == b"good"
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING", "WARNING"]


def test_a_datagram_over_the_limit_is_never_cut(serving, udp_peer, caplog):
    with serving(f"{UDP}?max_message=10", reply=lambda m: m) as server:
        peer = udp_peer(server)
        peer.send(b"x" * 11)
        peer.send(b"y" * 10)
        assert peer.recv(100) == b"y" * 10
    assert "longer than the limit" in caplog.text


def test_a_peer_without_an_address_cannot_be_answered(serving, tmp_path, opened, caplog, ends):
    with serving(f"unixgram:{tmp_path}/s", reply=lambda m: m):
        peer = opened(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        peer.sendto(b"hello?", f"{tmp_path}/s")
        ends.until(lambda: caplog.records)
    assert "a peer without an address cannot be answered" in caplog.text


def test_a_unixgram_peer_that_does_not_read_is_waited_for(serving, tmp_path, opened, ends):
    with serving(f"unixgram:{tmp_path}/s", reply=lambda m: m) as server:
        peer = opened(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        peer.bind(f"{tmp_path}/peer")
        peer.settimeout(ends.PATIENCE_S)
        peer.connect(f"{tmp_path}/s")

        def ask():
            for number in range(2000):
                peer.send(b"%d" % number)

        asking = threading.Thread(target=ask)
        asking.start()
        assert [int(peer.recv(100)) for _ in range(2000)] == list(range(2000))
        asking.join()
        ends.until(lambda: server.totals()["messages_sent"] == 2000)


def test_a_unixgram_peer_that_reads_nothing_does_not_hold_up_others(
    serving, tmp_path, opened, caplog, monkeypatch, ends
):
    monkeypatch.setattr("wiretalk.blocking.replying.ANSWER_GRACE_S", 0.02)
    with serving(f"unixgram:{tmp_path}/s", reply=lambda m: m):
        rude, polite = (opened(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) for _ in range(2))
        rude.bind(f"{tmp_path}/rude")
        while not caplog.records:
            # Not connected, so that its queue has a limit.
            rude.sendto(b"x", f"{tmp_path}/s")
        polite.bind(f"{tmp_path}/polite")
        polite.settimeout(ends.PATIENCE_S)
        polite.sendto(b"hello", f"{tmp_path}/s")
        assert polite.recv(10) == b"hello"
    assert f"unixgram:{tmp_path}/rude: timed out after 0.02 s in send; 1 bytes unsent" in caplog.text


def test_a_full_buffer_is_waited_for(serving, udp_peer):
    with serving(UDP, reply=lambda m: m) as server:
        (answering,) = server._answering
        listener = answering._listener

        class Full:
            refusals = 3

            def sendto(self, data, sockaddr):
                if self.refusals:
                    self.refusals -= 1
                    raise BlockingIOError
                return sock.sendto(data, sockaddr)

            def __getattr__(self, attribute):
                return getattr(sock, attribute)

        sock, listener.sock = listener.sock, Full()
        peer = udp_peer(server)
        peer.send(b"hello")
        assert peer.recv(10) == b"hello"


def test_so_many_datagrams_and_it_ends_by_itself(serving, udp_peer, running):
    with serving(UDP, reply=lambda m: m, max_accepted=3) as server:
        forever = running(server.serve_forever)
        peer = udp_peer(server)
        for number in range(3):
            peer.send(b"%d" % number)
            assert peer.recv(10) == b"%d" % number
        forever.result()
        assert server.accepted == 3


def test_a_function_may_close_its_server(serving, udp_peer, running, ends):
    server = serving(UDP, reply=lambda m: (server.close(), m)[1])
    forever = running(server.serve_forever)
    peer = udp_peer(server)
    peer.send(b"bye")
    assert peer.recv(10) == b"bye"
    forever.result()
    ends.until(lambda: not [one for one in threading.enumerate() if one.name.startswith("wiretalk")])


def test_what_the_network_says_of_an_earlier_answer_is_told_and_it_goes_on(serving, udp_peer, monkeypatch, caplog):
    with serving(UDP, reply=lambda m: m) as server:
        (answering,) = server._answering
        listener = answering._listener

        class Complaining:
            complaints = (errno.ECONNREFUSED,)

            def recvfrom(self, count):
                complaints, self.complaints = self.complaints, ()
                for complaint in complaints:
                    raise OSError(complaint, "Connection refused")
                return sock.recvfrom(count)

            def __getattr__(self, name):
                return getattr(sock, name)

        sock, listener.sock = listener.sock, Complaining()
        peer = udp_peer(server)
        peer.send(b"hello")
        assert peer.recv(10) == b"hello"
    told = str(explain(OSError(errno.ECONNREFUSED, ""), server.addresses[0], "receive"))
    assert told in caplog.text
