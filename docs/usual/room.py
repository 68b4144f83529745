"""Pass on to all what one of them says: those who are gone, too."""

import socket
import sys
import threading

server = socket.socket()
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
print("listening on", sys.argv[1], flush=True)
clients = []


def serve(client):
    while data := client.recv(1024):
        for other in clients:
            other.sendall(data)
    client.close()


while True:
    client, address = server.accept()
    clients.append(client)
    threading.Thread(target=serve, args=(client,), daemon=True).start()
