"""Be many clients at once: most are good, one is slow, and three are rude.

python client.py [ADDRESS] [COUNT]        default: tcp://localhost:8888, and 20 good clients
"""

from __future__ import annotations

import asyncio
import sys

import wiretalk


async def good(address: str, number: int) -> None:
    async with wiretalk.connect(address, framing="line", codec="text") as connection:
        for turn in range(3):
            await connection.send(f"client {number}, turn {turn}")
            answer = await connection.receive(timeout_s=10)
            if answer != f"client {number}, turn {turn}"[::-1]:
                raise RuntimeError(f"client {number} was told {answer}, which is not for it")


async def slow(address: str) -> None:
    # One byte after another: for the server, a message is there when its line end is, and others do not wait for it.
    async with wiretalk.connect(address) as connection:
        for byte in b"slow but steady\n":
            await connection.send(bytes([byte]))
            await asyncio.sleep(0.02)
        print("slow: told", (await connection.receive(timeout_s=10)).decode().rstrip())


async def vanishing(address: str) -> None:
    async with wiretalk.connect(address) as connection:
        await connection.send(b"I was about to s")
    print("vanishing: left within a message")


async def resetting(address: str) -> None:
    connection = await wiretalk.connect(address)
    await connection.send(b"and now\n")
    # What a program that crashes does, or one that closes with answers unread.
    connection.abort()
    print("resetting: reset")


async def silent(address: str) -> None:
    async with wiretalk.connect(address) as connection:
        try:
            await connection.receive()
        except (wiretalk.FinishedError, wiretalk.ResetError):
            print("silent: the server had enough")


async def all_good(address: str, count: int) -> None:
    await asyncio.gather(*(good(address, number) for number in range(count)))
    print(f"{count} good clients: all answered, each with its own")


async def main(address: str = "tcp://localhost:8888", count: str = "20") -> None:
    await asyncio.gather(
        all_good(address, int(count)), slow(address), vanishing(address), resetting(address), silent(address)
    )


if __name__ == "__main__":
    try:
        wiretalk.run(main(*sys.argv[1:3]))
    except KeyboardInterrupt:
        sys.exit(130)
    except (wiretalk.WiretalkError, ValueError) as error:
        sys.exit(str(error))
