"""Send back what comes, until "exit": if it comes alone, and in one piece."""

import socket
import sys

server = socket.socket()
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
print("listening on", sys.argv[1], flush=True)

while True:
    client, address = server.accept()
    while data := client.recv(1024):
        if data == b"exit":
            break
        client.sendall(data)
    client.close()
