"""Print what arrives as datagrams, each with its source, until an empty one comes.

    python receiver.py [ADDRESS]        default: udp://:8888

A multicast group is joined by naming it: python receiver.py udp://239.1.2.3:8888
"""

from __future__ import annotations

import sys

import wiretalk


async def main(address: str = "udp://:8888") -> None:
    async def session(source: wiretalk.Connection) -> None:
        # Each source has a conversation of its own. A datagram is a message: whole, or not there at all. The usual
        # version's recvfrom(1024) drops the end of a longer one without a word.
        async for message in source:
            if not message:
                server.stop()
                return
            print(f"{source.peer}: {message.decode(errors='replace')}", flush=True)

    async with wiretalk.serve(address, session) as server:
        print("listening on", *server.addresses, flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    try:
        wiretalk.run(main(*sys.argv[1:2]))
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
