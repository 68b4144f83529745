"""A certificate made on the spot, signed by nobody but itself, whose key lives in memory alone.

It is for trying and for peers that are told its fingerprint; real authorities are somebody else's work.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import socket
import tempfile

from wiretalk.errors import MissingPackageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

VALID_DAYS = 30
"""Short: it is made anew at every start, and nobody can revoke it."""

CLOCK_SLACK_MINUTES = 60
"""A peer whose clock is behind ours by less still takes it."""


def make_self_signed(host: str = "") -> bytes:
    """Make a key (ECDSA P-256) and a certificate for this machine.

    Args:
        host: a name or IP address it is for, besides localhost, 127.0.0.1, ::1 and the machine's own name; "" for none.

    Returns:
        The certificate, then its key, as PEM.

    Raises:
        MissingPackageError: the package cryptography is not installed.
    """
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
    except ImportError as error:
        raise MissingPackageError("cryptography", "tls", "a self-signed certificate") from error
    key = ec.generate_private_key(ec.SECP256R1())
    names = _names(host)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    alternatives: list[x509.GeneralName] = []
    for name in names:
        try:
            alternatives.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            alternatives.append(x509.DNSName(name))
    now = dt.datetime.now(dt.UTC)
    public = key.public_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=CLOCK_SLACK_MINUTES))
        .not_valid_after(now + dt.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _names(host: str) -> list[str]:
    """Return the names to certify, the best known first, each once, those that no certificate can hold left out."""
    names: list[str] = []
    for name in (host.partition("%")[0], socket.gethostname(), "localhost", "127.0.0.1", "::1"):
        try:
            plain = name.rstrip(".").encode("ascii" if ":" in name else "idna").decode()
        except UnicodeError:
            continue
        if plain not in {"", "0.0.0.0", "::", *names}:
            names.append(plain)
    return names


def load_from_memory(context: ssl.SSLContext, pem: bytes) -> None:
    """Have `context` use a certificate and key that are in no file.

    OpenSSL's call wants a path. On Linux that of an anonymous memory file serves; elsewhere a file that only this user
    can read, and which is gone when this returns.
    """
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("wiretalk-certificate")
        path = f"/proc/self/fd/{descriptor}"
        if os.path.exists(path):
            with open(descriptor, "wb") as file:
                file.write(pem)
                file.flush()
                context.load_cert_chain(path)
            return
        os.close(descriptor)
    descriptor, path = tempfile.mkstemp(prefix="wiretalk-")
    try:
        with open(descriptor, "wb") as file:
            file.write(pem)
        context.load_cert_chain(path)
    finally:
        os.unlink(path)
