"""Proxies that others have written: microsocks and tinyproxy, and ncat as an HTTP proxy, with passwords and without."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time

import pytest

import wiretalk
import wiretalk.blocking
from wiretalk.errors import NotPermittedError, OpenError, RefusedError


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def listening(port):
    """Wait until somebody listens there."""
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 20).close()
            return
        except ConnectionRefusedError:
            assert time.monotonic() < until, f"nobody listens on {port}"


@pytest.fixture
def microsocks(require, program):
    require(shutil.which("microsocks"), "microsocks is not installed")

    def start(*options):
        port = free_port()
        program(["microsocks", "-i", "127.0.0.1", "-p", str(port), *options])
        listening(port)
        return port

    return start


@pytest.fixture
def http_proxy(require, program):
    require(shutil.which("ncat"), "ncat is not installed")

    def start(*options):
        port = free_port()
        program(["ncat", "-l", "127.0.0.1", str(port), "--keep-open", "--proxy-type", "http", *options])
        listening(port)
        return port

    return start


@pytest.fixture
def tinyproxy(require, program, tmp_path):
    require(shutil.which("tinyproxy"), "tinyproxy is not installed")
    port = free_port()
    (tmp_path / "tinyproxy.conf").write_text(
        f"Port {port}\nListen 127.0.0.1\nTimeout 20\nBasicAuth joe secret\nMaxClients 10\n"
    )
    program(["tinyproxy", "-d", "-c", f"{tmp_path}/tinyproxy.conf"])
    listening(port)
    return port


@pytest.fixture
def echo():
    with wiretalk.blocking.serve("tcp://127.0.0.1:0", reply=bytes.upper, framing="line") as server:
        yield int(server.addresses[0].rpartition(":")[2])


def answered(address, **options):
    with wiretalk.blocking.connect(address, framing="line", **options) as connection:
        connection.send(b"hello")
        return connection.receive(timeout_s=20)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_socks5_without_a_password(microsocks, echo, host):
    assert answered(f"tcp://{host}:{echo}?via=socks5://127.0.0.1:{microsocks()}") == b"HELLO"


def test_socks5_with_a_password(microsocks, echo):
    port = microsocks("-u", "joe", "-P", "p@:%")
    assert answered(f"tcp://127.0.0.1:{echo}?via=socks5://joe:p@:%25@127.0.0.1:{port}") == b"HELLO"
    with pytest.raises(NotPermittedError, match="does not accept this user and password"):
        answered(f"tcp://127.0.0.1:{echo}?via=socks5://joe:wrong@127.0.0.1:{port}")
    with pytest.raises(NotPermittedError, match="wants a user and a password"):
        answered(f"tcp://127.0.0.1:{echo}?via=socks5://127.0.0.1:{port}")


def test_what_a_socks5_proxy_cannot_reach(microsocks):
    port = microsocks()
    with pytest.raises(RefusedError, match="says that nobody listens there"):
        answered(f"tcp://127.0.0.1:{free_port()}?via=socks5://127.0.0.1:{port}")
    with pytest.raises(OpenError, match=f"the proxy socks5://127.0.0.1:{port} says that"):
        answered(f"tcp://nobody.invalid:1?via=socks5://127.0.0.1:{port}")


def test_http_without_a_password(http_proxy, echo):
    assert answered(f"tcp://127.0.0.1:{echo}?via=http://127.0.0.1:{http_proxy()}") == b"HELLO"


def test_http_with_a_password(http_proxy, echo):
    port = http_proxy("--proxy-auth", "joe:secret")
    assert answered(f"tcp://127.0.0.1:{echo}?via=http://joe:secret@127.0.0.1:{port}") == b"HELLO"
    with pytest.raises(NotPermittedError, match="does not accept this user and password"):
        answered(f"tcp://127.0.0.1:{echo}?via=http://joe:wrong@127.0.0.1:{port}")
    with pytest.raises(NotPermittedError, match="wants a user and a password"):
        answered(f"tcp://127.0.0.1:{echo}?via=http://127.0.0.1:{port}")


def test_tinyproxy(tinyproxy, echo):
    assert answered(f"tcp://127.0.0.1:{echo}?via=http://joe:secret@127.0.0.1:{tinyproxy}") == b"HELLO"
    with pytest.raises(NotPermittedError, match="wants a user and a password"):
        answered(f"tcp://127.0.0.1:{echo}?via=http://127.0.0.1:{tinyproxy}")
    with pytest.raises(OpenError, match=r"the proxy http://127\.0\.0\.1:"):
        answered(f"tcp://127.0.0.1:{free_port()}?via=http://joe:secret@127.0.0.1:{tinyproxy}")


def test_tls_is_spoken_with_the_server_behind_the_proxy(microsocks, tmp_path):
    import trustme

    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    ca.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    address = f"tls://127.0.0.1:0?cert={tmp_path}/server.pem"
    with wiretalk.blocking.serve(address, reply=bytes.upper, framing="line") as server:
        port = server.addresses[0].rpartition(":")[2]
        via = f"via=socks5://127.0.0.1:{microsocks()}"
        assert answered(f"tls://localhost:{port}?ca={tmp_path}/ca.pem&{via}") == b"HELLO"


def test_the_shell_goes_by_way_of_a_proxy_and_keeps_the_password_to_itself(microsocks, echo):
    port = microsocks("-u", "joe", "-P", "secret")
    address = f"tcp://localhost:{echo}?via=socks5://joe:secret@127.0.0.1:{port}&framing=line"
    command = [sys.executable, "-m", "wiretalk", "connect", "--verbose", "--replies", "1", address]
    # microsocks knows no half-close: what comes after the end of the input is lost, so it does not end.
    ours, theirs = os.pipe()
    try:
        os.write(theirs, b"hello\n")
        done = subprocess.run(command, stdin=ours, capture_output=True, timeout=60, check=True)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.stdout == b"HELLO\n"
    assert f"connecting to socks5://127.0.0.1:{port}\n".encode() in done.stderr
    assert b"secret" not in done.stderr
