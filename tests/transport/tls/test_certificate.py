"""What a certificate says of itself, and hostile bytes that say they are one."""

from __future__ import annotations

import datetime as dt
import hashlib
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from wiretalk.transport.tls.certificate import fingerprint, read_certificate

KEY = ec.generate_private_key(ec.SECP256R1())


def attribute(oid, value, kind=None):
    return x509.NameAttribute(oid, value, kind) if kind else x509.NameAttribute(oid, value)


def certificate(attributes=(), names=(), begin=(2026, 1, 31), end=(2055, 12, 1)):
    subject = x509.Name(list(attributes))
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([attribute(NameOID.COMMON_NAME, "Authority")]))
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(*begin, 12, 30, 15, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(*end, tzinfo=dt.UTC))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def ip(text):
    import ipaddress

    return x509.IPAddress(ipaddress.ip_address(text))


DER = certificate([attribute(NameOID.COMMON_NAME, "pi")], [x509.DNSName("pi.local"), ip("192.0.2.1"), ip("::1")])


def test_all_that_is_read():
    read = read_certificate(DER)
    assert read.subject == "CN=pi"
    assert read.issuer == "CN=Authority"
    assert read.not_before == "2026-01-31 12:30:15 UTC"
    assert read.not_after == "2055-12-01 00:00:00 UTC"  # past 2049: a GeneralizedTime
    assert read.names == ["pi.local", "192.0.2.1", "::1"]
    assert read.fingerprint == fingerprint(DER) == hashlib.sha256(DER).hexdigest()


def test_a_year_of_two_digits_before_1970():
    assert read_certificate(certificate(begin=(1951, 1, 1))).not_before.startswith("1951-01-01")


def test_a_subject_of_many_parts():
    read = read_certificate(
        certificate(
            [
                attribute(NameOID.COUNTRY_NAME, "DE"),
                attribute(NameOID.ORGANIZATION_NAME, "Müller", _ASN1Type.BMPString),
                attribute(NameOID.LOCALITY_NAME, "Köln"),
                attribute(NameOID.PSEUDONYM, "x"),
            ]
        )
    )
    assert read.subject == "C=DE, O=Müller, L=Köln, 550441=x"


def test_a_subject_that_names_nobody():
    read = read_certificate(certificate())
    assert (read.subject, read.names) == ("", [])


def test_nothing_that_a_terminal_obeys_is_shown():
    read = read_certificate(
        certificate(
            [attribute(NameOID.COMMON_NAME, "\x1b[2J\u202eevil")], [x509.DNSName("\x07bell"), x509.RFC822Name("a@b")]
        )
    )
    assert read.subject == "CN=\ufffd[2J\ufffdevil"
    assert read.names == ["\ufffdbell"]


def test_what_pem_files_hold(files):
    with open(files.ca) as file:
        read = read_certificate(ssl.PEM_cert_to_DER_cert(file.read()))
    assert read.subject == read.issuer != ""


def test_a_certificate_cut_short_anywhere():
    for length in range(len(DER)):
        with pytest.raises(ValueError, match=r"."):
            read_certificate(DER[:length])


@given(st.binary(max_size=64))
def test_any_bytes(data):
    with pytest.raises(ValueError, match=r"."):
        read_certificate(data)


@given(st.lists(st.tuples(st.integers(0, len(DER) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes(changes):
    changed = bytearray(DER)
    for at, value in changes:
        changed[at] = value
    try:
        read = read_certificate(bytes(changed))
    except ValueError:
        return
    assert (read.subject + read.issuer + "".join(read.names)).isprintable()


def der(tag, *parts):
    content = b"".join(parts)
    return bytes([tag, len(content)]) + content


NAME = der(0x30)
TIMES = der(0x30, der(0x17, b"260131123015Z"), der(0x17, b"260231123015Z"))


def bare(*, name=NAME, times=TIMES, count=6):
    fields = [der(0x02, b"\x01"), der(0x30), NAME, times, name, der(0x30)]
    return der(0x30, der(0x30, *fields[:count]))


def test_a_certificate_of_version_1():
    assert read_certificate(bare()).not_before == "2026-01-31 12:30:15 UTC"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (bare(count=5), "more fields"),
        (bare(times=der(0x30, der(0x17, b"260131123015Z"))), "two times"),
        (bare(times=der(0x30, der(0x17, b"yesterday"), der(0x17, b"tomorrow"))), "fourteen digits"),
        (bare(name=der(0x30, der(0x31, der(0x30, der(0x06, b"\x55\x04\x03"))))), "a type and a value"),
        (der(0x30), "missing"),
        (b"\x30", "without a length"),
        (b"\x30\x05abc", "longer than what holds it"),
    ],
)
def test_certificates_that_are_none(made, reason):
    with pytest.raises(ValueError, match=reason):
        read_certificate(made)
