"""The service as a whole: where it may listen, who may come, and over which schemes."""

from __future__ import annotations

import base64
import os
import sys

import pytest

import wiretalk
from wiretalk.errors import AddressError, MissingPackageError, UsageError
from wiretalk.service import make
from wiretalk.service.http.service import as_url

GET = b"GET /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
CERTIFIED = "tls://0.0.0.0:0?self_signed&ca=/ca.pem"


def refused(site, address, **options):
    with pytest.raises(UsageError) as caught:
        make("http", directory=str(site), **options).serve(address)
    return str(caught.value)


@pytest.mark.parametrize(
    "address", [":8080", "0.0.0.0:8080", "[::]:8080", "tcp4://:8080", "tcp6://:8080", "tls://:8443?self_signed"]
)
def test_every_interface_is_refused(site, address):
    told = refused(site, address)
    assert " is every interface of this machine, and whoever reaches it could read all that is in " in told
    assert told.endswith(" to serve those who know a secret, or --public to serve everybody")


def test_what_to_say_instead_is_told(site):
    assert "; say localhost:8080 to serve programs of this machine alone, --token @FILE " in refused(site, ":8080")
    assert "; say tls://localhost:8443 to serve " in refused(site, "tls://:8443?self_signed")


@pytest.mark.parametrize("address", ["10.0.0.1:8080", "pi.local:8080", "[2001:db8::1]:80", "localhost.example:80"])
def test_and_what_others_can_reach(site, address):
    assert "is not this machine alone" in refused(site, address)


def test_behind_a_proxy_others_come(site):
    assert "is not this machine alone" in refused(site, "localhost:8080?proxy_protocol")


@pytest.mark.parametrize("address", ["localhost:0", "127.0.0.1:0", "[::1]:0", "unix:x", "unix:@x", "-", CERTIFIED])
def test_where_nobody_else_comes(site, address):
    make("http", directory=str(site)).serve(address)


@pytest.mark.parametrize("options", [{"token": "t"}, {"public": True}])
def test_or_where_somebody_has_said_so(site, options):
    make("http", directory=str(site), **options).serve([":0", "tls://:0?self_signed"])


@pytest.mark.parametrize(
    "address", ["udp://localhost:0", "unixgram:x", "unixpacket:x", "ws://localhost:0", "wss://localhost:0"]
)
def test_where_no_bytes_stream(site, address):
    with pytest.raises(
        AddressError, match=r"HTTP needs a stream of bytes, and \w+ is none; use tcp://, tls:// or unix:"
    ):
        make("http", directory=str(site)).serve(address)


@pytest.mark.parametrize("option", ["framing=line", "codec=json", "max_message=5"])
def test_http_has_messages_of_its_own(site, option):
    with pytest.raises(AddressError, match="HTTP has messages of its own: leave out "):
        make("http", directory=str(site)).serve(f"localhost:0?{option}")


@pytest.mark.parametrize("options", [{"framing": "line"}, {"codec": "json"}])
def test_or_is_told_so(site, options):
    with pytest.raises(UsageError, match="HTTP has messages of its own; leave out --frame and --codec"):
        make("http", directory=str(site)).serve("localhost:0", **options)


def test_directories_that_are_none(site, monkeypatch):
    assert refused(site / "none", "localhost:0") == (
        f"there is no directory {site}/none; say which with --directory DIR"
    )
    assert "a.txt is a file, and http serves a directory" in refused(site / "a.txt", "localhost:0")

    def fail(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", fail)
    assert "cannot be read: Permission denied" in refused(site, "localhost:0")


def test_without_the_package(monkeypatch):
    from wiretalk.service.http import exchange

    assert exchange
    monkeypatch.setitem(sys.modules, "h11", None)
    monkeypatch.delitem(sys.modules, "wiretalk.service.http.exchange")
    monkeypatch.delitem(sys.modules, "wiretalk.service.http.session")
    monkeypatch.delitem(sys.modules, "wiretalk.service.http.service")
    monkeypatch.delitem(sys.modules, "wiretalk.service.http")
    with pytest.raises(MissingPackageError, match=r"the service http needs the package h11.*wiretalk\[http\]"):
        make("http")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:0", "unix:{}/socket", "unix:@wiretalk-test-{}", "tcp6://[::1]:0"])
async def test_over_streams(site, tmp_path, address):
    place = address.format(tmp_path if "/socket" in address else os.getpid())
    async with make("http", directory=str(site)).serve(place) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.send(GET)
            got = b"".join([piece async for piece in connection])
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert got.endswith(b"\r\n\r\n0123456789")


async def test_a_session_alone(site):
    async with wiretalk.serve("tcp://127.0.0.1:0", make("http", directory=str(site)).session) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            await connection.send(GET)
            assert (await connection.receive()).startswith(b"HTTP/1.1 200 OK\r\n")


# who may ask


def basic(text):
    return f"Basic {base64.b64encode(text).decode()}"


@pytest.mark.parametrize("said", ["Bearer tökén", "bearer  tökén ", basic("anybody:tökén".encode())])
async def test_a_token_may_be_of_any_letters(http, said):
    assert (await (await http(token="tökén")).get("/a.txt", Authorization=said)).status == 200


@pytest.mark.parametrize(
    "said", ["Bearer t", "bearer  t", basic(b"anybody:t"), basic(b":t"), basic(b"a:t").replace("Basic", "BASIC")]
)
async def test_the_token_is_taken(http, said):
    assert (await (await http(token="t")).get("/a.txt", Authorization=said)).status == 200


@pytest.mark.parametrize(
    "said", [None, "", "Bearer", "Bearer x", "t", basic(b"t:"), basic(b"t"), "Basic %%%", "Basic ü", "Digest t"]
)
async def test_who_does_not(http, said):
    client = await (await http(token="t")).connect()
    reply = await client.ask("GET", "/missing", **({} if said is None else {"Authorization": said}))
    assert reply.status == 401
    assert "connection" not in reply.headers
    assert reply.headers["www-authenticate"] in {'Basic realm="wiretalk", charset="UTF-8"', 'Bearer realm="wiretalk"'}
    assert (await client.ask("GET", "/a.txt", Authorization="Bearer t")).status == 200


async def test_what_is_public_is_everybodys(http):
    one = await http(token="t", public=True)
    reply = await one.get("/a.txt", Host="anything.example")
    assert reply.status == 200
    assert "cross-origin-resource-policy" not in reply.headers


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil.example"])
async def test_names_of_others_are_refused_on_loopback(http, host):
    reply = await (await http()).get("/a.txt", Host=host)
    assert reply.status == 421
    assert b"call it localhost, or start it with --public" in reply.body


async def test_in_the_target_too(http):
    assert (await (await http()).get("http://evil.example/a.txt")).status == 421
    assert (await (await http()).get("http://localhost/a.txt")).status == 200


async def test_a_token_and_a_socket_file_need_no_name(http, tmp_path):
    one = await http(token="t")
    assert (await one.get("/a.txt", Host="mine.example", Authorization="Bearer t")).status == 200
    assert (await (await http(f"unix:{tmp_path}/s")).get("/a.txt", Host="mine.example")).status == 200


# what it says of itself


def test_introductions(site):
    plain = make("http", directory=str(site))
    assert plain.introduce(["tcp://127.0.0.1:80"]) == [f"serving {site} at http://127.0.0.1:80/"]
    both = ["tcp://[::1]:80", "tcp://127.0.0.1:80", "tcp://127.0.0.1:81"]
    assert plain.introduce(both) == [f"serving {site} at http://localhost:80/ and http://127.0.0.1:81/"]
    assert plain.introduce(["unix:x"]) == [f"serving {site}"]
    token = make("http", directory=str(site), token="t")
    assert token.introduce(["tls://:1", "tcp4://:2"]) == [
        f"serving {site} at https://localhost:1/ and http://localhost:2/, to those who know the token"
    ]
    assert make("echo").introduce(["tcp://:1"]) == []


def test_addresses_for_browsers():
    assert as_url("tcp6://[::1]:80") == "http://[::1]:80/"
    assert as_url("-") == as_url("vsock://1:1") == ""
