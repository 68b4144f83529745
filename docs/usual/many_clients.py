"""Serve clients, each to its end: one that says nothing makes all others wait."""

import socket
import sys

server = socket.socket()
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
print("listening on", sys.argv[1], flush=True)

while True:
    client, address = server.accept()
    while data := client.recv(1024):
        client.sendall(data)
    client.close()
