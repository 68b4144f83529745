"""Send something large: as much of it as there is room for."""

import socket
import sys

data = bytes(10_000_000)
client = socket.socket()
client.settimeout(10)
client.connect(("127.0.0.1", int(sys.argv[1])))
sent = client.send(data)
print("all of it" if sent == len(data) else "a part of it")
