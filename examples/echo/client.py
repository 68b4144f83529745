"""Say things to an echo server in all the ways in which they arrive, "exit" in pieces at last.

python client.py [ADDRESS]        default: tcp://localhost:8888
"""

from __future__ import annotations

import sys

import wiretalk
import wiretalk.blocking


def in_messages(address: str) -> None:
    with wiretalk.blocking.connect(address, framing="line") as connection:
        connection.send(b"one message")
        print(connection.receive(timeout_s=10).decode())
        # Two messages in one write arrive as one segment, and are two messages all the same.
        connection.send_all([b"two messages", b"in one segment"])
        print(connection.receive(timeout_s=10).decode())
        print(connection.receive(timeout_s=10).decode())
        connection.send(b"exit")
        for message in connection:
            print("not expected:", message)
        print("the server has ended it")


def in_pieces(address: str) -> None:
    # Without a framing, what we send are the bytes on the wire, and we decide how they are cut.
    with wiretalk.blocking.connect(address) as connection:
        for piece in (b"in pie", b"ces\ne", b"xi", b"t\n"):
            connection.send(piece)
        print(b"".join(connection).decode(), end="")
        print("and ended by a word in three pieces")


def main(address: str = "tcp://localhost:8888") -> None:
    in_messages(address)
    in_pieces(address)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:2])
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
