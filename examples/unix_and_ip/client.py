"""Say something over any of the server's addresses.

    python client.py [ADDRESS] [TEXT…]        default: unix:/tmp/wiretalk-example.sock hello

tcp://localhost:8888 is tried over IPv6 and IPv4, whichever answers; tcp4://localhost:8884 and tcp6://localhost:8886
over one of them alone.
"""

from __future__ import annotations

import sys

import wiretalk
import wiretalk.blocking


def main(address: str = "unix:/tmp/wiretalk-example.sock", *texts: str) -> None:
    # The client of a Unix datagram server needs a name of its own, or the server has nowhere to answer to. The usual
    # version waits for an answer that cannot come; here a name is made, and its file removed.
    with wiretalk.blocking.connect(address, framing="line", codec="text") as connection:
        for text in texts or ("hello",):
            connection.send(text)
            print(connection.receive(timeout_s=10))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
