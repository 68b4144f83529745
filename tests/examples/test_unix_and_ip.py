"""Unix stream and datagram sockets between two processes; IPv4, IPv6 and both together."""

from __future__ import annotations

import os
import socket

import pytest

from .conftest import PAIRINGS, PYTHON_WITH_PYTHON


@pytest.fixture
def has_ipv6(require):
    with socket.socket(socket.AF_INET6) as sock:
        try:
            sock.bind(("::1", 0))
        except OSError as error:
            require(False, f"this machine has no IPv6: {error}")


@pytest.mark.parametrize(
    ("scheme", "languages"),
    [(scheme, pairing) for scheme in ("unix", "unixgram") for pairing in PAIRINGS]
    + [("unixpacket", PYTHON_WITH_PYTHON)],
    ids=str,
)
def test_two_processes_over_a_unix_socket(serving, example, tmp_path, scheme):
    address = f"{scheme}:{tmp_path}/s"
    server = serving("unix_and_ip/server", address)
    client = example("unix_and_ip/client", address, "one", "two €")
    assert client.wait() == 0
    assert client.out == f"heard over {scheme}: one\nheard over {scheme}: two €\n"
    assert server.interrupt() == 130
    assert server.err == client.err == ""
    assert os.listdir(tmp_path) == []


def test_over_an_abstract_name(serving, example, tmp_path):
    address = f"unix:@{str(tmp_path).replace('/', '-')}"
    serving("unix_and_ip/server", address)
    client = example("unix_and_ip/client", address)
    assert client.wait() == 0
    assert client.out == "heard over unix: hello\n"


def test_a_stale_socket_file_is_replaced_and_a_live_one_is_not(serving, example, tmp_path):
    address = f"unix:{tmp_path}/s"
    killed = serving("unix_and_ip/server", address)
    killed.process.kill()
    killed.wait()
    assert os.listdir(tmp_path) == ["s"]
    client = example("unix_and_ip/client", address)
    assert client.wait() == client.status("refused")
    assert "nobody listens there, the socket file is left over" in client.err
    server = serving("unix_and_ip/server", address)
    second = example("unix_and_ip/server", address)
    assert second.wait() == second.status("in-use")
    assert f"(pid {server.process.pid})" in second.err or second.language == "c"
    client = example("unix_and_ip/client", address)
    assert client.wait() == 0


def test_ipv4_ipv6_and_both(serving, example, has_ipv6):
    server = serving("unix_and_ip/server", "tcp4://:0", "tcp6://:0", "tcp://:0")
    if server.language == "python":
        server.wait_for("(IPv4)\n", "(IPv6)\n", "(IPv4 and IPv6)\n")
    only4, only6, both = (line.split()[2].rpartition(":")[2] for line in server.out.splitlines())
    for host, port, answered in (
        ("127.0.0.1", only4, True),
        ("[::1]", only4, False),
        ("127.0.0.1", only6, False),
        ("[::1]", only6, True),
        ("127.0.0.1", both, True),
        ("[::1]", both, True),
        ("localhost", only4, True),
        ("localhost", both, True),
    ):
        client = example("unix_and_ip/client", f"tcp://{host}:{port}")
        assert (client.wait() == 0) == answered, f"{host} {port}: {client.out} {client.err}"
        assert answered or "nobody listens there" in client.err


def test_datagrams_over_both_families(serving, example, has_ipv6):
    server = serving("unix_and_ip/server", "udp://:0")
    port = server.address.rpartition(":")[2]
    for host in ("127.0.0.1", "[::1]", "localhost"):
        client = example("unix_and_ip/client", f"udp://{host}:{port}")
        assert client.wait() == 0, client.err
        assert client.out == "heard over udp: hello\n"


def test_a_plain_unix_datagram_client(serving, tmp_path):
    serving("unix_and_ip/server", f"unixgram:{tmp_path}/s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.settimeout(60)
        client.bind(f"{tmp_path}/c")
        client.sendto(b"plain", f"{tmp_path}/s")
        assert client.recvfrom(100) == (b"heard over unixgram: plain", f"{tmp_path}/s")
