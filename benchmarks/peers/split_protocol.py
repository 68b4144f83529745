"""The least a Python server can do for lines answered by a function: split, one call a message, join; nothing else.

No partial line, no limit, no error is looked after: what it costs, no such server in Python can go below.
"""

import asyncio
import sys


def same(message):
    return message


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        lines = data.split(b"\n")
        lines.pop()
        self.transport.write(b"\n".join(list(map(same, lines))) + b"\n")


async def main():
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", int(sys.argv[1]), backlog=4096)
    print("ready", flush=True)
    await server.serve_forever()


try:
    import uvloop
except ImportError:
    asyncio.run(main())
else:
    uvloop.run(main())
