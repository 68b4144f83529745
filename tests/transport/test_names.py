"""What endpoints are called."""

import os
import socket

import pytest

from wiretalk.address import parse
from wiretalk.transport import local_name, name, peer_name
from wiretalk.transport.names import told


@pytest.mark.parametrize(
    ("sockaddr", "scheme", "expected"),
    [
        (("127.0.0.1", 5000), "tcp", "tcp://127.0.0.1:5000"),
        (("::1", 5000, 0, 0), "tls", "tls://[::1]:5000"),
        (("fe80::1", 5000, 0, 1), "udp", "udp://[fe80::1%lo]:5000"),
        (("fe80::1", 5000, 0, 4_000_000_000), "udp", "udp://[fe80::1%4000000000]:5000"),
        (("::ffff:192.0.2.7", 5000, 0, 0), "tcp", "tcp://192.0.2.7:5000"),
        ("/run/x.sock", "unix", "unix:/run/x.sock"),
        (b"/run/x.sock", "unixgram", "unixgram:/run/x.sock"),
        (b"\0name", "unixpacket", "unixpacket:@name"),
        (b"\0a\xff?", "unix", "unix:@a%FF%3F"),
        ("@file", "unix", "unix:./@file"),
        ("", "unix", "unix:(unnamed)"),
        (None, "unixgram", "unixgram:(unnamed)"),
        ((2, 1024), "vsock", "vsock://host:1024"),
        ((77, 1024), "vsock", "vsock://77:1024"),
        (None, "stdio", "-"),
    ],
)
def test_a_socket_address_is_named_as_one_would_type_it(sockaddr, scheme, expected):
    assert name(sockaddr, scheme) == expected
    if "unnamed" not in expected:
        assert str(parse(expected)) == expected


def test_a_file_whose_name_is_no_text_is_named_so_that_it_is_found_again():
    path = os.fsdecode(b"/tmp/\xe9?")
    assert parse(name(path, "unix")).path == path


def test_both_ends_of_a_connection(listening, connecting, accepting):
    (listener,) = listening("tcp://127.0.0.1:0")
    ours = connecting(str(listener.address))
    theirs, sockaddr = accepting(listener)
    assert peer_name(ours, listener.address) == str(listener.address) == local_name(theirs, listener.address)
    assert peer_name(theirs, listener.address) == local_name(ours, listener.address) == name(sockaddr, "tcp")


def test_a_peer_that_is_gone_or_has_no_name_is_called_by_the_address():
    address = parse("tcp://pi.local:5?nodelay")
    with socket.socket() as never_connected:
        assert peer_name(never_connected, address) == "tcp://pi.local:5"


def test_an_address_is_told_without_its_options():
    assert told(parse("tcp://[::1]:5?nodelay&framing=line")) == "tcp://[::1]:5"
    assert told(parse("unix:a%3Fb?mode=600")) == "unix:a%3Fb"
