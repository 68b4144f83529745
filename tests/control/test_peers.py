"""Clients that no one here wrote: toxiproxy's for Python, and curl as toxiproxy's documentation has it."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import time
from importlib.util import find_spec

import pytest


@pytest.fixture
def toxiproxy(control, require):
    """Toxiproxy's client for Python, sent to the control."""
    require(find_spec("toxiproxy"), "toxiproxy-python is not there")
    import toxiproxy

    server = toxiproxy.Toxiproxy()
    host, _, port = control.addresses[0].removeprefix("tcp://").rpartition(":")
    server.update_api_consumer(host, int(port))
    return server


def roundtrip(address, data=b"ping"):
    """Return what comes back, and after how many seconds."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=30) as sock:
        began = time.monotonic()
        sock.sendall(data)
        return sock.recv(100), time.monotonic() - began


async def test_toxiproxys_python_client(toxiproxy, echo):
    """Everything that the client does, one after another."""

    def drive():
        from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

        assert toxiproxy.running()
        assert json.loads(toxiproxy.version())["version"].startswith("2.")
        proxy = toxiproxy.create(upstream=echo.address, name="test_redis")
        assert proxy.enabled
        assert proxy.upstream == echo.address
        assert set(toxiproxy.proxies()) == {"test_redis"}
        assert roundtrip(proxy.listen)[0] == b"ping"
        with pytest.raises(ProxyExists):
            toxiproxy.create(upstream=echo.address, name="test_redis")

        proxy.add_toxic(type="latency", attributes={"latency": 100, "jitter": 1})
        toxic = proxy.get_toxic("latency_downstream")
        assert (toxic.type, toxic.stream, toxic.toxicity) == ("latency", "downstream", 1.0)
        assert toxic.attributes == {"latency": 100, "jitter": 1}
        answer, seconds = roundtrip(proxy.listen)
        assert answer == b"ping"
        assert seconds >= 0.098
        with pytest.raises(ProxyExists):
            # What it makes of every 409.
            proxy.add_toxic(type="latency")
        with pytest.raises(InvalidToxic):
            proxy.add_toxic(type="unknown")
        assert proxy.destroy_toxic("latency_downstream")
        with pytest.raises(NotFound):
            proxy.destroy_toxic("latency_downstream")

        for kind, attributes in {
            "bandwidth": {"rate": 100_000},
            "slow_close": {"delay": 1},
            "slicer": {"average_size": 2, "size_variation": 1, "delay": 0},
            "limit_data": {"bytes": 1000},
        }.items():
            proxy.add_toxic(type=kind, attributes=attributes)
            proxy.add_toxic(type=kind, name=f"{kind}_up", stream="upstream", toxicity=0.5, attributes=attributes)
        assert len(proxy.toxics()) == 8

        with proxy.down():
            assert not toxiproxy.get_proxy("test_redis").enabled
            with pytest.raises(ConnectionRefusedError):
                roundtrip(proxy.listen)
        assert toxiproxy.reset()
        assert proxy.toxics() == {}
        assert roundtrip(proxy.listen)[0] == b"ping"

        listed = [
            {"name": "test_redis", "upstream": echo.address, "listen": proxy.listen},
            {"name": "other", "upstream": echo.address, "listen": "127.0.0.1:0"},
        ]
        assert [one.name for one in toxiproxy.populate(listed)] == ["other"]
        assert set(toxiproxy.proxies()) == {"test_redis", "other"}
        toxiproxy.destroy_all()
        assert toxiproxy.proxies() == {}

    await asyncio.get_running_loop().run_in_executor(None, drive)


async def curled(*words):
    process = await asyncio.create_subprocess_exec("curl", "-sS", "-m", "30", *words, stdout=-1, stderr=-1)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def test_curl(control, echo, require):
    require(shutil.which("curl"), "curl is not there")
    base = control.addresses[0].replace("tcp://", "http://")
    made = json.loads(
        await curled("-XPOST", f"{base}/proxies", "-d", json.dumps({"name": "redis", "upstream": echo.address}))
    )
    assert made["enabled"]
    toxic = {"type": "latency", "attributes": {"latency": 1000}}
    shown = json.loads(await curled("-XPOST", f"{base}/proxies/redis/toxics", "-d", json.dumps(toxic)))
    assert shown["name"] == "latency_downstream"
    assert json.loads(await curled(f"{base}/proxies"))["redis"]["toxics"] == [shown]
    assert (
        await curled(
            "-o", "/dev/null", "-w", "%{http_code}", "-XDELETE", f"{base}/proxies/redis/toxics/{shown['name']}"
        )
        == "204"
    )
    assert await curled("-o", "/dev/null", "-w", "%{http_code}", "-XPOST", f"{base}/reset") == "204"
    assert await curled("-o", "/dev/null", "-w", "%{http_code}", "-I", f"{base}/version") == "405"
    assert await curled("-o", "/dev/null", "-w", "%{http_code}", "-A", "Mozilla/5.0", f"{base}/proxies") == "403"
    # A body this long is asked about first.
    many = json.dumps([{"name": "x", "upstream": "x:1", "enabled": False, "note": "x" * 100_000}] * 1)
    assert (
        json.loads(await curled(f"{base}/populate", "-H", "Expect: 100-continue", "-d", many))["proxies"][0]["name"]
        == "x"
    )
