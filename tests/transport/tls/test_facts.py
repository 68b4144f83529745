"""The record of a handshake, and its sentence."""

from __future__ import annotations

from wiretalk.transport.tls import TlsFacts


def facts(**more):
    return TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", 256, **more)


def test_the_shortest():
    assert str(facts()) == "TLSv1.3 TLS_AES_256_GCM_SHA384 (256 bits)"


def test_all_of_it():
    said = str(
        facts(
            alpn="h2",
            sni="pi.local",
            peer_subject="CN=pi.local",
            peer_fingerprint="ab" * 32,
            session_reused=True,
            insecure=True,
        )
    )
    assert said == (
        "TLSv1.3 TLS_AES_256_GCM_SHA384 (256 bits), ALPN h2, SNI pi.local, resumed, "
        f"peer CN=pi.local sha256:{'ab' * 32}, peer not checked (insecure)"
    )


def test_a_certificate_that_names_nobody():
    assert str(facts(peer_fingerprint="ab")).endswith(", peer (no subject) sha256:ab")


def test_for_json():
    assert facts(sni="pi.local").as_dict() == {
        "version": "TLSv1.3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "bits": 256,
        "alpn": "",
        "sni": "pi.local",
        "peer_subject": "",
        "peer_fingerprint": "",
        "session_reused": False,
        "insecure": False,
    }


def test_equal_facts_are_equal():
    assert facts(sni="a") == facts(sni="a")
    assert hash(facts(sni="a")) == hash(facts(sni="a"))
    assert facts(sni="a") != facts(sni="b")
    assert facts() != "facts"
    assert repr(facts()).startswith("TlsFacts(version='TLSv1.3', cipher=")
