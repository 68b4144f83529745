"""What the tests of relays share: free places, a DNS answerer, web servers, and files to fetch."""

from __future__ import annotations

import functools
import http.server
import socket
import struct
import threading


class Files(http.server.SimpleHTTPRequestHandler):
    """Files of a directory, without a word on standard error."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Say nothing."""


class Web:
    """An HTTP server of Python's own, with a directory to fetch from."""

    def __init__(self, host, directory):
        self.directory = directory
        handler = functools.partial(Files, directory=str(directory))
        self._server = http.server.ThreadingHTTPServer((host, 0), handler)
        self.host, self.port = self._server.server_address
        self.address = f"tcp://{self.host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self):
        """Leave nothing behind."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Names:
    """A name server that knows one answer, 192.0.2.7, and answers whatever is asked with it.

    Attributes:
        asked: how many questions have come.
    """

    ANSWER = "192.0.2.7"

    def __init__(self, host):
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind((host, 0))
        self.address = "udp://{}:{}".format(*self._sock.getsockname())
        self.asked = 0
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    def _answer(self):
        while True:
            question, peer = self._sock.recvfrom(4096)
            if not question:
                return
            self.asked += 1
            self._sock.sendto(answer(question, self.ANSWER), peer)

    def close(self):
        """Leave nothing behind."""
        # An empty datagram is no question.
        self._sock.sendto(b"", self._sock.getsockname())
        self._thread.join()
        self._sock.close()


def answer(question, address):
    """Return the answer to a DNS question of one name: an A record (RFC 1035, sections 4.1.1 to 4.1.3)."""
    name_end = question.index(b"\0", 12) + 1
    asked = question[12 : name_end + 4]
    head = question[:2] + struct.pack("!HHHHH", 0x8580, 1, 1, 0, 0)
    # The name is that of the question, at offset 12.
    return head + asked + struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton(address)
