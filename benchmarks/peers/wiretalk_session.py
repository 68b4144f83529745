"""wiretalk, a coroutine a connection: `python wiretalk_session.py PORT FRAMING`."""

import asyncio
import sys

import wiretalk


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def main():
    async with wiretalk.serve(f"tcp4://127.0.0.1:{sys.argv[1]}", echo, framing=sys.argv[2]) as server:
        print("ready", flush=True)
        await server.serve_forever()


try:
    import uvloop
except ImportError:
    asyncio.run(main())
else:
    uvloop.run(main())
