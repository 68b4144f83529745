"""Hosts that have IPv4 alone, or IPv6 alone: what means both means what there is, and the other is told in a sentence.

Each is a network namespace of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

FAMILIES = {4: ("tcp4", "127.0.0.1", "[::1]"), 6: ("tcp6", "[::1]", "127.0.0.1")}
"""The scheme of a family, its own loopback address, and the other family's."""


class Host:
    """A host with one family of addresses."""

    def __init__(self, program, family):
        self._program = program
        self.name = f"wt-{os.urandom(4).hex()}-v{family}"
        self.family = family
        self.scheme, self.loopback, self.other = FAMILIES[family]

    def make(self):
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        if self.family == 4:
            self._run("sh", "-c", "for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 > $f; done")
        self._run("ip", "link", "set", "lo", "up")
        if self.family == 6:
            self._run("ip", "address", "delete", "127.0.0.1/8", "dev", "lo")

    def _run(self, *command):
        subprocess.run(["ip", "netns", "exec", self.name, *command], check=True, capture_output=True)

    def shell(self, *words):
        return self._program(["ip", "netns", "exec", self.name, sys.executable, "-m", "wiretalk", *words])

    def serving(self, *words):
        server = self.shell("serve", "echo", *words)
        server.wait_for(*("listening on " for word in words if "://" in word), "\n", where="err")
        server.ports = [line.split()[2].rpartition(":")[2] for line in server.err.splitlines()]
        return server

    def remove(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)


@pytest.fixture(params=FAMILIES, ids=["ipv4-alone", "ipv6-alone"])
def one_family(request, program, require, namespaces):
    require(not namespaces, namespaces)
    host = Host(program, request.param)
    try:
        host.make()
        yield host
    finally:
        host.remove()


def test_an_empty_host_means_what_there_is(one_family):
    server = one_family.serving("tcp://:0", "udp://:0")
    for scheme, port in zip(("tcp", "udp"), server.ports, strict=True):
        for name in (one_family.loopback, "localhost", ""):
            client = one_family.shell("send", f"{scheme}://{name}:{port}", "hello")
            assert client.wait() == 0, client.err
            assert client.out == "hello\n"
    assert server.interrupt() == 130


def test_its_own_family_alone(one_family):
    server = one_family.serving(f"{one_family.scheme}://:0")
    client = one_family.shell("send", f"tcp://localhost:{server.ports[0]}", "hello")
    assert client.wait() == 0, client.err
    assert client.out == "hello\n"


def test_the_other_family_is_told_to_be_unreachable(one_family):
    for scheme in ("tcp", "udp"):
        client = one_family.shell("send", f"{scheme}://{one_family.other}:7", "hello")
        assert client.wait() == 4, client.err
        assert client.err.startswith(f"wiretalk: {scheme}://{one_family.other}:7: ")
        assert client.err.count("\n") == 1


def test_listening_at_the_other_family_is_told_to_be_impossible(one_family):
    server = one_family.shell("serve", "echo", f"tcp://{one_family.other}:0")
    assert server.wait() == 4, server.err
    assert server.err.startswith(f"wiretalk: tcp://{one_family.other}:0: ")
    assert server.err.count("\n") == 1
