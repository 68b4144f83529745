"""Work out the checksum of a packet: of those with an even number of bytes."""

import sys


def checksum(packet):
    total = 0
    for at in range(0, len(packet) - 1, 2):
        total += (packet[at] << 8) + packet[at + 1]
    total = (total >> 16) + (total & 0xFFFF)
    return ~total & 0xFFFF


header = bytes([8, 0, 0, 0, 0, 1, 0, 1])
print(f"{checksum(header + sys.argv[1].encode()):04x}")
