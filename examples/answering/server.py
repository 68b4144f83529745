"""Answer each message with "server rec: " and the message, until "quit".

    python server.py [ADDRESS…]        default: tcp://:8888

A message is a line of UTF-8. Clients that send no line ends are served by python server.py 'tcp://:8888?framing=raw':
then whatever arrives is a message, as the usual version has it, but no character is ever cut in two.
"""

from __future__ import annotations

import sys

import wiretalk


async def session(connection: wiretalk.Connection) -> None:
    # The usual version says recv(1024).decode(). An é has two bytes, an emoji four, and TCP may deliver the first of
    # them now and the rest later: then decode raises, and the server is gone. Here messages are cut before they are
    # decoded, and bytes that are no UTF-8 at all end this conversation and no other.
    async for message in connection:
        if message == "quit":
            return
        await connection.send(f"server rec: {message}")


async def main(*addresses: str) -> None:
    async with wiretalk.serve(addresses or ["tcp://:8888"], session, framing="line", codec="text") as server:
        print("listening on", *server.addresses, flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    try:
        wiretalk.run(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
