"""Programs that no one here wrote talk through a relay over TCP: iperf3, curl, Redis, OpenSSL, nc, ncat, socat."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
import socket
import struct

import pytest

SIZE = 3_000_000


@pytest.fixture
def big(web):
    """A file to fetch: its contents."""
    data = random.Random(1).randbytes(SIZE)
    (web.directory / "big").write_bytes(data)
    return data


@pytest.fixture
def redis(peer, place, listens, tmp_path):
    """A Redis server: its address."""
    host, port = place
    where = ("--bind", host, "--port", str(port), "--dir", str(tmp_path))
    peer(["redis-server", *where, "--save", "", "--appendonly", "no", "--protected-mode", "no"])
    listens(place)
    return f"tcp://{host}:{port}"


@pytest.fixture
def certificate(peer, tmp_path):
    """A certificate for localhost, and its key: one file."""
    file = tmp_path / "server.pem"
    made = peer(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")),
        ]
    )
    assert made.wait() == 0, made.err
    file.write_bytes((tmp_path / "key.pem").read_bytes() + (tmp_path / "cert.pem").read_bytes())
    return file


@pytest.mark.parametrize("words", [(), ("-R",), ("-P", "4"), ("--bidir",)], ids=["up", "down", "four", "both"])
def test_iperf3(shell_at, peer, listens, place, words):
    host, port = place
    server = peer(["iperf3", "-s", "-1", "-B", host, "-p", str(port)])
    listens(place)
    relay = shell_at("relay", f"tcp://{host}:0", f"tcp://{host}:{port}", "--json")
    client = peer(["iperf3", "-c", host, "-p", str(relay.port), "-n", "20M", "--json", *words])
    assert client.wait() == 0, client.out
    assert server.wait() == 0
    # What is on its way at the end of iperf3's test is nobody's any more.
    received = json.loads(client.out)["end"]["sum_received"]["bytes"]
    assert received > 1_000_000
    assert relay.interrupt() == 130
    told = [json.loads(line) for line in relay.out.splitlines()]
    assert told[-1]["up_bytes"] + told[-1]["down_bytes"] >= received


def test_curl_fetches_through_it(shell_at, peer, web, big, tmp_path):
    relay = shell_at("relay", f"tcp://{web.host}:0", web.address)
    got = tmp_path / "got"
    curl = peer(["curl", "-sS", "-o", str(got), f"http://{web.host}:{relay.port}/big"])
    assert curl.wait() == 0, curl.err
    assert hashlib.sha256(got.read_bytes()).digest() == hashlib.sha256(big).digest()


def test_curl_fetches_several_at_once_over_a_unix_socket(shell_at, peer, web, big, tmp_path):
    path = tmp_path / "s"
    shell_at("relay", f"unix:{path}", web.address)
    files = [str(tmp_path / f"got{number}") for number in range(4)]
    words = [word for file in files for word in ("-o", file, "http://localhost/big")]
    curl = peer(["curl", "-sS", "--parallel", "--unix-socket", str(path), *words])
    assert curl.wait() == 0, curl.err
    for file in files:
        with open(file, "rb") as got:
            assert got.read() == big


def test_redis(shell_at, peer, redis, host):
    relay = shell_at("relay", f"tcp://{host}:0", redis)
    where = ("-h", host, "-p", str(relay.port))
    value = "x" * 200_000
    client = peer(["redis-cli", *where])
    client.say(f"SET key {value}\nGET key\n")
    client.end_input()
    assert client.wait() == 0, client.err
    assert client.out.split() == ["OK", value]


def test_redis_benchmark(shell_at, peer, redis, host):
    relay = shell_at("relay", f"tcp://{host}:0", redis, "--json")
    load = ("-c", "30", "-n", "3000", "-t", "set,get,lrange_100", "--csv")
    bench = peer(["redis-benchmark", "-h", host, "-p", str(relay.port), *load])
    assert bench.wait() == 0, bench.err
    rows = list(csv.DictReader(io.StringIO(bench.out)))
    assert [row["test"].split()[0] for row in rows] == ["SET", "GET", "LPUSH", "LRANGE_100"]
    assert all(float(row["rps"]) > 0 for row in rows)
    assert relay.interrupt() == 130
    assert json.loads(relay.out.splitlines()[-1])["joints"] >= 4 * 30


def test_openssl_speaks_tls_end_to_end(shell_at, peer, certificate, place, listens):
    host, port = place
    peer(["openssl", "s_server", "-accept", f"{host}:{port}", "-cert", str(certificate), "-rev", "-quiet"])
    listens(place)
    relay = shell_at("relay", f"tcp://{host}:0", f"tcp://{host}:{port}")
    client = peer(
        [
            *("openssl", "s_client", "-connect", f"{host}:{relay.port}", "-servername", "localhost", "-quiet"),
            *("-verify_return_error", "-verify_hostname", "localhost", "-CAfile", str(certificate)),
        ]
    )
    client.say("klatwire\n")
    client.wait_for("eriwtalk\n")


def test_tls_for_a_program_that_has_none(shell_at, peer, certificate, place, listens):
    host, port = place
    peer(["openssl", "s_server", "-accept", f"{host}:{port}", "-cert", str(certificate), "-www", "-quiet"])
    listens(place)
    relay = shell_at("relay", f"tcp://{host}:0", f"tls://{host}:{port}?ca={certificate}&sni=localhost")
    curl = peer(["curl", "-sS", f"http://{host}:{relay.port}/"])
    assert curl.wait() == 0, curl.err
    assert "TLSv1.3" in curl.out


def test_tls_in_front_of_a_server_that_has_none(shell_at, peer, certificate, web, big, tmp_path):
    relay = shell_at("relay", f"tls://{web.host}:0?cert={certificate}", web.address)
    got = tmp_path / "got"
    client = peer(
        [
            *("curl", "-sS", "-o", str(got), "--cacert", str(certificate)),
            *("--connect-to", f"localhost:443:{web.host}:{relay.port}", "https://localhost/big"),
        ]
    )
    assert client.wait() == 0, client.err
    assert got.read_bytes() == big


@pytest.mark.parametrize("here", ["nc", "ncat", "socat"])
@pytest.mark.parametrize("there", ["nc", "ncat", "socat"])
def test_nc_ncat_and_socat_at_either_end(shell_at, as_client, as_server, host, here, there):
    server = as_server(there)
    relay = shell_at("relay", f"tcp://{host}:0", server.address, "--once")
    client = as_client(here, host, relay.port)
    client.say("to the server\n")
    server.wait_for("to the server\n")
    server.say("to the client\n")
    client.wait_for("to the client\n")
    client.end_input()
    # The end is passed on, and the other direction goes on; but ncat hears nothing more, and where it or nc listens, it
    # leaves soon after it has heard the end.
    if here != "ncat" and there == "socat":
        server.say("and afterwards\n")
        client.wait_for("and afterwards\n")
    server.end_input()
    assert client.wait() == 0
    assert server.wait() == 0
    assert relay.wait() == 0


def test_a_bridge_between_two_that_listen(shell, peer, listens, somewhere):
    places = [somewhere(), somewhere()]
    servers = []
    for host, port in places:
        servers.append(peer(["nc.openbsd", "-N", "-l", host, str(port)]))
        listens((host, port))
    bridge = shell("relay", *(f"tcp://{host}:{port}?connect" for host, port in places))
    for one, other in (servers, servers[::-1]):
        one.say("over the bridge\n")
        other.wait_for("over the bridge\n")
    for server in servers:
        server.end_input()
    assert bridge.wait() == 0
    assert [server.wait() for server in servers] == [0, 0]


def test_a_rendezvous_of_two_that_connect(shell_at, as_client, host):
    relay = shell_at("relay", f"tcp://{host}:0?listen", f"tcp://{host}:0?listen", "--once")
    told = relay.wait_for("listening on ", "listening on ", "\n", where="err")
    ports = [int(line.split()[2].rpartition(":")[2]) for line in told.splitlines()]
    clients = [as_client("nc", host, port) for port in ports]
    for one, other in (clients, clients[::-1]):
        one.say("at last\n")
        other.wait_for("at last\n")
    for client in clients:
        client.end_input()
    assert [client.wait() for client in clients] == [0, 0]
    assert relay.wait() == 0


def test_a_relay_between_relays_of_others(shell_at, peer, web, big, listens, place, tmp_path):
    host, port = place
    relay = shell_at("relay", f"tcp://{host}:0", web.address)
    peer(["socat", f"TCP-LISTEN:{port},bind={host},reuseaddr,fork", f"TCP:{host}:{relay.port}"])
    listens(place)
    second = shell_at("relay", f"tcp://{host}:0", f"tcp://{host}:{port}")
    got = tmp_path / "got"
    curl = peer(["curl", "-sS", "-o", str(got), f"http://{host}:{second.port}/big"])
    assert curl.wait() == 0, curl.err
    assert got.read_bytes() == big


def test_haproxy_says_in_front_whose_connection_it_is(shell_at, peer, web, listens, place, tmp_path):
    host, port = place
    (web.directory / "hello").write_text("hello\n")
    relay = shell_at("relay", f"tcp://{host}:0?proxy_protocol&proxy_from={host}", web.address, "-v")
    settings = tmp_path / "haproxy.cfg"
    settings.write_text(
        "defaults\n mode tcp\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n"
        f"listen here\n bind {host}:{port}\n server there {host}:{relay.port} send-proxy-v2 source {host}\n"
    )
    peer(["haproxy", "-q", "-f", str(settings)])
    listens(place)
    curl = peer(["curl", "-sS", "--interface", host, "--local-port", "1024-60999", f"http://{host}:{port}/hello"])
    assert curl.wait() == 0, curl.err
    assert curl.out == "hello\n"


def test_half_a_response_is_no_whole_one(shell_at, peer, plain_server, host):
    """A server that breaks off is not made into one that has finished."""
    relay = shell_at("relay", f"tcp://{host}:0", plain_server.address)
    curl = peer(["curl", "-sSN", f"http://{host}:{relay.port}/"])
    server = plain_server.accept()
    server.recv(65536)
    server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of ")
    curl.wait_for("half of ")
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    server.close()
    assert curl.wait() == 56
    assert "reset" in curl.err


def test_nobody_there_is_told_as_a_reset(shell_at, peer, somewhere, host):
    relay = shell_at("relay", f"tcp://{host}:0", "tcp://{}:{}".format(*somewhere()))
    curl = peer(["curl", "-sS", f"http://{host}:{relay.port}/"])
    assert curl.wait() in {52, 56}
    relay.wait_for("cannot be joined with", "nobody listens", where="err")


def test_a_server_that_comes_later_is_waited_for(shell_at, peer, host, somewhere, listens):
    place = somewhere()
    relay = shell_at("relay", f"tcp://{host}:0", "tcp://{}:{}".format(*place), "--retry", "-v")
    client = peer(["nc.openbsd", "-N", host, str(relay.port)])
    client.say("anybody?\n")
    relay.wait_for("trying again", where="err")
    server = peer(["nc.openbsd", "-N", "-l", place[0], str(place[1])])
    server.wait_for("anybody?\n")
    server.end_input()
    client.end_input()
    assert client.wait() == 0
