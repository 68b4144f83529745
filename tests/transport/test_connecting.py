"""Open, start, finish: the steps of connecting, and what they say when they fail."""

import errno
import os
import select
import socket

import pytest

from wiretalk.address import parse
from wiretalk.errors import LimitError, NotPermittedError, OpenError, RefusedError, TimedOutError, UnreachableError
from wiretalk.transport import Candidate, finish_connect, open_socket, resolve, start_connect
from wiretalk.transport.oserrors import NOBODY


@pytest.fixture
def closed_port(opened):
    """A TCP port of 127.0.0.1 that nobody listens at, and that nobody else can get: it is bound."""
    stream = opened(socket.socket())
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    stream.bind(("127.0.0.1", 0))
    return stream.getsockname()[1]


@pytest.fixture
def closed_udp_port(opened):
    """Likewise for UDP: bound, and connected, so that it takes nothing from anybody else."""
    datagram = opened(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    datagram.bind(("127.0.0.1", 0))
    datagram.connect(("127.0.0.1", 9))
    return datagram.getsockname()[1]


def test_a_socket_is_opened_for_the_loop_and_for_us_alone(opened):
    (candidate,) = resolve(parse("tcp://127.0.0.1:80"))
    sock = opened(open_socket(candidate))
    assert sock.gettimeout() == 0
    assert not sock.get_inheritable()


def test_connected_after_one_wait(listening, opened, writable):
    (listener,) = listening("tcp://127.0.0.1:0")
    (candidate,) = resolve(listener.address)
    sock = opened(open_socket(candidate))
    if start_connect(sock, candidate) is False:
        writable(sock)
        finish_connect(sock, candidate)
    assert sock.getpeername() == candidate.sockaddr
    assert start_connect(sock, candidate) is True  # again: it is connected already


def test_nobody_listens_there(closed_port, connecting):
    with pytest.raises(RefusedError) as caught:
        connecting(f"tcp://127.0.0.1:{closed_port}")
    assert str(caught.value) == f"tcp://127.0.0.1:{closed_port}: {NOBODY}"


def test_a_closed_udp_port_is_told_at_the_next_call(closed_udp_port, connecting, readable):
    ours = connecting(f"udp://127.0.0.1:{closed_udp_port}")
    ours.send(b"anybody?")
    readable(ours)
    with pytest.raises(ConnectionRefusedError):
        ours.recv(100)


def test_connected_to_oneself_is_connected_to_nobody(opened):
    # Bound to the port it connects to, a socket meets itself (TCP's simultaneous open).
    sock = opened(socket.socket())
    sock.bind(("127.0.0.1", 0))
    port = sock.getsockname()[1]
    candidate = Candidate(2, 1, 6, ("127.0.0.1", port), parse(f"tcp://127.0.0.1:{port}"))
    with pytest.raises(RefusedError, match="nobody listens there"):
        start_connect(sock, candidate)


def test_broken_off_before_it_was_known_to_be_connected(opened, writable):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        candidate = Candidate(2, 1, 6, ("127.0.0.1", port), parse(f"tcp://127.0.0.1:{port}"))
        sock = opened(open_socket(candidate))
        assert start_connect(sock, candidate) in (True, False)
        writable(sock)
        theirs, _ = server.accept()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        theirs.close()
    select.select([sock], [], [], 20)
    with pytest.raises(RefusedError, match="somebody listens there, but broke off at once"):
        finish_connect(sock, candidate)
    # The error was told once; what is left is a socket without a peer.
    with pytest.raises(OpenError):
        finish_connect(sock, candidate)


@pytest.mark.parametrize("scheme", ["unix", "unixpacket"])
def test_a_unix_server_whose_backlog_is_full(scheme, listening, opened, accepting):
    (listener,) = listening(f"{scheme}:@wiretalk-full-{os.getpid()}?backlog=1")
    (candidate,) = resolve(listener.address)
    waiting = opened(open_socket(candidate))
    while start_connect(waiting, candidate) is True:
        waiting = opened(open_socket(candidate))
    assert start_connect(waiting, candidate) is None
    with pytest.raises(RefusedError, match="its backlog of connections is full; try again"):
        finish_connect(waiting, candidate)
    accepting(listener)
    assert start_connect(waiting, candidate) is True
    finish_connect(waiting, candidate)


def test_out_of_file_descriptors(machine):
    told = machine(
        "ulimit -n 16",
        """
        (candidate,) = resolve(parse("tcp://127.0.0.1:80"))
        held = []
        try:
            while True:
                held.append(open_socket(candidate))
        except Exception as error:
            print(type(error).__name__, error.limit, error)
        """,
    )
    assert told == (
        "LimitError open files this process is out of file descriptors (ulimit -n raises it): "
        "the limit open files is 16\n"
    )
    assert issubclass(LimitError, Exception)


NETWORK = "ip link add v0 type veth peer name v1; ip addr add 192.0.2.1/24 dev v0; ip link set v0 up; ip link set v1 up"

TRY = """
def attempt(text):
    for candidate in resolve(parse(text)):
        sock = open_socket(candidate)
        try:
            if not start_connect(sock, candidate):
                assert select.select([], [sock], [], 30)[1]
                finish_connect(sock, candidate)
        except Exception as error:
            print(type(error).__name__, error)
        sock.close()
"""


def test_no_route_to_a_network(machine):
    told = machine("", TRY + 'attempt("tcp://198.51.100.1:80"); attempt("udp://198.51.100.1:80")').splitlines()
    sentence = "no route to that network: is this machine connected to it?"
    assert told == [f"UnreachableError {scheme}://198.51.100.1:80: {sentence}" for scheme in ("tcp", "udp")]


def test_no_such_host_on_a_network(machine):
    told = machine(NETWORK, TRY + 'attempt("tcp://192.0.2.99:80")')
    assert told == ("UnreachableError tcp://192.0.2.99:80: no way to that host: is it on, and on this network?\n")


def test_forbidden_by_a_route_or_a_firewall(machine):
    told = machine("ip route add prohibit 198.51.100.0/24", TRY + 'attempt("tcp://198.51.100.1:80")')
    assert told == "NotPermittedError tcp://198.51.100.1:80: the system forbids it: is there a firewall?\n"


def test_a_broadcast_needs_its_option(machine):
    script = TRY + 'attempt("udp://192.0.2.255:80"); attempt("udp://192.0.2.255:80?broadcast"); print("opened")'
    refused, opened = machine(NETWORK, script).splitlines()
    assert refused == (
        "NotPermittedError udp://192.0.2.255:80: the system forbids it: "
        "is it a broadcast address, which needs ?broadcast, or is there a firewall?"
    )
    assert opened == "opened"


def test_an_address_of_the_link_needs_its_interface(connecting):
    with pytest.raises(UnreachableError, match=r"needs its interface, as in \[fe80::1%eth0\]; ip link shows them"):
        connecting("tcp://[fe80::1]:80")


def test_a_step_that_takes_too_long(monkeypatch, opened):
    (candidate,) = resolve(parse("tcp://127.0.0.1:80"))

    class Silent:
        family, type = socket.AF_INET, socket.SOCK_STREAM

        def getsockopt(self, *_):
            return errno.ETIMEDOUT

    with pytest.raises(TimedOutError) as caught:
        finish_connect(Silent(), candidate)
    assert (caught.value.wait, str(caught.value)) == ("connect", "tcp://127.0.0.1:80: timed out in connect")


def test_bound_to_where_it_shall_connect_from(listening, connecting, accepting):
    (listener,) = listening("tcp://127.0.0.1:0")
    ours = connecting(f"{listener.address}?bind=127.0.0.2")
    assert accepting(listener)[1] == ours.getsockname()
    assert ours.getsockname()[0] == "127.0.0.2"


def test_bound_to_a_port(closed_port, listening, connecting, accepting):
    (listener,) = listening("tcp://127.0.0.1:0")
    connecting(f"{listener.address}?bind=:{closed_port}")
    assert accepting(listener)[1][1] == closed_port


def test_bound_to_what_this_machine_does_not_have(connecting):
    with pytest.raises(UnreachableError) as caught:
        connecting("tcp://127.0.0.1:80?bind=192.0.2.77:5")
    assert str(caught.value) == ("tcp://192.0.2.77:5: that is no address of this machine; ip addr shows those it has")


def test_bound_to_a_name(connecting):
    with pytest.raises(ValueError, match="bind: pi is not an IPv4 address, written as a number"):
        connecting("tcp://127.0.0.1:80?bind=pi")


def test_not_permitted_is_an_oserror_too():
    assert issubclass(NotPermittedError, OSError)
