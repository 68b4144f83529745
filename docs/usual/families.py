"""Listen: over IPv4, and let those who come over IPv6 find nobody."""

import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind(("", int(sys.argv[1])))
server.listen()
print("listening on", sys.argv[1], flush=True)

while True:
    client, address = server.accept()
    client.sendall(b"hello\n")
    client.close()
