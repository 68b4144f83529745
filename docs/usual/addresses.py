"""Tell who comes, over both families: with a name that is nobody's."""

import socket
import sys

server = socket.create_server(("", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True)
print("listening on", sys.argv[1], flush=True)

while True:
    client, address = server.accept()
    print(f"{address[0]}:{address[1]} is here", flush=True)
    client.close()
