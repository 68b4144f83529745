"""What a target names, and what names nothing here."""

from __future__ import annotations

import pytest

from wiretalk.service.http.messages import Refusal
from wiretalk.service.http.target import read_target, write_path


@pytest.mark.parametrize(
    ("text", "names", "slash"),
    [
        ("/", (), True),
        ("/a", (b"a",), False),
        ("/a/b/", (b"a", b"b"), True),
        ("//a///b", (b"a", b"b"), False),
        ("/a%20b?c=/d#/e", (b"a b",), False),
        ("/%61", (b"a",), False),
        ("/%2561", (b"%61",), False),
        ("/%252e%252e/x", (b"%2e%2e", b"x"), False),
        ("/%ff", (b"\xff",), False),
        ("/%c0%ae%c0%ae/x", (b"\xc0\xae\xc0\xae", b"x"), False),
        ("/..%5c..%5cx", (rb"..\..\x",), False),
        ("/%zz%", (b"%zz%",), False),
        ("/.../x", (b"...", b"x"), False),
        ("http://proxied:1/a/", (b"a",), True),
        ("HTTPS://proxied", (), True),
        ("/a;b=1", (b"a;b=1",), False),
        ("/a+b", (b"a+b",), False),
    ],
)
def test_names(text, names, slash):
    target = read_target(text)
    assert (target.names, target.slash) == (names, slash)


@pytest.mark.parametrize(
    "text",
    [
        "/..",
        "/../etc/passwd",
        "/a/../b",
        "/./a",
        "/%2e%2e/etc/passwd",
        "/%2E./x",
        "/.%2e",
        "/a%2f..%2fb",
        "/%2fetc%2fpasswd",
        "/..%2f..%2fetc",
        "/a%00.txt",
        "*",
        "a",
        "host:80",
        "ftp://a/b",
        "",
    ],
)
def test_no_names(text):
    with pytest.raises(Refusal) as caught:
        read_target(text)
    assert caught.value.status == 400


def test_the_host_in_a_target():
    assert read_target("http://evil.example:80/a").authority == "evil.example:80"
    assert read_target("/http://evil.example/a").authority == ""


def test_what_is_hidden():
    assert read_target("/a/.git/config").hidden
    assert read_target("/%2egit").hidden
    assert not read_target("/a.b").hidden


def test_a_path_is_read_as_it_was_written():
    names = (b"a b", b"\xff?#%/"[:-1], "ü".encode())
    assert read_target(write_path(names)).names == names
    assert write_path(()) == "/"
