"""The way down, and that there is none out: by links, by moving directories, by what changes at the last moment."""

from __future__ import annotations

import os
import threading

import pytest

from wiretalk.limits import HTTP_DEPTH, HTTP_LINKS
from wiretalk.service.http import beneath
from wiretalk.service.http.beneath import OutsideError, SpecialError, open_beneath


def read(root, *names):
    descriptor = open_beneath(str(root), names)
    try:
        return os.read(descriptor, 100)
    finally:
        os.close(descriptor)


def descriptors():
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture(autouse=True)
def _nothing_stays_open(require):
    require(os.path.exists("/proc/self/fd"), "open descriptors are read from /proc")
    before = descriptors()
    yield
    assert descriptors() == before


def test_files_and_directories(site):
    assert read(site, b"a.txt") == b"0123456789"
    assert read(site, b"sub", b"deep", b"c.txt") == b"c"
    for names in ((), (b"sub",), (b"sub", b"deep")):
        descriptor = open_beneath(str(site), names)
        assert os.path.samestat(os.fstat(descriptor), os.stat(site.joinpath(*map(os.fsdecode, names))))
        os.close(descriptor)


def test_links_inside(site):
    assert read(site, b"in") == b"c"
    assert read(site, b"absolute") == b"b"
    (site / "sub" / "here").symlink_to("./deep/../../a.txt")
    assert read(site, b"sub", b"here") == b"0123456789"
    (site / "sub" / "root").symlink_to(site)
    assert read(site, b"sub", b"root", b"sub", b"b.txt") == b"b"


def test_the_directory_itself_may_be_a_link(site, tmp_path):
    (tmp_path / "link").symlink_to(site)
    assert read(tmp_path / "link", b"in") == b"c"
    assert read(tmp_path / "link", b"absolute") == b"b"
    (site / "by-link").symlink_to(tmp_path / "link" / "a.txt")
    assert read(tmp_path / "link", b"by-link") == b"0123456789"


@pytest.mark.parametrize("name", ["out", "far", "up"])
def test_links_out(site, name):
    with pytest.raises(OutsideError):
        open_beneath(str(site), [name.encode()])
    with pytest.raises(OutsideError):
        open_beneath(str(site), [name.encode(), b"secret"])


@pytest.mark.parametrize("leads_to", ["../../secret", "deep/../../../site/a.txt", "/", "/etc", "//etc/passwd", "{}x/a"])
def test_more_links_out(site, leads_to):
    os.symlink(leads_to.format(site), site / "sub" / "x")
    with pytest.raises(OutsideError):
        open_beneath(str(site), [b"sub", b"x"])


def test_names_that_lead_up_are_held_too(site):
    assert read(site, b"sub", b"..", b"a.txt") == b"0123456789"
    with pytest.raises(OutsideError):
        open_beneath(str(site), [b"..", b"secret"])
    with pytest.raises(OutsideError):
        open_beneath(str(site), [b"sub", b"..", b"..", b"secret"])


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ((b"missing",), FileNotFoundError),
        ((b"a.txt", b"x"), NotADirectoryError),
        ((b"a.txt", b".."), NotADirectoryError),
        ((b"x" * 300,), OSError),
        ((b"round",), OSError),
        ((b"pipe",), SpecialError),
    ],
)
def test_what_cannot_be_opened(site, names, kind):
    with pytest.raises(kind):
        open_beneath(str(site), names)


def test_too_deep(site):
    place = site
    for _ in range(HTTP_DEPTH):
        place = place / "d"
        place.mkdir()
    os.close(open_beneath(str(site), [b"d"] * (HTTP_DEPTH - 1)))
    with pytest.raises(OSError, match="too long"):
        open_beneath(str(site), [b"d"] * HTTP_DEPTH)


def test_too_many_links(site):
    (site / "0").symlink_to("a.txt")
    for at in range(HTTP_LINKS):
        (site / str(at + 1)).symlink_to(str(at))
    assert read(site, str(HTTP_LINKS - 1).encode()) == b"0123456789"
    with pytest.raises(OSError, match="symbolic links"):
        open_beneath(str(site), [str(HTTP_LINKS).encode()])


def test_a_directory_that_is_moved_away_meanwhile_leads_nowhere(monkeypatch, site, tmp_path):
    """The system's own ".." of a directory that has been moved out would be outside."""
    (site / "sub" / "deep" / "x").symlink_to("../../a.txt")
    readlink = os.readlink

    def moved(*words, **options):
        (site / "sub").rename(tmp_path / "moved")
        return readlink(*words, **options)

    (tmp_path / "a.txt").write_bytes(b"outside")
    monkeypatch.setattr(beneath.os, "readlink", moved)
    assert read(site, b"sub", b"deep", b"x") == b"0123456789"


@pytest.mark.parametrize("what", ["link", "pipe"])
def test_what_takes_a_files_place_at_the_last_moment(monkeypatch, site, what):
    opened = os.open

    def exchanged(name, *words, **options):
        if name == b"a.txt":
            (site / "a.txt").unlink()
            (site / "a.txt").symlink_to("../secret") if what == "link" else os.mkfifo(site / "a.txt")
        return opened(name, *words, **options)

    monkeypatch.setattr(beneath.os, "open", exchanged)
    with pytest.raises(SpecialError if what == "pipe" else OSError):
        open_beneath(str(site), [b"a.txt"])


def test_a_directory_that_becomes_a_link_again_and_again(site, tmp_path):
    """Whatever moment it is: either what is inside, or nothing."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.txt").write_bytes(b"outside")
    (tmp_path / "away").symlink_to("../outside")
    over = threading.Event()

    def exchange():
        while not over.is_set():
            (site / "sub").rename(tmp_path / "kept")
            (tmp_path / "away").rename(site / "sub")
            (site / "sub").rename(tmp_path / "away")
            (tmp_path / "kept").rename(site / "sub")

    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        seen = set()
        for _ in range(2000):
            try:
                seen.add(read(site, b"sub", b"b.txt"))
            except (OutsideError, OSError):
                continue
    finally:
        over.set()
        thread.join()
    assert seen <= {b"b"}
