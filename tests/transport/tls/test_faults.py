"""OpenSSL's errors in our words: those that no two ends of ours can bring about."""

from __future__ import annotations

import ssl

import pytest

from wiretalk.errors import MalformedError, NotTrustedError, ResetError
from wiretalk.transport.tls.engine import _subject, _unverified_chain
from wiretalk.transport.tls.faults import Situation, explain_tls


def from_openssl(reason, words=""):
    error = ssl.SSLError(1, f"[SSL: {reason}] {words or reason.lower()} (_ssl.c:1006)")
    error.reason = reason or None
    return error


def refused_for(code, message):
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    error.verify_message = message
    return error


CLIENT = {"server_side": False}
SERVER = {"server_side": True}


def told(error, **situation):
    made = explain_tls(error, Situation("tls://peer", **({"versions": "1.2 to 1.3", "name": "pi.local"} | situation)))
    return type(made), made.by, str(made).removeprefix("tls://peer: ")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (2, "is signed by an authority unknown here; name the authority's file with ca="),
        (9, "is not valid yet; are the clocks right?"),
        (10, "expired; it has to be renewed"),
        (18, "is self-signed; if you know it, name it with ca= or fingerprint=, or take any with insecure"),
        (19, "is signed by an authority unknown here; name the authority's file with ca="),
        (23, "has been revoked"),
        (62, 'names no host, not for "pi.local"; use a name it has, in the address or with sni='),
        (66, "is not trusted: EE certificate key too weak"),
    ],
)
def test_distrust_without_sight_of_the_certificate(code, sentence):
    # Python has not let us see it.
    assert told(refused_for(code, "EE certificate key too weak"), **CLIENT) == (
        NotTrustedError,
        "us",
        f"the server's certificate {sentence}",
    )


def test_a_certificate_that_cannot_be_read():
    assert told(refused_for(23, ""), chain=[b"garbage"], **CLIENT)[2] == "the server's certificate has been revoked"
    assert _subject(b"garbage") == ""


def test_a_server_is_not_told_to_be_insecure():
    sentence = "the client's certificate is self-signed; if you know it, name it with ca="
    assert told(refused_for(18, ""), **SERVER)[2] == sentence


@pytest.mark.parametrize(
    ("alert", "situation", "sentence"),
    [
        ("TLSV1_UNRECOGNIZED_NAME", CLIENT, 'the server has nothing called "pi.local"; sni= names another'),
        ("TLSV1_ALERT_UNRECOGNIZED_NAME", CLIENT, 'the server has nothing called "pi.local"; sni= names another'),
        ("SSLV3_ALERT_CERTIFICATE_REVOKED", CLIENT, "the server refuses: our certificate has been revoked"),
        ("TLSV1_ALERT_INTERNAL_ERROR", SERVER, "the client broke the handshake off (TLS alert: internal error)"),
        (
            "TLSV13_ALERT_CERTIFICATE_REQUIRED",
            CLIENT | {"own_certificate": True},
            "the server does not accept our certificate",
        ),
        (
            "SSLV3_ALERT_HANDSHAKE_FAILURE",
            CLIENT | {"answered": True},
            "the server wants a client certificate: give it with cert= and key=",
        ),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", SERVER, "no TLS version, cipher or curve in common with the peer"),
    ],
)
def test_alerts_in_the_handshake(alert, situation, sentence):
    assert told(from_openssl(alert), **situation) == (NotTrustedError, "peer", sentence)


def test_an_alert_that_python_has_no_name_for():
    kind, _, sentence = told(from_openssl("", "tlsv1 alert no application protocol"), **CLIENT)
    assert kind is NotTrustedError
    assert sentence == "the server speaks none of the application protocols offered (alpn)"


def test_an_alert_later_breaks_off():
    assert told(from_openssl("TLSV1_ALERT_INTERNAL_ERROR"), handshaken=True, **CLIENT) == (
        ResetError,
        "peer",
        "reset by the peer (TLS alert: internal error)",
    )


def test_a_certificate_is_asked_for_late_in_tls_1_3():
    kind, _, sentence = told(from_openssl("TLSV13_ALERT_CERTIFICATE_REQUIRED"), handshaken=True, **CLIENT)
    assert kind is NotTrustedError
    assert sentence == "the server wants a client certificate: give it with cert= and key="


@pytest.mark.parametrize("reason", ["NO_SUITABLE_KEY_SHARE", "NO_SUITABLE_SIGNATURE_ALGORITHM"])
def test_nothing_in_common(reason):
    assert told(from_openssl(reason), **SERVER) == (NotTrustedError, "us", "no cipher in common with the peer")


def test_broken_tls():
    assert told(from_openssl("BAD_LENGTH"), **SERVER) == (MalformedError, "peer", "what came breaks TLS: bad length")
    assert told(from_openssl("WRONG_VERSION_NUMBER"), handshaken=True, **SERVER)[2] == (
        "what came breaks TLS: wrong version number"
    )


# where Python keeps the certificates that the peer showed


class Later:
    """Python 3.13 and after."""

    def get_unverified_chain(self):
        return [b"leaf"]


class Nowhere:
    """A Python that shows them nowhere."""


def test_the_peers_chain_in_any_python():
    assert _unverified_chain(Later()) == [b"leaf"]
    assert _unverified_chain(Nowhere()) == []
