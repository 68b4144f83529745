"""A candidate: what `socket` and `connect` are to be given."""

import socket

from wiretalk.address import parse
from wiretalk.transport import Candidate, resolve


def test_it_is_named_by_the_endpoint_and_not_by_the_name():
    (candidate,) = resolve(parse("tcp4://localhost:80?nodelay"))
    assert str(candidate) == "tcp4://127.0.0.1:80"
    assert repr(candidate) == "<Candidate tcp4://127.0.0.1:80>"


def test_it_says_what_the_socket_module_wants():
    (candidate,) = resolve(parse("tcp://127.0.0.1:80"))
    assert (candidate.family, candidate.type, candidate.protocol) == (
        socket.AF_INET,
        socket.SOCK_STREAM,
        socket.IPPROTO_TCP,
    )
    assert candidate.sockaddr == ("127.0.0.1", 80)
    assert candidate.connected


def test_two_that_say_the_same_are_equal():
    address = parse("udp://127.0.0.1:80")
    one, other = (Candidate(2, 2, 17, ("127.0.0.1", 80), address) for _ in range(2))
    assert one == other
    assert len({one, other}) == 1
    assert one != Candidate(2, 2, 17, ("127.0.0.1", 80), address, connected=False)
    assert one != "udp://127.0.0.1:80"
