"""HAProxy as the proxy before us and behind us: it sends PROXY headers that we take, and takes those that we send."""

from __future__ import annotations

import shutil
import socket

import pytest

import wiretalk.blocking

CONFIGURATION = """
defaults
  mode tcp
  timeout connect 20s
  timeout client 20s
  timeout server 20s
listen v1
  bind fd@{v1}
  server s 127.0.0.1:{port} send-proxy
listen v2
  bind fd@{v2}
  server s 127.0.0.1:{port} send-proxy-v2
listen v2_with_more
  bind fd@{more}
  server s 127.0.0.1:{port} send-proxy-v2 proxy-v2-options unique-id,crc32c
  unique-id-format %[uuid()]
listen behind_a_proxy
  bind fd@{behind} accept-proxy
  server s 127.0.0.1:{port} send-proxy-v2
"""


def tell_names(connection):
    for message in connection:
        connection.send(f"{connection.peer} {connection.local} {message.decode()}".encode())


@pytest.fixture
def haproxy(require, program, tmp_path):
    """Start HAProxy before a server of ours; return the ports that it listens on."""
    require(shutil.which("haproxy"), "HAProxy is not installed")
    doors = {name: socket.create_server(("127.0.0.1", 0)) for name in ("v1", "v2", "more", "behind")}
    with wiretalk.blocking.serve("tcp://127.0.0.1:0?proxy_protocol", tell_names, framing="line") as server:
        port = server.addresses[0].rpartition(":")[2]
        numbers = {name: door.fileno() for name, door in doors.items()}
        (tmp_path / "haproxy.cfg").write_text(CONFIGURATION.format(port=port, **numbers))
        program(["haproxy", "-db", "-f", f"{tmp_path}/haproxy.cfg"], pass_fds=list(numbers.values()))
        yield {name: door.getsockname()[1] for name, door in doors.items()}
    for door in doors.values():
        door.close()


@pytest.mark.parametrize("door", ["v1", "v2", "more"])
def test_what_haproxy_sends_we_take(haproxy, door):
    with wiretalk.blocking.connect(f"tcp://127.0.0.1:{haproxy[door]}", framing="line") as connection:
        for word in (b"hi", b"again"):
            connection.send(word)
            told = f"{connection.local} {connection.peer} ".encode() + word
            assert connection.receive(timeout_s=20) == told


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_what_we_send_haproxy_takes_and_passes_on(haproxy, version):
    address = f"tcp://127.0.0.1:{haproxy['behind']}?send_proxy={version}"
    with wiretalk.blocking.connect(address, framing="line") as connection:
        connection.send(b"hi")
        assert connection.receive(timeout_s=20) == f"{connection.local} {connection.peer} hi".encode()
