"""Engines on real sockets with others at the far end: Python's own blocking TLS, and OpenSSL's command."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading

import pytest

from wiretalk.address import parse
from wiretalk.errors import NotTrustedError, ResetError, WiretalkError
from wiretalk.transport.tls import TlsEngine, client_context, server_context

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not installed")
WAIT_S = 30


class Blocking:
    """An engine on a blocking socket, the shortest way."""

    def __init__(self, sock: socket.socket, context) -> None:
        sock.settimeout(WAIT_S)
        self.sock = sock
        self.engine = TlsEngine(context, "tls://peer")
        self.heard = b""

    def __enter__(self):
        try:
            self.engine.start()
            self.send()
            while not self.engine.handshaken:
                self.read()
        except BaseException:
            self.sock.close()
            raise
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, plaintext=b""):
        if plaintext:
            self.engine.write(plaintext)
        self.sock.sendall(self.engine.outgoing())

    def read(self):
        data = self.sock.recv(65536)
        if not data:
            self.engine.feed_eof()
            return False
        self.heard += self.engine.feed(data)
        self.send()
        return not self.engine.peer_finished

    def read_until(self, end: bytes) -> bytes:
        while end not in self.heard:
            assert self.read(), self.heard
        taken, self.heard = self.heard, b""
        return taken

    def finish(self):
        self.engine.half_close()
        self.send()


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sock.settimeout(WAIT_S)
        yield sock


@pytest.fixture
def in_thread():
    """Run a function in a thread; what it raises, the test raises."""
    threads, faults = [], []

    def start(function):
        def guarded():
            try:
                function()
            except BaseException as error:
                faults.append(error)

        threads.append(threading.Thread(target=guarded, daemon=True))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join(WAIT_S)
        assert not thread.is_alive()
    for fault in faults:
        raise fault


def context_for(files, version, protocol):
    context = ssl.SSLContext(protocol)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[f"TLSv{version.replace('.', '_')}"]
    if protocol == ssl.PROTOCOL_TLS_SERVER:
        context.load_cert_chain(files.server)
    else:
        context.load_verify_locations(files.ca)
    return context


def test_a_client_of_pythons_own_server(files, listener, in_thread, version):
    def serve():
        sock, _ = listener.accept()
        with context_for(files, version, ssl.PROTOCOL_TLS_SERVER).wrap_socket(sock, server_side=True) as plain:
            while data := plain.recv(65536):
                plain.sendall(data.upper())
            plain.unwrap().close()

    in_thread(serve)
    address = parse(f"tls://localhost:{listener.getsockname()[1]}?ca={files.ca}")
    with Blocking(socket.create_connection(listener.getsockname()), client_context(address)) as client:
        assert client.engine.facts.version == f"TLSv{version}"
        client.send(b"hello\n")
        assert client.read_until(b"\n") == b"HELLO\n"
        client.send(b"x" * 300_000 + b"\n")
        assert client.read_until(b"\n") == b"X" * 300_000 + b"\n"
        client.finish()
        while client.read():
            pass
        assert client.engine.peer_finished


def test_a_server_of_pythons_own_client_that_never_reads(files, listener, in_thread, version):
    def talk():
        sock = socket.create_connection(listener.getsockname())
        context = context_for(files, version, ssl.PROTOCOL_TLS_CLIENT)
        with context.wrap_socket(sock, server_hostname="localhost") as client:
            client.sendall(b"all I have to say\n")
        # Closed without a word of TLS, as Python does: unread tickets would have made a reset of it.

    in_thread(talk)
    sock, _ = listener.accept()
    with Blocking(sock, server_context(parse(f"tls://:1?cert={files.server}"))) as server:
        assert server.read_until(b"\n") == b"all I have to say\n"
        with pytest.raises(ResetError, match="without TLS's close_notify"):
            while server.read():
                pass


# OpenSSL's command


class OpenSsl:
    """A running openssl command."""

    def __init__(self, *words: str) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [shutil.which("openssl"), *words], stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, bufsize=0
        )
        self.said = b""
        self.timer = threading.Timer(WAIT_S, self.process.kill)
        self.timer.start()

    def wait_for(self, words: bytes) -> bytes:
        """Read until a line with these words, and return it."""
        for line in self.process.stdout:
            self.said += line
            if words in line:
                return line
        raise AssertionError(self.said)

    def type(self, words: bytes) -> None:
        self.process.stdin.write(words)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.timer.cancel()
        self.process.stdin.close()
        self.process.kill()
        self.process.stdout.close()
        self.process.wait(WAIT_S)


def flag(version):
    return f"-tls{version.replace('.', '_')}"


def s_server(files, version, *more):
    return OpenSsl("s_server", "-accept", "127.0.0.1:0", "-cert", files.server, "-naccept", "1", flag(version), *more)


def s_client(files, port, *more):
    return OpenSsl(
        "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", files.ca, "-servername", "localhost",
        "-verify_return_error", *more
    )  # fmt: skip


def connect(server, options):
    port = int(server.wait_for(b"ACCEPT").rpartition(b":")[2])
    address = parse(f"tls://localhost:{port}?{options}")
    return Blocking(socket.create_connection(("127.0.0.1", port)), client_context(address))


@needs_openssl
def test_a_client_of_s_server(files, version):
    with s_server(files, version, "-rev", "-alpn", "chat") as server:
        with connect(server, f"ca={files.ca}&alpn=chat,other") as client:
            assert client.engine.facts.version == f"TLSv{version}"
            assert client.engine.facts.alpn == "chat"
            client.send(b"stressed\n")
            assert client.read_until(b"\n") == b"desserts\n"
            client.finish()
            while client.read():
                pass
            assert client.engine.peer_finished


@needs_openssl
def test_s_server_wants_a_client_certificate(files, version):
    with s_server(files, version, "-Verify", "1", "-CAfile", files.ca, "-rev") as server:
        with connect(server, f"ca={files.ca}&cert={files.alice}") as client:
            client.send(b"stressed\n")
            assert client.read_until(b"\n") == b"desserts\n"


@needs_openssl
def test_s_server_is_shown_no_client_certificate(files, version):
    with s_server(files, version, "-Verify", "1", "-CAfile", files.ca, "-rev") as server:
        refused = pytest.raises(NotTrustedError, match="the server wants a client certificate")
        with refused, connect(server, f"ca={files.ca}") as client:
            while client.read():
                pass


@needs_openssl
def test_a_server_of_s_client(files, listener, version):
    context = server_context(parse(f"tls://:1?cert={files.server}"))
    with s_client(files, listener.getsockname()[1], flag(version), "-quiet") as client:
        sock, _ = listener.accept()
        with Blocking(sock, context) as server:
            assert server.engine.facts.sni == "localhost"
            client.type(b"hello\n")
            assert server.read_until(b"\n") == b"hello\n"
            server.send(b"hello yourself\n")
            client.wait_for(b"hello yourself")
            server.finish()
            client.process.stdin.close()
            while server.read():
                pass
            assert server.engine.peer_finished


@needs_openssl
def test_new_keys_in_the_middle(files, listener):
    context = server_context(parse(f"tls://:1?cert={files.server}"))
    with s_client(files, listener.getsockname()[1], "-tls1_3") as client:
        sock, _ = listener.accept()
        with Blocking(sock, context) as server:
            client.wait_for(b"Verify return code")
            for _ in range(3):
                client.type(b"K\n")  # s_client's word for: new keys, and new ones from you too
                client.wait_for(b"KEYUPDATE")
                client.type(b"hello\n")
                assert server.read_until(b"\n") == b"hello\n"
                server.send(b"hello yourself\n")
                client.wait_for(b"hello yourself")


@needs_openssl
def test_a_client_that_asks_for_renegotiation_is_refused(files, listener):
    context = server_context(parse(f"tls://:1?cert={files.server}"))
    with s_client(files, listener.getsockname()[1], "-tls1_2") as client:
        sock, _ = listener.accept()
        with Blocking(sock, context) as server:
            client.wait_for(b"Verify return code")
            client.type(b"R\n")
            client.wait_for(b"RENEGOTIATING")
            with pytest.raises(WiretalkError, match="tls://peer"):
                while server.read():
                    pass
            client.wait_for(b"no renegotiation")
            assert server.heard == b""
