"""Greet whoever connects, read one message, and leave.

    python server.py [ADDRESS]        default: tcp://:8888

ADDRESS may be of any scheme that has connections: tcp, tls, unix, unixpacket, vsock.
"""

from __future__ import annotations

import sys

import wiretalk


async def session(connection: wiretalk.Connection) -> None:
    await connection.send("welcome, who are you?")
    # The usual version takes what one recv(1024) returns for the answer. That is whatever has arrived: a part of it, or
    # the answer and what came after. A framing makes it one whole message, however it was cut on its way.
    try:
        name = await connection.receive()
    except wiretalk.FinishedError:
        print(f"{connection.peer} left without a word")
    else:
        print(f"{connection.peer} is {name}")


async def main(address: str = "tcp://:8888") -> None:
    # One conversation, and the server leaves. It may be started again at once: the usual version is told "Address
    # already in use" for a minute, for want of SO_REUSEADDR.
    async with wiretalk.serve(address, session, framing="line", codec="text", max_accepted=1) as server:
        print("listening on", *server.addresses, flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    try:
        wiretalk.run(main(*sys.argv[1:2]))
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
