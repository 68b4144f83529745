"""Every scheme that a service may be served over, each with the words to listen and to connect with."""

from __future__ import annotations

import shutil
import socket
import tempfile

import pytest

STREAMS = ("tcp", "tcp4", "tcp6", "tls", "unix", "abstract", "vsock")
DATAGRAMS = ("udp", "udp4", "udp6", "unixgram")
PACKETS = ("unixpacket",)


class Place:
    """Where a service of one scheme is served."""

    def __init__(self, scheme, folder):
        self.scheme = scheme
        self.is_stream = scheme in STREAMS
        self.is_datagram = scheme in DATAGRAMS
        if scheme == "abstract":
            self.listening = f"unix:@{folder}"
        elif scheme.startswith("unix"):
            self.listening = f"{scheme}:{folder}/s"
        elif scheme == "vsock":
            self.listening = "vsock://local:0"
        else:
            host = "[::1]" if scheme.endswith("6") else "127.0.0.1"
            self.listening = f"{scheme}://{host}:0"

    def connecting(self, server):
        return server.addresses[0] + ("?insecure" if self.scheme == "tls" else "")


def _vsock_works():
    if not hasattr(socket, "AF_VSOCK"):
        return False
    try:
        with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as sock:
            sock.bind((1, 0xFFFFFFFF))
    except OSError:
        return False
    return True


def _place(scheme):
    if scheme == "vsock" and not _vsock_works():
        pytest.skip("this machine has no vsock of its own (vsock_loopback)")
    folder = tempfile.mkdtemp(prefix="wt-")
    yield Place(scheme, folder)
    shutil.rmtree(folder)


@pytest.fixture(params=STREAMS + DATAGRAMS + PACKETS)
def place(request):
    yield from _place(request.param)


@pytest.fixture(params=STREAMS)
def stream(request):
    yield from _place(request.param)


@pytest.fixture(params=DATAGRAMS)
def datagrams(request):
    yield from _place(request.param)


@pytest.fixture
def folder():
    """A folder whose path leaves room for a socket's name."""
    made = tempfile.mkdtemp(prefix="wt-")
    yield made
    shutil.rmtree(made)
