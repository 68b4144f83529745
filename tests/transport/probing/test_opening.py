"""Which address of a host is asked, and the names of those who answer."""

import pytest

from wiretalk.address import parse
from wiretalk.errors import NoSuchHostError, UnreachableError
from wiretalk.transport import probing, resolve
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.probing import choose, name_of, open_prober


def test_the_first_that_there_is_a_way_to():
    candidates = resolve(parse("icmp://localhost"))
    assert choose(candidates).sockaddr[0] == "127.0.0.1"
    assert choose(candidates, 6).sockaddr[0] == "::1"
    assert choose(candidates, 4).sockaddr[0] == "127.0.0.1"


def test_none_of_that_version():
    with pytest.raises(NoSuchHostError, match=r"icmp://127.0.0.1: it has no IPv6 address"):
        choose(resolve(parse("icmp://127.0.0.1")), 6)


def of(text, *hosts):
    """Return the candidates of an address whose name stands for these hosts."""
    address = parse(text)
    (kind,) = {(one.type, one.protocol) for one in resolve(address)}
    return [
        Candidate(
            10 if ":" in host else 2, *kind, (host, address.port or 0), address, connected=not host.startswith("224")
        )
        for host in hosts
    ]


def test_one_without_a_way_is_passed_over(own_network):
    assert choose(of("tcp://127.0.0.1:80", "192.0.2.1", "127.0.0.1")).sockaddr[0] == "127.0.0.1"
    # A group has a way as soon as an interface is named.
    assert choose(of("icmp://127.0.0.1", "224.0.0.1", "127.0.0.1")).sockaddr[0] == "224.0.0.1"


def test_no_way_to_any(own_network):
    with pytest.raises(UnreachableError, match="no route to that network"):
        choose(of("tcp://127.0.0.1:80", "192.0.2.1", "2001:db8::1"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [("icmp://127.0.0.1", "IcmpProber"), ("udp4://127.0.0.1:7", "UdpProber"), ("tcp4://127.0.0.1:7", "TcpProber")],
)
def test_what_asks(text, kind, opened):
    (candidate,) = resolve(parse(text))
    assert type(opened(open_prober(candidate, size_bytes=56))).__name__ == kind


def test_the_name_of_a_host():
    assert name_of("127.0.0.1")
    assert name_of("192.0.2.77") == ""


def test_news_tell_themselves():
    assert repr(probing.News("answer", 3, "10.0.0.1", 0.5)) == "News('answer', 3, '10.0.0.1', 0.5, words='')"


def test_the_door():
    assert all(getattr(probing, name) for name in ("News", "choose", "name_of", "open_prober"))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = probing.nothing
