"""What is decided without a file or a socket: conditions, ranges, types, packing, names of hosts."""

from __future__ import annotations

import gzip
import os

import pytest

from wiretalk.limits import HTTP_RANGES
from wiretalk.service.http.conditions import is_same, judge, read_date, write_date
from wiretalk.service.http.contenttypes import content_type, packs_well
from wiretalk.service.http.gzipped import pack, takes_gzip
from wiretalk.service.http.permits import is_local_name
from wiretalk.service.http.ranges import read_ranges

TAG = '"a-b-c"'
NOW = 784111777.9
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
LATER = "Sun, 06 Nov 1994 08:49:38 GMT"
BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT"


@pytest.mark.parametrize("text", [DATE, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
def test_the_three_forms_of_a_date(text):
    assert read_date(text) == 784111777
    assert write_date(784111777) == DATE


@pytest.mark.parametrize("text", ["", "yesterday", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 99999 08:49:37 GMT"])
def test_what_is_no_date(text):
    assert read_date(text) is None


@pytest.mark.parametrize(
    ("headers", "reading", "verdict"),
    [
        ({}, True, None),
        ({"if-none-match": TAG}, True, 304),
        ({"if-none-match": f'W/{TAG}, "x"'}, True, 304),
        ({"if-none-match": "*"}, True, 304),
        ({"if-none-match": '"x"'}, True, None),
        ({"if-none-match": '"x"', "if-modified-since": LATER}, True, None),
        ({"if-none-match": "*"}, False, 412),
        ({"if-modified-since": DATE}, True, 304),
        ({"if-modified-since": BEFORE}, True, None),
        ({"if-modified-since": "nonsense"}, True, None),
        ({"if-modified-since": DATE}, False, None),
        ({"if-match": TAG}, True, None),
        ({"if-match": "*"}, False, None),
        ({"if-match": f"W/{TAG}"}, True, 412),
        ({"if-match": '"x"'}, True, 412),
        ({"if-unmodified-since": DATE}, True, None),
        ({"if-unmodified-since": BEFORE}, True, 412),
        ({"if-unmodified-since": "nonsense"}, True, None),
        ({"if-match": TAG, "if-unmodified-since": BEFORE}, True, None),
        ({"if-match": TAG, "if-none-match": TAG}, True, 304),
    ],
)
def test_conditions(headers, reading, verdict):
    assert judge(headers, TAG, NOW, reading=reading) == verdict


@pytest.mark.parametrize(("headers", "verdict"), [({"if-match": "*"}, 412), ({"if-none-match": "*"}, None), ({}, None)])
def test_conditions_where_nothing_is(headers, verdict):
    assert judge(headers, None, 0, reading=False) == verdict


@pytest.mark.parametrize(
    ("condition", "same"),
    [(None, True), (TAG, True), (f"W/{TAG}", False), ('"x"', False), (DATE, True), (LATER, False), ("what", False)],
)
def test_ranges_of_the_same_file(condition, same):
    assert is_same(condition, TAG, NOW) is same


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("bytes=0-4", [(0, 5)]),
        ("bytes=0-0,-1", [(0, 1), (9, 1)]),
        ("Bytes = 3-", [(3, 7)]),
        ("bytes=-100", [(0, 10)]),
        ("bytes=5-100", [(5, 5)]),
        ("bytes=9-9 , ,1-2", [(9, 1), (1, 2)]),
        ("bytes=10-", []),
        ("bytes=-0", []),
        ("bytes=99999999999999999-", []),
        ("bytes=0-1,20-30", [(0, 2)]),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes", None),
        ("bytes=a-b", None),
        ("bytes=1-2-3", None),
        ("bytes=+1-2", None),
        ("bytes=٣-٤", None),
        ("bytes=0-" + "9" * 20, None),
        ("lines=0-4", None),
        ("bytes=0-,0-", None),
        ("bytes=" + ",".join(["0-0"] * (HTTP_RANGES + 1)), None),
    ],
)
def test_ranges(text, parts):
    read = read_ranges(text, 10)
    assert (read if read is None else [(part.offset, part.count) for part in read]) == parts


def test_nothing_has_no_ranges():
    assert read_ranges("bytes=0-", 0) == []


@pytest.mark.parametrize(
    ("name", "begin", "kind"),
    [
        ("a.txt", b"", "text/plain; charset=utf-8"),
        ("a.HTML", b"", "text/html; charset=utf-8"),
        ("a.js", b"", "text/javascript; charset=utf-8"),
        ("a.json", b"", "application/json"),
        ("a.svg", b"", "image/svg+xml"),
        ("a.wasm", b"", "application/wasm"),
        ("a.tar.gz", b"", "application/gzip"),
        ("a.gz", b"", "application/gzip"),
        ("a.txt.xz", b"", "application/x-xz"),
        ("a.tar.Z", b"", "application/octet-stream"),
        ("README", b"plain\n", "text/plain; charset=utf-8"),
        ("README", b"caf\xe9\n", "application/octet-stream"),
        ("program", b"\x7fELF\x02\x01\x01\0", "application/octet-stream"),
        ("cut", b"x" * 511 + "ü".encode(), "text/plain; charset=utf-8"),
        ("http:x", b"\0", "application/octet-stream"),
        ("nothing", b"", "text/plain; charset=utf-8"),
    ],
)
def test_types(tmp_path, name, begin, kind):
    (tmp_path / "x").write_bytes(begin)
    descriptor = os.open(tmp_path / "x", os.O_RDONLY)
    try:
        assert content_type(name, descriptor) == kind
    finally:
        os.close(descriptor)


def test_what_packs_well():
    assert all(map(packs_well, ("text/css", "application/json", "image/svg+xml", "application/ld+json")))
    assert not any(map(packs_well, ("image/png", "application/gzip", "application/octet-stream")))


@pytest.mark.parametrize(
    ("accepts", "takes"),
    [
        ("gzip", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("x-gzip", True),
        ("identity", False),
        ("", False),
    ],
)
def test_who_takes_gzip(accepts, takes):
    assert takes_gzip(accepts) is takes


def test_packing_is_the_same_each_time():
    assert pack(b"x" * 1000) == pack(b"x" * 1000)
    assert gzip.decompress(pack(b"x" * 1000)) == b"x" * 1000


@pytest.mark.parametrize(
    "host", ["", "localhost", "LOCALHOST:1", "localhost.", "a.localhost", "127.0.0.1:80", "[::1]:80", "10.1.1.1"]
)
def test_names_of_this_machine(host):
    assert is_local_name(host)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example:80", "notlocalhost", "127.0.0.1.evil.example", "a@evil.example"]
)
def test_names_that_anybody_may_have_given_to_it(host):
    assert not is_local_name(host)
