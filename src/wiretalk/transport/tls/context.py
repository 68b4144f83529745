"""TLS as the options of an address ask for it: certificates, trust, versions, protocols. No connection here.

A fault in an option is an AddressError with a caret under it, said before anything is opened; so is a file that is
missing or holds something else.
"""

from __future__ import annotations

import os
import ssl
import sys

from wiretalk.errors import NotPermittedError
from wiretalk.transport.tls.certificate import fingerprint
from wiretalk.transport.tls.files import load_authorities, load_own_certificate, option_fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wiretalk.address import Address

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class TlsContext:
    """What all TLS connections of one address share.

    Attributes:
        context: Python's own context.
        server_side: we are the server.
        server_hostname: client: the name or IP address that the peer's certificate must be for; None for any.
        alpn: the application protocols we want, best first; empty for none.
        pin: client: SHA-256 of the only certificate to accept, as hexadecimal digits; "" for any that is trusted.
        insecure: client: the peer's certificate is not checked.
        fingerprint: SHA-256 of our own certificate, as hexadecimal digits; "" where we have none.
        certificate_pem: our own certificate as PEM, without its key; "" where we have none. One made on the spot is
            what the peer's `ca=` wants.
        self_signed: our certificate was made on the spot.
    """

    __slots__ = (
        "alpn",
        "certificate_pem",
        "context",
        "fingerprint",
        "insecure",
        "pin",
        "self_signed",
        "server_hostname",
        "server_side",
    )

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        server_side: bool,
        server_hostname: str | None = None,
        alpn: tuple[str, ...] = (),
        pin: str = "",
        insecure: bool = False,
        certificate_pem: str = "",
        self_signed: bool = False,
    ) -> None:
        self.context = context
        self.server_side = server_side
        self.server_hostname = server_hostname
        self.alpn = alpn
        self.pin = pin
        self.insecure = insecure
        self.fingerprint = fingerprint(ssl.PEM_cert_to_DER_cert(certificate_pem)) if certificate_pem else ""
        self.certificate_pem = certificate_pem
        self.self_signed = self_signed


def client_context(address: Address) -> TlsContext:
    """Prepare TLS for connecting to `address`, before anything is opened.

    The peer's certificate must be trusted (`ca=`, the system's authorities otherwise) and be for the address's host
    (or `sni=`); or be the one `fingerprint=` names; or anything, with `insecure`.

    Args:
        address: as the user gave it: its host, not what that resolves to, is what the certificate must be for.

    Raises:
        AddressError: an option is wrong, contradicts another, or names a file that does not serve.
        NotPermittedError: a file may not be read.
    """
    _refuse(address, "connecting", ("client_cert", "self_signed"))
    context = _context(address, ssl.PROTOCOL_TLS_CLIENT)
    insecure = bool(address.option("insecure"))
    pin = str(address.option("fingerprint", "")).removeprefix("sha256:")
    if insecure or (pin and not address.option("ca")):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif address.option("ca"):
        load_authorities(context, address)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    own = load_own_certificate(context, address)
    return TlsContext(
        context,
        server_side=False,
        server_hostname=_server_hostname(address),
        alpn=_alpn(address, context),
        pin=pin,
        insecure=insecure,
        certificate_pem=own,
    )


def server_context(address: Address) -> TlsContext:
    """Prepare TLS for listening on `address`, before anything is opened.

    Without `cert=` a self-signed certificate is made on the spot; tell peers its `fingerprint`.

    Raises:
        AddressError: an option is wrong, contradicts another, or names a file that does not serve.
        NotPermittedError: a file may not be read.
        MissingPackageError: a self-signed certificate needs the package cryptography.
    """
    _refuse(address, "listening", ("insecure", "sni", "fingerprint"))
    context = _context(address, ssl.PROTOCOL_TLS_SERVER)
    # A client that sends and closes without reading would meet our tickets unread: its system then resets the
    # connection, and what it sent is lost. TLS 1.2 sends its ticket within the handshake.
    context.num_tickets = 0
    wanted = _client_certificates(address)
    if wanted:
        load_authorities(context, address)
        context.verify_mode = ssl.CERT_REQUIRED if wanted == "required" else ssl.CERT_OPTIONAL
    own = load_own_certificate(context, address)
    self_signed = not own
    if self_signed:
        if address.option("self_signed") is False:
            raise option_fault(address, "self_signed", "there is no certificate", "name one with cert=")
        from wiretalk.transport.tls.selfsigned import load_from_memory, make_self_signed

        pem = make_self_signed(address.host)
        load_from_memory(context, pem)
        own = pem[: pem.index(b"-----BEGIN PRIVATE")].decode()
    return TlsContext(
        context, server_side=True, alpn=_alpn(address, context), certificate_pem=own, self_signed=self_signed
    )


def _context(address: Address, protocol: int) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    # Python's defaults already leave out compression; what they let pass is renegotiation at the peer's whim.
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.minimum_version = VERSIONS[address.option("tls_min", "1.2")]
    context.maximum_version = VERSIONS[address.option("tls_max", "1.3")]
    key_log = os.environ.get("SSLKEYLOGFILE")
    if key_log and not sys.flags.ignore_environment:
        try:
            context.keylog_filename = key_log
        except OSError as error:
            # Who asks for the keys wants them: a capture without them cannot be read later.
            reason = f"the TLS key log SSLKEYLOGFILE={key_log} cannot be written ({error.strerror}); unset it or name "
            raise NotPermittedError(address.text, reason + "a file that can") from error
    return context


def _refuse(address: Address, doing: str, options: Iterable[str]) -> None:
    for option in options:
        if address.option(option):
            other = "listening" if doing == "connecting" else "connecting"
            raise option_fault(address, option, f"{option} is for {other}, this address is for {doing}")


def _server_hostname(address: Address) -> str:
    """Return the name or IP address that the certificate must be for; an IP address is checked, and never sent."""
    name = str(address.option("sni") or address.host).partition("%")[0]
    return name.removesuffix(".") or "localhost"


def _alpn(address: Address, context: ssl.SSLContext) -> tuple[str, ...]:
    value = str(address.option("alpn", ""))
    if not value:
        return ()
    if not value.isascii():
        raise option_fault(address, "alpn", "the names of application protocols are ASCII")
    protocols = tuple(value.split(","))
    context.set_alpn_protocols(protocols)
    return protocols


def _client_certificates(address: Address) -> str:
    """Return "required", "optional" or "" for none; an authority given to a server is for its clients."""
    ca = address.option("ca")
    wanted = str(address.option("client_cert", "required" if ca else "none"))
    if wanted == "none" and ca:
        raise option_fault(address, "ca", "ca= is for checking clients, and client_cert=none asks for none")
    if wanted != "none" and not ca:
        hint = "name the authority that signs your clients' certificates"
        raise option_fault(address, "client_cert", f"client_cert={wanted} needs ca=", hint)
    return "" if wanted == "none" else wanted
