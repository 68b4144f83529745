"""Thank clients, one after another: the first rude one is the last."""

import socket
import sys

server = socket.socket()
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
print("listening on", sys.argv[1], flush=True)

while True:
    client, address = server.accept()
    name = client.recv(1024)
    client.sendall(b"thank you, " + name)
    client.close()
