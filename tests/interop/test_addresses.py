"""The peer's and one's own address shown, as getpeername and getsockname give them."""

from __future__ import annotations

import json
import socket

import pytest

WHO = ("serve", "reply", "--greet", "you are {peer}, I am {local}")


def test_our_server_tells_a_plain_socket_what_it_knows_itself(shell_at, plain, wire, host):
    server = shell_at(*WHO, f"tcp://{host}:0")
    client = plain((host, server.port))
    you, me = ("tcp://{}:{}".format(*end) for end in (client.getsockname(), client.getpeername()))
    assert wire.read_lines(client, 1) == [f"you are {you}, I am {me}"]


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("nc", lambda host, port, own: ["nc.openbsd", "-N", "-s", host, "-p", own, host, port]),
        ("ncat", lambda host, port, own: ["ncat", "-s", host, "-p", own, host, port]),
        ("socat", lambda host, port, own: ["socat", "-t30", "-", f"TCP:{host}:{port},bind={host}:{own}"]),
        ("telnet", lambda host, port, own: ["telnet", "-b", host, host, port]),
    ],
)
def test_our_server_tells_them_who_they_are(shell_at, peer, host, name, command):
    server = shell_at(*WHO, f"tcp://{host}:0")
    with socket.socket() as free:
        free.bind((host, 0))
        own = free.getsockname()[1]
    client = peer(command(host, str(server.port), str(own)))
    # telnet can choose its address, and not its port.
    client.wait_for(f"you are tcp://{host}:{own if name != 'telnet' else ''}", f", I am tcp://{host}:{server.port}\n")


def test_our_client_knows_what_a_plain_server_sees(shell, plain_server):
    client = shell("connect", "--json", plain_server.address)
    server = plain_server.accept()
    server.close()
    client.end_input()
    assert client.wait() == 0
    opened = next(event for event in map(json.loads, client.out.splitlines()) if event["event"] == "open")
    assert opened["peer"] == plain_server.address
    assert opened["local"].startswith("tcp://127.")


def test_our_client_knows_what_nc_sees(shell, peer, place, listens):
    host, port = place
    server = peer(["nc.openbsd", "-v", "-n", "-l", host, str(port)])
    listens(place)
    client = shell("connect", "-v", f"tcp://{host}:{port}")
    client.wait_for("connected ", " to ", "\n", where="err")
    own = next(line for line in client.err.splitlines() if line.startswith("connected ")).split()[1]
    own_host, _, own_port = own.removeprefix("tcp://").rpartition(":")
    server.wait_for(f"Connection received on {own_host} {own_port}", where="err")


def test_our_client_knows_what_ncat_sees(shell, peer, place, listens):
    host, port = place
    server = peer(["ncat", "-v", "-n", "-l", host, str(port)])
    listens(place)
    client = shell("connect", "-v", f"tcp://{host}:{port}?bind={host}")
    client.wait_for(f"connected tcp://{host}:", f" to tcp://{host}:{port}", where="err")
    own_port = client.err.partition(f"connected tcp://{host}:")[2].split()[0]
    server.wait_for(f"{host}:{own_port}", where="err")


def test_our_client_is_told_by_socat_what_it_sees(shell, as_script):
    server = as_script("socat", "echo $SOCAT_PEERADDR $SOCAT_PEERPORT $SOCAT_SOCKADDR $SOCAT_SOCKPORT; cat")
    client = shell("connect", "--json", server.address)
    client.wait_for('"message"', "\n")
    client.end_input()
    assert client.wait() == 0
    events = {event["event"]: event for event in map(json.loads, client.out.splitlines())}
    own_host, own_port, host, port = events["message"]["text"].split()
    assert events["open"]["local"] == f"tcp://{own_host}:{own_port}"
    assert events["open"]["peer"] == f"tcp://{host}:{port}"


def test_over_udp_the_source_of_each_datagram(shell_at, plain_datagrams, host):
    server = shell_at("serve", "reply", "--reply", "you are {peer}", f"udp://{host}:0")
    plain_datagrams.sendto(b"who am I?", (host, server.port))
    assert plain_datagrams.recv(100).decode() == "you are udp://{}:{}".format(*plain_datagrams.getsockname())


def test_unix_peers_without_and_with_a_name(shell_at, plain, wire, tmp_path):
    path = f"{tmp_path}/s"
    shell_at(*WHO, f"unix:{path}")
    assert wire.read_lines(plain(path), 1) == [f"you are unix:(unnamed), I am unix:{path}"]
    with socket.socket(socket.AF_UNIX) as named:
        named.settimeout(60)
        named.bind(f"{path}.client")
        named.connect(path)
        assert wire.read_lines(named, 1) == [f"you are unix:{path}.client, I am unix:{path}"]
