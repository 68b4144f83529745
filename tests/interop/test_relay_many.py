"""Two thousand relayed connections at once: plain sockets at both ends, and every byte where it belongs."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import resource

import pytest

CONNECTIONS = 2000
MOST_BYTES = 40_000


@pytest.fixture
def files(require):
    """Let this process, and those it starts, open as many files as it takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Both ends of each, here; in the relay two sockets and, while bytes pass, two pipes.
    needed = 7 * CONNECTIONS
    require(hard == resource.RLIM_INFINITY or hard >= needed, f"no more than {hard} files may be open")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_two_thousand_at_once(files, shell, host):
    said = asyncio.run(talk(shell, host))
    totals = json.loads(said)
    assert totals["event"] == "totals"
    assert totals["joints"] == CONNECTIONS
    sizes = [len(contents(number)) for number in range(CONNECTIONS)]
    assert totals["up_bytes"] == sum(sizes)
    assert totals["down_bytes"] == sum(sizes) + CONNECTIONS * hashlib.sha256().digest_size


def contents(number):
    """Return what one connection says: of its own, and of its own length."""
    choose = random.Random(number)
    return choose.randbytes(choose.randint(1, MOST_BYTES))


async def talk(shell, host):
    """Open all, then let all talk, then end all; return the last line of the relay."""
    server = await asyncio.start_server(echo_and_digest, host, 0, backlog=CONNECTIONS)
    far = "tcp://{}:{}".format(*server.sockets[0].getsockname())
    relay = shell("relay", f"tcp://{host}:0", far, "--json")
    told = await asyncio.to_thread(relay.wait_for, "listening on ", "\n", where="err")
    port = int(told.split()[2].rpartition(":")[2])
    opening = asyncio.Semaphore(200)

    async def opened():
        async with opening:
            return await asyncio.open_connection(host, port)

    ends = await asyncio.gather(*(opened() for _ in range(CONNECTIONS)))
    await asyncio.gather(*(hold(number, *end) for number, end in enumerate(ends)))
    server.close()
    assert await asyncio.to_thread(relay.interrupt) == 130
    assert "Traceback" not in relay.err
    return relay.out.splitlines()[-1]


async def echo_and_digest(reader, writer):
    """Send back what comes, and at its end, after our half of the connection has been ended, the digest of it all."""
    digest = hashlib.sha256()
    while data := await reader.read(65536):
        digest.update(data)
        writer.write(data)
        await writer.drain()
    writer.write(digest.digest())
    await writer.drain()
    writer.close()


async def hold(number, reader, writer):
    """Say what is ours in two parts, all others in between, and see that it comes back."""
    mine = contents(number)
    writer.write(mine[: len(mine) // 2])
    await asyncio.sleep(0)
    writer.write(mine[len(mine) // 2 :])
    await writer.drain()
    writer.write_eof()
    assert await reader.read(-1) == mine + hashlib.sha256(mine).digest()
    writer.close()
