"""Serve many clients at once, whatever one of them does, and tell how each conversation ended.

python server.py [ADDRESS] [SECONDS]        default: tcp://:8888, and 30 seconds of silence
"""

from __future__ import annotations

import sys

import wiretalk


async def session(connection: wiretalk.Connection) -> None:
    # One coroutine a client. The usual version serves one after another, so that a slow client makes all others wait;
    # or it starts a thread for each and never looks how many there are.
    async for message in connection:
        await connection.send(message[::-1])


def tell(conversation: wiretalk.Conversation) -> None:
    # Finished by the peer, reset, cut off within a message, silent too long: nothing here is an accident of the server.
    print(f"{conversation.peer}: {conversation.ending}", flush=True)


async def main(address: str = "tcp://:8888", silence: str = "30") -> None:
    # At these limits, further clients wait in the kernel's queue, and silent ones are ended. Nobody can fill memory: a
    # client that does not read its answers is not read either.
    limits = wiretalk.Limits(max_connections=1000, max_message_bytes=1000, idle_timeout_s=float(silence))
    async with wiretalk.serve(address, session, framing="line", codec="text", limits=limits, on_close=tell) as server:
        print("listening on", *server.addresses, flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    try:
        wiretalk.run(main(*sys.argv[1:3]))
    except KeyboardInterrupt:
        sys.exit(130)
    except (wiretalk.WiretalkError, ValueError) as error:
        sys.exit(str(error))
