"""A dead peer (power cut, cable pulled) is noticed: nothing comes from it any more, not even an end.

Two network namespaces, a cable (veth) between them, and the cable is pulled on one side or the other.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading

import pytest

import wiretalk
import wiretalk.blocking
from wiretalk import limits

ONE, OTHER = "10.77.0.1", "10.77.0.2"

CLIENTS = {
    "asyncio": """
import asyncio, json, sys, time, wiretalk
async def main(address, says, heartbeat):
    options = {"heartbeat": b"beat", "heartbeat_interval_s": 0.2, "heartbeat_timeout_s": 1} if heartbeat else {}
    connection = await wiretalk.connect(address, framing="line", **options)
    await connection.send(b"hello")
    print((await connection.receive()).decode(), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began = time.monotonic()
    try:
        if says:
            await connection.send(says.encode())
        while True:
            await connection.receive()
    except wiretalk.WiretalkError as error:
        told = error
    lasted = time.monotonic() - began
    await connection.close()
    print(json.dumps([type(told).__name__, getattr(told, "wait", ""), str(told), lasted, str(connection.ending)]))
wiretalk.run(main(*sys.argv[1:]))
""",
    "blocking": """
import json, sys, time, wiretalk, wiretalk.blocking
def main(address, says, heartbeat):
    options = {"heartbeat": b"beat", "heartbeat_interval_s": 0.2, "heartbeat_timeout_s": 1} if heartbeat else {}
    connection = wiretalk.blocking.connect(address, framing="line", **options)
    connection.send(b"hello")
    print(connection.receive().decode(), flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    try:
        if says:
            connection.send(says.encode())
        while True:
            connection.receive()
    except wiretalk.WiretalkError as error:
        told = error
    lasted = time.monotonic() - began
    connection.close()
    print(json.dumps([type(told).__name__, getattr(told, "wait", ""), str(told), lasted, str(connection.ending)]))
main(*sys.argv[1:])
""",
}
"""Says hello, is answered, waits for a line of its input, may say something more, and tells how it ended."""

SERVER = """
import asyncio, sys, wiretalk
async def session(connection):
    async for message in connection:
        await connection.send(message)
        if len(sys.argv) > 2:
            while True:
                await asyncio.sleep(0.1)
                await connection.send(sys.argv[2].encode())
def tell(conversation):
    print(type(conversation).__name__, conversation.ending, flush=True)
async def main(address):
    async with wiretalk.serve(address, session, framing="line", on_close=tell) as server:
        print("listening", flush=True)
        await server.serve_forever()
wiretalk.run(main(sys.argv[1]))
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Cable:
    """Two hosts and the cable between them."""

    def __init__(self, program, tag):
        self._program = program
        self.hosts = f"wt-{tag}-1", f"wt-{tag}-2"
        self.ends = f"c1-{tag}", f"c2-{tag}"

    def lay(self):
        for host in self.hosts:
            ip("netns", "add", host)
            # Addresses are there at once, without looking for others who have them.
            for setting in ("all", "default"):
                subprocess.run(
                    ["ip", "netns", "exec", host, "sysctl", "-q", "-w", f"net.ipv6.conf.{setting}.accept_dad=0"],
                    check=False,
                    capture_output=True,
                )
        (one, other), (here, there) = self.hosts, self.ends
        ip("link", "add", here, "netns", one, "type", "veth", "peer", "name", there, "netns", other)
        for host, end, address in ((one, here, ONE), (other, there, OTHER)):
            ip("-n", host, "addr", "add", f"{address}/24", "dev", end)
            ip("-n", host, "link", "set", end, "up")
            ip("-n", host, "link", "set", "lo", "up")

    def cut(self, end):
        """Pull it out: 0 is our end of it, 1 the other."""
        ip("-n", self.hosts[end], "link", "set", self.ends[end], "down")

    def at(self, host, *command):
        """Start a program on a host."""
        return self._program(
            ["ip", "netns", "exec", self.hosts[host], *command], env=os.environ | {"PYTHONUNBUFFERED": "1"}
        )

    def remove(self):
        for host in self.hosts:
            subprocess.run(["ip", "netns", "del", host], check=False, capture_output=True)


@pytest.fixture
def cable(program, require, namespaces):
    require(not namespaces, namespaces)
    made = Cable(program, os.urandom(4).hex())
    try:
        made.lay()
        yield made
    finally:
        made.remove()


def converse(cable, face, options="", *, says="", heartbeat=""):
    """Let one host talk to an echo server on the other; return the client, after its hello was answered."""
    server = cable.at(1, sys.executable, "-c", SERVER, f"tcp://{OTHER}:7000")
    server.wait_for("listening\n")
    address = f"tcp://{OTHER}:7000{options}"
    client = cable.at(0, sys.executable, "-c", CLIENTS[face], address, says, heartbeat)
    client.wait_for("hello\n")
    return client


def told(client):
    """Let the client go on; return how its conversation ended."""
    client.say("\n")
    assert client.wait() == 0, client.err
    kind, wait, sentence, lasted_s, ending = json.loads(client.out.splitlines()[1])
    return kind, wait, sentence, lasted_s, ending


@pytest.mark.parametrize("face", CLIENTS)
@pytest.mark.parametrize("end", [0, 1], ids=["our-cable", "their-power"])
def test_what_we_send_is_not_taken(cable, face, end):
    client = converse(cable, face, "?user_timeout=1s", says="are you there?")
    cable.cut(end)
    kind, wait, sentence, lasted_s, ending = told(client)
    assert (kind, wait) == ("TimedOutError", "keepalive") or (
        kind == "ResetError" and "the way to the peer" in sentence
    )
    assert "by the peer" in ending or "by the system" in ending
    assert 0.5 < lasted_s < 60


@pytest.mark.parametrize("face", CLIENTS)
@pytest.mark.parametrize("end", [0, 1], ids=["our-cable", "their-power"])
def test_an_idle_connection_is_probed(cable, face, end):
    client = converse(cable, face, "?keepalive=1s&user_timeout=2s")
    cable.cut(end)
    kind, wait, sentence, lasted_s, _ = told(client)
    assert (kind, wait) == ("TimedOutError", "keepalive") or (
        kind == "ResetError" and "the way to the peer" in sentence
    )
    assert lasted_s < 60


@pytest.mark.parametrize("face", CLIENTS)
def test_a_heartbeat_goes_unanswered(cable, face):
    client = converse(cable, face, heartbeat="yes")
    cable.cut(1)
    kind, wait, sentence, lasted_s, ending = told(client)
    assert (kind, wait) == ("TimedOutError", "heartbeat")
    assert "timed out after 1 s in heartbeat" in sentence
    assert ending.startswith("timed-out by the peer in heartbeat")
    assert lasted_s < 60


@pytest.mark.parametrize("options", ["?user_timeout=1s", "?keepalive=1s&user_timeout=1s"], ids=["sends", "is-idle"])
def test_a_server_notices_too(cable, options):
    says = ["still there?"] if "keepalive" not in options else []
    server = cable.at(1, sys.executable, "-c", SERVER, f"tcp://{OTHER}:7000{options}", *says)
    server.wait_for("listening\n")
    client = cable.at(0, sys.executable, "-c", CLIENTS["blocking"], f"tcp://{OTHER}:7000", "", "")
    client.wait_for("hello\n")
    cable.cut(0)
    server.wait_for("Connection ", "\n")
    ending = server.out.splitlines()[1].removeprefix("Connection ")
    assert ending.startswith(("timed-out by the peer in keepalive", "reset by the system (the way to the peer broke"))


def test_nobody_answers_at_all(cable):
    cable.cut(1)
    client = cable.at(0, sys.executable, "-m", "wiretalk", "connect", "--timeout", "500ms", f"tcp://{OTHER}:7000")
    assert client.wait() == 9
    assert f"tcp://{OTHER}:7000: timed out after 0.5 s in connect" in client.err


def test_the_shell_tells_of_a_dead_peer(cable):
    server = cable.at(1, sys.executable, "-m", "wiretalk", "serve", "echo", f"tcp://{OTHER}:7000")
    server.wait_for("listening on ", where="err")
    client = cable.at(0, sys.executable, "-m", "wiretalk", "connect", f"tcp://{OTHER}:7000?user_timeout=1s")
    client.say("hello\n")
    client.wait_for("hello\n")
    cable.cut(1)
    client.say("anybody?\n")
    assert client.wait() in (9, 10)
    assert "timed out in keepalive" in client.err or "the way to the peer broke" in client.err
    assert "Traceback" not in client.err


def kept_alive(sock):
    """How a socket is set to notice a dead peer."""
    return [
        sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        *(
            sock.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        ),
    ]


DEFAULTS = [
    1,
    limits.KEEPALIVE_IDLE_S,
    limits.KEEPALIVE_INTERVAL_S,
    limits.KEEPALIVE_PROBES,
    limits.USER_TIMEOUT_S * 1000,
]


@pytest.mark.skipif(sys.platform != "linux", reason="macOS has other names for them, and no user timeout")
async def test_every_end_has_the_defaults():
    met = asyncio.Event()

    async def session(connection):
        found.append(kept_alive(connection._transport.sock))
        met.set()

    found = []
    async with wiretalk.serve("tcp://127.0.0.1:0", session) as server:
        async with wiretalk.connect(server.addresses[0]) as connection:
            found.append(kept_alive(connection._transport.sock))
            await met.wait()
    assert found == [DEFAULTS, DEFAULTS]


@pytest.mark.skipif(sys.platform != "linux", reason="macOS has other names for them, and no user timeout")
def test_every_blocking_end_has_the_defaults():
    met = threading.Event()

    def session(connection):
        found.append(kept_alive(connection._transport.sock))
        met.set()

    found = []
    with wiretalk.blocking.serve("tcp://127.0.0.1:0", session) as server:
        with wiretalk.blocking.connect(server.addresses[0]) as connection:
            found.append(kept_alive(connection._transport.sock))
            assert met.wait(60)
    assert found == [DEFAULTS, DEFAULTS]
