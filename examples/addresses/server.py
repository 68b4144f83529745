"""Tell each peer who it is, and where it was met.

python server.py [ADDRESS…]        default: tcp://:8888 udp://:8888
"""

from __future__ import annotations

import sys

import wiretalk


async def session(connection: wiretalk.Connection) -> None:
    # What getpeername and getsockname give, as text that is an address again: with the brackets of IPv6, the zone of a
    # link-local one, "unix:(unnamed)" for a Unix peer without a name.
    print(f"{connection.peer} is here, met at {connection.local}", flush=True)
    async for _ in connection:
        await connection.send({"you": connection.peer, "me": connection.local})


async def main(*addresses: str) -> None:
    async with wiretalk.serve(
        addresses or ["tcp://:8888", "udp://:8888"], session, framing="line", codec="json"
    ) as server:
        # Port 0 is a port that the system picks, and here it is told.
        print("listening on", *server.addresses, flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    try:
        wiretalk.run(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
