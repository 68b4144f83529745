"""Files that TLS options name and that do not serve: the sentence, and what the carets stand under."""

from __future__ import annotations

import os
import shutil
import ssl

import pytest
from cryptography.hazmat.primitives import serialization

from wiretalk.address import parse
from wiretalk.errors import AddressError, NotPermittedError
from wiretalk.transport.tls import client_context, server_context


def told(options, make=server_context):
    with pytest.raises(AddressError) as caught:
        make(parse(f"tls://:443?{options}"))
    error = caught.value
    option = error.text[error.at : error.at + error.length].partition("=")[0]
    return option, str(error).splitlines()[0]


def test_a_certificate_and_its_key_in_two_files(files):
    one = server_context(parse(f"tls://:443?cert={files.server_cert}&key={files.server_key}"))
    assert one.fingerprint == server_context(parse(f"tls://:443?cert={files.server}")).fingerprint


def test_a_key_without_a_certificate(files):
    assert told(f"key={files.server_key}") == ("key", "key= goes with a certificate; name it with cert=")


@pytest.mark.parametrize("option", ["cert", "key", "ca"])
def test_a_file_that_is_missing(files, option, tmp_path):
    options = {"cert": files.server_cert, "key": files.server_key} | {option: tmp_path / "none.pem"}
    text = "&".join(f"{name}={path}" for name, path in options.items())
    assert told(text) == (option, f"{option}={tmp_path / 'none.pem'}: no such file")


@pytest.mark.parametrize("option", ["cert", "key"])
def test_a_directory_is_no_certificate(files, option, tmp_path):
    options = {"cert": files.server_cert, "key": files.server_key} | {option: tmp_path}
    text = "&".join(f"{name}={path}" for name, path in options.items())
    assert told(text) == (option, f"{option}={tmp_path}: not a file")


@pytest.mark.parametrize("option", ["cert", "key", "ca"])
def test_a_file_that_may_not_be_read(files, option, tmp_path, monkeypatch):
    forbidden = tmp_path / "forbidden.pem"
    real = os.stat

    def stat(path, **options):
        if path == str(forbidden):
            raise PermissionError(13, "Permission denied", path)
        return real(path, **options)

    # Who runs the tests may be allowed everything: the file is not there for OpenSSL, and forbidden for us.
    monkeypatch.setattr(os, "stat", stat)
    options = {"cert": files.server_cert, "key": files.server_key} | {option: forbidden}
    with pytest.raises(NotPermittedError) as caught:
        server_context(parse("tls://:443?" + "&".join(f"{name}={path}" for name, path in options.items())))
    assert caught.value.reason == f"{option}={forbidden}: this user may not read it"


def test_a_certificate_without_its_key(files):
    assert told(f"cert={files.server_cert}") == (
        "cert",
        f"cert={files.server_cert}: no private key in this file; name the key's file with key=",
    )


def test_certificate_and_key_exchanged(files):
    assert told(f"cert={files.server_key}&key={files.server_cert}") == (
        "cert",
        f"cert={files.server_key}: this is a key, no certificate; is it for key=?",
    )


def test_a_key_file_without_a_key(files):
    assert told(f"cert={files.server_cert}&key={files.ca}") == (
        "key",
        f"key={files.ca}: no private key in this file; key= wants a PEM file with the key in it",
    )


def test_a_key_of_another_certificate(files):
    assert told(f"cert={files.server_cert}&key={files.alice}") == (
        "key",
        f"key={files.alice}: this key does not belong to the first certificate in {files.server_cert}",
    )


def test_an_encrypted_key_is_told_and_nobody_is_asked(files, tmp_path):
    with open(files.server_key, "rb") as file:
        key = serialization.load_pem_private_key(file.read(), None)
    path = tmp_path / "encrypted.pem"
    encryption = serialization.BestAvailableEncryption(b"secret")
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    hint = f"decrypt it with: openssl pkey -in {path} -out plain.pem"
    assert told(f"cert={files.server_cert}&key={path}") == ("key", f"key={path}: the key is encrypted; {hint}")
    with open(files.server_cert, "rb") as file:
        path.write_bytes(path.read_bytes() + file.read())
    assert told(f"cert={path}") == ("cert", f"cert={path}: the key is encrypted; {hint}")


@pytest.mark.parametrize(
    ("name", "begin", "hint"),
    [
        ("notes.txt", b"hello", ""),
        ("c.der", b"\x30\x82\x01\x00", "; convert it with: openssl x509 -in {path} -out certificate.pem"),
        ("c.p12", b"\x30\x82\x01\x00", "; convert it with: openssl pkcs12 -in {path} -nodes -out certificate.pem"),
    ],
)
def test_a_file_of_another_kind(tmp_path, name, begin, hint):
    path = tmp_path / name
    path.write_bytes(begin)
    for options, option in ((f"cert={path}", "cert"), (f"ca={path}&client_cert=required", "ca")):
        assert told(options) == (option, f"{option}={path}: no certificate (PEM) in this file{hint.format(path=path)}")


def test_a_damaged_certificate(files, tmp_path):
    path = tmp_path / "damaged.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    option, sentence = told(f"ca={path}", client_context)
    assert (option, sentence.startswith(f"ca={path}: ")) == ("ca", True)
    option, sentence = told(f"cert={path}&key={files.server_key}")
    assert option == "cert"
    assert sentence.startswith(f"cert={path}: the certificate is damaged (")


def test_a_damaged_key(files, tmp_path):
    path = tmp_path / "damaged.pem"
    path.write_text("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n")
    option, sentence = told(f"cert={files.server_cert}&key={path}")
    assert option == "key"
    assert sentence.startswith(f"key={path}: OpenSSL refuses this certificate and key (")


def test_a_directory_of_authorities(files, wired, tmp_path):
    shutil.copy(files.ca, tmp_path / "our-own.pem")
    (tmp_path / "README").write_text("not a certificate")
    assert wired(client=f"ca={tmp_path}").run().client.handshaken


def test_a_directory_of_authorities_by_hash(files, wired, tmp_path):
    (tmp_path / "0123abcd.0").write_text("never looked at: no issuer has this hash")
    wire = wired(client=f"ca={tmp_path}").run()
    assert "unknown here" in str(wire.faults[wire.client])


def test_a_directory_without_authorities(tmp_path):
    (tmp_path / "README").write_text("not a certificate")
    assert told(f"ca={tmp_path}", client_context) == (
        "ca",
        f"ca={tmp_path}: no certificate (PEM) in this directory",
    )


def test_a_certificate_with_words_around_it(files, tmp_path):
    path = tmp_path / "worded.pem"
    with open(files.server) as file:
        path.write_text("Bag Attributes: é\n" + file.read())
    assert len(server_context(parse(f"tls://:443?cert={path}")).fingerprint) == 64
    assert client_context(parse(f"tls://pi:443?ca={files.ca}")).context.verify_flags & ssl.VERIFY_X509_PARTIAL_CHAIN
