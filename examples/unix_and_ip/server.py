"""Serve the same over Unix sockets, IPv4, IPv6, and both together.

    python server.py [ADDRESS…]

default: unix:/tmp/wiretalk-example.sock unixgram:/tmp/wiretalk-example.gram
         tcp4://:8884 (IPv4 alone), tcp6://:8886 (IPv6 alone) and tcp://:8888 (both together)
"""

from __future__ import annotations

import sys

import wiretalk
import wiretalk.blocking

EVERYWHERE = (
    # The usual version fails at its second start, for the socket file that its first left behind. Here a file behind
    # which nobody listens is replaced, one behind which somebody does is refused, and ours is removed in the end.
    # (unix:/tmp/wiretalk-example.sock?mode=600 keeps other users out.)
    "unix:/tmp/wiretalk-example.sock",
    "unixgram:/tmp/wiretalk-example.gram",
    "tcp4://:8884",
    "tcp6://:8886",
    # One socket for both families; whom it calls ::ffff:127.0.0.1 is named 127.0.0.1 here.
    "tcp://:8888",
)


def session(connection: wiretalk.blocking.Connection) -> None:
    for message in connection:
        connection.send(f"heard over {connection.address.scheme}: {message}")


def main(*addresses: str) -> None:
    with wiretalk.blocking.serve(addresses or EVERYWHERE, session, framing="line", codec="text") as server:
        for address, family in zip(server.addresses, server.families, strict=True):
            print("listening on", address, f"({family})" if family else "", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
