"""Type lines, and see what the server says, whenever it says it.

    python client.py [ADDRESS]        default: tcp://localhost:8888

Ctrl-D says that you have finished, and the last answers still come; a server that ends the conversation ends this too.
"""

from __future__ import annotations

import asyncio
import sys

import wiretalk


async def say(terminal: wiretalk.Connection, server: wiretalk.Connection) -> None:
    async for line in terminal:
        await server.send(line)
    await server.half_close()


async def main(address: str = "tcp://localhost:8888") -> None:
    # The usual version is a loop of input, send, recv. It sits in input when the server ends, and shows one answer
    # where two have come. So both directions go at the same time: "-" is standard input and output, a connection too.
    async with (
        wiretalk.connect(address, framing="line", codec="text") as server,
        wiretalk.connect("-", framing="line", codec="text") as terminal,
    ):
        typing = asyncio.create_task(say(terminal, server))
        try:
            async for answer in server:
                await terminal.send(answer)
        finally:
            typing.cancel()
            await asyncio.gather(typing, return_exceptions=True)


if __name__ == "__main__":
    try:
        wiretalk.run(main(*sys.argv[1:2]))
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
