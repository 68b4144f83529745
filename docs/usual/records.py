"""Read records of a letter, a number and a reading: laid out as Python's struct lays them, and nobody else."""

import socket
import struct
import sys

receiver = socket.socket(type=socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", int(sys.argv[1])))
print("listening on", sys.argv[1], flush=True)

while True:
    kind, number, reading = struct.unpack("!cId", receiver.recv(1024))
    print(kind, number, reading, flush=True)
