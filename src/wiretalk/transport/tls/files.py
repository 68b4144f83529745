"""The files that TLS options name: loaded, and when one does not serve, why not and what to do. No connection here."""

from __future__ import annotations

import os
import ssl
import stat

from wiretalk.errors import AddressError, NotPermittedError, WiretalkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address

MOST_BYTES = 1024 * 1024
"""Of a file that does not serve, so much is looked at to say why."""

CERTIFICATE_LINE = b"-----BEGIN CERTIFICATE-----"
HASHED_NAME_DIGITS = 8


def option_fault(address: Address, option: str, reason: str, hint: str = "") -> AddressError:
    """Return the error that puts a caret under `option` in the address's text."""
    text = address.text
    at = max(text.find(f"?{option}"), text.find(f"&{option}")) + 1 if option else 0
    end = text.find("&", at) if text.find("&", at) >= 0 else len(text)
    return AddressError(text, at, reason, hint, end - at)


def load_own_certificate(context: ssl.SSLContext, address: Address) -> str:
    """Load the certificate `cert=` names, and its key from `key=` or from the same file.

    Returns:
        The certificate as PEM; "" where the address names none.

    Raises:
        AddressError: a file is missing or does not serve.
        NotPermittedError: a file may not be read.
    """
    certificate, key = str(address.option("cert", "")), str(address.option("key", ""))
    if not certificate:
        if key:
            raise option_fault(address, "key", "key= goes with a certificate", "name it with cert=")
        return ""
    try:
        context.load_cert_chain(certificate, key or None, password=_refuse_password)
    except (OSError, _EncryptedKeyError) as error:
        raise _explain_own(address, certificate, key, error) from error
    with open(certificate, "rb") as file:
        text = file.read().decode("ascii", "replace")
    begin, end = text.index(ssl.PEM_HEADER), text.index(ssl.PEM_FOOTER)
    return text[begin : end + len(ssl.PEM_FOOTER)] + "\n"


def load_authorities(context: ssl.SSLContext, address: Address) -> None:
    """Load the authorities `ca=` names: a PEM file, or a directory of them. A certificate that is no authority serves
    too, for itself alone.

    Raises:
        AddressError: a file is missing or does not serve.
        NotPermittedError: a file may not be read.
    """
    path = str(address.option("ca"))
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        if not os.path.isdir(path):
            context.load_verify_locations(path)
            return
        names = sorted(os.listdir(path))
    except OSError as error:
        raise _explain_file(address, "ca", path) or option_fault(
            address, "ca", f"ca={path}: {_words(error)}"
        ) from error
    if any(len(name) == HASHED_NAME_DIGITS + 2 and name.endswith(".0") for name in names):
        context.load_verify_locations(capath=path)  # as c_rehash names them: looked up when needed
        return
    loaded = 0
    for name in names:
        try:
            context.load_verify_locations(os.path.join(path, name))
            loaded += 1
        except OSError:
            continue  # a directory may hold other things beside
    if not loaded:
        raise option_fault(address, "ca", f"ca={path}: no certificate (PEM) in this directory")


class _EncryptedKeyError(Exception):
    """The key wants a password."""


def _refuse_password() -> str:
    # Without this, OpenSSL would ask on the terminal.
    raise _EncryptedKeyError


def _explain_own(address: Address, certificate: str, key: str, error: Exception) -> WiretalkError:
    for option, path in (("cert", certificate), ("key", key)):
        fault = _explain_file(address, option, path) if path else None
        if fault:
            return fault
    option, path = ("key", key) if key else ("cert", certificate)
    if isinstance(error, _EncryptedKeyError):
        hint = f"decrypt it with: openssl pkey -in {path} -out plain.pem"
        return option_fault(address, option, f"{option}={path}: the key is encrypted", hint)
    if b"PRIVATE KEY-----" not in _begin(path):
        hint = f"{option}= wants a PEM file with the key in it" if key else "name the key's file with key="
        return option_fault(address, option, f"{option}={path}: no private key in this file", hint)
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        reason = f"{option}={path}: this key does not belong to the first certificate in {certificate}"
        return option_fault(address, option, reason)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(certificate)
    except ssl.SSLError as damage:
        return option_fault(address, "cert", f"cert={certificate}: the certificate is damaged ({_words(damage)})")
    return option_fault(address, option, f"{option}={path}: OpenSSL refuses this certificate and key ({_words(error)})")


def _explain_file(address: Address, option: str, path: str) -> WiretalkError | None:
    """Say why this file cannot even be read, or holds no certificate; None where that is not the fault."""
    try:
        begin = _begin(path)
    except PermissionError:
        return NotPermittedError(address.text, f"{option}={path}: this user may not read it")
    except OSError as error:
        return option_fault(address, option, f"{option}={path}: {_words(error)}")
    if option == "key" or CERTIFICATE_LINE in begin:
        return None
    if b"PRIVATE KEY-----" in begin:
        return option_fault(address, option, f"{option}={path}: this is a key, no certificate", "is it for key=?")
    hint = ""
    if begin[:1] == b"\x30":
        hint = f"convert it with: openssl x509 -in {path} -out certificate.pem"
        if path.lower().endswith((".p12", ".pfx")):
            hint = f"convert it with: openssl pkcs12 -in {path} -nodes -out certificate.pem"
    return option_fault(address, option, f"{option}={path}: no certificate (PEM) in this file", hint)


def _begin(path: str) -> bytes:
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(0, "not a file")
    with open(path, "rb") as file:
        return file.read(MOST_BYTES)


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).replace("_", " ").lower()
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return str(getattr(error, "strerror", "") or error).lower()
