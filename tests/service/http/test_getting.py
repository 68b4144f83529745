"""Files and directories as they are asked for, over a real connection."""

from __future__ import annotations

import email
import gzip
import os
import re
import time

import pytest

from wiretalk import limits
from wiretalk.service.http import getting, listing

from .conftest import LARGE


async def test_a_file(http, site):
    reply = await (await http()).get("/a.txt")
    assert (reply.status, reply.body) == (200, b"0123456789")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["accept-ranges"] == "bytes"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cross-origin-resource-policy"] == "same-origin"
    assert reply.headers["cache-control"] == "no-cache"
    assert "server" not in reply.headers
    assert reply.headers["etag"].startswith(f'"{os.stat(site / "a.txt").st_ino:x}-a-')
    assert reply.headers["last-modified"].endswith(" GMT")
    assert reply.headers["date"].endswith(" GMT")


@pytest.mark.parametrize("name", ["large.bin", "large.txt", "nothing.txt"])
async def test_files_of_all_sizes(http, site, name):
    reply = await (await http()).get(f"/{name}")
    assert reply.body == (site / name).read_bytes()


async def test_head_is_get_without_the_body(http):
    client = await (await http()).connect()
    for target in ("/a.txt", "/large.bin", "/", "/missing", "/sub"):
        for headers in ({}, {"Accept_Encoding": "gzip"}):
            got = await client.ask("GET", target, **headers)
            asked = await client.ask("HEAD", target, **headers)
            assert asked.status == got.status
            for reply in (got, asked):
                del reply.headers["date"]
            assert asked.headers == got.headers


async def test_a_file_that_has_not_changed(http):
    client = await (await http()).connect()
    first = await client.ask("GET", "/a.txt")
    again = await client.ask("GET", "/a.txt", If_None_Match=first.headers["etag"])
    assert (again.status, again.raw) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "content-length" not in again.headers
    again = await client.ask("GET", "/a.txt", If_Modified_Since=first.headers["last-modified"])
    assert again.status == 304
    assert (await client.ask("HEAD", "/a.txt", If_None_Match=first.headers["etag"])).status == 304
    assert (await client.ask("GET", "/a.txt", If_Match='"other"')).status == 412


async def test_a_file_that_has(http, site):
    client = await (await http()).connect()
    first = await client.ask("GET", "/a.txt")
    (site / "a.txt").write_bytes(b"other bytes")
    again = await client.ask("GET", "/a.txt", If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (200, b"other bytes")
    ranged = await client.ask("GET", "/a.txt", If_Range=first.headers["etag"], Range="bytes=0-1")
    assert (ranged.status, ranged.body) == (200, b"other bytes")


@pytest.mark.parametrize(
    ("asked", "told", "body"),
    [
        ("bytes=2-4", "bytes 2-4/10", b"234"),
        ("bytes=-3", "bytes 7-9/10", b"789"),
        ("bytes=8-", "bytes 8-9/10", b"89"),
        ("bytes=0-1,50-60", "bytes 0-1/10", b"01"),
    ],
)
async def test_a_range(http, asked, told, body):
    reply = await (await http()).get("/a.txt", Range=asked, Accept_Encoding="gzip")
    assert (reply.status, reply.headers["content-range"], reply.raw) == (206, told, body)
    assert "content-encoding" not in reply.headers


async def test_a_large_range(http):
    reply = await (await http()).get("/large.bin", Range="bytes=1000-500000")
    assert (reply.status, reply.raw) == (206, LARGE[1000:500_001])


@pytest.mark.parametrize("name", ["a.txt", "large.bin"])
async def test_several_ranges(http, site, name):
    whole = (site / name).read_bytes()
    size = len(whole)
    client = await (await http()).connect()
    reply = await client.ask("GET", f"/{name}", Range=f"bytes=0-1,4-{size // 2},-2")
    assert reply.status == 206
    said = f"Content-Type: {reply.headers['content-type']}\r\n\r\n".encode() + reply.raw
    parts = email.message_from_bytes(said).get_payload()
    assert [part["content-range"] for part in parts] == [
        f"bytes 0-1/{size}",
        f"bytes 4-{size // 2}/{size}",
        f"bytes {size - 2}-{size - 1}/{size}",
    ]
    assert [part.get_payload().encode() for part in parts] == [whole[:2], whole[4 : size // 2 + 1], whole[-2:]]
    assert (await client.ask("GET", "/a.txt")).status == 200


async def test_ranges_that_are_none(http):
    client = await (await http()).connect()
    reply = await client.ask("GET", "/a.txt", Range="bytes=10-")
    assert (reply.status, reply.headers["content-range"]) == (416, "bytes */10")
    assert reply.body == b"416 Requested Range Not Satisfiable: the file has 10 bytes\n"
    assert (await client.ask("GET", "/a.txt", Range="bytes=nonsense")).status == 200
    assert (await client.ask("GET", "/a.txt", Range="bytes=" + "0-," * 17)).status == 200
    assert (await client.ask("HEAD", "/a.txt", Range="bytes=0-1")).status == 200


async def test_packed_on_the_spot(http):
    client = await (await http()).connect()
    plain = await client.ask("GET", "/large.txt")
    packed = await client.ask("GET", "/large.txt", Accept_Encoding="br, gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.body == plain.raw == LARGE
    assert len(packed.raw) < len(plain.raw) // 2
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    again = await client.ask("GET", "/large.txt", Accept_Encoding="gzip", If_None_Match=packed.headers["etag"])
    assert again.status == 304


@pytest.mark.parametrize("name", ["a.txt", "large.bin"])
async def test_what_is_short_or_does_not_pack_is_not_packed(http, name):
    reply = await (await http()).get(f"/{name}", Accept_Encoding="gzip")
    assert "content-encoding" not in reply.headers


async def test_what_is_too_long_is_not_packed(http, site):
    with open(site / "huge.txt", "wb") as file:
        file.truncate(limits.HTTP_GZIP_BYTES + 1)
    reply = await (await http()).get("/huge.txt", Accept_Encoding="gzip")
    assert "content-encoding" not in reply.headers


async def test_packed_beforehand(http, site):
    (site / "large.txt.gz").write_bytes(gzip.compress(b"packed before"))
    client = await (await http()).connect()
    reply = await client.ask("GET", "/large.txt", Accept_Encoding="gzip")
    assert reply.body == b"packed before"
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    itself = await client.ask("GET", "/large.txt.gz", Accept_Encoding="gzip")
    assert itself.headers["content-type"] == "application/gzip"
    assert "content-encoding" not in itself.headers
    assert (await client.ask("GET", "/large.txt")).body == LARGE


async def test_packed_too_long_ago(http, site):
    (site / "large.txt.gz").write_bytes(gzip.compress(b"old"))
    os.utime(site / "large.txt.gz", (1, 1))
    assert (await (await http()).get("/large.txt", Accept_Encoding="gzip")).body == LARGE


async def test_what_is_packed_beforehand_stays_inside_too(http, site):
    (site / "large.txt.gz").symlink_to("../secret")
    assert (await (await http()).get("/large.txt", Accept_Encoding="gzip")).body == LARGE
    (site / "a.txt.gz").mkdir()
    assert (await (await http()).get("/a.txt", Accept_Encoding="gzip")).body == b"0123456789"


OUTSIDE = [
    "/out",
    "/far",
    "/up/secret",
    "/up/",
    "/sub/../../secret",
    "/%2e%2e/secret",
    "/..%2fsecret",
    "/%252e%252e/secret",
]
OUTSIDE += [
    "/%c0%ae%c0%ae/secret",
    "/..%5csecret",
    "/sub/%2e%2e/%2e%2e/secret",
    "//..//secret",
    "/.%2e/secret",
    "/out%00.txt",
]
OUTSIDE += [
    "/./../secret",
    "/%e0%80%ae%e0%80%ae/secret",
    "/..;/secret",
    "/%uff0e%uff0e/secret",
    "/..%c0%afsecret",
    "/~/secret",
]


@pytest.mark.parametrize("target", OUTSIDE)
async def test_nothing_outside(http, target):
    reply = await (await http()).get(target)
    assert reply.status in {400, 403, 404}
    assert b"the secret" not in reply.body
    assert b"root:" not in reply.body


async def test_links_inside(http):
    client = await (await http()).connect()
    assert (await client.ask("GET", "/in")).body == b"c"
    assert (await client.ask("GET", "/absolute")).body == b"b"


@pytest.mark.parametrize(
    ("target", "status", "sentence"),
    [
        ("/missing", 404, b"404 Not Found: there is nothing of that name\n"),
        ("/round", 404, b"404 Not Found: there is nothing of that name\n"),
        ("/a.txt/", 404, b"404 Not Found: that is a file, and no directory: leave out the slash at the end\n"),
        ("/a.txt/x", 404, b"404 Not Found: there is nothing of that name\n"),
        ("/.hidden", 404, b"404 Not Found: there is nothing of that name\n"),
        ("/pipe", 403, b"403 Forbidden: that is neither a file nor a directory\n"),
        ("/out", 403, b"403 Forbidden: a symbolic link leads out of the directory that is served\n"),
        ("/" + "x" * 300, 404, b"404 Not Found: there is nothing of that name\n"),
        ("/%00", 400, b"400 Bad Request: no file has a slash or a null byte in its name\n"),
    ],
)
async def test_what_is_not_there(http, target, status, sentence):
    reply = await (await http()).get(target)
    assert (reply.status, reply.body) == (status, sentence)
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"


def test_refusals_of_the_system():
    def status(error):
        return getting.refused(error).status

    assert status(PermissionError(13, "no")) == 403
    assert status(OSError(24, "too many")) == 503
    assert status(OSError(5, "I/O error")) == 500
    assert "I/O error" in getting.refused(OSError(5, "I/O error")).sentence


async def test_hidden_files_when_they_are_asked_for(http):
    client = await (await http(hidden=True)).connect()
    assert (await client.ask("GET", "/.hidden")).body == b"hidden"
    assert b".hidden" in (await client.ask("GET", "/")).body


async def test_a_directory_has_a_slash(http):
    client = await (await http()).connect()
    reply = await client.ask("GET", "/sub?sort=size")
    assert (reply.status, reply.headers["location"]) == (301, "/sub/?sort=size")
    reply = await client.ask("GET", "//sub/deep")
    assert reply.headers["location"] == "/sub/deep/"


async def test_the_index_of_a_directory(http):
    reply = await (await http()).get("/page/")
    assert reply.body == b"<p>index"
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert "content-security-policy" not in reply.headers


async def test_a_listing(http, site):
    (site / "<b>&'\"").write_bytes(b"")
    (site / "javascript:alert(1)").write_bytes(b"")
    os.mkdir(os.fsencode(site) + b"/\xff\n")
    reply = await (await http()).get("/", Accept="text/html,application/json;q=0.5")
    page = reply.body.decode()
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<b>" not in page.partition("</style>")[2]
    assert "&lt;b&gt;&amp;&#x27;&quot;" in page
    assert 'href="./javascript%3Aalert%281%29"' in page
    assert 'href="./%FF%0A/"' in page
    assert ".hidden" not in page
    names = re.findall(r'<td class="name"><a href="\./([^"]*)"', page)
    assert names[:4] == ["empty/", "page/", "sub/", "%FF%0A/"]
    assert names.index("a.txt") < names.index("large.txt") < names.index("out")
    assert f"{len(names)} entries" in page


async def test_a_listing_below(http):
    page = (await (await http()).get("/sub/deep/")).body.decode()
    assert '<a href="/">/</a><a href="/sub/">sub/</a><a href="/sub/deep/">deep/</a>' in page
    assert 'href="../"' in page
    assert "1 entry" in page


async def test_an_empty_directory(http):
    assert b"There is nothing here." in (await (await http()).get("/empty/")).body


async def test_a_listing_for_programs(http, site):
    os.utime(site / "a.txt", (1000, 1000.5))
    reply = await (await http()).get("/", Accept="application/json")
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["vary"] == "Accept, Accept-Encoding"
    value = reply.value
    assert (value["path"], value["whole"]) == ("/", True)
    entries = {entry["name"]: entry for entry in value["entries"]}
    assert entries["a.txt"] == {"name": "a.txt", "href": "./a.txt", "kind": "file", "size": 10, "changed": 1000.5}
    assert entries["sub/"]["kind"] == "directory"
    assert (entries["out"]["kind"], entries["out"]["size"]) == ("link", None)
    assert entries["pipe"]["kind"] == "other"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("", "a.txt"),
        ("?sort=-name", "up"),
        ("?sort=-size", "large.bin"),
        ("?sort=date", "a.txt"),
        ("?sort=x", "a.txt"),
    ],
)
async def test_the_order_of_a_listing(http, site, query, first):
    os.utime(site / "a.txt", (1000, 1000))
    value = (await (await http()).get(f"/{query}", Accept="application/json")).value
    files = [entry["name"] for entry in value["entries"] if entry["kind"] != "directory"]
    assert files[0] == first
    assert value["entries"][0]["kind"] == "directory"


async def test_a_listing_is_packed(http, site):
    for at in range(50):
        (site / "empty" / f"file-{at}").write_bytes(b"")
    reply = await (await http()).get("/empty/", Accept_Encoding="gzip")
    assert reply.headers["content-encoding"] == "gzip"
    assert b"file-49" in reply.body


async def test_a_huge_directory_is_bounded(monkeypatch, http, site):
    monkeypatch.setattr(listing, "HTTP_LISTED", 5)
    client = await (await http()).connect()
    value = (await client.ask("GET", "/", Accept="application/json")).value
    assert (len(value["entries"]), value["whole"]) == (5, False)
    assert b"There is more here: these are 5 of the entries." in (await client.ask("GET", "/")).body


async def test_ten_thousand_files(http, site):
    for at in range(10_000):
        os.close(os.open(site / "empty" / f"{at}", os.O_CREAT))
    client = await (await http()).connect()
    value = (await client.ask("GET", "/empty/", Accept="application/json", Accept_Encoding="gzip")).value
    assert (len(value["entries"]), value["whole"]) == (10_000, True)


def test_what_goes_while_it_is_listed(monkeypatch, site):
    class Gone:
        name = "gone"

        def stat(self, **_):
            raise FileNotFoundError

    scandir = os.scandir

    class Scan:
        def __init__(self, place):
            self._found = scandir(place)

        def __enter__(self):
            return iter([*self._found, Gone()])

        def __exit__(self, *_):
            self._found.close()

    monkeypatch.setattr(listing.os, "scandir", Scan)
    entries, whole = listing.read_entries(str(site / "sub"), hidden=False)
    assert sorted(entry.text for entry in entries) == ["b.txt", "deep/"]
    assert whole


def test_sizes_for_people():
    assert [listing.human(size) for size in (0, 1234, 9_960, 999_499, 999_500, 5 * 10**9, 10**20)] == [
        "0 B",
        "1.2 kB",
        "10 kB",
        "999 kB",
        "1.0 MB",
        "5.0 GB",
        "100000 PB",
    ]


async def test_a_directory_that_is_gone(http, site):
    one = await http()
    site.rename(site.with_name("elsewhere"))
    reply = await one.get("/a.txt")
    assert (reply.status, reply.body) == (
        503,
        b"503 Service Unavailable: the directory that is served is not there any more\n",
    )


async def test_a_directory_that_is_made_anew(http, site):
    one = await http()
    site.rename(site.with_name("elsewhere"))
    site.mkdir()
    (site / "a.txt").write_bytes(b"anew")
    assert (await one.get("/a.txt")).body == b"anew"


async def test_a_directory_that_cannot_be_listed(monkeypatch, http):
    def fail(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(listing, "read_entries", fail)
    reply = await (await http()).get("/")
    assert (reply.status, reply.body) == (
        500,
        b"500 Internal Server Error: the server cannot read that: Input/output error\n",
    )


async def test_dates_are_those_of_this_place(http, site, monkeypatch):
    os.utime(site / "sub" / "b.txt", (0, 0))
    assert time.strftime("%Y-%m-%d %H:%M", time.localtime(0)) in (await (await http()).get("/sub/")).body.decode()
