"""Listening on all that an address means: both families, several addresses, one port."""

import contextlib
import shutil
import socket

import pytest

from wiretalk.address import parse
from wiretalk.errors import AddressError, InUseError, OpenError, UnreachableError
from wiretalk.transport import inet, listen, udp


def families(listeners):
    return [listener.families for listener in listeners]


# Which sockets.


@pytest.mark.parametrize("scheme", ["tcp", "udp", "tls"])
def test_every_interface_is_one_socket_for_both_families(scheme, listening):
    listeners = listening(f"{scheme}://:0")
    assert families(listeners) == ["IPv4 and IPv6"]
    port = listeners[0].address.port
    assert str(listeners[0].address) == f"{scheme}://:{port}"
    assert port == listeners[0].sock.getsockname()[1] != 0


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", ""])
def test_both_families_reach_it(host, listening, connecting, accepting):
    (listener,) = listening("tcp://:0")
    ours = connecting(f"tcp://{host}:{listener.address.port}")
    theirs, _ = accepting(listener)
    ours.send(b"hello")
    theirs.settimeout(20)
    assert theirs.recv(10) == b"hello"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tcp4://:0", ["IPv4"]),
        ("tcp6://:0", ["IPv6"]),
        ("tcp://127.0.0.1:0", ["IPv4"]),
        ("tcp://[::]:0", ["IPv6"]),
        ("tcp://[::]:0?v6only=no", ["IPv4 and IPv6"]),
        ("tcp://:0?v6only", ["IPv6"]),
        ("udp4://:0", ["IPv4"]),
        ("udp6://:0", ["IPv6"]),
        ("tcp://localhost:0", ["IPv6", "IPv4"]),
        ("udp://localhost:0", ["IPv6", "IPv4"]),
        ("unix:@wiretalk-families", [""]),
    ],
)
def test_which_families(text, expected, listening):
    assert families(listening(text)) == expected


def test_a_socket_for_ipv6_alone_leaves_the_port_free_for_ipv4(listening):
    (six,) = listening("tcp6://:0")
    (four,) = listening(f"tcp4://:{six.address.port}")
    assert (str(six.address), str(four.address)) == (f"tcp6://:{six.address.port}", f"tcp4://:{six.address.port}")


@pytest.mark.parametrize("scheme", ["tcp", "udp"])
def test_port_0_is_one_port_for_all_addresses(scheme, listening):
    six, four = listening(f"{scheme}://localhost:0")
    assert six.address.port == four.address.port
    assert str(six.address) == f"{scheme}://[::1]:{six.address.port}"
    assert str(four.address) == f"{scheme}://127.0.0.1:{six.address.port}"


@pytest.fixture
def thief(opened, monkeypatch):
    """`thief(times)` lets somebody take the port the system chose for IPv6 on IPv4, so often; returns the ports."""
    real = inet._at_port

    def at_work(times):
        ports = []

        def at_port(candidate, port):
            if port and len(ports) < times:
                ports.append(port)
                # On a busy machine somebody else may have been faster, which does as well.
                with contextlib.suppress(OSError):
                    opened(socket.create_server(("127.0.0.1", port)))
            return real(candidate, port)

        monkeypatch.setattr(inet, "_at_port", at_port)
        return ports

    return at_work


def test_port_0_is_asked_for_again_when_the_second_address_is_taken(thief, opened):
    taken = thief(2)
    six, four = opened(listen(parse("tcp://localhost:0")))
    assert len(taken) == 2
    assert six.address.port == four.address.port


def test_port_0_is_not_asked_for_for_ever(thief):
    taken = thief(1000)
    with pytest.raises(InUseError):
        listen(parse("tcp://localhost:0"))
    assert len(taken) == inet.PORT_ATTEMPTS


# Machines that lack something.


REAL = socket.socket


def without_ipv6(family, *rest):
    if family == socket.AF_INET6:
        raise OSError(97, "Address family not supported by protocol")
    return REAL(family, *rest)


@pytest.mark.parametrize("scheme", ["tcp", "udp"])
def test_without_ipv6_every_interface_is_ipv4(scheme, opened, monkeypatch):
    monkeypatch.setattr(inet.socket, "socket", without_ipv6)
    # Its sockets are of a class of their own, which would have IPv6 here.
    monkeypatch.setattr(udp, "SUPPORTED", False)
    (listener,) = opened(listen(parse(f"{scheme}://:0")))
    assert listener.families == "IPv4"
    assert str(listener.address) == f"{scheme}://0.0.0.0:{listener.address.port}"


def test_without_ipv6_localhost_is_ipv4_and_ipv6_alone_is_an_error(opened, monkeypatch):
    monkeypatch.setattr(inet.socket, "socket", without_ipv6)
    (listener,) = opened(listen(parse("tcp://localhost:0")))
    assert str(listener.address) == f"tcp://127.0.0.1:{listener.address.port}"
    with pytest.raises(UnreachableError, match=r"^tcp6://:0: this system has no IPv6$"):
        listen(parse("tcp6://:0"))


def test_with_ipv6_switched_off(machine):
    told = machine(
        "sysctl -qw net.ipv6.conf.all.disable_ipv6=1",
        """
        for text in ("tcp://localhost:7000", "tcp://:7001", "tcp6://[::1]:7002"):
            try:
                print([str(listener.address) for listener in listen(parse(text))])
            except OSError as error:
                print(error)
        """,
    )
    assert told.splitlines() == [
        "['tcp://127.0.0.1:7000']",
        "['tcp://:7001']",
        "tcp6://[::1]:7002: that is no address of this machine; ip addr shows those it has",
    ]


def test_where_one_socket_cannot_serve_both_there_are_two(opened, monkeypatch):
    class OneFamilyOnly(REAL):
        __slots__ = ()

        def setsockopt(self, level, option, value):
            if (level, option, value) == (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0):
                raise OSError(22, "Invalid argument")
            super().setsockopt(level, option, value)

        def bind(self, sockaddr):
            if self.family == socket.AF_INET6:
                super().setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            super().bind(sockaddr)

    monkeypatch.setattr(inet.socket, "socket", OneFamilyOnly)
    six, four = opened(listen(parse("tcp://:0")))
    assert families([six, four]) == ["IPv6", "IPv4"]
    assert str(six.address) == f"tcp://[::]:{six.address.port}"
    assert str(four.address) == f"tcp://0.0.0.0:{six.address.port}"
    with pytest.raises(OpenError, match="Invalid argument"):
        listen(parse("tcp://:0?v6only=no"))


# What can go wrong.


@pytest.mark.parametrize("scheme", ["tcp", "udp"])
def test_in_use(scheme, listening):
    (listener,) = listening(f"{scheme}://127.0.0.1:0")
    with pytest.raises(InUseError) as caught:
        listen(listener.address)
    assert str(caught.value) == (
        f"{listener.address}: this process itself has it already; stop that, or choose another port"
    )


def test_every_interface_is_in_use_when_one_is(listening):
    (listener,) = listening("tcp://127.0.0.1:0")
    port = listener.address.port
    with pytest.raises(InUseError, match=rf"^tcp://:{port}: this process itself has it already"):
        listen(parse(f"tcp://:{port}"))


def test_a_server_starts_again_while_its_last_connections_linger(listening, connecting, accepting):
    (first,) = listening("tcp://127.0.0.1:0")
    ours = connecting(str(first.address))
    theirs, _ = accepting(first)
    theirs.close()  # the one who closes first lingers in TIME_WAIT
    ours.settimeout(20)
    assert ours.recv(1) == b""
    ours.close()
    first.close()
    assert listening(str(first.address))


def test_shared_by_the_option(listening):
    (first,) = listening("tcp://127.0.0.1:0?reuseport")
    assert listening(str(first.address))


def test_ports_below_1024(machine, require):
    require(shutil.which("setpriv"), "needs setpriv, to give up the right to low ports")
    script = """
        for text in ("tcp://127.0.0.1:80", "udp://:999", "tcp://127.0.0.1:8080"):
            try:
                print(listen(parse(text)))
            except OSError as error:
                print(type(error).__name__, error)
    """
    setup = "sysctl -qw net.ipv4.ip_unprivileged_port_start=1024"
    told = machine(setup, script, prefix="setpriv --bounding-set -net_bind_service").splitlines()
    sentence = "ports below 1024 are for root (CAP_NET_BIND_SERVICE); choose one from 1024 up"
    assert told == [
        f"NotPermittedError tcp://127.0.0.1:80: {sentence}",
        f"NotPermittedError udp://:999: {sentence}",
        "[<Listener tcp://127.0.0.1:8080>]",
    ]


def test_not_an_address_of_this_machine():
    with pytest.raises(UnreachableError) as caught:
        listen(parse("tcp://192.0.2.77:5000"))
    assert str(caught.value) == (
        "tcp://192.0.2.77:5000: that is no address of this machine; ip addr shows those it has"
    )


def test_a_name_with_an_address_elsewhere_listens_on_the_one_that_is_here(opened, monkeypatch):
    def answer(*_):
        here, there = ("127.0.0.1", 0), ("192.0.2.77", 0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", sockaddr) for sockaddr in (there, here)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    (listener,) = opened(listen(parse("tcp://pi.example:0")))
    assert listener.address.host == "127.0.0.1"


def test_a_name_that_is_elsewhere_alone(monkeypatch):
    def answer(*_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{last}", 5)) for last in (76, 77)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    with pytest.raises(UnreachableError, match=r"^tcp://pi\.example:5: that is no address of this machine"):
        listen(parse("tcp://pi.example:5"))


def test_bind_is_for_connecting():
    with pytest.raises(AddressError) as caught:
        listen(parse("tcp://:5000?bind=127.0.0.1"))
    assert str(caught.value) == (
        "bind is where to connect from; what to listen on is the address itself\n"
        "  tcp://:5000?bind=127.0.0.1\n"
        "              ^^^^"
    )


def test_a_link_address_with_its_zone(machine):
    told = machine(
        "ip link add v0 type veth peer name v1; ip addr add fe80::5/64 dev v0 nodad; ip link set v0 up; "
        "ip link set v1 up",
        """
        (listener,) = listen(parse("tcp://[fe80::5%v0]:7000"))
        (candidate,) = resolve(listener.address)
        ours = open_socket(candidate)
        start_connect(ours, candidate)
        wait(listener)
        theirs, sockaddr = listener.accept()
        print(listener.address, candidate, local_name(theirs, listener.address))
        print(name(sockaddr, "tcp").rpartition(":")[0])
        """,
    )
    address = "tcp://[fe80::5%v0]:7000"
    assert told == f"{address} {address} {address}\ntcp://[fe80::5%v0]\n"
