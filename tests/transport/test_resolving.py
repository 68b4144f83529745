"""From addresses to candidates, and the hosts below."""

import socket

import pytest

from wiretalk.address import parse
from wiretalk.errors import AddressError, NoSuchHostError, UnreachableError
from wiretalk.transport import resolve
from wiretalk.transport.hosts import interleave, literal


def resolved(text, *, passive=False):
    return [str(candidate) for candidate in resolve(parse(text), passive=passive)]


@pytest.fixture
def answers(monkeypatch):
    """`answers(result)` makes the resolver return or raise it, and returns the list of what it was asked."""

    def install(result):
        asked = []

        def getaddrinfo(*args):
            asked.append(args)
            if isinstance(result, Exception):
                raise result
            return [(family, socket.SOCK_STREAM, 6, "", sockaddr) for family, sockaddr in result]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return install


# Without asking anybody.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tcp://127.0.0.1:80", ["tcp://127.0.0.1:80"]),
        ("tcp://[::1]:80", ["tcp://[::1]:80"]),
        ("tcp6://[fe80::1%lo]:80", ["tcp6://[fe80::1%lo]:80"]),
        ("tcp6://[fe80::1%1]:80", ["tcp6://[fe80::1%lo]:80"]),
        ("udp://[ff05::1%lo]:80", ["udp://[ff05::1%lo]:80"]),
        ("tcp://:80", ["tcp://[::1]:80", "tcp://127.0.0.1:80"]),
        ("tcp://localhost:80", ["tcp://[::1]:80", "tcp://127.0.0.1:80"]),
        ("tls://LocalHost.:80", ["tls://[::1]:80", "tls://127.0.0.1:80"]),
        ("tcp4://localhost:80", ["tcp4://127.0.0.1:80"]),
        ("tcp6://:80", ["tcp6://[::1]:80"]),
        ("udp://:80", ["udp://127.0.0.1:80", "udp://[::1]:80"]),
        ("unix:/run/x", ["unix:/run/x"]),
        ("unixgram:@x", ["unixgram:@x"]),
        ("unixpacket:relative", ["unixpacket:relative"]),
        ("vsock://:80", ["vsock://local:80"]),
        ("vsock://any:80", ["vsock://local:80"]),
        ("vsock://host:80", ["vsock://host:80"]),
        ("-", ["-"]),
    ],
)
def test_connecting(text, expected):
    assert resolved(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tcp://:80", ["tcp://[::]:80", "tcp://0.0.0.0:80"]),
        ("tcp://:0?v6only", ["tcp://[::]:0"]),
        ("udp4://:80", ["udp4://0.0.0.0:80"]),
        ("tcp://localhost:0", ["tcp://[::1]:0", "tcp://127.0.0.1:0"]),
        ("udp://localhost:0", ["udp://[::1]:0", "udp://127.0.0.1:0"]),
    ],
)
def test_listening(text, expected):
    assert resolved(text, passive=True) == expected


def test_port_0_is_for_listening():
    with pytest.raises(AddressError) as caught:
        resolved("tcp://127.0.0.1:0")
    assert str(caught.value) == (
        "port 0 lets a server pick one; connect to 1 to 65535\n  tcp://127.0.0.1:0\n                  ^"
    )


def test_a_group_is_never_connected_nor_is_a_broadcast():
    assert [candidate.connected for candidate in resolve(parse("udp://239.1.2.3:5"))] == [False]
    assert [candidate.connected for candidate in resolve(parse("udp://[ff05::5]:5"))] == [False]
    assert [candidate.connected for candidate in resolve(parse("udp://192.0.2.255:5?broadcast"))] == [False]
    assert [candidate.connected for candidate in resolve(parse("udp://192.0.2.1:5"))] == [True]
    assert [candidate.connected for candidate in resolve(parse("udp://[fd00::1]:5"))] == [True]


def test_an_interface_that_is_not_there():
    with pytest.raises(UnreachableError) as caught:
        resolved("tcp://[fe80::1%nowhere0]:80")
    assert str(caught.value) == (
        "[fe80::1%nowhere0]: this machine has no interface nowhere0; ip link shows those it has"
    )


def test_a_number_is_told_from_a_name():
    assert literal("127.0.0.1", 5) == [(socket.AF_INET, ("127.0.0.1", 5))]
    assert literal("::1") == [(socket.AF_INET6, ("::1", 0, 0, 0))]
    assert literal("eth0") == []
    assert literal("bücher") == []


# With the resolver's answers given.


def test_a_name_goes_to_the_resolver_as_it_is(answers):
    asked = answers([(socket.AF_INET, ("192.0.2.1", 80))])
    assert resolved("tcp://my_server.example:80") == ["tcp://192.0.2.1:80"]
    assert asked == [(b"my_server.example", 80, socket.AF_UNSPEC, socket.SOCK_STREAM)]


def test_a_name_in_another_script_goes_as_idna_writes_it(answers):
    asked = answers([(socket.AF_INET, ("192.0.2.1", 80))])
    resolved("tcp4://bücher.example:80")
    assert asked[0][:3] == (b"xn--bcher-kva.example", 80, socket.AF_INET)


def test_the_families_take_turns_and_the_resolvers_first_is_first(answers):
    six = [(socket.AF_INET6, (f"fd00::{number}", 80, 0, 0)) for number in (1, 2, 3)]
    four = [(socket.AF_INET, ("192.0.2.1", 80))]
    answers([*six, *four])
    assert resolved("tcp://pi.example:80") == [
        "tcp://[fd00::1]:80",
        "tcp://192.0.2.1:80",
        "tcp://[fd00::2]:80",
        "tcp://[fd00::3]:80",
    ]
    assert interleave([*four, *six])[:2] == [four[0], six[0]]
    assert interleave([]) == []


def test_an_answer_given_twice_is_tried_once(answers):
    answers([(socket.AF_INET, ("192.0.2.1", 80))] * 2)
    assert resolved("tcp://pi.example:80") == ["tcp://192.0.2.1:80"]


def test_bind_leaves_only_its_own_family():
    assert resolved("tcp://localhost:80?bind=127.0.0.1") == ["tcp://127.0.0.1:80"]
    assert resolved("tcp://localhost:80?bind=[::1]:7") == ["tcp://[::1]:80"]
    assert resolved("tcp://localhost:80?bind=:7") == ["tcp://[::1]:80", "tcp://127.0.0.1:80"]
    with pytest.raises(NoSuchHostError) as caught:
        resolved("tcp://127.0.0.1:80?bind=[::1]")
    assert str(caught.value) == "tcp://127.0.0.1:80: it has no IPv6 address, and bind=[::1] is one"


@pytest.mark.parametrize(
    ("text", "code", "sentence"),
    [
        ("tcp://nowhere.example:80", socket.EAI_NONAME, "no host of the name nowhere.example: is it spelt so?"),
        (
            "tcp6://nowhere.example:80",
            socket.EAI_NONAME,
            "no host of the name nowhere.example has an IPv6 address: is it spelt so?",
        ),
        (
            "tcp://nowhere.example:80",
            socket.EAI_AGAIN,
            "no name server says who nowhere.example is: is this machine on the network? if it is, try again later",
        ),
        ("tcp4://nowhere.example:80", socket.EAI_NODATA, "nowhere.example has no IPv4 address"),
        ("tcp://nowhere.example:80", socket.EAI_FAIL, "nowhere.example was not found: words of the system"),
    ],
)
def test_a_name_that_is_not_found(answers, text, code, sentence):
    answers(socket.gaierror(code, "words of the system"))
    with pytest.raises(NoSuchHostError) as caught:
        resolved(text)
    assert str(caught.value) == f"{text}: {sentence}"
    assert caught.value.how == "no-such-host"


def test_the_real_resolver_of_a_machine_without_a_network(machine):
    told = machine(
        "",
        """
        try:
            resolve(parse("tcp://nowhere.invalid:80"))
        except OSError as error:
            print(error.how, error)
        """,
    )
    assert told.startswith("no-such-host tcp://nowhere.invalid:80: no ")
