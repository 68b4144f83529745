"""Greet somebody: the answer is what one recv returns. A part of it, perhaps."""

import socket
import sys

server = socket.socket()
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
print("listening on", sys.argv[1], flush=True)

client, address = server.accept()
client.sendall(b"welcome, who are you?\n")
name = client.recv(1024).decode().strip()
print(name, "is here", flush=True)
