"""Faults between programs that no one here wrote, as each of these sees them.

Times are least ones: how late a fault may be is measured in benchmarks/.
"""

from __future__ import annotations

import json
import random
import re
import time

import pytest

from .relaying import Names

SIZE = 400_000

SEED = "5"
"""With it, the first conversation has a fault of which every second one has, and the second has not."""


@pytest.fixture
def file(web):
    """A file to fetch: its contents."""
    data = random.Random(2).randbytes(SIZE)
    (web.directory / "file").write_bytes(data)
    return data


@pytest.fixture
def fetch(shell_at, peer, web, file, tmp_path):
    """Fetch the file through a relay with faults: `fetch("down:reset=1000B")`; the program, what it got, the relay."""

    def get(*faults, words=()):
        options = [word for fault in faults for word in ("--fault", fault)]
        relay = shell_at("relay", f"tcp://{web.host}:0", web.address, *options)
        got = tmp_path / "got"
        # Headers and all, as they came.
        url = f"http://{web.host}:{relay.port}/file"
        curl = peer(["curl", "-sSN", "-i", "-o", str(got), "-w", "%{time_total} %{speed_download}", *words, url])
        status = curl.wait()
        return status, got.read_bytes() if got.exists() else b"", curl, relay

    return get


def body(response):
    return response.partition(b"\r\n\r\n")[2]


def test_curl_without_a_fault(fetch, file):
    status, got, _, _ = fetch()
    assert (status, body(got)) == (0, file)


@pytest.mark.parametrize("count", [1000, 65536, 65537, 399_999])
def test_curl_and_a_reset_at_exactly_that_byte(fetch, count):
    status, got, curl, _ = fetch(f"down:reset={count}B")
    assert (status, len(got)) == (56, count)
    assert "reset" in curl.err


@pytest.mark.parametrize("fault", ["down:close", "down:half_close", "down:limit"])
def test_curl_and_an_end_at_exactly_that_byte(fetch, fault):
    # 18: it ended, and more had been promised.
    status, got, _, _ = fetch(f"{fault}=12345B")
    assert (status, len(got)) == (18, 12345)


def test_curl_and_latency(fetch, file):
    status, got, curl, _ = fetch("latency=60ms")
    assert (status, body(got)) == (0, file)
    # The request is late, and so is the answer.
    assert float(curl.out.split()[0]) >= 0.12


def test_curl_and_bandwidth(fetch, file):
    status, got, curl, _ = fetch("down:bandwidth=400kB")
    assert (status, body(got)) == (0, file)
    # What the kernel and the fault let through at once is no more than a tenth.
    assert float(curl.out.split()[1]) <= 440_000


def test_curl_and_pieces(fetch, file):
    status, got, _, _ = fetch("slice=100,pause=0.1ms")
    assert (status, body(got)) == (0, file)


def test_curl_and_a_stall(fetch):
    status, got, curl, _ = fetch("down:stall=5000B", words=("--max-time", "1"))
    # 28: curl gave up.
    assert (status, len(got)) == (28, 5000), curl.err


def test_curl_and_a_refusal(fetch):
    status, got, _, _ = fetch("refuse")
    assert status in {52, 56}
    assert got == b""


def test_curl_and_bits_that_flip(fetch, file):
    status, got, _, _ = fetch("down:corrupt=8,after=1000B,for=100000B")
    assert (status, len(body(got))) == (0, len(file))
    head = len(got) - len(file)
    wrong = [at for at, (one, other) in enumerate(zip(body(got), file, strict=True)) if one != other]
    assert wrong
    assert all(1000 <= at + head < 101_000 for at in wrong)


def test_curl_tries_again_and_comes_through(shell_at, peer, web, file, tmp_path):
    """The first connection has the fault, with this seed, and the second has not."""
    log, got = tmp_path / "log", tmp_path / "got"
    options = ["--fault", "down:reset=20kB,toxicity=0.5", "--seed", SEED, "--fault-log", str(log)]
    relay = shell_at("relay", f"tcp://{web.host}:0", web.address, *options)
    again = ["--retry", "3", "--retry-all-errors", "--retry-delay", "1"]
    curl = peer(["curl", "-sS", "-o", str(got), *again, f"http://{web.host}:{relay.port}/file"])
    assert curl.wait() == 0, curl.err
    assert got.read_bytes() == file
    (reset,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert (reset["fault"], reset["connection"], reset["offset"]) == ("reset", 1, 20_000)


def test_the_log_says_what_curl_saw_and_does_it_again(shell_at, peer, web, file, tmp_path):
    log, got = tmp_path / "log", tmp_path / "got"
    sizes = []
    for options in (["--fault", "down:reset=300kB,p=0.5", "--fault-log", str(log)], ["--fault-replay", str(log)]):
        relay = shell_at("relay", f"tcp://{web.host}:0", web.address, *options, "--seed", "3")
        sizes.append([])
        for _ in range(5):
            curl = peer(["curl", "-sSNi", "-o", str(got), f"http://{web.host}:{relay.port}/file"])
            sizes[-1].append((curl.wait(), got.stat().st_size))
        assert relay.interrupt() == 130
    assert sizes[0] == sizes[1]
    resets = [json.loads(line) for line in log.read_text().splitlines()]
    assert {(one["fault"], one["direction"], one["offset"]) for one in resets} == {("reset", "down", 300_000)}
    assert [status for status, _ in sizes[0]].count(56) == len(resets)


@pytest.fixture
def redis(peer, place, listens, tmp_path):
    """A Redis server: its address."""
    host, port = place
    where = ("--bind", host, "--port", str(port), "--dir", str(tmp_path))
    peer(["redis-server", *where, "--save", "", "--appendonly", "no", "--protected-mode", "no"])
    listens(place)
    return f"tcp://{host}:{port}"


def test_redis_benchmark_and_pieces(shell_at, peer, redis, host):
    """Every command and every answer is cut anywhere."""
    relay = shell_at("relay", f"tcp://{host}:0", redis, "--fault", "slice=7", "--fault", "latency=1ms,jitter=1ms")
    load = ("-c", "10", "-n", "300", "-P", "5", "-d", "50", "-t", "set,get", "--csv")
    bench = peer(["redis-benchmark", "-h", host, "-p", str(relay.port), *load])
    assert bench.wait() == 0, bench.err
    assert len(bench.out.splitlines()) == 3
    assert "rror" not in bench.out + bench.err


def test_redis_cli_and_latency(shell_at, peer, redis, host):
    relay = shell_at("relay", f"tcp://{host}:0", redis, "--fault", "latency=50ms")
    began = time.monotonic()
    client = peer(["redis-cli", "-h", host, "-p", str(relay.port), "ping"])
    assert client.wait() == 0
    assert client.out == "PONG\n"
    assert time.monotonic() - began >= 0.1


def test_redis_cli_is_cut_off_while_it_runs(shell_at, peer, shell, redis, host):
    pytest.importorskip("h11")
    relay = shell_at("relay", f"tcp://{host}:0", redis, "--control", f"tcp://{host}:0")
    told = relay.wait_for("controlled at ", "\n", where="err")
    control = re.search(r"controlled at (\S+)", told).group(1)
    client = peer(["redis-cli", "-h", host, "-p", str(relay.port)])
    client.say("SET name value\n")
    client.wait_for("OK")
    added = shell("fault", control, "add", "down:latency=80ms")
    assert added.wait() == 0, added.err
    began = time.monotonic()
    client.say("GET name\n")
    client.wait_for("value")
    assert time.monotonic() - began >= 0.08
    cut = shell("fault", control, "cut", "all")
    assert cut.wait() == 0, cut.err
    client.say("GET name\n")
    client.wait_for("reset by peer", where="err")
    # It connects again by itself.
    client.say("GET name\n")
    client.wait_for("value", "value")


def test_dig_asks_again_when_its_question_is_lost(shell_at, peer, names, host):
    relay = shell_at("relay", f"udp://{host}:0", names.address, "--fault", "up:loss,toxicity=0.5", "--seed", SEED)
    # It asks from another port each time: another conversation.
    asked = peer(["dig", f"@{host}", "-p", str(relay.port), "+tries=3", "+time=1", "wiretalk.example", "A"])
    assert asked.wait() == 0
    assert "timed out" in asked.out
    assert Names.ANSWER in asked.out
    assert names.asked == 1


def test_dig_is_not_confused_by_answers_that_come_twice(shell_at, peer, names, host):
    relay = shell_at("relay", f"udp://{host}:0", names.address, "--fault", "duplicate,copies=2")
    asked = peer(["dig", f"@{host}", "-p", str(relay.port), "+short", "a.example", "A", "b.example", "A"])
    assert asked.wait() == 0
    assert asked.out == f"{Names.ANSWER}\n" * 2


def test_dig_gives_up_in_a_blackhole(shell_at, peer, names, host):
    relay = shell_at("relay", f"udp://{host}:0", names.address, "--fault", "down:blackhole")
    asked = peer(["dig", f"@{host}", "-p", str(relay.port), "+tries=1", "+time=1", "wiretalk.example", "A"])
    # 9: no server answered.
    assert asked.wait() == 9
    assert names.asked == 1


def test_sockperf_sees_loss_and_disorder(shell_at, peer, listens, place):
    host, port = place
    peer(["sockperf", "server", "-i", host, "-p", str(port)])
    listens(place, datagrams=True)
    faults = ["--fault", "up:duplicate=20%", "--fault", "down:loss=10%", "--fault", "down:reorder=20%,gap=2,wait=50ms"]
    relay = shell_at("relay", f"udp://{host}:0", f"udp://{host}:{port}", *faults, "--seed", "1")
    load = ("-t", "2", "--mps", "200", "-m", "100", "--reply-every", "1")
    client = peer(["sockperf", "under-load", "-i", host, "-p", str(relay.port), *load])
    assert client.wait() == 0, client.out + client.err
    dropped, doubled, late = map(
        int,
        re.search(
            r"dropped messages = (\d+); # duplicated messages = (\d+); # out-of-order messages = (\d+)", client.out
        ).groups(),
    )
    # Of some 300 that it counts, 30, 60 and 60 are to be expected.
    assert dropped > 5
    assert doubled > 10
    assert late > 10


def test_iperf3_and_bandwidth(shell_at, peer, listens, place):
    host, port = place
    peer(["iperf3", "-s", "-1", "-B", host, "-p", str(port)])
    listens(place)
    relay = shell_at("relay", f"tcp://{host}:0", f"tcp://{host}:{port}", "--fault", "up:bandwidth=80Mbit")
    client = peer(["iperf3", "-c", host, "-p", str(relay.port), "-t", "2", "--json"])
    assert client.wait() == 0, client.out
    received = json.loads(client.out)["end"]["sum_received"]
    # From both sides: it is no faster, and it is used.
    assert 40e6 < received["bits_per_second"] < 84e6


def test_openssl_sees_a_handshake_that_is_cut_off(shell_at, peer, host):
    pytest.importorskip("cryptography")
    server = shell_at("serve", "echo", f"tls://{host}:0?self_signed")
    far = server.address.replace("tls", "tcp")
    relay = shell_at("relay", f"tcp://{host}:0", far, "--fault", "down:close=500B")
    client = peer(["openssl", "s_client", "-connect", f"{host}:{relay.port}", "-quiet"])
    assert client.wait() != 0
    assert "unexpected eof" in client.err
