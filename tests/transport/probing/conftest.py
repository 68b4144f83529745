"""Probers on real sockets, in networks of their own."""

from __future__ import annotations

import subprocess
from select import poll

import pytest

from wiretalk.address import parse
from wiretalk.transport import resolve
from wiretalk.transport.probing import open_prober


def heard(prober, count=1):
    """Return so many news, when they have come."""
    found = []
    while len(found) < count:
        waiting = poll()
        for fd, what in prober.watched():
            waiting.register(fd, what)
        ready = waiting.poll(20_000)
        assert ready, f"nothing came, after {found}"
        found += prober.read([fd for fd, _ in ready])
    return found


@pytest.fixture(name="heard")
def _heard():
    return heard


@pytest.fixture
def probing(opened):
    """`probing(text)` returns a prober of the address's first candidate."""

    def start(text, **settings):
        candidate = resolve(parse(text))[0]
        return opened(open_prober(candidate, **{"size_bytes": 56} | settings))

    return start


@pytest.fixture
def answering(own_network):
    """Let the system answer pings in the test's network."""
    for name in ("ipv4/icmp_echo_ignore_all", "ipv6/icmp/echo_ignore_all"):
        with open(f"/proc/sys/net/{name}", "w", encoding="ascii") as file:
            file.write("0")


@pytest.fixture
def ping_sockets(own_network):
    """Say who gets ping sockets in the test's network."""

    def allow(groups):
        with open("/proc/sys/net/ipv4/ping_group_range", "w", encoding="ascii") as file:
            file.write(groups)

    return allow


@pytest.fixture
def silent(own_network):
    """An address of a host that takes what it is sent, and says nothing."""
    commands = (
        "ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up; "
        "ip addr add 10.0.0.1/24 dev v0; ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev v0 nud permanent"
    )
    subprocess.run(["sh", "-ec", commands], check=True)
    return "10.0.0.9"
