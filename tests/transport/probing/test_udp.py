"""Datagrams that come back, or do not, or come back as something else."""

import socket

import pytest

from wiretalk.transport.probing import hearing


@pytest.fixture
def peer():
    """A plain UDP socket on 127.0.0.1, with the address to ask it by."""

    class Peer(socket.socket):
        @property
        def address(self):
            return f"udp://127.0.0.1:{self.getsockname()[1]}"

    with Peer(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(20)
        yield sock


def closed_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return f"udp://127.0.0.1:{sock.getsockname()[1]}"


@pytest.mark.parametrize("apart", [False, True])
def test_what_comes_back(probing, heard, peer, apart):
    prober = probing(peer.address, size_bytes=20, apart=apart)
    for sequence in (1, 2):
        assert prober.send(sequence, 9) == []
        data, whom = peer.recvfrom(100)
        assert len(data) == 20
        peer.sendto(data, whom)
        (news,) = heard(prober)
        assert (news.kind, news.sequence, news.source) == ("answer", sequence, "127.0.0.1")
        assert (news.size_bytes, news.intact, news.ttl) == (20, True, 64)
        assert 0 < news.rtt_s < 20
    assert len(list(prober.watched())) == (2 if apart else 1)
    prober.forget(1)
    prober.forget(1)
    assert len(list(prober.watched())) == 1


def test_several_at_once_are_told_apart(probing, heard, peer):
    prober = probing(peer.address)
    came = []
    for sequence in (1, 2, 3):
        prober.send(sequence)
        came.append(peer.recvfrom(100))
    for data, whom in reversed(came):
        peer.sendto(data, whom)
    assert [news.sequence for news in heard(prober, 3)] == [3, 2, 1]


def test_other_bytes_than_were_sent(probing, heard, peer):
    prober = probing(peer.address)
    prober.send(1)
    data, whom = peer.recvfrom(100)
    peer.sendto(data[:-1] + b"!", whom)
    peer.sendto(data + b"!", whom)
    assert [(news.kind, news.sequence, news.intact) for news in heard(prober, 2)] == [("answer", 1, False)] * 2


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("answer", [b"what?", b"a longer answer"])
def test_a_peer_that_is_no_echo_service(probing, heard, peer, answer, apart):
    prober = probing(peer.address, apart=apart)
    prober.send(1)
    peer.sendto(answer, peer.recvfrom(100)[1])
    (news,) = heard(prober)
    assert (news.kind, news.how, news.sequence) == ("strange", "malformed", 1)
    assert news.words == f"it answers, but not with what it was sent ({len(answer)} bytes): no echo service"


@pytest.mark.parametrize("apart", [False, True])
def test_nobody_has_the_port(probing, heard, apart):
    prober = probing(closed_port(), apart=apart, ttl=30)
    for sequence in (1, 2):
        prober.send(sequence)
        (news,) = heard(prober)
        assert (news.kind, news.how, news.sequence, news.source) == ("closed", "refused", sequence, "127.0.0.1")
        assert news.words == "Destination Port Unreachable"
        assert news.rtt_s > 0


def test_an_error_is_told_by_what_it_quotes(probing, peer):
    prober = probing(peer.address)
    prober.send(1)
    prober.send(2)
    first = peer.recv(100)
    assert prober._quoted(first, None) == 1
    # A router may quote no more than the header.
    assert prober._quoted(b"", None) == 2
    assert prober._quoted(b"others'!", None) is None
    assert prober._quoted(b"", 7) == 7


@pytest.mark.parametrize("apart", [False, True])
def test_where_there_is_no_queue_of_errors(probing, heard, monkeypatch, apart):
    monkeypatch.setattr(hearing, "SUPPORTED", False)
    prober = probing(closed_port(), apart=apart)
    prober.send(1)
    (news,) = heard(prober)
    assert (news.kind, news.sequence, news.source) == ("closed", 1, "127.0.0.1")


def test_an_error_between_the_queue_and_the_message(probing, peer, monkeypatch):
    prober = probing(peer.address)

    def broken(sock, most_bytes):
        raise ConnectionRefusedError

    monkeypatch.setattr(hearing, "hear", broken)
    assert prober.read([fd for fd, _ in prober.watched()]) == []


def test_what_our_own_system_does_not_send_is_told(probing, peer):
    (news,) = probing(peer.address, size_bytes=65508).send(1)
    assert (news.kind, news.how, news.words) == ("unsent", "limit", "it is larger than the way carries")


def test_a_way_that_is_not_there_leaves_nothing_open(own_network, probing):
    with pytest.raises(OSError, match="no route"):
        probing("udp://192.0.2.1:7")
