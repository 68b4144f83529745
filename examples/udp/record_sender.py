"""Send binary records of fixed size: a sequence number, a timestamp, a reading.

python record_sender.py [ADDRESS] [COUNT]        default: udp://localhost:8888, and 5 records
"""

from __future__ import annotations

import sys
import time

import wiretalk
import wiretalk.blocking

# The ">" matters: the usual version leaves it out, and then numbers lie as this machine lays them, with gaps between
# them, and another machine, or a C program, reads something else. 4 + 8 + 8 bytes, in network byte order.
RECORD = "struct:>IQd"


def main(address: str = "udp://localhost:8888", count: str = "5") -> None:
    with wiretalk.blocking.connect(address, framing="fixed:20", codec=RECORD) as receiver:
        for sequence in range(int(count)):
            reading = 20 + sequence / 4
            receiver.send((sequence, time.time_ns(), reading))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:3])
    except KeyboardInterrupt:
        sys.exit(130)
    except (wiretalk.WiretalkError, ValueError) as error:
        sys.exit(str(error))
