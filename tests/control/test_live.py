"""Relays that are made, changed and taken down over HTTP, while bytes pass."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from wiretalk.limits import CONTROL_PROXIES


@pytest.fixture
async def relay(ask, echo):
    """A relay called "redis" in front of the echo server: where it listens."""
    reply = await ask("POST", "/proxies", {"name": "redis", "listen": "127.0.0.1:0", "upstream": echo.address})
    assert reply.status == 201
    return reply.value["listen"]


async def said(reader, writer, data):
    writer.write(data)
    async with asyncio.timeout(30):
        return await reader.readexactly(len(data))


async def ended(reader):
    """Return how a connection ended: "reset", or what still came before its end."""
    try:
        async with asyncio.timeout(30):
            return await reader.read()
    except ConnectionResetError:
        return "reset"


async def refused(address):
    host, _, port = address.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except ConnectionRefusedError:
        return True
    writer.transport.abort()
    return False


# faults


async def test_latency_comes_and_goes_while_bytes_pass(ask, relay, reach):
    reader, writer = await reach(relay)
    assert await said(reader, writer, b"before") == b"before"

    await ask("POST", "/proxies/redis/toxics", {"type": "latency", "attributes": {"latency": 200}})
    began = time.monotonic()
    assert await said(reader, writer, b"slow") == b"slow"
    assert time.monotonic() - began >= 0.2

    await ask("POST", "/proxies/redis/toxics/latency_downstream", {"attributes": {"latency": 600_000}})
    writer.write(b"later")
    # Removed, what it holds passes at once.
    assert (await ask("DELETE", "/proxies/redis/toxics/latency_downstream")).status == 204
    async with asyncio.timeout(30):
        assert await reader.readexactly(5) == b"later"


async def test_a_bandwidth_of_nothing_lets_a_connection_hang_until_it_is_removed(ask, relay, reach):
    reader, writer = await reach(relay)
    await ask("POST", "/proxies/redis/toxics", {"type": "bandwidth", "attributes": {"rate": 0}})
    writer.write(b"held")

    async def held():
        there = (await ask("GET", "/proxies/redis/connections")).value
        return there[0]["held_bytes"]["down"] == 4

    async with asyncio.timeout(30):
        while not await held():
            await asyncio.sleep(0.005)
    await ask("DELETE", "/proxies/redis/toxics/bandwidth_downstream")
    async with asyncio.timeout(30):
        assert await reader.readexactly(4) == b"held"


async def test_a_timeout_closes_the_connection_and_so_does_taking_it_away(ask, relay, reach):
    first, writer = await reach(relay)
    await said(first, writer, b"x")
    await ask("POST", "/proxies/redis/toxics", {"type": "timeout", "attributes": {"timeout": 50}})
    assert await ended(first) == b""

    await ask("POST", "/proxies/redis/toxics/timeout_downstream", {"attributes": {"timeout": 0}})
    second, writer = await reach(relay)
    writer.write(b"lost")
    await ask("DELETE", "/proxies/redis/toxics/timeout_downstream")
    assert await ended(second) == b""


async def test_a_timeout_that_is_changed_closes_what_is_open(ask, relay, reach):
    reader, writer = await reach(relay)
    await said(reader, writer, b"x")
    await ask("POST", "/proxies/redis/toxics", {"type": "timeout", "attributes": {"timeout": 0}})
    await ask("POST", "/proxies/redis/toxics/timeout_downstream", {"attributes": {"timeout": 20}})
    assert await ended(reader) == b""


async def test_reset_peer_resets(ask, relay, reach):
    reader, writer = await reach(relay)
    await said(reader, writer, b"x")
    await ask("POST", "/proxies/redis/toxics", {"type": "reset_peer", "attributes": {"timeout": 0}})
    assert await ended(reader) == "reset"


async def test_limit_data_closes_after_so_many_bytes(ask, relay, reach):
    await ask("POST", "/proxies/redis/toxics", {"type": "limit_data", "attributes": {"bytes": 5}})
    reader, writer = await reach(relay)
    writer.write(b"12345678")
    assert await ended(reader) == b"12345"


async def test_toxics_of_toxicity_0_are_on_no_connection(ask, relay, reach):
    await ask("POST", "/proxies/redis/toxics", {"type": "reset_peer", "toxicity": 0})
    reader, writer = await reach(relay)
    assert await said(reader, writer, b"well") == b"well"


# connections


async def test_connections_are_told_and_one_is_cut_at_once(ask, relay, reach, echo):
    pairs = [await reach(relay) for _ in range(2)]
    for number, (reader, writer) in enumerate(pairs):
        await said(reader, writer, b"x" * (number + 1))
    first, second = (await ask("GET", "/proxies/redis/connections")).value
    assert (first["connection"], second["connection"]) == (1, 2)
    assert first["bytes"] == {"up": 1, "down": 1}
    assert second["upstream"] == f"tcp://{echo.address}"
    assert first["peer"] == "tcp://{}:{}".format(*pairs[0][1].get_extra_info("sockname"))
    assert (await ask("GET", "/proxies/redis/connections/2")).value["connection"] == 2

    assert (await ask("DELETE", "/proxies/redis/connections/1")).status == 204
    assert await ended(pairs[0][0]) == "reset"
    assert await echo.endings.get() == "reset"
    assert await said(*pairs[1], b"still here") == b"still here"

    assert (await ask("DELETE", "/proxies/redis/connections/2?how=gently")).status == 400
    assert (await ask("DELETE", "/proxies/redis/connections/2?how=close")).status == 204
    assert await ended(pairs[1][0]) == b""
    async with asyncio.timeout(30):
        # It lingers, so that nothing of what was said last is lost.
        while (await ask("GET", "/proxies/redis/connections")).value:
            await asyncio.sleep(0.005)


async def test_all_are_cut_together(ask, relay, reach):
    pairs = [await reach(relay) for _ in range(3)]
    for reader, writer in pairs:
        await said(reader, writer, b"x")
    assert (await ask("DELETE", "/proxies/redis/connections")).status == 204
    assert [await ended(reader) for reader, _ in pairs] == ["reset"] * 3


async def test_what_has_passed_is_counted(ask, relay, reach, echo):
    reader, writer = await reach(relay)
    await said(reader, writer, b"x" * 1000)
    # Counted over all that have been, also while it is down.
    await ask("POST", "/proxies/redis", {"enabled": False})
    await ask("POST", "/proxies/redis", {"enabled": True})
    reader, writer = await reach(relay)
    await said(reader, writer, b"x" * 10)
    told = (await ask("GET", "/metrics")).body.decode()
    labels = f'listener="{relay}",proxy="redis",upstream="{echo.address}"'
    assert f'toxiproxy_proxy_received_bytes_total{{direction="upstream",{labels}}} 1010\n' in told
    assert f'toxiproxy_proxy_sent_bytes_total{{direction="downstream",{labels}}} 1010\n' in told


# being up and down


async def test_down_closes_what_is_open_and_refuses_and_up_listens_again(ask, relay, reach):
    await ask("POST", "/proxies/redis/toxics", {"type": "latency", "attributes": {"latency": 1}})
    reader, writer = await reach(relay)
    await said(reader, writer, b"x")
    reply = await ask("POST", "/proxies/redis", {"enabled": False})
    assert (reply.status, reply.value["enabled"], reply.value["listen"]) == (200, False, relay)
    assert await ended(reader) == b""
    assert await refused(relay)
    assert (await ask("POST", "/proxies/redis", {"enabled": False})).value["enabled"] is False

    reply = await ask("PATCH", "/proxies/redis", {"enabled": True})
    assert (reply.value["enabled"], reply.value["listen"]) == (True, relay)
    assert [toxic["name"] for toxic in reply.value["toxics"]] == ["latency_downstream"]
    reader, writer = await reach(relay)
    assert await said(reader, writer, b"again") == b"again"


async def test_down_does_not_wait_for_what_is_on_its_way(ask, relay, reach):
    await ask("POST", "/proxies/redis/toxics", {"type": "latency", "attributes": {"latency": 600_000}})
    reader, writer = await reach(relay)
    writer.write(b"x")
    await ask("POST", "/proxies/redis", {"enabled": False})
    assert await ended(reader) == b""


async def test_reset_brings_all_up_without_faults(ask, relay, reach):
    await ask("POST", "/proxies/redis/toxics", {"type": "latency", "attributes": {"latency": 600_000}})
    await ask("POST", "/proxies/redis", {"enabled": False})
    assert (await ask("POST", "/reset")).status == 204
    reader, writer = await reach(relay)
    assert await said(reader, writer, b"well") == b"well"


async def test_a_relay_is_sent_elsewhere(ask, relay, reach):
    async def greet(_, writer):
        writer.write(b"elsewhere")
        writer.close()

    other = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with other:
        open_reader, _ = await reach(relay)
        upstream = f"127.0.0.1:{other.sockets[0].getsockname()[1]}"
        reply = await ask("POST", "/proxies/redis", {"upstream": upstream})
        assert (reply.value["upstream"], reply.value["listen"]) == (upstream, relay)
        assert await ended(open_reader) == b""
        reader, _ = await reach(relay)
        assert await ended(reader) == b"elsewhere"


async def test_a_relay_listens_elsewhere(ask, relay, reach):
    reply = await ask("POST", "/proxies/redis", {"listen": "127.0.0.1:0"})
    moved = reply.value["listen"]
    assert moved != relay
    assert await refused(relay)
    reader, writer = await reach(moved)
    assert await said(reader, writer, b"here") == b"here"


async def test_a_relay_that_cannot_come_up_is_down(ask, relay):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        reply = await ask("POST", "/proxies/redis", {"listen": listen})
        assert reply.status == 500
        assert listen in reply.value["error"]
        assert (await ask("GET", "/proxies/redis")).value["enabled"] is False
        assert (await ask("POST", "/proxies", {"name": "x", "listen": listen, "upstream": "x:1"})).status == 500
        assert (await ask("GET", "/proxies/x")).status == 404
        assert (await ask("POST", "/reset")).status == 500


async def test_what_is_wrong_leaves_it_up(ask, relay, reach):
    for wrong in ({"listen": "nowhere at all:1:2"}, {"upstream": "x:99999"}, {"enabled": 3}):
        assert (await ask("POST", "/proxies/redis", wrong)).status == 400
    reader, writer = await reach(relay)
    assert await said(reader, writer, b"x") == b"x"


async def test_a_deleted_relay_is_gone(ask, relay, reach):
    reader, writer = await reach(relay)
    await said(reader, writer, b"x")
    assert (await ask("DELETE", "/proxies/redis")).status == 204
    assert await ended(reader) == b""
    assert await refused(relay)
    assert (await ask("DELETE", "/proxies/redis")).status == 404


async def test_one_may_be_made_that_is_down(ask, echo, reach):
    asked = {"name": "later", "listen": "127.0.0.1:0", "upstream": echo.address, "enabled": False}
    reply = await ask("POST", "/proxies", asked)
    assert (reply.status, reply.value["enabled"], reply.value["listen"]) == (201, False, "127.0.0.1:0")
    address = (await ask("POST", "/proxies/later", {"enabled": True})).value["listen"]
    reader, writer = await reach(address)
    assert await said(reader, writer, b"x") == b"x"


@pytest.mark.parametrize("listen", ["localhost:0", "[::]:0", ":0", "", "tcp4://127.0.0.1:0"])
async def test_where_it_listens_can_be_reached_as_told(ask, echo, reach, listen):
    reply = await ask("POST", "/proxies", {"name": "x", "listen": listen, "upstream": echo.address})
    told = reply.value["listen"]
    host, _, port = told.removeprefix("tcp4://").rpartition(":")
    assert host in {"127.0.0.1", "[::]"}
    reader, writer = await reach(f"127.0.0.1:{port}")
    assert await said(reader, writer, b"x") == b"x"


# several


async def test_populate_makes_leaves_and_replaces(ask, echo, reach):
    listed = [{"name": name, "listen": "127.0.0.1:0", "upstream": echo.address} for name in ("one", "two")]
    reply = await ask("POST", "/populate", listed)
    assert reply.status == 201
    one, two = reply.value["proxies"]
    assert (one["name"], two["name"], one["enabled"]) == ("one", "two", True)

    reader, writer = await reach(one["listen"])
    await said(reader, writer, b"x")
    again = [one, {**two, "upstream": "127.0.0.1:1"}]
    reply = await ask("POST", "/populate", again)
    assert [proxy["upstream"] for proxy in reply.value["proxies"]] == [echo.address, "127.0.0.1:1"]
    # What is as it was has not been touched.
    assert await said(reader, writer, b"still") == b"still"
    assert set((await ask("GET", "/proxies")).value) == {"one", "two"}

    down = await ask("POST", "/populate", [{**one, "enabled": False}])
    assert down.value["proxies"][0]["enabled"] is False
    assert await ended(reader) == b""


@pytest.mark.parametrize("listen", ["localhost:{}", "127.0.0.1:{}", "[::]:{}", "tcp://127.0.0.1:{}?framing=line"])
async def test_populate_may_be_asked_for_again(ask, echo, reach, listen):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    listed = [{"name": "one", "listen": listen.format(port), "upstream": echo.address}]
    assert (await ask("POST", "/populate", listed)).status == 201
    reader, writer = await reach(f"127.0.0.1:{port}")
    await said(reader, writer, b"x\n")
    assert (await ask("POST", "/populate", listed)).status == 201
    assert await said(reader, writer, b"still\n") == b"still\n"


async def test_populate_makes_none_where_one_is_wrong(ask, echo):
    good = {"name": "good", "listen": "127.0.0.1:0", "upstream": echo.address}
    reply = await ask("POST", "/populate", [good, {"name": "bad"}])
    assert (reply.status, reply.value["error"]) == (400, "missing required field: upstream at proxy 2")
    assert (await ask("GET", "/proxies")).value == {}


async def test_populate_tells_what_it_has_made_before_it_failed(ask, echo):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        good = {"name": "good", "listen": "127.0.0.1:0", "upstream": echo.address}
        bad = {"name": "bad", "listen": f"127.0.0.1:{taken.getsockname()[1]}", "upstream": echo.address}
        reply = await ask("POST", "/populate", [good, bad])
        assert (reply.status, reply.value["status"]) == (500, 500)
        assert [proxy["name"] for proxy in reply.value["proxies"]] == ["good"]


async def test_relays_are_bounded(ask, control):
    off = {"listen": "127.0.0.1:0", "upstream": "127.0.0.1:1", "enabled": False}
    listed = [{"name": f"{number}", **off} for number in range(CONTROL_PROXIES)]
    assert (await ask("POST", "/populate", listed)).status == 201
    reply = await ask("POST", "/proxies", {"name": "more", **off})
    assert reply.status == 409
    assert str(CONTROL_PROXIES) in reply.value["error"]


async def test_what_differs_in_kind_is_joined_too(ask, reach):
    """A relay between a line of text and a datagram: what toxiproxy does not do."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        upstream = f"udp://127.0.0.1:{sock.getsockname()[1]}"
        reply = await ask(
            "POST", "/proxies", {"name": "x", "listen": "tcp://127.0.0.1:0?framing=line", "upstream": upstream}
        )
        _, writer = await reach(reply.value["listen"].partition("?")[0].removeprefix("tcp://"))
        writer.write(b"hello\n")
        async with asyncio.timeout(30):
            assert await asyncio.get_running_loop().sock_recv(sock, 100) == b"hello"
