"""Relays among proxies: who has come to the near side is told to the far side, through a proxy or not."""

from __future__ import annotations

import socket

import pytest

import wiretalk
from wiretalk.relay import Relay
from wiretalk.transport.proxy.header import HeaderReader, Proxied, write_header

CLIENT = Proxied(("192.0.2.1", 4711), ("198.51.100.7", 443))


def brief(near, far):
    """A relay that does not wait long for what a test has left open."""
    return Relay(near, far, limits=wiretalk.Limits(idle_timeout_s=None, drain_s=0.05))


async def header_at(server, after=b"hello"):
    """Return what the header that came says; behind it comes what was sent."""
    reader, _ = await server.next()
    header = HeaderReader()
    while not header.done:
        header.feed(await reader.readexactly(1))
    assert await reader.readexactly(len(after)) == after
    return header.proxied


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_the_far_side_is_told_who_has_come(far, reach, version):
    server = await far()
    async with brief("tcp://127.0.0.1:0", f"{server.address}?send_proxy={version}") as relay:
        _, writer = await reach(relay.addresses[0])
        writer.write(b"hello")
        told = await header_at(server)
        assert told.source == writer.get_extra_info("sockname")
        assert told.destination == writer.get_extra_info("peername")


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_a_header_is_passed_on_as_it_came(far, reach, version):
    server = await far()
    async with brief("tcp://127.0.0.1:0?proxy_protocol", f"{server.address}?send_proxy={version}") as relay:
        _, writer = await reach(relay.addresses[0])
        writer.write(write_header(2, CLIENT) + b"hello")
        assert await header_at(server) == CLIENT


async def test_who_comes_through_a_unix_socket_has_no_name_to_tell(far, reach, tmp_path):
    server = await far()
    async with brief(f"unix:{tmp_path}/near", f"{server.address}?send_proxy=v2") as relay:
        _, writer = await reach(relay.addresses[0])
        writer.write(b"hello")
        assert await header_at(server) == Proxied("", f"{tmp_path}/near")


async def test_a_datagram_peer_is_told_as_one(far):
    server = await far()
    async with brief("udp://127.0.0.1:0", f"{server.address}?send_proxy=v2&framing=line") as relay:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", int(relay.addresses[0].rpartition(":")[2])))
            sock.send(b"hello")
            told = await header_at(server, b"hello\n")
            assert told == Proxied(sock.getsockname(), sock.getpeername(), datagram=True)


async def test_splicing_begins_after_the_header(far, reach):
    server = await far()
    blob = bytes(range(256)) * 4096
    async with brief("tcp://127.0.0.1:0?proxy_protocol", f"{server.address}?send_proxy=v1") as relay:
        _, writer = await reach(relay.addresses[0])
        writer.write(write_header(1, CLIENT) + blob)
        assert await header_at(server, blob) == CLIENT
