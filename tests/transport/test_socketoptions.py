"""Options of an address as options of the socket, and TCP's defaults."""

import socket
import sys

import pytest

from wiretalk import limits
from wiretalk.address import parse
from wiretalk.errors import AddressError, OpenError, UnreachableError
from wiretalk.transport import open_socket, resolve, socketoptions

TCP = socket.IPPROTO_TCP
IP = socket.IPPROTO_IP
IPV6 = socket.IPPROTO_IPV6
SOL = socket.SOL_SOCKET

linux = pytest.mark.skipif(sys.platform != "linux", reason="names of Linux")


@pytest.fixture
def option(opened):
    """`option(text, level, number)` opens a socket for an address and returns an option of it."""

    def get(text, level, number):
        candidate = resolve(parse(text))[0]
        return opened(open_socket(candidate)).getsockopt(level, number)

    return get


# What TCP has unasked.


@linux
@pytest.mark.parametrize("text", ["tcp://127.0.0.1:80", "tcp://[::1]:80", "tls://127.0.0.1:80"])
def test_the_defaults_of_tcp(text, option):
    assert option(text, TCP, socket.TCP_NODELAY) == 1
    assert option(text, SOL, socket.SO_KEEPALIVE) == 1
    assert option(text, TCP, socket.TCP_KEEPIDLE) == limits.KEEPALIVE_IDLE_S
    assert option(text, TCP, socket.TCP_KEEPINTVL) == limits.KEEPALIVE_INTERVAL_S
    assert option(text, TCP, socket.TCP_KEEPCNT) == limits.KEEPALIVE_PROBES
    assert option(text, TCP, socket.TCP_USER_TIMEOUT) == limits.USER_TIMEOUT_S * 1000


@linux
@pytest.mark.parametrize(("keepalive", "interval_s", "dead_s"), [("1s", 1, 7), ("10s", 10, 70), ("10m", 10, 660)])
def test_probing_sooner_tells_sooner(option, keepalive, interval_s, dead_s):
    text = f"tcp://127.0.0.1:80?keepalive={keepalive}"
    assert option(text, TCP, socket.TCP_KEEPINTVL) == interval_s
    assert option(text, TCP, socket.TCP_USER_TIMEOUT) == dead_s * 1000
    assert option(f"{text}&user_timeout=9s", TCP, socket.TCP_USER_TIMEOUT) == 9000


@linux
def test_accepted_sockets_have_them_too(listening, connecting, accepting):
    (listener,) = listening("tcp://:0?user_timeout=7s&tos=16")
    connecting(f"tcp://127.0.0.1:{listener.address.port}")
    theirs, _ = accepting(listener)
    assert theirs.getsockopt(TCP, socket.TCP_NODELAY) == 1
    assert theirs.getsockopt(SOL, socket.SO_KEEPALIVE) == 1
    assert theirs.getsockopt(TCP, socket.TCP_KEEPIDLE) == limits.KEEPALIVE_IDLE_S
    assert theirs.getsockopt(TCP, socket.TCP_USER_TIMEOUT) == 7000
    assert theirs.getsockopt(IP, socket.IP_TOS) == 16


# What is asked for.


@linux
@pytest.mark.parametrize(
    ("text", "level", "number", "expected"),
    [
        ("tcp://127.0.0.1:80?nodelay=no", TCP, socket.TCP_NODELAY, 0),
        ("tcp://127.0.0.1:80?nodelay", TCP, socket.TCP_NODELAY, 1),
        ("tcp://127.0.0.1:80?keepalive=off", SOL, socket.SO_KEEPALIVE, 0),
        ("tcp://127.0.0.1:80?keepalive=off", TCP, socket.TCP_KEEPIDLE, 7200),
        ("tcp://127.0.0.1:80?keepalive=15s", TCP, socket.TCP_KEEPIDLE, 15),
        ("tcp://127.0.0.1:80?user_timeout=1500ms", TCP, socket.TCP_USER_TIMEOUT, 1500),
        ("tcp://127.0.0.1:80?sndbuf=64KiB", SOL, socket.SO_SNDBUF, 2 * 65536),  # Linux doubles it, for its own use
        ("udp://127.0.0.1:80?rcvbuf=64KiB", SOL, socket.SO_RCVBUF, 2 * 65536),
        ("unix:/x?rcvbuf=64KiB", SOL, socket.SO_RCVBUF, 2 * 65536),
        ("tcp://127.0.0.1:80?ttl=3", IP, socket.IP_TTL, 3),
        ("tcp://[::1]:80?ttl=3", IPV6, socket.IPV6_UNICAST_HOPS, 3),
        ("udp://127.0.0.1:80?tos=16", IP, socket.IP_TOS, 16),
        ("udp://[::1]:80?tos=16", IPV6, socket.IPV6_TCLASS, 16),
        ("udp://127.0.0.1:80?dscp=46", IP, socket.IP_TOS, 46 << 2),
        ("udp://[::1]:80?dscp=46", IPV6, socket.IPV6_TCLASS, 46 << 2),
        ("udp://127.0.0.1:80?broadcast", SOL, socket.SO_BROADCAST, 1),
        ("tcp://127.0.0.1:80?reuseaddr", SOL, socket.SO_REUSEADDR, 1),
        ("tcp://127.0.0.1:80?reuseport", SOL, socket.SO_REUSEPORT, 1),
        ("tcp://127.0.0.1:80?freebind", IP, 15, 1),
        ("tcp://[::1]:80?freebind", IPV6, 78, 1),
    ],
)
def test_an_option_is_set(text, level, number, expected, option):
    assert option(text, level, number) == expected


@linux
def test_bound_to_an_interface(listening, connecting, accepting):
    (listener,) = listening("tcp://127.0.0.1:0?interface=lo")
    ours = connecting(str(listener.address))
    accepting(listener)
    assert ours.getsockopt(SOL, socket.SO_BINDTODEVICE, 16).rstrip(b"\0") == b"lo"


def test_an_address_the_machine_does_not_have_yet(listening, require):
    require(sys.platform == "linux", "IP_FREEBIND is Linux's")
    (listener,) = listening("tcp://192.0.2.77:0?freebind")
    assert listener.address.host == "192.0.2.77"


# What cannot be set.


def test_an_interface_that_is_not_there(option):
    with pytest.raises(UnreachableError) as caught:
        option("tcp://127.0.0.1:80?interface=nowhere0", SOL, socket.SO_KEEPALIVE)
    assert str(caught.value) == (
        "tcp://127.0.0.1:80: this machine has no interface nowhere0; ip link shows those it has"
    )


def test_an_option_for_root(machine, require):
    import shutil

    require(shutil.which("setpriv"), "needs setpriv, to give up a right")
    script = """
        (candidate,) = resolve(parse("tcp://127.0.0.1:80?mark=5"))
        try:
            open_socket(candidate)
        except OSError as error:
            print(type(error).__name__, error)
    """
    assert machine("", script, prefix="setpriv --bounding-set -net_admin,-net_raw") == (
        "NotPermittedError tcp://127.0.0.1:80: mark=5 is for root here (CAP_NET_ADMIN or CAP_NET_RAW)\n"
    )


@pytest.mark.parametrize(
    ("text", "missing", "at"),
    [
        ("tcp://127.0.0.1:80?nodelay&user_timeout=5s", "TCP_USER_TIMEOUT", "user_timeout"),
        ("tcp://127.0.0.1:80?reuseport", "SO_REUSEPORT", "reuseport"),
        ("tcp://127.0.0.1:80?mark=1", "SO_MARK", "mark"),
        ("tcp://127.0.0.1:80?interface=lo", "SO_BINDTODEVICE", "interface"),
    ],
)
def test_an_option_this_system_does_not_have(text, missing, at, option, monkeypatch):
    monkeypatch.delattr(socket, missing)
    with pytest.raises(AddressError) as caught:
        option(text, SOL, socket.SO_KEEPALIVE)
    sentence, shown, carets = str(caught.value).splitlines()
    assert sentence.startswith(f"{at}: this system ")
    assert shown == f"  {text}"
    assert carets == " " * (2 + text.index(at)) + "^" * len(at)


@pytest.mark.parametrize("missing", ["TCP_USER_TIMEOUT", "TCP_KEEPINTVL", "TCP_KEEPIDLE"])
def test_a_default_this_system_does_not_have_is_no_error(missing, option, monkeypatch):
    monkeypatch.delattr(socket, missing)
    assert option("tcp://127.0.0.1:80", SOL, socket.SO_KEEPALIVE)


@pytest.fixture
def refusing(monkeypatch):
    """`refusing(number, code)` makes the system refuse one socket option with an errno."""

    def install(refused, code):
        class Refusing(socket.socket):
            __slots__ = ()

            def setsockopt(self, level, number, value):
                if number == refused:
                    raise OSError(code, "words")
                super().setsockopt(level, number, value)

        monkeypatch.setattr(socketoptions.socket, "socket", Refusing)

    return install


def test_an_option_for_another_kind_of_socket(option, refusing):
    refusing(socket.SO_MARK, 92)
    with pytest.raises(AddressError, match="mark: this system does not have it for such a socket"):
        option("tcp://127.0.0.1:80?mark=1", SOL, socket.SO_KEEPALIVE)


def test_a_value_the_system_refuses(option, refusing):
    refusing(socket.SO_SNDBUF, 22)
    with pytest.raises(OpenError) as caught:
        option("tcp://127.0.0.1:80?sndbuf=1", SOL, socket.SO_KEEPALIVE)
    assert str(caught.value) == "tcp://127.0.0.1:80: the system refuses sndbuf=1 (Invalid argument)"


@linux
def test_a_default_the_system_refuses_is_no_error(option, refusing):
    refusing(socket.TCP_USER_TIMEOUT, 22)
    assert option("tcp://127.0.0.1:80", SOL, socket.SO_KEEPALIVE)


def test_no_socket_is_left_open_when_an_option_fails(option):
    # An unclosed socket would be reported as a ResourceWarning, which fails the test.
    for _ in range(3):
        with pytest.raises(UnreachableError):
            option("udp://127.0.0.1:80?interface=nowhere0", SOL, socket.SO_KEEPALIVE)


def test_what_a_tcp_peer_has_not_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as sock:
        peer, _ = listener.accept()
        with peer:
            sock.setblocking(False)
            with pytest.raises(BlockingIOError):
                while True:
                    sock.send(bytes(1 << 20))
            # More than the peer's system has room for.
            assert socketoptions.unacknowledged_bytes(sock) > 0
    assert socketoptions.unacknowledged_bytes(sock) == 0
