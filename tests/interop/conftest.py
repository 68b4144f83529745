"""wiretalk's shell at one end or between, programs that know nothing of it at the other: nc, socat, curl, sockets."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from .relaying import Names, Web

ENVIRONMENT = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}

CLIENTS = {
    "nc": lambda host, port: ["nc.openbsd", "-N", host, str(port)],
    "ncat": lambda host, port: ["ncat", host, str(port)],
    "socat": lambda host, port: ["socat", "-t30", "-", f"TCP:{_bracketed(host)}:{port}"],
    "telnet": lambda host, port: ["telnet", host, str(port)],
}
"""How each is told to be a TCP client."""

SERVERS = {
    "nc": lambda host, port: ["nc.openbsd", "-N", "-l", host, str(port)],
    "ncat": lambda host, port: ["ncat", "-l", host, str(port)],
    "socat": lambda host, port: ["socat", "-t30", "-", f"TCP-LISTEN:{port},bind={_bracketed(host)},reuseaddr"],
}
"""How each is told to be a TCP server for one client."""

SCRIPTED = {
    "ncat": lambda host, port, script: ["ncat", "-l", "-k", host, str(port), "--sh-exec", script],
    "socat": lambda host, port, script: [
        "socat",
        "-t30",
        f"TCP-LISTEN:{port},bind={_bracketed(host)},reuseaddr,fork",
        f"SYSTEM:{script}",
    ],
}
"""How each is told to be a TCP server whose every client talks to a shell script."""


def _bracketed(host):
    return f"[{host}]" if ":" in host else host


@pytest.fixture
def peer(program, require):
    """Start a program that knows nothing of wiretalk: `peer(["nc.openbsd", …])`."""

    def start(command, **settings):
        require(shutil.which(command[0]), f"{command[0]} is not installed")
        return program(command, **{"env": ENVIRONMENT} | settings)

    return start


@pytest.fixture
def shell(program):
    """Start wiretalk's shell: `shell("connect", "tcp://…")`."""

    def start(*words, **settings):
        return program([sys.executable, "-m", "wiretalk", *words], **{"env": ENVIRONMENT} | settings)

    return start


@pytest.fixture
def shell_at(shell):
    """Start wiretalk's shell as what listens, and wait until it has told where: adds `address`, `host` and `port`."""

    def start(*words, **settings):
        server = shell(*words, **settings)
        server.wait_for("listening on ", "\n", where="err")
        server.addresses = [line.split()[2] for line in server.err.splitlines() if line.startswith("listening on ")]
        server.address = server.addresses[0]
        host, _, port = server.address.partition("://")[2].partition("/")[0].rpartition(":")
        server.host, server.port = host.strip("[]"), int(port or 0)
        return server

    return start


@pytest.fixture
def host(require):
    """An IPv4 address of this machine that no other test uses, so that a free port there stays free."""
    require(sys.platform == "linux", "only Linux has all of 127.0.0.0/8")
    choose = random.SystemRandom()
    return f"127.{choose.randint(1, 254)}.{choose.randint(0, 255)}.{choose.randint(1, 254)}"


def wait_until(condition):
    """Wait until something holds that nobody tells."""
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up, "it never came to be"
        time.sleep(0.01)


@pytest.fixture
def place(host):
    """A host and port of this machine where nobody is."""
    return host, free_port(host)


def free_port(host, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


@pytest.fixture
def somewhere(host):
    """Return a host and port of this machine where nobody is: another one each time."""
    return lambda: (host, free_port(host))


@pytest.fixture
def web(host, tmp_path):
    """An HTTP server, `Web`: what is written into its `directory` can be fetched."""
    directory = tmp_path / "web"
    directory.mkdir()
    server = Web(host, directory)
    yield server
    server.close()


@pytest.fixture
def names(host):
    """A name server, `Names`."""
    server = Names(host)
    yield server
    server.close()


@pytest.fixture
def six(require):
    """A host and port of this machine where nobody is, over IPv6."""
    try:
        return "::1", free_port("::1")
    except OSError as error:
        require(False, f"this machine has no IPv6: {error}")


@pytest.fixture
def listens():
    """Wait until a program listens at a host and port, or has a Unix path, without disturbing it."""

    def wait(where, *, datagrams=False):
        give_up = time.monotonic() + 60
        while not _listens(where, datagrams):
            assert time.monotonic() < give_up, f"nobody listens at {where}"
            time.sleep(0.01)

    return wait


def _listens(where, datagrams):
    if isinstance(where, str):
        with open("/proc/net/unix", encoding="utf-8", errors="surrogateescape") as lines:
            # Flags: 00010000 listens; a datagram socket (type 2) is ready when it is bound.
            return any(
                fields[7:8] == [where] and (fields[3] == "00010000" or fields[4] == "0002")
                for fields in map(str.split, lines)
            )
    host, port = where
    table = ("udp" if datagrams else "tcp") + ("6" if ":" in host else "")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    words = socket.inet_pton(family, host)
    wanted = "".join(words[at : at + 4][::-1].hex() for at in range(0, len(words), 4)).upper() + f":{port:04X}"
    with open(f"/proc/net/{table}", encoding="ascii") as lines:
        # 0A listens; a datagram socket is ready when it is bound.
        return any(fields[1] == wanted and (datagrams or fields[3] == "0A") for fields in map(str.split, lines))


@pytest.fixture
def plain():
    """Connect a plain socket: `plain((host, port))` or `plain("/path")`."""
    opened = []

    def connect(where, kind=socket.SOCK_STREAM):
        if isinstance(where, str):
            sock = socket.socket(socket.AF_UNIX, kind)
        else:
            sock = socket.socket(socket.AF_INET6 if ":" in where[0] else socket.AF_INET, kind)
        opened.append(sock)
        sock.settimeout(60)
        sock.connect(where)
        if kind == socket.SOCK_STREAM and not isinstance(where, str):
            # Every send is a segment of its own.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    yield connect
    for sock in opened:
        sock.close()


@pytest.fixture
def plain_server(host):
    """A plain listening socket: `.place`, and `.accept()`."""
    opened = [socket.create_server((host, 0))]
    opened[0].settimeout(60)

    class Server:
        place = opened[0].getsockname()[:2]
        address = "tcp://{}:{}".format(*place)

        @staticmethod
        def accept():
            sock, _ = opened[0].accept()
            sock.settimeout(60)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.append(sock)
            return sock

    yield Server
    for sock in opened:
        sock.close()


@pytest.fixture
def plain_datagrams(host):
    """A plain UDP socket of its own: what it is called is `tuple(sock.getsockname())`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((host, 0))
        sock.settimeout(60)
        yield sock


class Wire:
    """What is done with plain sockets here."""

    @staticmethod
    def send_in_pieces(sock, data, seed):
        """Send bytes cut anywhere, differently for every seed."""
        choose = random.Random(seed)
        while data:
            count = choose.randint(1, min(len(data), choose.choice((1, 3, 40, 1000))))
            sock.sendall(data[:count])
            data = data[count:]

    @staticmethod
    def read_lines(sock, count):
        """Return so many lines of what comes, without reading further."""
        lines = b""
        while lines.count(b"\n") < count:
            piece = sock.recv(1)
            assert piece, f"it ended after {lines!r}"
            lines += piece
        return lines.decode().splitlines()

    @staticmethod
    def read_to_end(sock):
        whole = b""
        while piece := sock.recv(65536):
            whole += piece
        return whole.decode()


@pytest.fixture
def wire():
    return Wire


@pytest.fixture
def as_client(peer):
    """Start one of CLIENTS: `as_client("nc", host, port)`."""
    return lambda name, host, port: peer(CLIENTS[name](host, port))


@pytest.fixture
def as_server(peer, listens, place):
    """Start one of SERVERS, and wait until it listens: `as_server("nc")`; adds `address`."""

    def start(name, host=place[0], port=place[1]):
        server = peer(SERVERS[name](host, port))
        listens((host, port))
        server.address = f"tcp://{_bracketed(host)}:{port}"
        return server

    return start


@pytest.fixture
def as_script(peer, listens, place):
    """Start one of SCRIPTED, and wait until it listens: `as_script("ncat", "read line; echo $line")`."""

    def start(name, script):
        server = peer(SCRIPTED[name](*place, script))
        listens(place)
        server.address = "tcp://{}:{}".format(*place)
        return server

    return start


@pytest.fixture(scope="session")
def namespaces():
    """Whether this user may make network namespaces; "" or why not."""
    if not shutil.which("ip"):
        return "ip (iproute2) is not installed"
    name = f"wt-may-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"network namespaces need root: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return ""


@pytest.fixture
def page(host):
    """Serve a page that is asked for by any path: `page(text)` returns its address; `page.told()` what it posts."""

    class Page:
        def __init__(self):
            self.text = ""
            self.posted = []
            self.came = threading.Event()
            shown = self

            class Handler(BaseHTTPRequestHandler):
                def do_GET(self):
                    body = shown.text.encode()
                    self.send_response(200)
                    self.send_header("Content-Type", "text/html; charset=utf-8")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

                def do_POST(self):
                    shown.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
                    self.send_response(204)
                    self.end_headers()
                    shown.came.set()

                def log_message(self, *_):
                    pass

            self.server = ThreadingHTTPServer((host, 0), Handler)
            self.origin = f"http://{host}:{self.server.server_port}"
            self.thread = threading.Thread(target=self.server.serve_forever)
            self.thread.start()

        def told(self):
            assert self.came.wait(60), "the page told nothing"
            return json.loads(self.posted[0])

        def close(self):
            self.server.shutdown()
            self.thread.join()
            self.server.server_close()

    made = Page()
    yield made
    made.close()


@pytest.fixture
def chromium(peer, tmp_path):
    """Show a page in a browser without a window."""

    def show(url, *flags):
        quiet = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        calm = ["--disable-extensions", "--disable-background-networking", "--disable-sync", "--mute-audio"]
        return peer(["chromium", *quiet, *calm, *flags, f"--user-data-dir={tmp_path}/profile", url])

    return show
