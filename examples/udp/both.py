"""Talk and listen at once, over UDP: the same program on both sides.

    python both.py [ADDRESS]        default: udp://127.0.0.1:8889?bind=:8888

on the one side, and on the other python both.py 'udp://127.0.0.1:8888?bind=:8889'. Each names where the other is, and
the port of its own that the other speaks to. Ctrl-D, or an empty line, ends it for both.
"""

from __future__ import annotations

import asyncio
import sys

import wiretalk


async def say(terminal: wiretalk.Connection, peer: wiretalk.Connection) -> None:
    async for line in terminal:
        if not line:
            break
        await send(peer, line)
    await send(peer, "")


async def send(peer: wiretalk.Connection, text: str) -> None:
    try:
        await peer.send(text)
    except wiretalk.RefusedError:
        # This told of the datagram before; there is nothing wrong with this one.
        await peer.send(text)


async def hear(terminal: wiretalk.Connection, peer: wiretalk.Connection) -> None:
    while True:
        try:
            async for text in peer:
                if not text:
                    return
                await terminal.send(text)
        except wiretalk.RefusedError:
            # The other side has not been started yet, or has been left. UDP has no connection that this could end.
            print("(nobody is there to hear it)", file=sys.stderr, flush=True)


async def main(address: str = "udp://127.0.0.1:8889?bind=:8888") -> None:
    # The usual version takes turns: send, recv, send, recv. Then it hears nothing while its user thinks.
    async with (
        wiretalk.connect(address, codec="text") as peer,
        wiretalk.connect("-", framing="line", codec="text") as terminal,
    ):
        ways = [asyncio.create_task(say(terminal, peer)), asyncio.create_task(hear(terminal, peer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


if __name__ == "__main__":
    try:
        wiretalk.run(main(*sys.argv[1:2]))
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
