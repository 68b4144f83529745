"""Read the server's greeting first, then answer it.

python client.py [ADDRESS] [NAME]        default: tcp://localhost:8888, and your login name
"""

from __future__ import annotations

import getpass
import sys

import wiretalk
import wiretalk.blocking


def main(address: str = "tcp://localhost:8888", name: str = "") -> None:
    with wiretalk.blocking.connect(address, framing="line", codec="text") as connection:
        # Who speaks first is a part of every protocol. Two programs that both begin with recv wait for each other for
        # ever; so somebody has to say how long is too long.
        print(connection.receive(timeout_s=10))
        # send hands over all of it. The socket's own send may take a part and say so in a number that nobody looks at.
        connection.send(name or getpass.getuser())


if __name__ == "__main__":
    try:
        main(*sys.argv[1:3])
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
