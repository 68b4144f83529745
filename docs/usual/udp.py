"""Print the datagrams that come: the first kilobyte of each, and not a word of the rest."""

import socket
import sys

receiver = socket.socket(type=socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", int(sys.argv[1])))
print("listening on", sys.argv[1], flush=True)

while True:
    data, source = receiver.recvfrom(1024)
    print(len(data), "bytes", flush=True)
