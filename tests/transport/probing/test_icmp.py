"""Echo requests by either kind of socket, and what is read of their replies and of errors."""

import socket

import pytest

from wiretalk.address import parse
from wiretalk.transport import resolve
from wiretalk.transport.ip.icmp import HEADER, Echo
from wiretalk.transport.ip.ipv4 import Ipv4Header
from wiretalk.transport.probing import hearing
from wiretalk.transport.probing.hearing import Heard

EVERYBODY, NOBODY = "0 2147483647", "1 0"


@pytest.mark.parametrize("groups", [EVERYBODY, NOBODY])
@pytest.mark.parametrize(("host", "number"), [("127.0.0.1", "127.0.0.1"), ("[::1]", "::1")])
def test_the_system_answers(ping_sockets, answering, probing, heard, groups, host, number):
    ping_sockets(groups)
    prober = probing(f"icmp://{host}", size_bytes=100, ttl=9)
    assert prober.host == number
    for sequence in (1, 2, 0x1_0003):
        assert prober.send(sequence) == []
        (news,) = heard(prober)
        assert (news.kind, news.sequence, news.source) == ("answer", sequence, number)
        assert (news.size_bytes, news.intact) == (108, True)
        assert news.ttl is not None
        assert 0 < news.rtt_s < 20
    prober.forget(1)


def test_replies_to_others_are_not_ours(ping_sockets, answering, probing, heard):
    ping_sockets(NOBODY)
    ours, theirs = probing("icmp://127.0.0.1"), probing("icmp://127.0.0.1")
    assert (ours._raw, theirs._raw) == (True, True)
    theirs.send(1)
    ours.send(2)
    # Both hear both replies.
    assert [news.sequence for news in heard(ours)] == [2]
    assert [news.sequence for news in heard(theirs)] == [1]


def test_what_our_own_system_does_not_send_is_told(own_network, probing):
    prober = probing("icmp://127.0.0.1", size_bytes=65508)
    (news,) = prober.send(1)
    assert (news.kind, news.how, news.words) == ("unsent", "limit", "it is larger than the way carries")


def test_a_group_is_asked_without_a_connection(own_network, probing):
    (news,) = probing("icmp://224.0.0.1").send(1)
    assert (news.kind, news.how) == ("unsent", "unreachable")


def test_an_error_that_is_pending_is_not_taken_for_the_next_probes(own_network, probing, heard, unreachable):
    prober = probing(f"icmp://{unreachable}")
    prober.send(1)
    prober._sock.setblocking(True)
    # It is in the queue when the next one is sent, and told then.
    found = []
    while not found:
        found = prober.send(2)
    assert {(news.kind, news.how) for news in found} == {("unreachable", "unreachable")}


@pytest.fixture
def unreachable(own_network):
    """An address that a router on this machine says is unreachable."""
    import subprocess

    commands = (
        "ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up; "
        "ip addr add 10.0.0.1/24 dev v0; ip neigh add 10.0.0.9 dev v0 nud failed; "
        "echo 50 > /proc/sys/net/ipv4/neigh/v0/retrans_time_ms; echo 1 > /proc/sys/net/ipv4/neigh/v0/mcast_solicit"
    )
    subprocess.run(["sh", "-ec", commands], check=True)
    return "10.0.0.9"


def test_a_host_that_is_not_there(probing, heard, unreachable):
    prober = probing(f"icmp://{unreachable}")
    prober.send(1)
    (news,) = heard(prober)
    assert (news.kind, news.source, news.sequence) == ("unreachable", "10.0.0.1", 1)
    assert news.words == "Destination Host Unreachable"


# Where there is no queue of errors (macOS), they come as messages.


@pytest.fixture
def elsewhere(own_network, probing, monkeypatch):
    """A prober as on another system than Linux, over a version of IP."""
    monkeypatch.setattr(hearing, "SUPPORTED", False)
    prober = probing("icmp://127.0.0.1")
    prober._stamps.sent(5)
    return prober


def quoting(prober, kind, code, info=0, *, identifier=None):
    """Return the message by which a router tells what became of probe 5."""
    own = prober._identifier if identifier is None else identifier
    request = Echo(own, 5, b"x" * 8).write(4)
    quoted = Ipv4Header("10.0.0.1", "10.0.0.2", 1).write(request)
    return Ipv4Header("10.0.0.9", "10.0.0.1", 1).write(HEADER.pack(kind, code, 0, 0, info) + quoted)


def test_an_error_that_comes_as_a_message(elsewhere):
    news = elsewhere._of(Heard(quoting(elsewhere, 11, 0), [], "10.0.0.9"))
    assert (news.kind, news.source, news.sequence) == ("expired", "10.0.0.9", 5)
    news = elsewhere._of(Heard(quoting(elsewhere, 3, 4, 1300), [], "10.0.0.9"))
    assert news.words == "Frag needed and DF set (mtu = 1300)"


def test_messages_about_others_are_skipped(elsewhere):
    other = elsewhere._identifier ^ 1
    assert elsewhere._of(Heard(quoting(elsewhere, 11, 0, identifier=other), [], "10.0.0.9")) is None
    assert elsewhere._of(Heard(b"\0", [], "10.0.0.9")) is None
    for reply in (True, False):
        echo = Echo(other if reply else elsewhere._identifier, 5, b"x", reply=reply).write(4)
        packet = Ipv4Header("10.0.0.9", "10.0.0.1", 1).write(echo)
        assert elsewhere._of(Heard(packet, [], "10.0.0.9")) is None


def test_a_reply_with_other_bytes_is_told(elsewhere):
    echo = Echo(elsewhere._identifier, 5, b"other", reply=True).write(4)
    news = elsewhere._of(Heard(Ipv4Header("10.0.0.9", "10.0.0.1", 1, ttl=3).write(echo), [], "10.0.0.9"))
    assert (news.kind, news.intact, news.ttl) == ("answer", False, 3)


def test_such_a_prober_is_not_connected(elsewhere):
    with pytest.raises(OSError, match="not connected"):
        elsewhere._sock.getpeername()


def test_an_interface_that_is_not_there_leaves_nothing_open(own_network, probing):
    with pytest.raises(OSError, match="no route"):
        probing("icmp://192.0.2.1")


def test_an_error_between_the_queue_and_the_message(own_network, probing, monkeypatch):
    prober = probing("icmp://127.0.0.1")

    def broken(sock, most_bytes):
        raise ConnectionRefusedError

    monkeypatch.setattr(hearing, "hear", broken)
    assert prober.read([]) == []


def test_candidates_are_of_either_version():
    assert {one.family for one in resolve(parse("icmp://localhost"))} == {socket.AF_INET, socket.AF_INET6}
