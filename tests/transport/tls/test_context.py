"""What the options of an address make of a context, and how their faults are told."""

from __future__ import annotations

import ssl

import pytest

from wiretalk.address import parse
from wiretalk.errors import AddressError, NotPermittedError
from wiretalk.transport.tls import client_context, server_context


def client(options="", host="pi.example"):
    return client_context(parse(f"tls://{host}:443?{options}" if options else f"tls://{host}:443"))


def server(files, options="", host=""):
    return server_context(parse(f"tls://{host}:443?cert={files.server}{options and '&' + options}"))


def refused(make, text):
    """Return the sentence and what the carets stand under."""
    with pytest.raises(AddressError) as caught:
        make(parse(text))
    error = caught.value
    return str(error).splitlines()[0], error.text[error.at : error.at + error.length]


def test_a_client_checks_the_peer_unless_told_otherwise():
    made = client()
    assert made.context.verify_mode == ssl.CERT_REQUIRED
    assert made.context.check_hostname
    assert made.server_hostname == "pi.example"
    assert (made.server_side, made.insecure, made.pin, made.alpn, made.fingerprint) == (False, False, "", (), "")


def test_insecure_checks_nothing():
    made = client("insecure")
    assert made.insecure
    assert made.context.verify_mode == ssl.CERT_NONE
    assert not made.context.check_hostname


def test_insecure_can_be_off():
    assert client("insecure=0").context.verify_mode == ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("", "localhost"),
        ("pi.example.", "pi.example"),
        ("my_pi", "my_pi"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("[fe80::1%25eth0]", "fe80::1"),
    ],
)
def test_the_name_that_the_certificate_must_be_for(host, name):
    assert client(host=host).server_hostname == name


def test_versions():
    made = client()
    assert made.context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert made.context.maximum_version == ssl.TLSVersion.TLSv1_3
    assert client("tls_max=1.2").context.maximum_version == ssl.TLSVersion.TLSv1_2
    assert client("tls_min=1.3").context.minimum_version == ssl.TLSVersion.TLSv1_3


def test_tls_below_1_2_is_refused_by_the_address():
    with pytest.raises(AddressError, match="tls_min must be"):
        parse("tls://pi.example:443?tls_min=1.1")


@pytest.mark.parametrize(
    ("make", "option", "doing"),
    [
        (client_context, "self_signed", "listening, this address is for connecting"),
        (client_context, "client_cert=none", "listening, this address is for connecting"),
        (server_context, "insecure", "connecting, this address is for listening"),
        (server_context, "fingerprint=sha256:" + "ab" * 32, "connecting, this address is for listening"),
        (server_context, "sni=pi.example", "connecting, this address is for listening"),
    ],
)
def test_options_of_the_other_side(make, option, doing):
    name = option.partition("=")[0]
    assert refused(make, f"tls://:443?{option}") == (f"{name} is for {doing}", option)


def test_names_of_protocols_are_ascii():
    sentence, marked = refused(client_context, "tls://pi.example:443?alpn=caf%C3%A9")
    assert sentence == "the names of application protocols are ASCII"
    assert marked == "alpn=caf%C3%A9"


def test_protocols_in_their_order():
    assert client("alpn=h2,http/1.1").alpn == ("h2", "http/1.1")


def test_a_pin_is_all_the_trust_there_is():
    made = client("fingerprint=sha256:" + "AB" * 32)
    assert made.pin == "ab" * 32
    assert made.context.verify_mode == ssl.CERT_NONE
    assert not made.insecure


def test_a_pin_and_an_authority_must_both_agree(files):
    made = client(f"fingerprint=sha256:{'ab' * 32}&ca={files.ca}")
    assert made.context.verify_mode == ssl.CERT_REQUIRED
    assert made.context.check_hostname


def test_a_client_with_a_certificate_knows_its_fingerprint(files):
    made = client(f"cert={files.alice}")
    assert len(made.fingerprint) == 64
    assert not made.self_signed


# servers


def test_a_server_asks_clients_for_nothing_unless_told(files):
    made = server(files)
    assert made.server_side
    assert made.context.verify_mode == ssl.CERT_NONE
    assert made.context.num_tickets == 0
    assert not made.self_signed
    assert len(made.fingerprint) == 64


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        ("client_cert=none", ssl.CERT_NONE),
        ("ca={ca}", ssl.CERT_REQUIRED),
        ("ca={ca}&client_cert=optional", ssl.CERT_OPTIONAL),
        ("ca={ca}&client_cert=required", ssl.CERT_REQUIRED),
    ],
)
def test_client_certificates(files, options, mode):
    assert server(files, options.format(ca=files.ca)).context.verify_mode == mode


def test_client_certificates_need_an_authority(files):
    assert refused(server_context, f"tls://:443?cert={files.server}&client_cert=required") == (
        "client_cert=required needs ca=; name the authority that signs your clients' certificates",
        "client_cert=required",
    )


def test_an_authority_for_clients_that_are_not_asked(files):
    assert refused(server_context, f"tls://:443?cert={files.server}&ca={files.ca}&client_cert=none") == (
        "ca= is for checking clients, and client_cert=none asks for none",
        f"ca={files.ca}",
    )


@pytest.mark.parametrize("options", ["", "?self_signed"])
def test_a_server_without_a_certificate_makes_one(options):
    made = server_context(parse(f"tls://pi.example:443{options}"))
    assert made.self_signed
    assert made.certificate_pem.startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in made.certificate_pem
    assert made.fingerprint != server_context(parse("tls://pi.example:443")).fingerprint


def test_no_certificate_at_all():
    assert refused(server_context, "tls://:443?self_signed=0") == (
        "there is no certificate; name one with cert=",
        "self_signed=0",
    )


# SSLKEYLOGFILE


def test_the_key_log_has_the_keys_of_both_sides(files, wired, tmp_path, monkeypatch, version):
    for side in ("client", "server"):
        log = tmp_path / f"{side}-{version}"
        monkeypatch.setenv("SSLKEYLOGFILE", str(log))
        made = server(files, f"tls_max={version}") if side == "server" else client(f"ca={files.ca}", "localhost")
        monkeypatch.delenv("SSLKEYLOGFILE")
        assert wired(**{side: made, "server" if side == "client" else "client": ""}).run().client.handshaken
        label = "CLIENT_RANDOM" if version == "1.2" and side == "server" else "CLIENT_TRAFFIC_SECRET_0"
        assert label in log.read_text()


def test_an_empty_name_is_no_key_log(monkeypatch):
    monkeypatch.setenv("SSLKEYLOGFILE", "")
    assert client().context.keylog_filename is None


def test_a_key_log_that_cannot_be_written_is_told(monkeypatch, tmp_path):
    path = tmp_path / "missing" / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(path))
    with pytest.raises(NotPermittedError) as caught:
        client()
    assert str(caught.value) == (
        f"tls://pi.example:443: the TLS key log SSLKEYLOGFILE={path} cannot be written (No such file or directory); "
        "unset it or name a file that can"
    )
