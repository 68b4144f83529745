"""Serve the files of a folder: and of all other folders too."""

import socket
import sys

server = socket.socket()
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
print("listening on", sys.argv[1], flush=True)

while True:
    client, address = server.accept()
    request = client.recv(1024).decode()
    path = request.split()[1]
    with open("site" + path, "rb") as file:
        client.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + file.read())
    client.close()
