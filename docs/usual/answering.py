"""Answer with a prefix, until "quit": as long as no character is cut in two."""

import socket
import sys

server = socket.socket()
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
print("listening on", sys.argv[1], flush=True)

client, address = server.accept()
while True:
    text = client.recv(1024).decode()
    if text in ("", "quit"):
        break
    client.sendall(f"server rec: {text}".encode())
