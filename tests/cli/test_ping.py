"""`wiretalk ping` as a process: what it prints, where, and the status that it leaves with."""

from __future__ import annotations

import json
import re
import signal
import socket
import struct
import subprocess
import termios
from fcntl import ioctl

import pytest

from wiretalk.cli.parser import make_parser
from wiretalk.cli.ping import target
from wiretalk.cli.pinging import milliseconds
from wiretalk.errors import NotPermittedError, UsageError
from wiretalk.transport import resolve

from .conftest import WIRETALK


def plain(text):
    """Return what was printed with the times left out."""
    return re.sub(r"[\d.]+(?= ?ms)|(?<== )[\d./]+(?= ms)", "…", text)


@pytest.fixture
def answering(own_network):
    """A network of the test's own, in which the system answers pings."""
    for name in ("ipv4/icmp_echo_ignore_all", "ipv6/icmp/echo_ignore_all"):
        with open(f"/proc/sys/net/{name}", "w", encoding="ascii") as file:
            file.write("0")


@pytest.fixture
def tcp_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_what_everybody_knows(answering, shell):
    done = shell("ping", "-c", "2", "-i", "10ms", "127.0.0.1")
    assert done.returncode == 0
    assert done.stderr == b"PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n"
    assert plain(done.stdout.decode()) == (
        "64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=… ms\n"
        "64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=… ms\n"
        "\n"
        "--- 127.0.0.1 ping statistics ---\n"
        "2 packets transmitted, 2 received, 0% packet loss, time …ms\n"
        "rtt min/avg/max/mdev = … ms\n"
    )


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["localhost"], "64 bytes from localhost (127.0.0.1): icmp_seq=1"),
        (["-6", "localhost"], "64 bytes from localhost (::1): icmp_seq=1"),
        (["::1"], "64 bytes from ::1: icmp_seq=1"),
        (["[::1]", "-s", "0", "-t", "3"], "8 bytes from ::1: icmp_seq=1"),
        (["icmp://127.0.0.1?ttl=9", "-s", "1KiB"], "1032 bytes from 127.0.0.1: icmp_seq=1"),
    ],
)
def test_who_and_how_much(answering, shell, words, shown):
    done = shell("ping", "-c", "1", *words)
    assert done.stdout.decode().startswith(shown)
    assert done.returncode == 0


def test_tcp(shell, tcp_port):
    done = shell("ping", "-c", "2", "-i", "10ms", f"127.0.0.1:{tcp_port}")
    address = f"tcp://127.0.0.1:{tcp_port}"
    assert done.stderr.decode() == f"PING {address} (127.0.0.1) by TCP connections\n"
    assert plain(done.stdout.decode()) == (
        f"from 127.0.0.1: tcp_seq=1 port={tcp_port} time=… ms\n"
        f"from 127.0.0.1: tcp_seq=2 port={tcp_port} time=… ms\n"
        f"\n--- {address} ping statistics ---\n"
        "2 connections tried, 2 answered, 0% packet loss, time …ms\n"
        "rtt min/avg/max/mdev = … ms\n"
    )
    assert done.returncode == 0


def test_tcp_refused(shell, closed_port):
    done = shell("ping", "-c", "2", "-i", "10ms", f"tcp://localhost:{closed_port}")
    assert f"from localhost (::1): tcp_seq=1 port={closed_port} refused time=" in done.stdout.decode()
    assert "2 connections tried, 2 answered, +2 refused, 0% packet loss" in done.stdout.decode()
    # The server may be at the other one.
    assert done.stderr.decode().endswith("localhost is 127.0.0.1 too; -4 asks that\n")
    assert done.returncode == 3


def test_udp(shell, shell_server):
    server = shell_server("echo", ["udp://127.0.0.1:0"])
    done = shell("ping", "-c", "2", "-i", "10ms", "-s", "8", server.addresses[0])
    assert done.stderr.decode() == f"PING {server.addresses[0]} (127.0.0.1) by UDP datagrams of 8 bytes\n"
    assert "8 bytes from 127.0.0.1: udp_seq=1 ttl=64 time=" in done.stdout.decode()
    assert "2 datagrams sent, 2 came back, 0% packet loss" in done.stdout.decode()


def test_udp_that_nobody_has(shell):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    done = shell("ping", "-c", "1", f"udp://127.0.0.1:{port}")
    assert done.stdout.decode().startswith("From 127.0.0.1 udp_seq=1 Destination Port Unreachable\n\n---")
    assert b"1 datagrams sent, 0 came back, +1 errors, 100% packet loss" in done.stdout
    assert done.returncode == 3


def test_no_answer(own_network, shell):
    done = shell("ping", "-c", "2", "-i", "10ms", "-W", "50ms", "127.0.0.1")
    assert done.stdout.decode().startswith("no answer to icmp_seq=1 in 50ms\nno answer to icmp_seq=2 in 50ms\n\n---")
    assert b"2 packets transmitted, 0 received, 100% packet loss" in done.stdout
    assert b"rtt" not in done.stdout
    assert done.returncode == 9


def test_not_sent(own_network, shell):
    done = shell("ping", "-c", "1", "tcp://192.0.2.1:80")
    assert done.stdout.decode().startswith(
        "tcp_seq=1 was not sent: no route to that network: is this machine connected"
    )
    assert done.returncode == 4


def test_a_host_that_does_not_exist(shell):
    done = shell("ping", "nosuch.invalid")
    assert done.stdout == b""
    assert b"nosuch.invalid" in done.stderr
    assert b"Traceback" not in done.stderr
    assert done.returncode == 5


def test_a_deadline(answering, shell):
    done = shell("ping", "-q", "-w", "100ms", "-i", "10ms", "127.0.0.1")
    assert done.stdout.startswith(b"\n--- 127.0.0.1 ping statistics ---\n")
    assert done.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_is_how_it_ends(answering, started, number):
    one = started("ping", "-i", "10ms", "127.0.0.1")
    one.wait_for("icmp_seq=3 ")
    one.process.send_signal(number)
    assert one.wait() == 0
    assert "ping statistics ---\n" in one.out
    assert one.out.rstrip().splitlines()[-1].startswith("rtt min/avg/max/mdev = ")


@pytest.mark.parametrize("words", [[], ["--trace"]])
def test_ctrl_c_before_anything_came(own_network, started, words):
    one = started("ping", *words, "-W", "60s", "127.0.0.1")
    one.wait_for("127.0.0.1", "\n", where="err")
    assert one.interrupt() == 130
    if not words:
        one.wait_for(" packets transmitted, 0 received, ")
    assert "Traceback" not in one.err


def test_whoever_reads_may_leave(answering):
    command = f"{WIRETALK} ping -i 10ms 127.0.0.1 | head -1; echo ${{PIPESTATUS[0]}}"
    for more in ("", " --json"):
        line = command.replace(" | ", f"{more} | ")
        done = subprocess.run(["bash", "-c", line], capture_output=True, timeout=60, check=False)
        assert done.stdout.splitlines()[-1] == b"0"
        assert done.stderr.count(b"\n") == (0 if more else 1)


def test_standard_output_that_is_full(answering, shell):
    with open("/dev/full", "wb") as full:
        for more in ([], ["--json"], ["--trace", "--json"]):
            done = subprocess.run(
                [WIRETALK, "ping", "-c", "1", *more, "127.0.0.1"],
                stdout=full,
                stderr=subprocess.PIPE,
                timeout=60,
                check=False,
            )
            assert done.stderr.endswith(b"wiretalk: standard output: No space left on device\n")
            assert done.returncode == 1


def test_json(answering, shell):
    done = shell("ping", "--json", "-c", "2", "-i", "10ms", "localhost")
    assert done.stderr == b""
    first, _, summary = map(json.loads, done.stdout.splitlines())
    rtt_ms = first.pop("rtt_ms")
    assert rtt_ms > 0
    del first["time"]
    assert first == {
        "event": "answer",
        "sequence": 1,
        "kind": "answer",
        "from": "127.0.0.1",
        "bytes": 64,
        "intact": True,
        "ttl": 64,
        "duplicate": False,
        "late": False,
        "out_of_order": False,
    }
    assert summary["rtt_ms"]["min"] <= rtt_ms <= summary["rtt_ms"]["max"]
    assert list(summary["rtt_ms"]) == ["min", "avg", "max", "mdev", "p50", "p90", "p99"]
    assert (summary["address"], summary["host"], summary["how"]) == ("icmp://localhost", "127.0.0.1", "finished")


def test_json_of_trouble_and_loss(own_network, shell):
    done = shell("ping", "--json", "-c", "1", "-W", "20ms", "127.0.0.1")
    lost, summary = map(json.loads, done.stdout.splitlines())
    assert (lost["event"], lost["sequence"]) == ("lost", 1)
    assert (summary["how"], summary["rtt_ms"], summary["lost_percent"]) == ("timed-out", None, 100.0)
    done = shell("ping", "--json", "-c", "1", "tcp://192.0.2.1:80")
    trouble, summary = map(json.loads, done.stdout.splitlines())
    assert (trouble["event"], trouble["kind"], trouble["from"]) == ("trouble", "unsent", None)
    assert trouble["reason"].startswith("no route")
    assert (summary["errors"], summary["how"]) == (1, "unreachable")
    done = shell("ping", "--json", "--quiet", "-c", "1", "tcp://192.0.2.1:80")
    assert done.stdout.count(b"\n") == 1


# The histogram.


def test_a_histogram_without_a_terminal(answering, shell):
    done = shell("ping", "--histogram", "-c", "3", "-i", "10ms", "127.0.0.1")
    assert b"\x1b" not in done.stderr + done.stdout
    assert done.stderr.decode().splitlines()[-1].startswith("3 sent, 3 received, 0% lost, p50 ")
    assert done.stdout.count(b"icmp_seq") == 3


def test_a_live_histogram(answering, typed):
    one = typed("ping", "--histogram", "-i", "20ms", "127.0.0.1", columns=90)
    one.wait_for("PING 127.0.0.1", "icmp_seq=1 ", "A\x1b[J", "icmp_seq=")
    # Nothing is wider than the terminal, which becomes narrower.
    ioctl(one.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 40, 0, 0))
    for _ in range(3):
        one.wait_for("\x1b[J")
    drawn = one.wait_for("% lost")
    assert max(map(len, drawn.splitlines())) < 90
    one.type("\x03")
    status, shown = one.wait()
    assert status == 0
    assert "ping statistics ---" in shown
    last = shown.rpartition("\x1b[J")[2]
    assert "received, 0% lost" in last
    drawn = [line for line in last.partition("\r\n\r\n---")[0].splitlines() if "icmp_seq" not in line]
    assert 1 < len(drawn) <= 9
    assert all(len(line) < 40 for line in drawn)


# What is refused before anything is sent.


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "HOST is missing; write it like: wiretalk ping pi.local"),
        (["unix:/run/x"], "unix cannot be pinged; name a HOST, or an address of icmp, tcp or udp"),
        (["tcp://a:1?via=http://b:2"], "a ping does not go by a proxy; leave out via="),
        (["-i", "1ms", "a"], "an interval of 1ms would flood the network; the least is 2ms"),
        (["-i", "2ms", "a:1"], "2000 probes could be awaited at once, and 512 may be; make the timeout shorter or"),
        (["-s", "1", "a:1"], "--size: a TCP connection that is opened carries no payload; leave it out"),
        (
            ["-s", "7", "udp://a:1"],
            "--size: a datagram that short is not known again when it comes back; say 8 or more",
        ),
        (["-s", "64KiB", "a"], "a payload of 64KiB does not fit in a packet; the most is 65507"),
        (["-t", "256", "a"], '"256" is more hops than a packet can go: say 1 to 255'),
        (["-t", "0", "a"], '"0" is not a number of 1 or more'),
        (["-c", "0", "a"], '"0" is not a number of 1 or more'),
        (["-m", "3", "a"], "--hops is for --trace; say that too"),
        (["-n", "a"], "--numeric is for --trace; say that too"),
        (["--trace", "-t", "3", "a"], "--ttl does not go with --trace; leave one of them out"),
        (["--trace", "-q", "a"], "--quiet does not go with --trace; leave one of them out"),
        (["--trace", "--histogram", "a"], "--histogram does not go with --trace; leave one of them out"),
        (["--histogram", "--json", "a"], "--histogram does not go with --json; leave one of them out"),
        (["--trace", "-c", "2000", "a"], "2000 probes a hop are too many; 1092 would do"),
        (["a b"], 'a host cannot hold " "'),
    ],
)
def test_what_is_wrong_is_told(shell, words, sentence):
    done = shell("ping", *words)
    assert done.stdout == b""
    assert done.stderr.decode().startswith(f"wiretalk: {sentence}")
    assert done.returncode == 2


def test_an_address_of_the_other_version(shell):
    done = shell("ping", "-6", "127.0.0.1")
    assert done.stderr == b"wiretalk: icmp://127.0.0.1: it has no IPv6 address\n"
    assert done.returncode == 5


@pytest.mark.parametrize(
    ("reason", "advice"), [("root lets everybody with net.ipv4.ping_group_range", True), ("a firewall", False)]
)
def test_who_may_not_is_told_what_needs_no_privilege(monkeypatch, reason, advice):
    def refuses(candidate, **_):
        raise NotPermittedError("icmp://127.0.0.1", reason)

    monkeypatch.setattr("wiretalk.transport.probing.open_prober", refuses)
    parser, module = make_parser("ping")
    arguments = parser.read(["127.0.0.1"])
    (candidate,) = resolve(arguments.target)
    with pytest.raises(NotPermittedError, match=reason) as refused:
        module._open(candidate, arguments)
    assert ("wiretalk ping tcp://HOST:PORT asks by a TCP connection" in str(refused.value)) is advice


def test_what_the_system_forbids_for_another_reason(own_network, shell):
    done = shell("ping", "255.255.255.255")
    assert b"the system forbids it" in done.stderr or b"no route" in done.stderr
    assert b"wiretalk ping tcp://" not in done.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pi.local", "icmp://pi.local"),
        ("192.0.2.1", "icmp://192.0.2.1"),
        ("::1", "icmp://[::1]"),
        ("fe80::1%eth0", "icmp://[fe80::1%eth0]"),
        ("[::1]", "icmp://[::1]"),
        ("[::1]:80", "tcp://[::1]:80"),
        ("pi.local:80", "tcp://pi.local:80"),
        (":80", "tcp://:80"),
        ("udp6://[::1]:7", "udp6://[::1]:7"),
        ("icmp://pi.local?ttl=3", "icmp://pi.local?ttl=3"),
        ("pi.local?ttl=3", "icmp://pi.local?ttl=3"),
    ],
)
def test_hosts_and_addresses(text, expected):
    assert str(target(text)) == expected


def test_a_mistake_has_its_caret():
    with pytest.raises(UsageError, match=r"port must be 0 to 65535\n  pi:99999\n     \^"):
        target("pi:99999")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0.000"),
        (0.0000451, "0.045"),
        (0.0009994, "0.999"),
        (0.0009996, "1.00"),
        (0.00451, "4.51"),
        (0.009996, "10.0"),
        (0.0153, "15.3"),
        (0.09996, "100"),
        (0.2041, "204"),
        (61.5, "61500"),
        (None, "0.000"),
    ],
)
def test_three_digits_that_count(seconds, shown):
    assert milliseconds(seconds) == shown
