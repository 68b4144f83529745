"""The services, talked to with the tools that people have: nc, ncat, socat and telnet."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

GREETED = ["--greet", "hello", "--reply", "server rec: {message}", "--close-on", "exit", "--farewell", "bye"]
SAID = "grüß dich\nexit\n".encode()
ANSWERED = "hello\nserver rec: grüß dich\nbye\n".encode()


@pytest.fixture
def talk(require):
    def with_peer(command, said):
        """Run a peer, say something to its standard input, and return what it printed."""
        require(shutil.which(command[0]), f"needs {command[0]}")
        ran = subprocess.run(command, input=said, capture_output=True, timeout=60)
        return ran.stdout

    return with_peer


@pytest.fixture
def hear(require):
    def from_peer(command, said, size):
        """As `talk`, for a peer that is told nothing of an end: it is stopped when it has printed `size` bytes."""
        require(shutil.which(command[0]), f"needs {command[0]}")
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as peer:
            try:
                peer.stdin.write(said)
                peer.stdin.flush()
                return peer.stdout.read(size)
            finally:
                peer.kill()

    return from_peer


@pytest.fixture
def openbsd_nc(require):
    told = b""
    if shutil.which("nc"):
        told = subprocess.run(["nc", "-h"], capture_output=True, timeout=60).stderr
    require(b"OpenBSD" in told, "needs OpenBSD's nc")


def test_nc_over_tcp(shell_server, talk, openbsd_nc):
    server = shell_server("reply", ["tcp://127.0.0.1:0"], *GREETED)
    host, port = server.host_and_port()
    for _ in range(2):
        assert talk(["nc", "-N", host, str(port)], SAID) == ANSWERED


def test_nc_over_ipv6(shell_server, talk, openbsd_nc):
    server = shell_server("reply", ["tcp6://[::1]:0"], *GREETED)
    host, port = server.host_and_port()
    assert talk(["nc", "-N", host, str(port)], SAID) == ANSWERED


def test_nc_over_a_unix_socket(shell_server, talk, openbsd_nc, folder):
    shell_server("reply", [f"unix:{folder}/s"], *GREETED)
    assert talk(["nc", "-N", "-U", f"{folder}/s"], SAID) == ANSWERED


def test_nc_over_udp(shell_server, hear, openbsd_nc):
    server = shell_server("reply", ["udp://127.0.0.1:0"], "--once", *GREETED)
    host, port = server.host_and_port()
    # nc sends what it reads at once as one datagram, with its line end.
    assert hear(["nc", "-u", host, str(port)], b"exit\n", 8) == b"hellobye"
    assert server.wait() == 0


def test_nc_reads_what_a_server_says_first(shell_server, talk, openbsd_nc):
    server = shell_server("reply", ["tcp://127.0.0.1:0"], "--greet", "Thank you for connecting", "--close-after", "0")
    host, port = server.host_and_port()
    for _ in range(3):
        assert talk(["nc", "-d", host, str(port)], b"") == b"Thank you for connecting\n"


def test_nc_echoes_every_byte(shell_server, talk, openbsd_nc):
    server = shell_server("echo", ["tcp://127.0.0.1:0"])
    host, port = server.host_and_port()
    said = os.urandom(1 << 20)
    assert talk(["nc", "-N", host, str(port)], said) == said


def test_ncat_over_tls(shell_server, talk):
    server = shell_server("reply", ["tls://127.0.0.1:0"], *GREETED)
    host, port = server.host_and_port()
    assert talk(["ncat", "--ssl", host, str(port)], SAID) == ANSWERED


def test_ncat_over_udp(shell_server, hear):
    server = shell_server("echo", ["udp://127.0.0.1:0"])
    host, port = server.host_and_port()
    assert hear(["ncat", "-u", host, str(port)], b"hello", 5) == b"hello"


def test_ncat_discards(shell_server, talk):
    server = shell_server("discard", ["tcp://127.0.0.1:0"])
    host, port = server.host_and_port()
    assert talk(["ncat", host, str(port)], bytes(1 << 20)) == b""


@pytest.mark.parametrize(
    ("scheme", "there"),
    [
        ("tcp4://127.0.0.1:0", "TCP4:{host}:{port}"),
        ("tcp6://[::1]:0", "TCP6:[{host}]:{port}"),
        ("tls://127.0.0.1:0", "OPENSSL:{host}:{port},verify=0"),
        ("unix:{folder}/s", "UNIX-CONNECT:{folder}/s"),
        ("unix:@{folder}", "ABSTRACT-CONNECT:{folder}"),
    ],
)
def test_socat_over_streams(shell_server, talk, folder, scheme, there):
    server = shell_server("reply", [scheme.format(folder=folder)], *GREETED)
    host, port = server.host_and_port() if "//" in scheme else ("", 0)
    assert talk(["socat", "-t60", "-", there.format(folder=folder, host=host, port=port)], SAID) == ANSWERED


@pytest.mark.parametrize(
    ("scheme", "there"),
    [
        ("udp4://127.0.0.1:0", "UDP4:{host}:{port}"),
        ("udp6://[::1]:0", "UDP6:[{host}]:{port}"),
        ("unixgram:{folder}/s", "UNIX-SENDTO:{folder}/s,bind={folder}/me"),
        ("unixpacket:{folder}/s", "UNIX-CONNECT:{folder}/s,type=5"),
    ],
)
def test_socat_over_messages(shell_server, hear, folder, scheme, there):
    server = shell_server("reply", [scheme.format(folder=folder)], *GREETED)
    host, port = server.host_and_port() if "//" in scheme else ("", 0)
    command = ["socat", "-", there.format(folder=folder, host=host, port=port)]
    assert hear(command, b"exit\n", 8) == b"hellobye"
    if os.path.exists(f"{folder}/me"):
        os.unlink(f"{folder}/me")
    answer = "helloserver rec: grüß".encode()
    assert hear(command, "grüß".encode(), len(answer)) == answer


def test_socat_gets_the_time_and_the_characters(shell_server, talk):
    server = shell_server("daytime", ["tcp://127.0.0.1:0"])
    host, port = server.host_and_port()
    assert talk(["socat", "-u", f"TCP:{host}:{port}", "-"], b"").endswith(b"\r\n")
    server = shell_server("chargen", ["tcp://127.0.0.1:0"])
    host, port = server.host_and_port()
    told = talk(["socat", "-u", f"TCP:{host}:{port},readbytes=7400", "-"], b"")
    assert told.startswith(b' !"#$%&')
    assert [len(line) for line in told.split(b"\r\n")] == [72] * 100 + [0]


def test_telnet(shell_server, require):
    require(shutil.which("telnet"), "needs telnet")
    server = shell_server("reply", ["tcp://127.0.0.1:0"], *GREETED)
    host, port = server.host_and_port()
    with subprocess.Popen(
        ["telnet", host, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as telnet:
        said = []
        while b"hello" not in b"".join(said):
            said.append(telnet.stdout.readline())
            assert said[-1]
        for line, answer in ((b"guten Tag\n", b"server rec: guten Tag\n"), (b"exit\n", b"bye\n")):
            telnet.stdin.write(line)
            telnet.stdin.flush()
            assert telnet.stdout.readline().replace(b"\r", b"") == answer
        # What telnet says of the end goes to its standard error.
        assert telnet.stdout.read() == b""
        assert b"closed by foreign host" in telnet.stderr.read()
