"""Open two connections in one program, and use both.

python client.py [ADDRESS]        default: tcp://localhost:8888
"""

from __future__ import annotations

import sys

import wiretalk
import wiretalk.blocking


def main(address: str = "tcp://localhost:8888") -> None:
    with (
        wiretalk.blocking.connect(address, framing="line", codec="text") as first,
        wiretalk.blocking.connect(address, framing="line", codec="text") as second,
    ):
        # Both are open. The server may take one client after another, as ours does, so nothing here may wait for an
        # answer on one connection before the other has said what the server waits for.
        second.send("second")
        first.send("first")
        for connection in (first, second):
            print(f"{connection.local} was told: {connection.receive(timeout_s=10)}")
            # The server closes: the loop ends. (A socket's recv returns b"" then, again and again, and a program that
            # does not look for it spins.)
            for more in connection:
                print(f"{connection.local} was told more: {more}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:2])
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
