"""Who may come to a control, and what they may have joined."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys

import pytest

from wiretalk.control import Control, Proxies
from wiretalk.control.messages import Request
from wiretalk.control.routes import Routes
from wiretalk.control.session import Session
from wiretalk.errors import AddressError, InUseError, UsageError


@pytest.mark.parametrize(
    "address", ["127.0.0.1:0", "127.8.8.8:0", "localhost:0", "x.localhost:0", "[::1]:0", "unix:/x", "tls://localhost:0"]
)
async def test_it_may_be_on_this_machine(address):
    assert Control(address, Proxies()).server is not None


@pytest.mark.parametrize("address", [":0", "0.0.0.0:0", "[::]:0", "example.org:0", "unix:@x", "vsock://:5", "tls://:0"])
async def test_elsewhere_it_wants_a_token(address):
    with pytest.raises(UsageError, match=r"anybody could come to .* say a --control-token"):
        Control(address, Proxies())
    assert Control(address, Proxies(), token="secret").server is not None
    with pytest.raises(UsageError, match="the token of the control is empty"):
        Control(address, Proxies(), token="")


@pytest.mark.parametrize("address", ["udp://127.0.0.1:0", "unixgram:/x", "exec:cat", "-", "ws://127.0.0.1:0/"])
async def test_http_is_spoken_on_what_carries_it(address):
    with pytest.raises(AddressError, match="HTTP cannot be served"):
        Control(address, Proxies(), token="secret")


DANGEROUS = ("exec:touch pwned", "unix:/run/secret.sock", "unix:@secret", "file:/etc/passwd", "tls://x:1?key=/etc/key")


def proxy(upstream, name="x"):
    return {"name": name, "listen": "127.0.0.1:0", "upstream": upstream, "enabled": False}


@pytest.mark.parametrize("upstream", DANGEROUS)
async def test_who_just_comes_may_have_nothing_joined_but_the_network(ask, upstream):
    for method, path, value in (
        ("POST", "/proxies", proxy(upstream)),
        ("POST", "/populate", [proxy("127.0.0.1:1", "good"), proxy(upstream)]),
    ):
        reply = await ask(method, path, value)
        assert reply.status == 403
        assert "--control-token" in reply.value["error"]
        assert (await ask("GET", "/proxies")).value == {}
    await ask("POST", "/proxies", proxy("127.0.0.1:1"))
    for field in ("upstream", "listen"):
        reply = await ask("POST", "/proxies/x", {field: upstream})
        assert reply.status in {400, 403}
        assert (await ask("GET", "/proxies/x")).value[field] != upstream


@pytest.mark.parametrize("upstream", DANGEROUS)
async def test_who_has_the_token_may(asking, upstream):
    async with Control("127.0.0.1:0", Proxies(), token="secret") as control:
        where = control.addresses[0]
        assert (await asking(where, "POST", "/proxies", proxy(upstream))).status == 401
        assert (await asking(where, "POST", "/proxies", proxy(upstream), token="guess")).status == 401
        reply = await asking(where, "POST", "/proxies", proxy(upstream), token="secret")
        assert (reply.status, reply.value["upstream"]) == (201, upstream)


async def test_who_may_open_the_file_of_its_socket_may(asking, tmp_path):
    async with Control(f"unix:{tmp_path}/s", Proxies()) as control:
        where = control.addresses[0]
        assert (await asking(where, "POST", "/proxies", proxy("exec:cat"))).status == 201
    assert list(tmp_path.iterdir()) == []


async def test_our_own_input_and_output_are_nobodys(asking, tmp_path):
    async with Control(f"unix:{tmp_path}/s", Proxies()) as control:
        reply = await asking(control.addresses[0], "POST", "/proxies", proxy("-"))
        assert (reply.status, reply.value["error"]) == (403, "upstream: standard input and output are ours")


async def test_what_it_has_made_goes_with_it(echo, asking, reach):
    async with Control("127.0.0.1:0", Proxies()) as control:
        asked = {"name": "x", "listen": "127.0.0.1:0", "upstream": echo.address}
        listen = (await asking(control.addresses[0], "POST", "/proxies", asked)).value["listen"]
        reader, writer = await reach(listen)
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"
        assert len(control.connections) == 1
    assert await reader.read() == b""
    with pytest.raises(ConnectionRefusedError):
        await reach(listen)


async def test_an_address_that_somebody_has_is_told(control):
    with pytest.raises(InUseError):
        async with Control(control.addresses[0], Proxies()):
            pass


async def test_a_mistake_of_ours_ends_nothing_and_is_told_in_the_log(control, ask, caplog):
    class Broken:
        name = "broken"

        def as_dict(self):
            raise RuntimeError("our own mistake")

        def totals(self):
            return None

    control.proxies.take(Broken())
    with caplog.at_level(logging.ERROR):
        reply = await ask("GET", "/proxies")
    assert (reply.status, reply.value["error"]) == (500, "that failed, and the log of the server says why")
    assert "our own mistake" in caplog.text
    assert (await ask("GET", "/version")).status == 200


async def test_what_is_not_done_in_time_is_told():
    class Slow(Routes):
        async def answer(self, request):
            await asyncio.Event().wait()

    answer = await Session(Slow(Proxies()), answer_s=0.01)._answer(Request("GET", ("x",), {}, {}, b""))
    assert answer.status == 504


def test_without_h11_the_command_that_installs_it_is_told():
    program = (
        "import sys; sys.modules['h11'] = None\n"
        "from wiretalk.cli import main\n"
        "sys.exit(main(['control', '127.0.0.1:0']) * 100 + main(['fault', '127.0.0.1:1', 'list']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == (
        "wiretalk: control over HTTP needs the package h11; install it with: pip install 'wiretalk[control]'\n" * 2
    )
    assert done.returncode == (16 * 100 + 16) % 256
