"""What went wrong in TLS, in words: OpenSSL's errors become ours here, with the reason and what to do.

The only map of them. Nothing is decided: who asks has failed already.
"""

from __future__ import annotations

import ssl
import time

from wiretalk.ending import Ending
from wiretalk.errors import MalformedError, NotTrustedError, ResetError, WiretalkError
from wiretalk.transport.tls.certificate import Certificate, read_certificate

NOT_TLS = {
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "HTTPS_PROXY_REQUEST",
    "UNKNOWN_PROTOCOL",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
    "BAD_RECORD_TYPE",
}
NO_VERSION = {"UNSUPPORTED_PROTOCOL", "WRONG_SSL_VERSION", "VERSION_TOO_LOW", "NO_PROTOCOLS_AVAILABLE"}
NO_CIPHER = {"NO_SHARED_CIPHER", "NO_SUITABLE_SIGNATURE_ALGORITHM", "NO_SUITABLE_KEY_SHARE", "NO_SHARED_GROUP"}

OTHER_ALERTS = {
    "BAD_CERTIFICATE": "our certificate is not for the name it wants, not valid yet, or broken",
    "UNSUPPORTED_CERTIFICATE": "our certificate is of a kind it does not take",
    "CERTIFICATE_REVOKED": "our certificate has been revoked",
    "CERTIFICATE_EXPIRED": "our certificate has expired; renew it",
    "CERTIFICATE_UNKNOWN": "it does not trust our certificate",
    "ACCESS_DENIED": "it denies access to our certificate's owner",
    "INSUFFICIENT_SECURITY": "our keys or ciphers are too weak for it",
}
"""Alerts about our certificate, whichever side we are."""


class Situation:
    """Where a TLS conversation stood when it failed.

    Args:
        peer: the peer as text.
        server_side: we are the server.
        handshaken: the handshake was done, as far as we knew.
        answered: the peer had sent a handshake record, so that it and we agreed on the basics.
        name: the host the peer's certificate was to be for; "" for none.
        versions: the TLS versions we speak ("1.2 to 1.3").
        own_certificate: we have one to show.
        chain: the certificates the peer showed, as DER, its own first.
    """

    __slots__ = ("answered", "chain", "handshaken", "name", "own_certificate", "peer", "server_side", "versions")

    def __init__(
        self,
        peer: str,
        *,
        server_side: bool,
        handshaken: bool = False,
        answered: bool = True,
        name: str = "",
        versions: str = "",
        own_certificate: bool = False,
        chain: list[bytes] | None = None,
    ) -> None:
        self.peer = peer
        self.server_side = server_side
        self.handshaken = handshaken
        self.answered = answered
        self.name = name
        self.versions = versions
        self.own_certificate = own_certificate
        self.chain = chain or []


def explain_tls(error: ssl.SSLError, situation: Situation) -> WiretalkError:
    """Return our error for OpenSSL's.

    Returns:
        NotTrustedError where one side does not trust the other or they have nothing in common; ResetError where the
        peer broke off later; MalformedError where what came is no TLS.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return distrust(situation, _verdict(error, situation), by="us")
    reason = _reason(error)
    _before, is_alert, alert = reason.partition("ALERT_")
    if is_alert or reason.startswith("TLSV1_"):  # TLSV1_UNRECOGNIZED_NAME and others lack the word
        return _alerted(alert or reason.removeprefix("TLSV1_"), situation)
    if not situation.handshaken:
        if reason in NOT_TLS:
            return not_tls(situation)
        if reason in NO_VERSION:
            return distrust(situation, f"no TLS version in common: here it is {situation.versions}", by="us")
        if reason in NO_CIPHER:
            return distrust(situation, "no cipher in common with the peer", by="us")
        if reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
            return distrust(situation, "the client showed no certificate, and client_cert=required asks for one", "us")
    return MalformedError(f"{situation.peer}: what came breaks TLS: {reason.replace('_', ' ').lower()}")


def _reason(error: ssl.SSLError) -> str:
    """Return OpenSSL's name for what happened; Python's table lacks some, and leaves only the words."""
    if error.reason:
        return error.reason
    words = str(error).rpartition("] ")[2].partition(" (_ssl")[0]
    return words.upper().replace(" ", "_")


def distrust(situation: Situation, reason: str, by: str) -> NotTrustedError:
    """Return the error for distrust, with whose it is: "us" or "peer"."""
    error = NotTrustedError(situation.peer, reason)
    error.by = by
    return error


def not_tls(situation: Situation, begin: bytes = b"") -> MalformedError:
    """Return the error for a peer that does not speak TLS, with what it said first."""
    said = f': it began with "{_shown(begin)}"' if begin else ""
    hint = "" if situation.server_side else "; for plain bytes the address begins with tcp://"
    return MalformedError(f"{situation.peer}: the peer does not speak TLS{said}{hint}")


def _shown(begin: bytes) -> str:
    text = begin[:40].decode("ascii", "replace").rstrip("\r\n")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _alerted(alert: str, situation: Situation) -> WiretalkError:
    """Return the error for an alert from the peer."""
    peer = "client" if situation.server_side else "server"
    if alert == "CERTIFICATE_REQUIRED" or (
        alert == "HANDSHAKE_FAILURE" and situation.answered and not situation.server_side
    ):
        # TLS 1.2 has no alert of its own for it; but what else can fail after the server's own answer?
        if situation.own_certificate:
            return distrust(situation, "the server does not accept our certificate", by="peer")
        return distrust(situation, "the server wants a client certificate: give it with cert= and key=", by="peer")
    if alert == "UNKNOWN_CA":
        hint = "give it our certificate or its authority (ca=, fingerprint=)" if situation.server_side else ""
        reason = f"the {peer} does not know the authority that signed our certificate"
        return distrust(situation, f"{reason}{hint and '; ' + hint}", by="peer")
    if alert in OTHER_ALERTS:
        return distrust(situation, f"the {peer} refuses: {OTHER_ALERTS[alert]}", by="peer")
    if alert == "PROTOCOL_VERSION":
        return distrust(situation, f"no TLS version in common: here it is {situation.versions}", by="peer")
    if alert == "HANDSHAKE_FAILURE":
        return distrust(situation, "no TLS version, cipher or curve in common with the peer", by="peer")
    if alert == "UNRECOGNIZED_NAME":
        reason = f'the server has nothing called "{situation.name}"; sni= names another'
        return distrust(situation, reason, by="peer")
    if alert == "NO_APPLICATION_PROTOCOL":
        return distrust(situation, "the server speaks none of the application protocols offered (alpn)", by="peer")
    words = f"TLS alert: {alert.replace('_', ' ').lower()}"
    if situation.handshaken:
        return ResetError(situation.peer, Ending("reset", "peer", reason=words))
    return distrust(situation, f"the {peer} broke the handshake off ({words})", by="peer")


def _verdict(error: ssl.SSLCertVerificationError, situation: Situation) -> str:
    """Say why the peer's certificate was not trusted, and what to do."""
    chain = _readable(situation.chain)
    leaf = chain[0] if chain else None
    code = error.verify_code
    whose = f"the {'client' if situation.server_side else 'server'}'s certificate"
    if leaf:
        whose += f" ({leaf.subject or 'no subject'})"
    if code == 10:
        now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        late = next((one for one in chain if one.not_after < now), None)
        when = f" on {late.not_after}" if late else ""
        of = f": that of {late.subject}, in its chain" if late and late is not leaf else ""
        return f"{whose} expired{when}{of}; it has to be renewed"
    if code == 9:
        when = f" before {leaf.not_before}" if leaf else " yet"
        return f"{whose} is not valid{when}; are the clocks right?"
    if code == 18:
        sha256 = f" (sha256:{leaf.fingerprint})" if leaf else ""
        allow = "" if situation.server_side else " or fingerprint=, or take any with insecure"
        return f"{whose} is self-signed{sha256}; if you know it, name it with ca={allow}"
    if code in {2, 19, 20, 21}:
        issuer = f', "{chain[-1].issuer}"' if chain else ""
        return f"{whose} is signed by an authority unknown here{issuer}; name the authority's file with ca="
    if code in {62, 64}:
        names = ", ".join(leaf.names) if leaf else ""
        has = f"is for {names}" if names else "names no host"
        return f'{whose} {has}, not for "{situation.name}"; use a name it has, in the address or with sni='
    if code == 23:
        return f"{whose} has been revoked"
    return f"{whose} is not trusted: {error.verify_message}"


def _readable(chain: list[bytes]) -> list[Certificate]:
    found = []
    for der in chain:
        try:
            found.append(read_certificate(der))
        except ValueError:
            break
    return found


def echoed(situation: Situation) -> MalformedError:
    """Return the error for a peer that sends a client's hello to a client."""
    reason = "the peer does not speak TLS: it sends our own hello back, or is a client itself"
    return MalformedError(f"{situation.peer}: {reason}")
