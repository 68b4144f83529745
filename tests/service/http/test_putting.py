"""Files that are put there: whole or not at all, by those who know the token, in nobody's place unless told."""

from __future__ import annotations

import asyncio
import errno
import os

import pytest

from wiretalk.errors import UsageError
from wiretalk.limits import READ_BYTES
from wiretalk.service import make
from wiretalk.service.http import putting

KNOWN = {"Authorization": "Bearer t"}


@pytest.fixture
async def taking(http):
    """A server that takes files: `one = await taking(overwrite=True)`."""

    async def start(**options):
        return await http(token="t", upload=True, **options)

    return start


def parts(site):
    return [name for name in os.listdir(site) if name.endswith(".part")]


async def test_a_file_is_taken(taking, site):
    one = await taking()
    content = bytes(range(256)) * 3000
    reply = await one.ask("PUT", "/sub/new%20file.bin", content, **KNOWN)
    assert (reply.status, reply.headers["location"]) == (201, "/sub/new%20file.bin")
    assert (site / "sub" / "new file.bin").read_bytes() == content
    assert (await one.get("/sub/new%20file.bin", **KNOWN)).headers["etag"] == reply.headers["etag"]
    assert parts(site / "sub") == []
    umask = os.umask(0)
    os.umask(umask)
    assert os.stat(site / "sub" / "new file.bin").st_mode & 0o777 == 0o666 & ~umask


async def test_an_empty_one(taking, site):
    assert (await (await taking()).ask("PUT", "/new", b"", **KNOWN)).status == 201
    assert (site / "new").read_bytes() == b""


async def test_in_chunks(taking, site):
    client = await (await taking()).connect()
    await client.say(
        b"PUT /new HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    await client.say(b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
    assert (await client.reply()).status == 201
    assert (site / "new").read_bytes() == b"abcdefg"
    assert (await client.ask("GET", "/new", **KNOWN)).body == b"abcdefg"


async def test_who_asks_first_is_told_to_go_on(taking, site):
    client = await (await taking()).connect()
    await client.say(b"PUT /new HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\n")
    await client.say(b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    assert (await client.reply()).status == 100
    await client.say(b"abc")
    assert (await client.reply()).status == 201


async def test_or_is_refused_before_anything_is_sent(taking, site):
    client = await (await taking()).connect()
    await client.say(b"PUT /new HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3000000\r\n\r\n")
    reply = await client.reply()
    assert (reply.status, reply.headers["connection"]) == (401, "close")


async def test_without_the_token(taking, site):
    one = await taking()
    for headers in ({}, {"Authorization": "Bearer x"}):
        assert (await one.ask("PUT", "/new", b"x", **headers)).status == 401
    assert not (site / "new").exists()


async def test_reading_may_be_public_and_writing_is_not(taking, site):
    one = await taking(public=True)
    assert (await one.get("/a.txt")).status == 200
    assert (await one.ask("PUT", "/new", b"x")).status == 401
    assert (await one.ask("PUT", "/new", b"x", **KNOWN)).status == 201


async def test_who_takes_none_says_so(http):
    reply = await (await http(token="t")).ask("PUT", "/new", b"x", **KNOWN)
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert reply.body == b"405 Method Not Allowed: PUT is not for here: this server takes no files (--upload)\n"


async def test_nothing_is_replaced(taking, site):
    one = await taking()
    reply = await one.ask("PUT", "/a.txt", b"x", **KNOWN)
    assert reply.status == 409
    assert b"--overwrite" in reply.body
    assert (site / "a.txt").read_bytes() == b"0123456789"
    assert (await one.ask("PUT", "/out", b"x", **KNOWN)).status == 409
    assert (site.parent / "secret").read_bytes() == b"the secret"


async def test_unless_told(taking, site):
    one = await taking(overwrite=True)
    client = await one.connect()
    tag = (await client.ask("GET", "/a.txt", **KNOWN)).headers["etag"]
    assert (await client.ask("PUT", "/a.txt", b"x", If_Match='"other"', **KNOWN)).status == 412
    client = await one.connect()
    assert (await client.ask("PUT", "/a.txt", b"x", If_None_Match="*", **KNOWN)).status == 412
    client = await one.connect()
    reply = await client.ask("PUT", "/a.txt", b"new", If_Match=tag, **KNOWN)
    assert (reply.status, reply.raw) == (204, b"")
    assert (site / "a.txt").read_bytes() == b"new"
    # The link itself is replaced, and not what it leads to.
    assert (await client.ask("PUT", "/out", b"mine", **KNOWN)).status == 204
    assert (site / "out").read_bytes() == b"mine"
    assert (site.parent / "secret").read_bytes() == b"the secret"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 400),
        ("/new/", 400),
        ("/../new", 400),
        ("/sub", 409),
        ("/missing/new", 404),
        ("/a.txt/new", 404),
        ("/.new", 403),
        ("/up/new", 403),
        ("/" + "x" * 300, 404),
    ],
)
@pytest.mark.parametrize("overwrite", [False, True])
async def test_where_nothing_is_put(taking, site, target, status, overwrite):
    reply = await (await taking(overwrite=overwrite)).ask("PUT", target, b"x", **KNOWN)
    assert reply.status == status
    assert not (site.parent / "new").exists()
    assert parts(site) == []


async def test_a_part_of_a_file_is_none(taking):
    reply = await (await taking()).ask("PUT", "/new", b"x", Content_Range="bytes 0-0/2", **KNOWN)
    assert reply.status == 400


async def test_a_file_that_says_that_it_is_too_long(taking, site):
    client = await (await taking(max_upload_bytes=10)).connect()
    reply = await client.ask("PUT", "/new", b"x" * 11, **KNOWN)
    assert reply.status == 413
    assert b"a file may have 10, not more (--max-upload)" in reply.body
    assert parts(site) == []


async def test_a_file_that_does_not_say_so(taking, site):
    client = await (await taking(max_upload_bytes=10)).connect()
    await client.say(
        b"PUT /new HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    await client.say(b"a\r\n0123456789\r\n1\r\n0\r\n")
    assert (await client.reply()).status == 413
    assert parts(site) == []
    assert not (site / "new").exists()


async def test_who_is_refused_amid_sending_sees_why(taking, site):
    client = await (await taking(max_upload_bytes=10)).connect()
    await client.say(
        b"PUT /new HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\nContent-Length: 8000000\r\n\r\n"
    )
    sending = asyncio.ensure_future(client.say(bytes(8_000_000)))
    assert (await client.reply()).status == 413
    await asyncio.wait([sending])


async def test_who_leaves_amid_sending_leaves_nothing(taking, site, times):
    one = await taking()
    client = await one.connect()
    await client.say(
        b"PUT /new HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\nContent-Length: 100000\r\n\r\n"
    )
    await client.say(bytes(1000))
    await until(lambda: parts(site))
    await client.close()
    await until(lambda: not parts(site) and not one.server.connections)
    assert not (site / "new").exists()


async def test_who_ends_amid_sending_is_told(taking, site):
    client = await (await taking()).connect()
    await client.say(
        b"PUT /new HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\nContent-Length: 100\r\n\r\nabc"
    )
    client.writer.write_eof()
    assert (await client.reply()).status == 400
    assert parts(site) == []


async def test_who_stands_still_is_told(taking, site, times):
    client = await (await taking(times=times(stall_s=0.2))).connect()
    await client.say(
        b"PUT /new HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\nContent-Length: 100\r\n\r\nabc"
    )
    reply = await client.reply()
    assert reply.status == 408
    assert b"nothing of the body came for 0.2 s" in reply.body
    assert parts(site) == []


async def test_two_at_once_and_one_is_there(taking, site):
    one = await taking()
    clients = [await one.connect() for _ in range(5)]
    for client in clients:
        await client.say(
            b"PUT /new HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\nContent-Length: 3\r\n\r\nab"
        )
    await until(lambda: len(parts(site)) == 5)
    for at, client in enumerate(clients):
        await client.say(b"%d" % at)
    replies = [await client.reply() for client in clients]
    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409, 409]
    winner = next(at for at, reply in enumerate(replies) if reply.status == 201)
    assert (site / "new").read_bytes() == b"ab%d" % winner


@pytest.mark.parametrize("taken", [False, True])
async def test_where_a_file_has_one_name(monkeypatch, taking, site, taken):
    def refuse(*_, **__):
        if taken:
            (site / "new").write_bytes(b"first")
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(putting.os, "link", refuse)
    reply = await (await taking()).ask("PUT", "/new", b"mine", **KNOWN)
    assert reply.status == (409 if taken else 201)
    assert (site / "new").read_bytes() == (b"first" if taken else b"mine")
    assert parts(site) == []


@pytest.mark.parametrize(("code", "status"), [(errno.ENOSPC, 507), (errno.EROFS, 403), (errno.EIO, 500)])
@pytest.mark.parametrize("call", ["write", "link", "open"])
async def test_what_the_system_refuses(monkeypatch, taking, site, code, status, call):
    real = getattr(os, call)

    def refuse(first, *words, **options):
        if call == "open" and not (isinstance(first, bytes) and first.endswith(b".part")):
            return real(first, *words, **options)
        if call == "write" and words[0] != b"content":
            return real(first, *words, **options)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(putting.os, call, refuse)
    reply = await (await taking()).ask("PUT", "/new", b"content", **KNOWN)
    assert reply.status == status
    assert parts(site) == []
    assert not (site / "new").exists()


async def test_a_full_disk(taking, site, tmp_path):
    """`/dev/full` in the place of the file."""
    one = await taking()
    opened = os.open

    def full(name, flags, *words, **options):
        if isinstance(name, bytes) and name.endswith(b".part"):
            os.close(opened(name, flags, *words, **options))
            return opened("/dev/full", os.O_WRONLY)
        return opened(name, flags, *words, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(putting.os, "open", full)
        reply = await one.ask("PUT", "/new", b"x" * (READ_BYTES * 3), **KNOWN)
    assert (reply.status, reply.body) == (507, b"507 Insufficient Storage: the disk is full\n")
    assert parts(site) == []


def test_what_makes_no_sense():
    with pytest.raises(UsageError, match="--upload without a token would let anybody write; say --token @FILE"):
        make("http", upload=True)
    with pytest.raises(UsageError, match="--overwrite is about files that are taken; say --upload, too"):
        make("http", token="t", overwrite=True)


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)
