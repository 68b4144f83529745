"""Connections: open, refused, on their way, given up."""

import errno
import socket

import pytest

from wiretalk.transport.oserrors import explain
from wiretalk.transport.probing import hearing, tcp
from wiretalk.transport.probing.sending import of_code


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sock.settimeout(20)
        yield sock


def told(prober, heard, sequence, ttl=None):
    return prober.send(sequence, ttl) or heard(prober)


def test_open(probing, heard, server):
    prober = probing(f"tcp://127.0.0.1:{server.getsockname()[1]}", ttl=30)
    for sequence in (1, 2):
        (news,) = told(prober, heard, sequence)
        assert (news.kind, news.sequence, news.source, news.how) == ("answer", sequence, "127.0.0.1", "finished")
        assert 0 < news.rtt_s < 20
        assert list(prober.watched()) == []
        connection, _ = server.accept()
        with connection:
            # It is closed in good order, at once.
            assert connection.recv(1) == b""


def test_refused(probing, heard, server):
    port = server.getsockname()[1]
    server.close()
    (news,) = told(probing(f"tcp://127.0.0.1:{port}"), heard, 1, 9)
    assert (news.kind, news.how, news.source, news.words) == ("refused", "refused", "127.0.0.1", "refused")
    assert news.rtt_s > 0


def test_out_of_descriptors(probing, server, monkeypatch):
    def none(candidate):
        raise explain(OSError(errno.EMFILE, "x"), str(candidate), "open")

    monkeypatch.setattr(tcp.tcp, "open_socket", none)
    (news,) = probing(f"tcp://127.0.0.1:{server.getsockname()[1]}").send(1)
    assert (news.kind, news.how) == ("unsent", "limit")
    assert "out of file descriptors" in news.words


def test_no_way_there(own_network, probing):
    (news,) = probing("tcp://192.0.2.1:80").send(1)
    assert (news.kind, news.how, news.source) == ("unsent", "unreachable", "")
    assert news.words == "no route to that network: is this machine connected to it?"


def test_the_system_gives_up(silent, probing, monkeypatch):
    prober = probing(f"tcp://{silent}:80")
    assert prober.send(1) == []
    (fd,) = (fd for fd, _ in prober.watched())
    # That takes the system longer than a test may.
    late = explain(OSError(errno.ETIMEDOUT, "x"), f"tcp://{silent}:80", "connect")

    def gives_up(sock, candidate):
        raise late

    monkeypatch.setattr(tcp, "finish_connect", gives_up)
    (news,) = prober.read([fd])
    assert (news.kind, news.how, news.words) == ("unsent", "timed-out", "the system gave up")


def test_it_is_no_longer_tried(silent, probing):
    prober = probing(f"tcp://{silent}:80")
    prober.send(1)
    prober.send(2)
    assert len(list(prober.watched())) == 2
    prober.forget(1)
    prober.forget(1)
    assert len(list(prober.watched())) == 1
    prober.close()
    assert list(prober.watched()) == []


def test_the_systems_own_measure(server, monkeypatch):
    with socket.create_connection(server.getsockname()) as sock:
        assert 0 <= (tcp.handshake_s(sock) or 0) < 20
    monkeypatch.setattr(hearing, "SUPPORTED", False)
    assert tcp.handshake_s(sock) is None


class Told:
    """What getsockopt returns for TCP_INFO."""

    def __init__(self, rtt_us, retransmits, length=tcp.INFO_BYTES):
        self.info = bytearray(length)
        self.info[68:72] = rtt_us.to_bytes(4, "little")[: max(0, length - 68)]
        self.info[100:104] = retransmits.to_bytes(4, "little")[: max(0, length - 100)]

    def getsockopt(self, *_):
        return bytes(self.info)


def test_what_was_sent_again_or_is_not_told_does_not_count(require):
    import sys

    require(sys.byteorder == "little", "the numbers are written so here")
    assert tcp.handshake_s(Told(1500, 0)) == 0.0015
    assert tcp.handshake_s(Told(1500, 1)) is None
    assert tcp.handshake_s(Told(0, 0)) is None
    assert tcp.handshake_s(Told(1500, 0, length=60)) is None


def test_an_error_that_nobody_explains(probing):
    from wiretalk.address import parse
    from wiretalk.transport import resolve

    (candidate,) = resolve(parse("udp://127.0.0.1:9"))
    news = of_code(errno.ENETUNREACH, candidate, 3, 0.5)
    assert (news.kind, news.sequence, news.source, news.rtt_s) == ("unreachable", 3, "", 0.5)
    assert news.words == "no route to that network: is this machine connected to it?"
