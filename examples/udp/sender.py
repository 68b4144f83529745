"""Send each line that is typed as a datagram, and an empty one at the end.

    python sender.py [ADDRESS]        default: udp://localhost:8888

An empty line is an empty datagram, and ends it too. To all on this network: udp://255.255.255.255:8888?broadcast
"""

from __future__ import annotations

import sys

import wiretalk
import wiretalk.blocking


def main(address: str = "udp://localhost:8888") -> None:
    with wiretalk.blocking.connect(address) as receiver:
        for line in sys.stdin.buffer:
            text = line.rstrip(b"\r\n")
            # Nobody need listen there, and sendto does not care. This socket is connected, so the system tells when a
            # datagram reached nobody: the next call raises a RefusedError.
            receiver.send(text)
            if not text:
                return
        receiver.send(b"")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:2])
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
