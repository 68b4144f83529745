"""curl and a browser, which know nothing of wiretalk, at `wiretalk serve http`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from .conftest import LARGE

PATIENCE_S = 60


@pytest.fixture
def served(shell_server, site):
    """Start `wiretalk serve http OPTIONS…` in the shell: its URL, and what it tells."""

    def start(*options, address="tcp://127.0.0.1:0", **settings):
        server = shell_server("http", [address], "--directory", str(site), *options, **settings)
        server.url = server.addresses[0].replace("tcp://", "http://").replace("tls://", "https://")
        return server

    return start


@pytest.fixture
def curl(require):
    """Run curl: `curl(url, …)` is what it writes."""
    require(shutil.which("curl"), "curl is not there")

    def run(*words, check=True):
        done = subprocess.run(
            ["curl", "-sS", "--max-time", "30", *words], capture_output=True, timeout=PATIENCE_S, check=False
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    return run


def status(curl, *words):
    return int(curl("-o", os.devnull, "-w", "%{http_code}", *words))


@pytest.mark.parametrize("ranges", ["0-0", "10-20", "-5", "100-", "0-1,5-6,639998-", "5-4", "0-999999999"])
@pytest.mark.parametrize("name", ["large.bin", "large.txt"])
def test_ranges_of_curl(served, curl, ranges, name):
    got = curl("-r", ranges, f"{served().url}/{name}")
    first, _, last = ranges.partition("-")
    if "," in ranges:
        for piece in (LARGE[0:2], LARGE[5:7], LARGE[639_998:]):
            assert b"\r\n\r\n" + piece + b"\r\n--" in got
    elif ranges == "5-4":
        assert got == LARGE
    elif not first:
        assert got == LARGE[-int(last) :]
    else:
        assert got == LARGE[int(first) : int(last) + 1 if last else None]


def test_a_download_is_gone_on_with(served, curl, site, tmp_path):
    (tmp_path / "got").write_bytes(LARGE[:1000])
    curl("-C", "-", "-o", str(tmp_path / "got"), f"{served().url}/large.bin")
    assert (tmp_path / "got").read_bytes() == LARGE


def test_curl_keeps_what_it_has(served, curl, tmp_path):
    server = served()
    tag, got = tmp_path / "tag", tmp_path / "got"
    words = ("--etag-save", str(tag), "--etag-compare", str(tag), "-o", str(got), f"{server.url}/a.txt")
    assert curl("-w", "%{http_code}", *words) == b"200"
    assert curl("-w", "%{http_code}", *words) == b"304"
    assert status(curl, "-z", str(got), f"{server.url}/a.txt") == 304


def test_curl_unpacks(served, curl):
    assert curl("--compressed", f"{served().url}/large.txt") == LARGE


def test_many_of_one_connection(served, curl, site):
    server = served("-v")
    urls = [f"{server.url}/{name}" for name in ("a.txt", "missing", "large.bin", "sub/", "a.txt")]
    got = curl("-w", "[%{http_code} %{num_connects}]", *urls)
    assert got.startswith(b"0123456789[200 1]404 Not Found: there is nothing of that name\n[404 0]")
    assert got.endswith(b"0123456789[200 0]")


TRIES = [
    "/../secret",
    "/%2e%2e/secret",
    "/sub/../../secret",
    "/%2e%2e%2fsecret",
    "/..%5csecret",
    "/%c0%ae%c0%ae/secret",
]


@pytest.mark.parametrize("path", [*TRIES, "/out", "/up/secret", "/%252e%252e/secret"])
def test_no_way_out_for_curl(served, curl, path):
    got = curl("--path-as-is", "-w", "%{http_code}", f"{served().url}{path}")
    assert got[-3:] in {b"400", b"403", b"404"}
    assert b"the secret" not in got


def test_uploads_of_curl(served, curl, site, tmp_path):
    (tmp_path / "token").write_text("open sesame\n")
    (tmp_path / "file").write_bytes(LARGE)
    server = served("--upload", "--token", f"@{tmp_path}/token")
    assert status(curl, f"{server.url}/") == 401
    assert status(curl, "-T", str(tmp_path / "file"), f"{server.url}/sub/") == 401
    assert status(curl, "-u", "me:open sesame", "-T", str(tmp_path / "file"), f"{server.url}/sub/") == 201
    assert (site / "sub" / "file").read_bytes() == LARGE
    bearer = "Authorization: Bearer open sesame"
    assert status(curl, "-H", bearer, "-T", str(tmp_path / "file"), f"{server.url}/sub/") == 409
    assert curl("-H", bearer, f"{server.url}/sub/file") == LARGE


def test_over_tls_and_a_unix_socket(served, curl, tmp_path):
    server = served(address="tls://127.0.0.1:0?self_signed")
    assert curl("-k", f"{server.url}/large.bin") == LARGE
    served(address=f"unix:{tmp_path}/s")
    assert curl("--unix-socket", f"{tmp_path}/s", "http://localhost/large.bin") == LARGE


def test_as_inetd_has_it(site):
    import sys

    command = [
        os.path.join(os.path.dirname(sys.executable), "wiretalk"),
        "serve",
        "http",
        "-",
        "--directory",
        str(site),
    ]
    request = b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    done = subprocess.run(command, input=request, capture_output=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(LARGE)


def test_faults_limits_and_allow_lists(served, curl):
    server = served("--fault", "down:limit=10KB")
    assert subprocess.run(["curl", "-s", f"{server.url}/large.bin"], capture_output=True, check=False).returncode == 18
    server = served("--deny", "127.0.0.1")
    assert subprocess.run(["curl", "-s", f"{server.url}/a.txt"], capture_output=True, check=False).returncode != 0
    server = served("--fault", "latency=20ms")
    assert curl(f"{server.url}/large.bin") == LARGE


def test_what_is_told_of_each_request(served, curl, site):
    server = served("-v")
    server.wait_for(f"serving {site} at {server.url}/")
    curl(f"{server.url}/a.txt?x=1")
    server.wait_for("GET /a.txt?x=1: 200, ")
    server = served("--json")
    curl(f"{server.url}/a.txt")
    events = []
    while not events or events[-1]["event"] != "request":
        events.append(json.loads(server.process.stdout.readline()))
    told = events[-1]
    assert (told["conversation"], told["method"], told["path"], told["status"]) == (1, "GET", "/a.txt", 200)
    assert told["peer"].startswith("tcp://127.0.0.1:")
    assert told["bytes"] > 10
    assert told["duration_s"] >= 0


# a browser

PAGE = """<!doctype html><meta charset="utf-8"><title>try</title><script>
async function all() {
  const told = {};
  const get = async (path, options) => {
    const answer = await fetch(`${location.origin}/${path}`, options);
    return {status: answer.status, type: answer.headers.get("content-type"), text: await answer.text()};
  };
  told.file = await get("a.txt");
  told.range = await get("a.txt", {headers: {Range: "bytes=2-4"}});
  told.packed = (await get("large.txt")).text.length;
  told.missing = (await get("missing")).status;
  told.above = (await get("../../../secret")).status;
  told.listing = await get("sub/", {headers: {Accept: "application/json"}});
  told.many = (await Promise.all([...Array(100).keys()].map(() => get("a.txt")))).every((one) => one.status === 200);
  const inside = document.createElement("iframe");
  inside.src = "sub/";
  inside.onload = async () => {
    try { told.framed = inside.contentDocument.body.textContent.includes("b.txt"); } catch { told.framed = "refused"; }
    await fetch(`${location.origin}/told.json`, {method: "PUT", body: JSON.stringify(told)});
  };
  document.body.append(inside);
}
onload = all;
</script><body>"""


@pytest.fixture
def chromium(require, program, tmp_path):
    """Show a page in a browser without a window."""
    require(shutil.which("chromium"), "chromium is not there")

    def show(*words):
        quiet = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        calm = ["--disable-extensions", "--disable-background-networking", "--disable-sync", "--mute-audio"]
        return program(["chromium", *quiet, *calm, f"--user-data-dir={tmp_path}/profile", *words])

    return show


def test_a_browser(served, chromium, site):
    (site / "try.html").write_text(PAGE)
    server = served("--upload", "--token", "t", "-v")
    host = server.url.removeprefix("http://")
    # With the token in its address, as a browser asks its user for it.
    chromium(f"http://me:t@{host}/try.html")
    server.wait_for("PUT /told.json: 201")
    told = json.loads((site / "told.json").read_text())
    assert told["file"] == {"status": 200, "type": "text/plain; charset=utf-8", "text": "0123456789"}
    assert told["range"]["text"] == "234"
    assert told["packed"] == len(LARGE)
    assert (told["missing"], told["above"]) == (404, 404)
    assert [entry["name"] for entry in json.loads(told["listing"]["text"])["entries"]] == ["deep/", "b.txt"]
    assert told["many"]
    # A listing may be in nobody's frame.
    assert told["framed"] == "refused"


def test_a_listing_in_a_browser(served, chromium, site, tmp_path):
    (site / "<script>document.title='broken'<").write_bytes(b"")
    server = served()
    shown = chromium("--dump-dom", f"{server.url}/")
    shown.wait()
    assert "a.txt</a>" in shown.out
    assert "<title>/</title>" in shown.out
    assert "Refused" not in shown.err
