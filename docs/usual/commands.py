"""Run the commands that clients send: whatever they are."""

import os
import socket
import sys

server = socket.socket()
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
print("listening on", sys.argv[1], flush=True)

while True:
    client, address = server.accept()
    command = client.recv(1024).decode()
    client.sendall(os.popen(command).read().encode())
    client.close()
