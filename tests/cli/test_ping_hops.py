"""The way over a router, by all that can ask, with privilege and without; and what routers say of pings."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest

from .hops import FAR, FAR6, NEAR, ROUTER, ROUTER6, on_ours

PING = f"{sys.executable} -m wiretalk ping"
NOBODY = "env HOME=/ setpriv --reuid=65534 --regid=65534 --clear-groups "


@pytest.fixture(autouse=True)
def row(require):
    """Say whether this machine can be three."""
    tools = all(shutil.which(tool) for tool in ("unshare", "ip", "setpriv", "sysctl", "ping"))
    command = ["unshare", "--net", "--mount", "true"]
    allowed = tools and subprocess.run(command, check=False, capture_output=True).returncode == 0
    require(allowed, "needs network namespaces, ip, setpriv, sysctl and ping")


def hops(text):
    """Return the hops that were printed, without their times."""
    return [re.sub(r"  [\d.]+ ms", "", line).split() for line in text.splitlines()]


WAYS = [
    (FAR, ROUTER, FAR, ""),
    (FAR6, ROUTER6, FAR6, ""),
    (f"tcp://{FAR}:80", ROUTER, FAR, "(refused)"),
    (f"tcp://[{FAR6}]:80", ROUTER6, FAR6, "(refused)"),
    (f"udp://{FAR}:33434", ROUTER, FAR, "(Destination Port Unreachable)"),
    (f"udp://[{FAR6}]:33434", ROUTER6, FAR6, "(Destination unreachable: Port unreachable)"),
]


@pytest.mark.parametrize("who", ["", NOBODY], ids=["root", "nobody"])
def test_the_way(who, require):
    commands = "\n".join(f"{who}{PING} --trace -n '{target}'; echo $?" for target, *_ in WAYS)
    out, err, _ = on_ours(commands)
    require("Permission denied" not in err, "another user may not run this Python")
    found = hops(out)
    for target, router, far, words in WAYS:
        assert found[:3] == [["1", router], ["2", far, *(words.split() * 3)], ["0"]], (target, err)
        del found[:3]
    assert f"the way to icmp://{FAR} ({FAR}), 30 hops at most" in err


def test_the_way_as_json_and_with_names():
    out, _, status = on_ours(f"{PING} --trace --json -c 2 {FAR}")
    first, second, summary = map(json.loads, out.splitlines())
    assert (first["event"], first["hop"], first["names"]) == ("hop", 1, {ROUTER: ""})
    assert [(one["kind"], one["from"]) for one in first["probes"]] == [("expired", ROUTER)] * 2
    assert [(one["kind"], one["from"], one["bytes"]) for one in second["probes"]] == [("answer", FAR, 64)] * 2
    del summary["time"]
    assert summary == {"event": "summary", "host": FAR, "reached": True, "hops": 2, "how": "finished"}
    assert status == 0


def test_a_way_that_ends_on_the_way():
    commands = f"{PING} --trace -n -c 1 10.0.4.7; echo $?; {PING} --trace -n -c 1 -m 1 {FAR}; echo $?"
    out, err, _ = on_ours(commands, "ip -n router route add prohibit 10.0.4.0/24")
    assert hops(out) == [["1", ROUTER, "(Packet", "filtered)"], ["4"], ["1", ROUTER], ["9"]]
    assert "10.0.4.7 was not reached in 1 hops: the way ends before" in err
    assert f"{FAR} was not reached in 1 hops: it has not answered" in err


def test_a_router_that_says_nothing():
    # What comes from it is dropped here: no way leads back to it.
    silent = f"ip route add blackhole {ROUTER}/32; sysctl -qw net.ipv4.conf.near0.rp_filter=1"
    out, _, _ = on_ours(f"{PING} --trace -n -W 300ms {FAR}; echo $?", silent)
    assert hops(out) == [["1", "*", "*", "*"], ["2", FAR], ["0"]]


def test_what_routers_say_of_pings():
    targets = (FAR, FAR6, f"tcp://{FAR}:80", f"udp://{FAR}:9")
    commands = "".join(f"{PING} -c 1 -t 1 '{target}' 2>/dev/null; echo $?; " for target in targets)
    commands += f"{PING} -c 1 -W 20s 10.0.1.99; echo $?; ip route del default; {PING} -c 1 10.9.9.9; echo $?"
    fast = "echo 20 > /proc/sys/net/ipv4/neigh/near0/retrans_time_ms"
    out, err, _ = on_ours(commands, fast)
    told = [line for line in out.splitlines() if line.startswith(("From ", "4"))]
    assert told == [
        f"From {ROUTER} icmp_seq=1 Time to live exceeded",
        "4",
        f"From {ROUTER6} icmp_seq=1 Time exceeded: Hop limit",
        "4",
        f"From {ROUTER} tcp_seq=1 Time to live exceeded",
        "4",
        f"From {ROUTER} udp_seq=1 Time to live exceeded",
        "4",
        f"From {NEAR} icmp_seq=1 Destination Host Unreachable",
        "4",
        "4",
    ]
    assert "1 packets transmitted, 0 received, +1 errors, 100% packet loss" in out
    assert "wiretalk: icmp://10.9.9.9: no route to that network: is this machine connected to it?\n" in err


def test_a_packet_too_big_for_the_way():
    narrow = "ip -n router link set router1 mtu 1300; ip -n far link set far0 mtu 1300"
    out, _, _ = on_ours(f"{PING} -c 2 -i 50ms -s 1400 {FAR}; echo $?; {PING} -c 1 -s 1400 {FAR6}; echo $?", narrow)
    assert f"From {ROUTER} icmp_seq=1 Frag needed and DF set (mtu = 1300)\n1408 bytes from {FAR}: icmp_seq=2" in out
    assert f"From {ROUTER6} icmp_seq=1 Packet too big: mtu=1300" in out
    assert out.splitlines()[-1] == "11"


@pytest.mark.parametrize("host", [FAR, FAR6])
def test_without_privilege_a_sentence_says_what_to_do(host, require):
    nobody = "sysctl -qw net.ipv4.ping_group_range='1 0'"
    out, err, status = on_ours(f"{NOBODY}{PING} -c 1 {host}", nobody)
    require("Permission denied" not in err, "another user may not run this Python")
    assert (out, status) == ("", 7)
    # Whoever measures the tests may have something to say as well.
    (sentence,) = (line for line in err.splitlines() if line.startswith("wiretalk: "))
    assert sentence.startswith(
        f"wiretalk: icmp://{f'[{host}]' if ':' in host else host}: this user may not send pings; "
    )
    for words in (
        "sysctl net.ipv4.ping_group_range='0 2147483647'",
        "setcap cap_net_raw+ep",
        "wiretalk ping tcp://HOST:PORT asks by a TCP connection",
    ):
        assert words in sentence


def test_the_sentences_advice_works(require):
    nobody = "sysctl -qw net.ipv4.ping_group_range='1 0'"
    advice = "sysctl -qw net.ipv4.ping_group_range='0 2147483647'"
    commands = f"{NOBODY}{PING} -c 1 tcp://{FAR}:80; echo $?; {advice}; {NOBODY}{PING} -c 1 {FAR}; echo $?"
    out, err, _ = on_ours(commands, nobody)
    require("Permission denied" not in err, "another user may not run this Python")
    assert f"from {FAR}: tcp_seq=1 port=80 refused time=" in out
    assert f"64 bytes from {FAR}: icmp_seq=1 ttl=63 time=" in out
    assert [line for line in out.splitlines() if line in {"0", "3"}] == ["3", "0"]
