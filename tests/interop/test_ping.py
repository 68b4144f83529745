"""`wiretalk ping` beside the ping of iputils: over the loopback, and over a way whose delay is known."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from wiretalk.transport.ip.checksum import internet_checksum

from .distance import HOSTS, Distance

DELAY_S = 0.03
SLACK_MS = 20
"""How far two programs' middle values may be apart on a busy machine."""

LINE = re.compile(r"^(\d+) bytes from .*icmp_seq=(\d+) ttl=(\d+) time=([\d.]+) ms", re.MULTILINE)


@pytest.fixture
def far(own_network, require):
    """`far(answer)` is a host at a distance; see Distance."""
    require(os.path.exists("/dev/net/tun"), "there is no /dev/net/tun")
    made = []

    def make(answer):
        made.append(Distance(answer))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def answering(own_network):
    """Let the system answer pings in the test's network."""
    for name in ("ipv4/icmp_echo_ignore_all", "ipv6/icmp/echo_ignore_all"):
        with open(f"/proc/sys/net/{name}", "w", encoding="ascii") as file:
            file.write("0")


@pytest.fixture
def iputils(require):
    """Run iputils' ping; return its lines as (bytes, sequence, ttl, ms), and all it said."""
    require(shutil.which("ping"), "ping is not installed")

    def run(*words):
        done = subprocess.run(
            ["ping", "-n", *words], capture_output=True, text=True, timeout=60, check=False, env={"LC_ALL": "C"}
        )
        return lines(done.stdout), done.stdout

    return run


def ours(*words):
    """Run our ping; return as iputils' does."""
    done = subprocess.run(
        [sys.executable, "-m", "wiretalk", "ping", *words], capture_output=True, text=True, timeout=60, check=False
    )
    return lines(done.stdout), done.stdout


def lines(text):
    return [(int(size), int(number), int(ttl), float(time)) for size, number, ttl, time in LINE.findall(text)]


def middle(told):
    return sorted(time for *_, time in told)[len(told) // 2]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_over_the_loopback(answering, iputils, host):
    words = ("-c", "20", "-s", "100")
    theirs, they_said = iputils(*words, "-i", "0.01", host)
    told, said = ours(*words, "-i", "10ms", host)
    assert [one[:3] for one in told] == [one[:3] for one in theirs]
    # A message through this machine takes microseconds; on a busy one the middle of twenty still does.
    assert abs(middle(told) - middle(theirs)) < SLACK_MS
    for text in (said, they_said):
        assert "20 packets transmitted, 20 received, 0% packet loss, time " in text
        assert re.search(r"^rtt min/avg/max/mdev = [\d.]+/[\d.]+/[\d.]+/[\d.]+ ms", text, re.MULTILINE)


@pytest.mark.parametrize("version", [4, 6])
def test_over_a_way_whose_delay_is_known(far, iputils, version):
    distance = far(lambda version, sequence, reply: [(DELAY_S, reply)])
    words = ("-c", "7")
    told, _ = ours(*words, "-i", "50ms", HOSTS[version])
    taken_ms = {sequence: taken * 1000 for (_, sequence), taken in distance.taken_s.items()}
    theirs, _ = iputils(*words, "-i", "0.05", HOSTS[version])
    their_taken_ms = {sequence: taken * 1000 for (_, sequence), taken in distance.taken_s.items()}
    assert len(told) == len(theirs) == 7
    for found, taken in ((told, taken_ms), (theirs, their_taken_ms)):
        # Nothing is faster than the way is, but for the three digits that are shown.
        for _, sequence, _, time in found:
            assert time >= DELAY_S * 1000 - 0.1
            assert time >= taken[sequence] - 1
        over = sorted(time - taken[sequence] for _, sequence, _, time in found)
        assert over[len(over) // 2] < SLACK_MS
    assert abs(middle(told) - middle(theirs)) < SLACK_MS


def test_what_a_way_can_do_to_pings(far):
    held = {}

    def answer(_, sequence, reply):
        if sequence in {1, 4}:
            held[sequence] = reply
        return {
            3: [(0, reply), (0, reply)],
            5: [(0, reply), (0, held.get(4))],
            6: [(0, corrupted(reply))],
            7: [(0, held.get(1)), (0, reply)],
        }.get(sequence, [])

    far(answer)
    # The first is answered when the seventh is asked, 1.5 s later; the second never.
    _, said = ours("-c", "7", "-i", "250ms", "-W", "1s", HOSTS[4])
    facts = said.partition("\n\n---")[0].splitlines()
    assert sorted(re.sub(r"^64 bytes from .*: | time=\S+ ms", "", line) for line in facts) == [
        "icmp_seq=1 ttl=64 (late)",
        "icmp_seq=3 ttl=64",
        "icmp_seq=3 ttl=64 (DUP!)",
        "icmp_seq=4 ttl=64 (out of order)",
        "icmp_seq=5 ttl=64",
        "icmp_seq=6 ttl=64 (other bytes than were sent)",
        "icmp_seq=7 ttl=64",
        "no answer to icmp_seq=1 in 1s",
        "no answer to icmp_seq=2 in 1s",
    ]
    assert (
        "7 packets transmitted, 5 received, +1 duplicates, +1 corrupted, +1 late, +1 out of order, "
        "28.5714% packet loss, time "
    ) in said


def corrupted(packet):
    """Return the reply with another last byte, and the checksum that goes with it."""
    message = packet[20:22] + b"\0\0" + packet[24:-1] + b"!"
    return packet[:20] + message[:2] + internet_checksum(message).to_bytes(2) + message[4:]


def test_json_of_the_same_way(far):
    far(lambda version, sequence, reply: [(DELAY_S, reply)] if sequence != 2 else [])
    done = subprocess.run(
        [sys.executable, "-m", "wiretalk", "ping", "--json", "-c", "3", "-i", "10ms", "-W", "1s", HOSTS[6]],
        capture_output=True,
        timeout=60,
        check=False,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["event"], one.get("sequence")) for one in events] == [
        ("answer", 1),
        ("answer", 3),
        ("lost", 2),
        ("summary", None),
    ]
    assert events[0]["rtt_ms"] >= DELAY_S * 1000
    assert (events[-1]["transmitted"], events[-1]["received"], events[-1]["lost_percent"]) == (3, 2, 33.333333)
    assert events[-1]["rtt_ms"]["min"] >= DELAY_S * 1000
    assert done.returncode == 0
