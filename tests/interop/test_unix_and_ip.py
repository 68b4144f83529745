"""Unix stream and datagram sockets between two processes; IPv4, IPv6 and both together."""

from __future__ import annotations

import os
import socket

import pytest

STREAM_CLIENTS = {
    "nc": lambda path: ["nc.openbsd", "-N", "-U", path],
    "ncat": lambda path: ["ncat", "-U", path],
    "socat": lambda path: ["socat", "-t30", "-", f"UNIX-CONNECT:{path}"],
}

STREAM_SERVERS = {
    "nc": lambda path: ["nc.openbsd", "-N", "-l", "-U", path],
    "ncat": lambda path: ["ncat", "-l", "-U", path],
    "socat": lambda path: ["socat", "-t30", "-", f"UNIX-LISTEN:{path}"],
}

DATAGRAM_SERVERS = {
    "nc": lambda path: ["nc.openbsd", "-l", "-u", "-U", path],
    "socat": lambda path: ["socat", "-u", f"UNIX-RECV:{path}", "-"],
}

IP_CLIENTS = {
    "nc": lambda version, port: ["nc.openbsd", "-N", HOSTS[version], str(port)],
    "ncat": lambda version, port: ["ncat", HOSTS[version], str(port)],
    "socat": lambda version, port: ["socat", "-t30", "-", f"TCP{version}:{BRACKETED[version]}:{port}"],
    "telnet": lambda version, port: ["telnet", HOSTS[version], str(port)],
}

HOSTS = {4: "127.0.0.1", 6: "::1"}

BRACKETED = {4: "127.0.0.1", 6: "[::1]"}


@pytest.fixture
def path(tmp_path_factory):
    return str(tmp_path_factory.mktemp("u") / "s")


@pytest.mark.parametrize("name", ["nc", "ncat", "socat"])
def test_they_connect_to_our_unix_socket(shell_at, peer, path, name):
    server = shell_at("serve", "reply", "--reply", "server rec: {message}", "--once", f"unix:{path}")
    client = peer(STREAM_CLIENTS[name](path))
    client.say("hello\n")
    client.wait_for("server rec: hello\n")
    client.end_input()
    assert client.wait() == 0
    assert server.wait() == 0
    assert not os.path.exists(path)


@pytest.mark.parametrize("name", ["nc", "ncat", "socat"])
def test_we_connect_to_their_unix_socket(shell, peer, listens, path, name):
    server = peer(STREAM_SERVERS[name](path))
    listens(path)
    client = shell("connect", f"unix:{path}")
    client.say("from us\n")
    server.wait_for("from us\n")
    server.say("from them\n")
    client.wait_for("from them\n")
    server.end_input()
    client.end_input()
    assert client.wait() == 0
    assert server.wait() == 0


@pytest.mark.parametrize("name", ["nc", "socat"])
def test_we_send_datagrams_to_their_unix_socket(shell, peer, listens, path, name):
    server = peer(DATAGRAM_SERVERS[name](path))
    listens(path)
    # nc connects to where the first datagram came from, so that has to be there still.
    client = shell("connect", f"unixgram:{path}")
    client.say("a datagram\ngrößer\n")
    server.wait_for("a datagram", "größer")
    assert client.interrupt() == 130
    assert client.err == ""


def test_they_send_datagrams_to_our_unix_socket(shell_at, peer, path):
    server = shell_at("listen", f"unixgram:{path}")
    nc = peer(["nc.openbsd", "-u", "-U", path])
    nc.say("from nc\n")
    server.wait_for("from nc")
    socat = peer(["socat", "-u", "-", f"UNIX-SENDTO:{path}"])
    socat.say("from socat\n")
    server.wait_for("from socat")
    assert server.interrupt() == 130
    assert not os.path.exists(path)


def test_socat_with_a_name_of_its_own_is_answered(shell_at, peer, path):
    shell_at("serve", "echo", f"unixgram:{path}")
    socat = peer(["socat", "-", f"UNIX-SENDTO:{path},bind={path}.client"])
    socat.say("echo this\n")
    socat.wait_for("echo this\n")


def test_plain_sockets_of_every_kind(shell_at, plain, tmp_path):
    for scheme, kind in (("unix", socket.SOCK_STREAM), ("unixpacket", socket.SOCK_SEQPACKET)):
        path = f"{tmp_path}/{scheme}"
        shell_at("serve", "echo", f"{scheme}:{path}")
        client = plain(path, kind)
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"


def test_abstract_names(shell_at, shell, peer, path):
    name = path.replace("/", "-")
    shell_at("serve", "echo", f"unix:@{name}")
    client = peer(["socat", "-t30", "-", f"ABSTRACT-CONNECT:{name}"])
    client.say("hello\n")
    client.wait_for("hello\n")


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("name", ["nc", "ncat", "socat", "telnet"])
def test_one_socket_for_both_families_of_theirs(shell_at, as_ip_client, six, name, version):
    server = shell_at("serve", "reply", "--greet", "you are {peer}", "tcp://:0")
    assert "(IPv4 and IPv6)" in server.err
    client = as_ip_client(name, version, server.port)
    client.wait_for(f"you are tcp://{BRACKETED[version]}:")


@pytest.mark.parametrize(("scheme", "refused"), [("tcp4", 6), ("tcp6", 4)])
def test_one_family_alone(shell_at, as_ip_client, six, scheme, refused):
    server = shell_at("serve", "reply", "--greet", "you are {peer}", f"{scheme}://:0")
    answered = as_ip_client("nc", 10 - refused, server.port)
    answered.wait_for("you are ")
    unanswered = as_ip_client("nc", refused, server.port)
    assert unanswered.wait() == 1
    assert unanswered.out == ""


@pytest.fixture
def as_ip_client(peer):
    return lambda name, version, port: peer(IP_CLIENTS[name](version, port))


@pytest.mark.parametrize("name", ["nc", "ncat", "socat"])
def test_we_connect_to_an_ipv6_server_of_theirs(shell, peer, listens, six, name):
    host, port = six
    server = peer(
        {
            "nc": ["nc.openbsd", "-N", "-6", "-l", host, str(port)],
            "ncat": ["ncat", "-6", "-l", host, str(port)],
            "socat": ["socat", "-t30", "-", f"TCP6-LISTEN:{port},bind=[{host}]"],
        }[name]
    )
    listens(six)
    client = shell("connect", "-v", f"tcp://[{host}]:{port}")
    client.say("over IPv6\n")
    server.wait_for("over IPv6\n")
    client.wait_for(f"to tcp://[::1]:{port}", where="err")


def test_a_name_with_both_families_reaches_a_server_of_either(shell, peer, listens, six):
    # 127.0.0.1 alone: localhost has ::1 too, where nobody is.
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        client = shell("send", "--replies", "0", "-v", f"tcp://localhost:{server.getsockname()[1]}", "found")
        connection, _ = server.accept()
        with connection:
            assert connection.recv(100) == b"found\n"
        assert client.wait() == 0


def test_datagrams_of_both_families(shell_at, peer, six):
    server = shell_at("serve", "echo", "udp://:0")
    for version, name in HOSTS.items():
        client = peer(["nc.openbsd", "-u", name, str(server.port)])
        client.say(f"version {version}\n")
        client.wait_for(f"version {version}\n")
