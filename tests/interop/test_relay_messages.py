"""Programs that no one here wrote talk through a relay in messages: dig, sockperf, logger, Chromium, socat."""

from __future__ import annotations

import json
import re
import socket
import struct

import pytest

from .relaying import Names


def dig(peer, host, port, *words):
    """Ask a name server for a name: the program, which has left."""
    asked = peer(["dig", f"@{host}", "-p", str(port), "+short", *words, "wiretalk.example", "A"])
    asked.status = asked.wait()
    return asked


def test_dig(shell_at, peer, names, host):
    relay = shell_at("relay", f"udp://{host}:0", names.address)
    asked = dig(peer, host, relay.port)
    assert (asked.status, asked.out) == (0, f"{Names.ANSWER}\n")


def test_many_of_dig_at_once_each_with_its_own_answers(shell_at, peer, names, host):
    relay = shell_at("relay", f"udp://{host}:0", names.address, "--json")
    asked = [
        peer(["dig", f"@{host}", "-p", str(relay.port), "+short", f"n{number}.example", "A"]) for number in range(8)
    ]
    assert [one.wait() for one in asked] == [0] * 8
    assert [one.out for one in asked] == [f"{Names.ANSWER}\n"] * 8
    assert relay.interrupt() == 130
    totals = json.loads(relay.out.splitlines()[-1])
    # Each peer is a joint of its own, with a socket of its own.
    assert (totals["joints"], totals["up_messages"], totals["down_messages"], totals["dropped"]) == (8, 8, 8, 0)


def test_dig_over_tcp_is_answered_by_a_server_of_udp(shell_at, peer, names, host):
    """DNS over TCP is the same message after a count of two bytes (RFC 1035, section 4.2.2)."""
    relay = shell_at("relay", f"tcp://{host}:0?framing=length:u16be", names.address)
    asked = dig(peer, host, relay.port, "+tcp")
    assert (asked.status, asked.out) == (0, f"{Names.ANSWER}\n")


def test_dig_over_tls(shell_at, peer, names, host, require):
    """DNS over TLS (RFC 7858), in front of a name server that has none."""
    pytest.importorskip("cryptography")
    relay = shell_at("relay", f"tls://{host}:0?self_signed&framing=length:u16be", names.address)
    asked = dig(peer, host, relay.port, "+tls")
    require("invalid option" not in (asked.out + asked.err).lower(), "this dig knows no TLS")
    assert (asked.status, asked.out) == (0, f"{Names.ANSWER}\n")


@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_sockperf(shell_at, peer, listens, place, kind):
    host, port = place
    flags = ("--tcp",) if kind == "tcp" else ()
    peer(["sockperf", "server", "-i", host, "-p", str(port), *flags])
    listens(place, datagrams=kind == "udp")
    relay = shell_at("relay", f"{kind}://{host}:0", f"{kind}://{host}:{port}")
    # Slowly, so that nothing is lost where a busy machine lets a socket's buffer fill.
    load = ("-t", "1", "--mps", "200", "-m", "100", "--reply-every", "1")
    client = peer(["sockperf", "under-load", "-i", host, "-p", str(relay.port), *load, *flags])
    assert client.wait() == 0, client.out + client.err
    assert int(re.search(r"ReceivedMessages=(\d+)", client.out).group(1)) > 100
    dropped, doubled, late = re.search(
        r"dropped messages = (\d+); # duplicated messages = (\d+); # out-of-order messages = (\d+)", client.out
    ).groups()
    assert (dropped, doubled, late) == ("0", "0", "0")


def test_datagrams_of_socat_become_lines(shell_at, peer, as_server, host):
    server = as_server("nc")
    relay = shell_at("relay", f"udp://{host}:0", f"{server.address}?framing=line")
    client = peer(["socat", "-t1", "-", f"UDP:{host}:{relay.port}"])
    client.say("two lines\nin one\n")
    relay.wait_for("a message of 17 bytes", "cannot be carried", where="err")
    client.say("first\n")
    server.wait_for("first\n")
    server.say("an answer\n")
    client.wait_for("an answer")
    client.end_input()
    client.wait()


def test_lines_of_nc_become_datagrams_and_what_cannot_be_carried_is_told(shell_at, peer, as_client, host, somewhere):
    where = somewhere()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(where)
        server.settimeout(60)
        relay = shell_at("relay", f"tcp://{host}:0?framing=line", "udp://{}:{}".format(*where), "--json", "--once")
        client = as_client("nc", host, relay.port)
        client.say(f"short\n{'x' * 70_000}\nshort again\n")
        assert server.recvfrom(65536)[0] == b"short"
        message, peer_of_ours = server.recvfrom(65536)
        assert message == b"short again"
        server.sendto(b"an answer", peer_of_ours)
        client.wait_for("an answer\n")
        client.end_input()
        assert client.wait() == 0
        relay.wait_for("70000 bytes", "cannot be carried", where="err")
        assert relay.wait() == 0
    assert json.loads(relay.out.splitlines()[-1])["dropped"] == 1


def test_json_lines_of_nc_become_messagepack_with_lengths(shell_at, as_client, plain_server, host):
    pytest.importorskip("msgpack")
    far = f"{plain_server.address}?framing=length:u16be&codec=msgpack"
    relay = shell_at("relay", f"tcp://{host}:0?framing=line&codec=json", far)
    client = as_client("nc", host, relay.port)
    client.say('{"a": [1, true]}\n')
    server = plain_server.accept()
    wanted = b"\x81\xa1a\x92\x01\xc3"
    assert server.recv(100) == struct.pack("!H", len(wanted)) + wanted
    server.sendall(b"\0\x04\x93\1\2\3")
    client.wait_for("[1,2,3]\n")


PAGE = """<!doctype html><meta charset="utf-8"><script>
const socket = new WebSocket("{url}");
socket.onopen = () => {{ socket.send("the page is here"); socket.send("ünï\\u20ac"); }};
socket.onmessage = (event) => socket.send(
  typeof event.data === "string" ? event.data.toUpperCase() : "bytes: " + event.data.size);
socket.onclose = (event) => {{ fetch("closed?" + event.code + "-" + event.wasClean); }};
</script>"""


@pytest.fixture
def chromium(peer, tmp_path):
    """Show a page in a browser without a window."""

    def show(url):
        where = tmp_path / "profile"
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        quiet = ["--disable-extensions", "--disable-background-networking", "--disable-sync", "--mute-audio"]
        return peer(["chromium", *flags, *quiet, f"--user-data-dir={where}", url])

    return show


@pytest.mark.parametrize("kind", ["tcp", "unix", "udp"])
def test_a_page_in_a_browser(shell_at, chromium, host, web, wire, tmp_path, kind):
    """WebSocket on the one side; lines over TCP or a Unix socket, or datagrams, on the other."""
    pytest.importorskip("websockets")
    family = socket.AF_UNIX if kind == "unix" else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as server:
        server.settimeout(60)
        server.bind(str(tmp_path / "s") if kind == "unix" else (host, 0))
        name = server.getsockname()
        far = f"unix:{name}?framing=line" if kind == "unix" else "{}://{}:{}".format(kind, *name)
        far += "?framing=line" if kind == "tcp" else ""
        relay = shell_at("relay", f"ws://{host}:0/here", far, "-v")
        (web.directory / "page.html").write_text(PAGE.format(url=f"ws://{host}:{relay.port}/here"), encoding="utf-8")
        if kind == "udp":
            chromium(f"http://{web.host}:{web.port}/page.html")
            first, page = server.recvfrom(1000)
            assert [first, server.recv(1000)] == [b"the page is here", "ünï€".encode()]
            server.sendto(b"hello, page", page)
            assert server.recv(1000) == b"HELLO, PAGE"
            server.sendto(b"\xff\xfe\xfd", page)
            assert server.recv(1000) == b"bytes: 3"
            return
        server.listen()
        chromium(f"http://{web.host}:{web.port}/page.html")
        end, _ = server.accept()
        with end:
            end.settimeout(60)
            lines = ["the page is here", "ünï€"]
            assert read_lines(end, 2) == lines
            end.sendall(b"hello, page\nand ag")
            assert read_lines(end, 1) == ["HELLO, PAGE"]
            end.sendall(b"ain\n\xff\xfe\xfd\n")
            assert read_lines(end, 2) == ["AND AGAIN", "bytes: 3"]
            end.shutdown(socket.SHUT_WR)
            # The page is told of the end, by a close frame; and its own is passed on.
            assert end.recv(100) == b""
        relay.wait_for("finished", where="err")


def read_lines(sock, count):
    """Return so many lines of what comes, without reading further."""
    lines = b""
    while lines.count(b"\n") < count:
        piece = sock.recv(1)
        assert piece, f"it ended after {lines!r}"
        lines += piece
    return lines.decode().splitlines()
