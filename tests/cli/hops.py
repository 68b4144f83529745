"""Three machines in a row: ours, a router, and a host, as network namespaces; a test's commands run on ours."""

from __future__ import annotations

import os
import subprocess

NEAR, ROUTER, FAR = "10.0.1.1", "10.0.1.2", "10.0.2.2"
NEAR6, ROUTER6, FAR6 = "fd00:1::1", "fd00:1::2", "fd00:2::2"

ROW = """
set -e
mount -t tmpfs tmpfs /run/netns 2>/dev/null || { mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns; }
ip netns add router; ip netns add far
# Whether an address is somebody else's too would take a second to find out.
for run in "" "ip netns exec router" "ip netns exec far"; do
  $run sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
done
ip link set lo up; ip -n far link set lo up
ip link add near0 type veth peer name router0 netns router
ip -n router link add router1 type veth peer name far0 netns far
ip addr add 10.0.1.1/24 dev near0; ip link set near0 up
ip -6 addr add fd00:1::1/64 dev near0 nodad
ip -n router addr add 10.0.1.2/24 dev router0; ip -n router link set router0 up
ip -n router -6 addr add fd00:1::2/64 dev router0 nodad
ip -n router addr add 10.0.2.1/24 dev router1; ip -n router link set router1 up
ip -n router -6 addr add fd00:2::1/64 dev router1 nodad
ip -n far addr add 10.0.2.2/24 dev far0; ip -n far link set far0 up
ip -n far -6 addr add fd00:2::2/64 dev far0 nodad
ip route add default via 10.0.1.2; ip -6 route add default via fd00:1::2
ip -n far route add default via 10.0.2.1; ip -n far -6 route add default via fd00:2::1
ip netns exec router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip netns exec router sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
ip netns exec far sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
sysctl -qw net.ipv4.ping_group_range='0 2147483647'
# Neighbours are known before anything is timed.
for host in 10.0.1.2 10.0.2.2 fd00:1::2 fd00:2::2; do
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do ping -c 1 -W 0.2 $host >/dev/null 2>&1 && break; done
done
"""
"""A shell's commands that put them there. The routers answer as many as are asked, not a few a second."""


def on_ours(commands, setup=""):
    """Run a shell's commands on our machine of the row; return what they print, and the last one's exit status."""
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", f"{ROW}{setup}\nset +e\n{commands}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ,
    )
    return done.stdout, done.stderr, done.returncode
