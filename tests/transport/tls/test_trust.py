"""Who trusts whom, and what each side says when it does not. Each case over TLS 1.2 and 1.3."""

from __future__ import annotations

import pytest

from wiretalk.address import parse
from wiretalk.errors import NotTrustedError
from wiretalk.transport.tls import client_context, server_context


def failed(wire, engine, by):
    """Return what this engine said on failing, and check whose distrust it calls it."""
    error = wire.run().faults[engine]
    assert isinstance(error, NotTrustedError)
    assert error.how == "not-trusted"
    assert error.by == by
    return error.reason


@pytest.fixture
def server(files, version):
    """The options of a server in order."""
    return f"cert={files.server}&tls_max={version}"


# the server's certificate


def test_a_certificate_of_our_authority_is_trusted(files, wired, server):
    assert wired(server, f"ca={files.ca}").run().client.handshaken


def test_a_leaf_certificate_serves_as_its_own_authority(files, wired, server):
    assert wired(server, f"ca={files.server_cert}").run().client.handshaken


def test_an_unknown_authority(files, wired, server):
    wire = wired(server, f"ca={files.stranger_ca}")
    said = failed(wire, wire.client, "us")
    assert said.startswith("the server's certificate (O=trustme")
    assert "is signed by an authority unknown here, " in said
    assert said.endswith("; name the authority's file with ca=")
    assert failed(wire, wire.server, "peer") == (
        "the client does not know the authority that signed our certificate; "
        "give it our certificate or its authority (ca=, fingerprint=)"
    )
    assert not wire.client.handshaken


def test_the_systems_authorities_do_not_know_it(wired, server):
    wire = wired(server, "tls_min=1.2")
    assert "unknown here" in failed(wire, wire.client, "us")


def test_an_expired_certificate(files, wired, version):
    wire = wired(f"cert={files.expired}&tls_max={version}")
    said = failed(wire, wire.client, "us")
    assert " expired on 20" in said
    assert said.endswith(" UTC; it has to be renewed")
    assert failed(wire, wire.server, "peer") == "the client refuses: our certificate has expired; renew it"


def test_a_certificate_of_tomorrow(files, wired, version):
    wire = wired(f"cert={files.future}&tls_max={version}")
    said = failed(wire, wire.client, "us")
    assert " is not valid before 20" in said
    assert said.endswith(" UTC; are the clocks right?")
    assert "not valid yet" in failed(wire, wire.server, "peer")


@pytest.mark.parametrize("host", ["pi.example", "127.0.0.2", "::2"])
def test_a_certificate_for_others(wired, server, host):
    wire = wired(server, host=host)
    assert failed(wire, wire.client, "us").endswith(
        f' is for localhost, 127.0.0.1, ::1, not for "{host}"; use a name it has, in the address or with sni='
    )


def test_a_self_signed_certificate(wired, version):
    wire = wired(f"self_signed&tls_max={version}", "tls_min=1.2")
    sha256 = wire.server._context.fingerprint
    said = failed(wire, wire.client, "us")
    assert f"is self-signed (sha256:{sha256}); if you know it, name it with ca= or fi" in said


def test_a_self_signed_certificate_known_as_ca(wired, tmp_path, version):
    context = server_context(parse(f"tls://:443?tls_max={version}"))
    (tmp_path / "known.pem").write_text(context.certificate_pem)
    wire = wired(context, f"ca={tmp_path / 'known.pem'}").run()
    assert wire.client.handshaken
    assert wire.server.handshaken


def test_insecure_trusts_anybody_and_says_so(files, wired, version):
    wire = wired(f"cert={files.expired}&tls_max={version}", "insecure", host="pi.example").run()
    assert wire.client.handshaken
    assert wire.client.facts.insecure
    assert wire.client.facts.peer_fingerprint
    assert wire.client.facts.peer_subject.startswith("O=trustme")


def pinned(fingerprint, ca=None):
    return client_context(parse(f"tls://pi.example:443?fingerprint={fingerprint}" + (f"&ca={ca}" if ca else "")))


def test_a_pinned_certificate_needs_no_authority_and_no_name(files, wired, server):
    sha256 = server_context(parse(f"tls://:1?{server}")).fingerprint
    colons = ":".join(sha256[at : at + 2] for at in range(0, 64, 2)).upper()
    for written in (f"sha256:{sha256}", sha256, f"SHA256:{colons}"):
        wire = wired(server, pinned(written)).run()
        assert wire.client.handshaken
        assert not wire.client.facts.insecure


def test_another_certificate_than_the_pinned_one(files, wired, server):
    wire = wired(server, pinned("sha256:" + "ab" * 32))
    said = failed(wire, wire.client, "us")
    assert said.endswith(", not the one that fingerprint= names")
    assert not wire.client.handshaken
    assert wire.server.peer_finished


def test_another_certificate_with_data_right_behind_the_handshake(files, wired):
    wire = wired(f"cert={files.server}&tls_max=1.2", pinned("sha256:" + "ab" * 32))
    wire.server.feed(wire.client.outgoing())
    wire.client.feed(wire.server.outgoing())
    wire.server.feed(wire.client.outgoing())
    wire.server.write(b"welcome")
    with pytest.raises(NotTrustedError, match="not the one"):
        wire.client.feed(wire.server.outgoing())


def test_a_pinned_certificate_can_need_an_authority_too(files, wired, server):
    sha256 = server_context(parse(f"tls://:1?{server}")).fingerprint
    wire = wired(server, pinned(f"sha256:{sha256}", files.stranger_ca))
    assert "unknown here" in failed(wire, wire.client, "us")


# the client's certificate


def test_a_client_certificate_asked_for_and_given(files, wired, server):
    wire = wired(f"{server}&ca={files.ca}&client_cert=required", f"ca={files.ca}&cert={files.alice}").run()
    assert wire.server.handshaken
    assert wire.server.facts.peer_subject.endswith("CN=Alice")


def test_a_client_certificate_asked_for_and_not_given(files, wired, server):
    wire = wired(f"{server}&ca={files.ca}")
    assert failed(wire, wire.server, "us") == "the client showed no certificate, and client_cert=required asks for one"
    assert failed(wire, wire.client, "peer") == "the server wants a client certificate: give it with cert= and key="
    assert not wire.server.handshaken


def test_an_optional_client_certificate(files, wired, server):
    wire = wired(f"{server}&ca={files.ca}&client_cert=optional").run()
    assert wire.server.handshaken
    assert wire.server.facts.peer_subject == ""


def test_a_client_certificate_of_a_stranger(files, wired, server):
    wire = wired(f"{server}&ca={files.ca}&client_cert=optional", f"ca={files.ca}&cert={files.mallory}")
    assert failed(wire, wire.server, "us") == (
        "the client's certificate is signed by an authority unknown here; name the authority's file with ca="
    )
    said = failed(wire, wire.client, "peer")
    assert said == "the server does not know the authority that signed our certificate"


def test_a_client_certificate_that_has_expired(files, wired, server):
    wire = wired(f"{server}&ca={files.ca}", f"ca={files.ca}&cert={files.former}")
    assert failed(wire, wire.server, "us") == "the client's certificate expired; it has to be renewed"
    assert failed(wire, wire.client, "peer") == "the server refuses: our certificate has expired; renew it"


# nothing in common


def test_no_version_in_common(files, wired):
    wire = wired(f"cert={files.server}&tls_min=1.3", f"ca={files.ca}&tls_max=1.2")
    assert failed(wire, wire.server, "us") == "no TLS version in common: here it is 1.3"
    assert failed(wire, wire.client, "peer") == "no TLS version in common: here it is 1.2"
    wire = wired(f"cert={files.server}&tls_max=1.2", f"ca={files.ca}&tls_min=1.3")
    assert failed(wire, wire.server, "us") == "no TLS version in common: here it is 1.2"
    assert failed(wire, wire.client, "peer") == "no TLS version in common: here it is 1.3"


def test_no_cipher_in_common(files, wired):
    context = client_context(parse(f"tls://localhost:443?ca={files.ca}&tls_max=1.2"))
    context.context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")  # the server's key is not RSA
    wire = wired(f"cert={files.server}&tls_max=1.2", context)
    assert failed(wire, wire.server, "us") == "no cipher in common with the peer"
    assert failed(wire, wire.client, "peer") == "no TLS version, cipher or curve in common with the peer"


def test_the_servers_first_choice_of_protocol_is_taken(files, wired, server):
    wire = wired(f"{server}&alpn=http/1.1,h2", f"ca={files.ca}&alpn=h2,http/1.1").run()
    assert wire.client.facts.alpn == wire.server.facts.alpn == "http/1.1"


def test_no_protocol_in_common(files, wired, server):
    wire = wired(f"{server}&alpn=x,y", f"ca={files.ca}&alpn=a,b")
    assert failed(wire, wire.server, "us") == "the client offers the application protocols a, b; here it is x, y"
    assert failed(wire, wire.client, "peer") == "the server speaks none of the application protocols offered (alpn)"


def test_a_client_that_names_no_protocol_is_served(files, wired, server):
    wire = wired(f"{server}&alpn=x").run()
    assert wire.server.handshaken
    assert wire.server.facts.alpn == ""


def test_a_server_that_chooses_no_protocol_is_not_what_was_asked_for(files, wired, server):
    wire = wired(server, f"ca={files.ca}&alpn=a,b")
    said = failed(wire, wire.client, "us")
    assert said == "the server chose none of the application protocols a, b; leave out alpn="
