"""Print binary records as they come, and tell which are missing, which are late and which are none.

    python record_receiver.py [ADDRESS…]        default: udp://:8888

The same records may come over a byte stream: python record_receiver.py udp://:8888 tcp://:8888
"""

from __future__ import annotations

import sys
import time

import wiretalk
import wiretalk.blocking

RECORD = "struct:>IQd"


def session(source: wiretalk.blocking.Connection) -> None:
    due = 0
    while True:
        try:
            sequence, sent_ns, reading = source.receive()
        except wiretalk.FinishedError:
            return
        except wiretalk.CodecError as error:
            # struct.unpack raises, and ends the usual version at the first datagram of another size.
            print(f"{source.peer}: ignored: {error}", flush=True)
            continue
        # UDP may lose datagrams and deliver them in another order; only a number in each can tell.
        if sequence > due:
            print(f"{source.peer}: {sequence - due} missing before {sequence}", flush=True)
        elif sequence < due:
            print(f"{source.peer}: {sequence} is late, or came twice", flush=True)
        due = max(due, sequence + 1)
        age_ms = (time.time_ns() - sent_ns) / 1e6
        print(f"{source.peer}: {sequence}: {reading} ({age_ms:.3f} ms old)", flush=True)


def main(*addresses: str) -> None:
    with wiretalk.blocking.serve(addresses or ["udp://:8888"], session, framing="fixed:20", codec=RECORD) as server:
        print("listening on", *server.addresses, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
