"""What the system's errors become: the class by what can be done, the sentence saying it."""

import errno
import os
import socket

import pytest

from wiretalk.ending import Ending
from wiretalk.errors import (
    EndedError,
    InUseError,
    LimitError,
    NoSuchHostError,
    NotPermittedError,
    OpenError,
    RefusedError,
    ResetError,
    TimedOutError,
    UnreachableError,
)
from wiretalk.transport import explain, oserrors, owners

PEER = "tcp://192.0.2.1:80"


def explained(code, text=PEER, doing="connect", **more):
    return explain(OSError(code, os.strerror(code)), text, doing, **more)


# Nothing was open yet.


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (errno.ECONNREFUSED, RefusedError, "nobody listens there: is the server started, and is it this port?"),
        (errno.ECONNRESET, RefusedError, "somebody listens there, but broke off at once"),
        (errno.EHOSTUNREACH, UnreachableError, "no way to that host: is it on, and on this network?"),
        (errno.EHOSTDOWN, UnreachableError, "that host does not answer"),
        (errno.ENETUNREACH, UnreachableError, "no route to that network"),
        (errno.ENETDOWN, UnreachableError, "the network interface is down"),
        (errno.EADDRNOTAVAIL, UnreachableError, "this machine has no address, or no port left, to speak to it from"),
        (errno.EAFNOSUPPORT, UnreachableError, "this system has no IPv6"),
        (errno.ENODEV, UnreachableError, "this machine has no such interface; ip link shows those it has"),
        (errno.EACCES, NotPermittedError, "the system forbids it: is there a firewall?"),
        (errno.EPERM, NotPermittedError, "the system forbids it: is there a firewall?"),
        (errno.ETIMEDOUT, TimedOutError, "timed out in connect"),
        (errno.EINVAL, OpenError, r"Invalid argument \(connect\)"),
    ],
)
def test_connecting_over_ip(code, kind, words):
    error = explained(code)
    assert type(error) is kind
    with pytest.raises(kind, match=f"^{PEER}: {words}"):
        raise error


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (errno.ENOENT, UnreachableError, "there is no such socket file: is the server started?"),
        (errno.ENOTDIR, UnreachableError, "a part of that path is not a directory"),
        (errno.ELOOP, UnreachableError, "symbolic links in that path lead in a circle"),
        (errno.ENAMETOOLONG, UnreachableError, "a part of that path is too long a name"),
        (errno.EPROTOTYPE, RefusedError, "a socket of another kind is there: try unix:, unixgram: or unixpacket:"),
        (errno.ENOTSOCK, RefusedError, "that is not a socket"),
        (errno.EACCES, NotPermittedError, "this user may not use that socket file, or not look into its directory"),
        (errno.EAGAIN, RefusedError, "the server is busy: its backlog of connections is full; try again"),
    ],
)
def test_connecting_to_a_unix_socket(code, kind, words):
    error = explained(code, "unix:/run/x.sock")
    assert type(error) is kind
    assert str(error) == f"unix:/run/x.sock: {words}"


@pytest.mark.parametrize(
    ("code", "text", "kind", "words"),
    [
        (errno.EADDRNOTAVAIL, PEER, UnreachableError, "that is no address of this machine; ip addr shows those it has"),
        (errno.EACCES, PEER, NotPermittedError, "ports below 1024 are for root (CAP_NET_BIND_SERVICE); choose one "),
        (errno.EACCES, "tcp://:1024", NotPermittedError, "the system forbids it"),
        (errno.ENOENT, "unix:/a/b", UnreachableError, "there is no such directory; make it first"),
        (errno.EACCES, "unix:/a/b", NotPermittedError, "this user may not make that file there; choose another direct"),
        (errno.EROFS, "unix:/a/b", NotPermittedError, "that file system is read-only; choose another directory"),
        (errno.ENOSPC, "unix:/a/b", OpenError, "the disk is full"),
        (errno.EADDRINUSE, "tcp://192.0.2.9:1", InUseError, "somebody else has it already; stop that, or choose anoth"),
        (errno.EADDRNOTAVAIL, "vsock://9:1", UnreachableError, "this machine does not have that CID; any and local me"),
        (errno.EAFNOSUPPORT, "vsock://:1", UnreachableError, "this kernel has no vsock, or no such way: modprobe vsoc"),
    ],
)
def test_listening(code, text, kind, words):
    error = explained(code, text, "listen")
    assert type(error) is kind
    assert str(error).startswith(f"{text}: {words}")


def test_vsock_refuses_with_a_reset():
    assert type(explained(errno.ECONNRESET, "vsock://local:80")) is RefusedError
    assert "nobody listens there" in str(explained(errno.ECONNRESET, "vsock://local:80"))
    assert "this kernel has no vsock" in str(explained(errno.ENODEV, "vsock://host:80"))


def test_an_address_of_the_link_without_its_interface():
    error = explained(errno.EINVAL, "tcp://[fe80::1]:80")
    assert type(error) is UnreachableError
    assert type(explained(errno.EINVAL, "tcp://[fe80::1%eth0]:80")) is OpenError


def test_in_use_by_whom(monkeypatch):
    monkeypatch.setattr(owners, "owner_of", lambda _: "python3 server.py (pid 123)")
    assert str(explained(errno.EADDRINUSE, "tcp://:80", "listen")) == (
        "tcp://:80: python3 server.py (pid 123) has it already; stop that, or choose another port"
    )


def test_an_errno_without_words():
    assert str(explain(OSError("just words"), PEER, "open")) == f"{PEER}: just words (open)"


def test_what_the_resolver_says():
    error = explain(socket.gaierror(socket.EAI_NONAME, "words"), "tcp://nowhere.example:80?nodelay", "connect")
    assert type(error) is NoSuchHostError
    assert str(error) == ("tcp://nowhere.example:80?nodelay: no host of the name nowhere.example: is it spelt so?")


def test_what_is_explained_already_stays_as_it_is():
    error = RefusedError(PEER, "no")
    assert explain(error, "elsewhere", "connect") is error


# A conversation was open.


@pytest.mark.parametrize("doing", ["send", "receive", "close"])
@pytest.mark.parametrize("code", [errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ENOTCONN])
def test_the_peer_broke_it_off(code, doing):
    error = explained(code, doing=doing)
    assert type(error) is ResetError
    assert error.ending == Ending("reset", "peer")
    assert (error.how, error.by, str(error)) == ("reset", "peer", f"{PEER}: reset by the peer")


@pytest.mark.parametrize("code", [errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN])
def test_the_way_to_the_peer_broke(code):
    error = explained(code, doing="receive")
    assert type(error) is ResetError
    assert error.ending == Ending("reset", "system", reason=f"the way to the peer broke: {os.strerror(code)}")


def test_the_peer_is_dead():
    error = explained(errno.ETIMEDOUT, doing="receive")
    assert type(error) is TimedOutError
    assert (error.wait, str(error)) == ("keepalive", f"{PEER}: timed out in keepalive")


def test_something_else_ended_it():
    error = explained(errno.EIO, doing="receive")
    assert type(error) is EndedError
    assert error.ending == Ending("failed", "system", reason="Input/output error")


# Datagrams: every send is an opening.


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (errno.ECONNREFUSED, "udp://192.0.2.1:9", RefusedError),
        (errno.ENETUNREACH, "udp://192.0.2.1:9", UnreachableError),
        (errno.EHOSTUNREACH, "udp6://[::1]:9", UnreachableError),
        (errno.EACCES, "udp4://192.0.2.255:9", NotPermittedError),
        (errno.ECONNREFUSED, "unixgram:@x", RefusedError),
        (errno.ENOENT, "unixgram:/x", UnreachableError),
    ],
)
def test_a_datagram_that_cannot_be_sent(code, text, kind):
    assert type(explained(code, text, "send")) is kind


def test_a_broadcast_that_was_not_asked_for():
    assert "is it a broadcast address, which needs ?broadcast" in str(explained(errno.EACCES, "udp://192.0.2.255:9"))


def test_a_datagram_that_is_too_long(connecting, listening):
    (listener,) = listening("udp://:0")
    for host, most in (("127.0.0.1", 65507), ("[::1]", 65527)):
        text = f"udp://{host}:{listener.address.port}"
        ours = connecting(text)
        ours.send(b"x" * most)
        with pytest.raises(OSError, match="Message too long") as caught:
            ours.send(b"x" * (most + 1))
        error = explain(caught.value, text, "send", sock=ours)
        assert type(error) is LimitError
        assert (error.limit, error.value, error.by) == ("datagram_bytes", most, "us")
        assert str(error) == (
            "the datagram is larger than the way to the peer carries; send less in one: "
            f"the limit datagram_bytes is {most}"
        )


@pytest.mark.parametrize("scheme", ["unixgram", "unixpacket"])
def test_a_message_that_is_larger_than_the_buffer(scheme, connecting, listening):
    name = f"{scheme}:@wiretalk-{os.getpid()}-too-long"
    listening(name)
    ours = connecting(f"{name}?sndbuf=8KiB")
    with pytest.raises(OSError, match="Message too long") as caught:
        ours.send(b"x" * 65536)
    error = explain(caught.value, name, "send", sock=ours)
    assert (error.limit, error.value) == ("sndbuf", ours.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF))
    assert str(error).startswith("the message is larger than the socket's send buffer (?sndbuf=SIZE): ")
    # Where the socket is not at hand, it is the system's default.
    assert explain(caught.value, name, "send").value > 0


# Running out.


@pytest.mark.parametrize("doing", ["accept", "open", "send"])
def test_out_of_file_descriptors(doing):
    error = explained(errno.EMFILE, doing=doing)
    assert type(error) is LimitError
    assert str(error) == (
        "this process is out of file descriptors (ulimit -n raises it): "
        f"the limit open files is {os.sysconf('SC_OPEN_MAX')}"
    )


def test_the_whole_system_is_out_of_file_descriptors(monkeypatch):
    assert explained(errno.ENFILE).value > 0
    monkeypatch.setattr(oserrors, "_kernel_number", lambda _: 0)  # not even /proc can be opened
    assert explained(errno.ENFILE).value == os.sysconf("SC_OPEN_MAX")


def test_out_of_memory():
    error = explained(errno.ENOBUFS, doing="send")
    assert (type(error), error.limit, error.by) == (LimitError, "memory", "system")


def test_a_number_the_kernel_does_not_tell():
    assert oserrors._kernel_number("nowhere/at/all") == 0
