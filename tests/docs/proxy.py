"""A proxy that knows CONNECT (RFC 9110, section 9.3.6) and no more, and passes half-closes on."""

from __future__ import annotations

import contextlib
import socket
import threading


class Proxy:
    """A proxy on a port of this machine, until it is closed."""

    def __init__(self, port):
        self._server = socket.create_server(("localhost", port))
        self._open = [self._server]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self._open.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(1)
            host, _, port = head.split()[1].decode().rpartition(":")
            server = socket.create_connection((host.strip("[]"), int(port)))
            self._open.append(server)
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    @staticmethod
    def _carry(one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    def close(self):
        """Leave nothing behind."""
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
