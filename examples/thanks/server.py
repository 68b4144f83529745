"""Take clients one after another, for ever: read a name, thank for it, and close.

python server.py [ADDRESS…]        default: tcp://:8888
"""

from __future__ import annotations

import sys

import wiretalk
import wiretalk.blocking

# While one client is served, the next ones wait in the kernel's queue, connected already. One that connects and says
# nothing would make them wait for ever, and in the usual version does; here it may be silent for so many seconds.
ONE_AT_A_TIME = wiretalk.Limits(max_connections=1, idle_timeout_s=10)


def session(connection: wiretalk.blocking.Connection) -> None:
    name = connection.receive()
    connection.send(f"thank you, {name}")
    print(f"thanked {name}", flush=True)
    # Returning closes the connection, and so does every error here: a client that resets ends its own conversation. The
    # usual version's loop ends with its first rude client.


def main(*addresses: str) -> None:
    with wiretalk.blocking.serve(
        addresses or ["tcp://:8888"], session, framing="line", codec="text", limits=ONE_AT_A_TIME
    ) as server:
        print("listening on", *server.addresses, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
