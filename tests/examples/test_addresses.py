"""The peer's and one's own address shown, as getpeername and getsockname give them."""

from __future__ import annotations

import json
import socket

import pytest


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:0", "tcp6://[::1]:0", "udp://127.0.0.1:0"])
def test_both_sides_see_the_same_addresses(serving, example, address):
    server = serving("addresses/server", address)
    client = example("addresses/client", server.address)
    assert client.wait() == 0
    me, peer = client.out.splitlines()
    assert me == f"I am      {me.split()[2].rstrip(';')}; the server calls me {me.split()[2].rstrip(';')}"
    assert peer == f"I talk to {server.address}; it calls itself {server.address}"
    server.wait_for(f"{me.split()[2].rstrip(';')} is here, met at {server.address}\n")
    assert server.interrupt() == 130


def test_they_are_what_getsockname_and_getpeername_give(serving, plain, wire):
    server = serving("addresses/server", "tcp://127.0.0.1:0")
    client = plain(server.address)
    client.sendall(b'"who am I?"\n')
    (answer,) = wire.read_lines(client, 1)
    assert json.loads(answer) == {
        "you": "tcp://{}:{}".format(*client.getsockname()),
        "me": "tcp://{}:{}".format(*client.getpeername()),
    }


def test_an_ipv4_peer_of_a_socket_for_both_families_has_its_ipv4_address(serving, plain):
    server = serving("addresses/server", "tcp://:0")
    port = server.address.rpartition(":")[2]
    client = plain(f"tcp://127.0.0.1:{port}")
    server.wait_for(f"tcp://127.0.0.1:{client.getsockname()[1]} is here, met at tcp://127.0.0.1:{port}\n")


def test_unix_peers_without_and_with_a_name(serving, tmp_path):
    server = serving("addresses/server", f"unix:{tmp_path}/s")
    with socket.socket(socket.AF_UNIX) as unnamed, socket.socket(socket.AF_UNIX) as named:
        unnamed.connect(f"{tmp_path}/s")
        server.wait_for(f"unix:(unnamed) is here, met at unix:{tmp_path}/s\n")
        named.bind(f"{tmp_path}/c")
        named.connect(f"{tmp_path}/s")
        server.wait_for(f"unix:{tmp_path}/c is here")
