"""Hear a name from a C program: with the bytes that stood behind it there."""

import socket
import sys

server = socket.socket()
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
print("listening on", sys.argv[1], flush=True)

client, address = server.accept()
name = client.recv(1024)
print(name, "is Ada:", name == b"Ada", flush=True)
