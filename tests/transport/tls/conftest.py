"""Certificates of two authorities, and two engines wired back to back without a socket."""

from __future__ import annotations

import datetime as dt

import pytest
import trustme

from wiretalk.address import parse
from wiretalk.errors import WiretalkError
from wiretalk.transport.tls import TlsContext, TlsEngine, client_context, server_context

DAY = dt.timedelta(days=1)


class Files:
    """Where the certificates and keys of these tests are."""

    def __init__(self, folder) -> None:
        self.folder = folder
        now = dt.datetime.now(dt.UTC)
        past = {"not_before": now - 3 * DAY, "not_after": now - DAY}
        future = {"not_before": now + DAY, "not_after": now + 3 * DAY}
        authority, stranger = trustme.CA(), trustme.CA()
        self.ca = self._write("ca.pem", authority.cert_pem)
        self.stranger_ca = self._write("stranger.pem", stranger.cert_pem)
        server = authority.issue_cert("localhost", "127.0.0.1", "::1", common_name="pi")
        self.server = self._write("server.pem", server.private_key_and_cert_chain_pem)
        self.server_cert = self._write("server-cert.pem", server.cert_chain_pems[0])
        self.server_key = self._write("server-key.pem", server.private_key_pem)
        made = (
            ("expired", authority, "localhost", past),
            ("future", authority, "localhost", future),
            ("alice", authority, "alice@example.org", {"common_name": "Alice"}),
            ("former", authority, "former@example.org", past),
            ("mallory", stranger, "mallory@example.org", {"common_name": "Mallory"}),
        )
        for name, issuer, identity, terms in made:
            pem = issuer.issue_cert(identity, **terms).private_key_and_cert_chain_pem
            setattr(self, name, self._write(f"{name}.pem", pem))

    def _write(self, name: str, pem: trustme.Blob) -> str:
        path = self.folder / name
        pem.write_to_path(path)
        return str(path)


class Wire:
    """A client's and a server's engine, each other's peer.

    heard: the plaintext each has got. faults: the error each has raised.
    """

    def __init__(self, client: TlsEngine, server: TlsEngine) -> None:
        self.client, self.server = client, server
        self.heard = {client: b"", server: b""}
        self.faults: dict[TlsEngine, WiretalkError] = {}
        client.start()
        server.start()

    def run(self, piece_bytes: int = 1 << 20) -> Wire:
        """Carry what each has to send to the other, in pieces, until both are silent."""
        while True:
            to_server, to_client = self.client.outgoing(), self.server.outgoing()
            if not to_server and not to_client:
                return self
            self._carry(to_server, self.server, piece_bytes)
            self._carry(to_client, self.client, piece_bytes)

    def _carry(self, ciphertext: bytes, to: TlsEngine, piece_bytes: int) -> None:
        for at in range(0, len(ciphertext), piece_bytes):
            try:
                self.heard[to] += to.feed(ciphertext[at : at + piece_bytes])
            except WiretalkError as error:
                first = self.faults.setdefault(to, error)
                if first is not error:
                    raise AssertionError(f"a second fault, {error!r}, after {first!r}") from error


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    return Files(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def wired(files):
    """Wire a server of these options, or of this context, to a client of those."""

    def wire(server: str | TlsContext = "", client: str | TlsContext = "", host: str = "localhost") -> Wire:
        if not isinstance(server, TlsContext):
            server = server_context(parse(f"tls://:443?{server or f'cert={files.server}'}"))
        if not isinstance(client, TlsContext):
            host = f"[{host}]" if ":" in host else host
            client = client_context(parse(f"tls://{host}:443?{client or f'ca={files.ca}'}"))
        return Wire(TlsEngine(client, "tls://server"), TlsEngine(server, "tls://client"))

    return wire


@pytest.fixture(params=["1.2", "1.3"])
def version(request):
    return request.param


@pytest.fixture
def talking(files, wired, version):
    """Two engines of each version of TLS that have shaken hands."""
    wire = wired(f"cert={files.server}&tls_min={version}&tls_max={version}").run()
    assert wire.client.handshaken
    assert wire.server.handshaken
    return wire
