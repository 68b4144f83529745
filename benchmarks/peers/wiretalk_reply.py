"""wiretalk, a function a message: `python wiretalk_reply.py PORT FRAMING`."""

import asyncio
import sys

import wiretalk


def same(message):
    return message


async def main():
    async with wiretalk.serve(f"tcp4://127.0.0.1:{sys.argv[1]}", reply=same, framing=sys.argv[2]) as server:
        print("ready", flush=True)
        await server.serve_forever()


try:
    import uvloop
except ImportError:
    asyncio.run(main())
else:
    uvloop.run(main())
