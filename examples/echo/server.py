"""Send every message back, and end the conversation at "exit".

    python server.py [ADDRESS…]        default: tcp://:8888

Over any scheme, datagrams too, and over several together: python server.py tcp://:8888 udp://:8888 unix:echo.sock
"""

from __future__ import annotations

import sys

import wiretalk


async def session(connection: wiretalk.Connection) -> None:
    # The usual version compares what recv returned with b"exit". It works on one's own machine, as long as a person
    # types; then the word arrives as "ex" and "it", or with a message in front of it in one segment, or with the CR LF
    # of telnet, and is echoed. Here a message is a line, whole and alone.
    async for message in connection:
        # A datagram is a message with all that is in it, and nc sends the line end along.
        if message.removesuffix(b"\n") == b"exit":
            return
        await connection.send(message)


async def main(*addresses: str) -> None:
    async with wiretalk.serve(addresses or ["tcp://:8888"], session, framing="line") as server:
        print("listening on", *server.addresses, flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    try:
        wiretalk.run(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
