"""vsock, as far as this machine has it."""

import os
import socket

import pytest

from wiretalk.address import parse
from wiretalk.errors import AddressError, UnreachableError
from wiretalk.transport import listen, open_socket, resolve, vsock


@pytest.fixture
def kernel():
    """Skip where the kernel has no vsock at all: that is nothing which a package could bring, so no `require`."""
    try:
        socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()
    except (AttributeError, OSError):
        pytest.skip("needs a kernel with vsock")


def loopback():
    """Return whether the machine can talk to itself: the module vsock_loopback."""
    try:
        with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as sock:
            sock.bind((vsock.LOCAL, vsock.ANY))
    except (AttributeError, OSError):
        return False
    return True


@pytest.mark.parametrize(
    ("text", "sockaddr"),
    [
        ("vsock://host:80", (2, 80)),
        ("vsock://hypervisor:80", (0, 80)),
        ("vsock://local:80", (1, 80)),
        ("vsock://77:80", (77, 80)),
        ("vsock://:80", (1, 80)),
    ],
)
def test_whom_to_connect_to(text, sockaddr):
    (candidate,) = resolve(parse(text))
    assert (candidate.family, candidate.type, candidate.sockaddr) == (socket.AF_VSOCK, socket.SOCK_STREAM, sockaddr)


@pytest.mark.parametrize(
    ("text", "sockaddr"),
    [
        ("vsock://:80", (vsock.ANY, 80)),
        ("vsock://any:0", (vsock.ANY, vsock.ANY)),
        ("vsock://local:0", (1, vsock.ANY)),
    ],
)
def test_what_to_listen_on(text, sockaddr):
    (candidate,) = resolve(parse(text), passive=True)
    assert candidate.sockaddr == sockaddr


@pytest.mark.usefixtures("kernel")
def test_listening_tells_the_port(listening):
    (listener,) = listening("vsock://:0?backlog=5")
    assert listener.kind == "stream"
    assert listener.address.port == listener.sock.getsockname()[1] not in (0, vsock.ANY)


@pytest.mark.usefixtures("kernel")
def test_a_socket_to_connect(opened):
    (candidate,) = resolve(parse("vsock://local:80?rcvbuf=64KiB"))
    assert opened(open_socket(candidate)).gettimeout() == 0


@pytest.mark.usefixtures("kernel")
def test_a_cid_of_another_machine():
    with pytest.raises(UnreachableError, match="this machine does not have that CID; any and local mean this machine"):
        listen(parse("vsock://12345:0"))


@pytest.mark.skipif(not loopback(), reason="needs vsock to itself: modprobe vsock_loopback")
def test_a_connection(listening, connecting, accepting):
    (listener,) = listening("vsock://:0")
    ours = connecting(f"vsock://:{listener.address.port}")
    theirs, _ = accepting(listener)
    ours.send(b"hello")
    theirs.settimeout(20)
    assert theirs.recv(10) == b"hello"


def test_a_system_without_it(monkeypatch):
    monkeypatch.delattr(socket, "AF_VSOCK")
    with pytest.raises(AddressError, match=r"^vsock: this system does not have it"):
        resolve(parse("vsock://host:80"))


def test_a_kernel_without_it(monkeypatch):
    class NoVsock(socket.socket):
        __slots__ = ()

        def __new__(cls, *_):
            raise OSError(97, os.strerror(97))

    monkeypatch.setattr(socket, "socket", NoVsock)
    with pytest.raises(UnreachableError, match="this kernel has no vsock, or no such way: modprobe vsock_loopback"):
        listen(parse("vsock://:80"))
