"""Send a file in datagrams, and an empty one at the end: what is lost is lost."""

import socket
import sys
import time

sender = socket.socket(type=socket.SOCK_DGRAM)
receiver = ("127.0.0.1", int(sys.argv[1]))

with open(sys.argv[2], "rb") as file:
    while chunk := file.read(1000):
        sender.sendto(chunk, receiver)
        time.sleep(0.001)
sender.sendto(b"", receiver)
