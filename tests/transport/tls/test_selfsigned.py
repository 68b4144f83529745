"""Certificates made on the spot."""

from __future__ import annotations

import os
import ssl
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from wiretalk.address import parse
from wiretalk.errors import MissingPackageError
from wiretalk.transport.tls import server_context
from wiretalk.transport.tls.certificate import read_certificate
from wiretalk.transport.tls.selfsigned import load_from_memory, make_self_signed


def names(host=""):
    pem = make_self_signed(host).decode()
    return read_certificate(ssl.PEM_cert_to_DER_cert(pem[: pem.index("-----BEGIN PRIVATE")])).names


def test_what_it_is():
    made = x509.load_pem_x509_certificate(make_self_signed())
    assert isinstance(made.public_key().curve, ec.SECP256R1)
    assert made.issuer == made.subject
    lasts = made.not_valid_after_utc - made.not_valid_before_utc
    assert 30 <= lasts.days <= 31


def test_it_is_for_this_machine(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "workshop")
    assert names() == ["workshop", "localhost", "127.0.0.1", "::1"]


@pytest.mark.parametrize(
    ("host", "first"),
    [
        ("pi.example", "pi.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("0.0.0.0", "workshop"),
        ("::", "workshop"),
        ("localhost", "localhost"),
    ],
)
def test_and_for_the_host_of_the_address(monkeypatch, host, first):
    monkeypatch.setattr("socket.gethostname", lambda: "workshop")
    made = names(host)
    assert made[0] == first
    assert set(made) == {first, "workshop", "localhost", "127.0.0.1", "::1"}


@pytest.mark.parametrize("strange", ["", "x" * 64, "..", "bücher"])
def test_a_machine_with_a_strange_name(monkeypatch, strange):
    monkeypatch.setattr("socket.gethostname", lambda: strange)
    assert names()[-3:] == ["localhost", "127.0.0.1", "::1"]


def test_a_long_name_of_a_host():
    host = ".".join(["x" * 60] * 4)
    assert names(host)[0] == host


def test_strict_checking_takes_it(wired, tmp_path):
    context = server_context(parse("tls://:443"))
    (tmp_path / "known.pem").write_text(context.certificate_pem)
    wire = wired(context, f"ca={tmp_path / 'known.pem'}")
    wire.client._context.context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert wire.run().client.handshaken


def test_without_cryptography_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(MissingPackageError) as caught:
        server_context(parse("tls://:443"))
    assert str(caught.value) == (
        "a self-signed certificate needs the package cryptography; install it with: pip install 'wiretalk[tls]'"
    )


@pytest.mark.parametrize("memory_file", [True, False])
def test_the_key_is_left_on_no_disk(monkeypatch, tmp_path, memory_file):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen = []

    class Context:
        def load_cert_chain(self, path):
            seen.append((path, os.stat(path).st_mode & 0o777))
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)

    if not memory_file:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    load_from_memory(Context(), make_self_signed())
    ((path, mode),) = seen
    assert list(tmp_path.iterdir()) == []
    if not memory_file:
        assert os.path.dirname(path) == str(tmp_path)
        assert mode == 0o600
    assert not os.path.exists(path)


def test_a_system_without_proc_uses_a_file(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(os.path, "exists", lambda _path: False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_from_memory(context, make_self_signed())
    assert list(tmp_path.iterdir()) == []
