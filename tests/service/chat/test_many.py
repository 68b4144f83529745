"""Two thousand members in one room, one of them deaf: every message reaches each of the others once, in one order."""

from __future__ import annotations

import re
import resource
import selectors
import socket
import time

import pytest

MEMBERS = 2000
SPEAKERS = 10
SAID = 8
PATIENCE_S = 90
LINE = re.compile(rb"<guest-(\d+)> (\d+) x+\n")


@pytest.fixture
def files(require):
    """Let this process, and those it starts, open as many files as it takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * MEMBERS
    require(hard == resource.RLIM_INFINITY or hard >= needed, f"no more than {hard} files may be open")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Member:
    """One connection, and all it has heard."""

    def __init__(self, address, selector):
        self.sock = socket.socket()
        # Room for all that is said, so that only the deaf one can miss anything, however busy this machine is.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.connect(address)
        self.sock.setblocking(False)
        self.selector = selector
        self.number = None
        self.heard = bytearray()
        selector.register(self.sock, selectors.EVENT_READ, self)

    def read(self):
        data = self.sock.recv(1 << 16)
        assert data, f"guest-{self.number} was sent away"
        self.heard += data

    def lines(self):
        return [(int(who), int(number)) for who, number in LINE.findall(self.heard)]


@pytest.fixture
def members(files, shell_server):
    """All members, in the room; and the one that does not read."""
    server = shell_server("chat", ["tcp://127.0.0.1:0?sndbuf=16384"], "--history", "0", "--send-buffer", "16KiB")
    address = server.host_and_port()
    selector = selectors.DefaultSelector()
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    deaf.connect(address)
    all_ = [Member(address, selector) for _ in range(MEMBERS - 1)]
    until(selector, lambda: all(b"/help" in member.heard for member in all_))
    for member in all_:
        member.number = int(re.search(rb"you are guest-(\d+)", member.heard).group(1))
    yield selector, all_, deaf
    for sock in (deaf, *(member.sock for member in all_)):
        sock.close()
    selector.close()


def until(selector, condition):
    """Read what comes until the condition holds; it is looked at whenever nothing comes for a moment."""
    late = time.monotonic() + PATIENCE_S
    while True:
        ready = selector.select(0.05)
        for key, _ in ready:
            key.data.read()
        if not ready and condition():
            return
        assert time.monotonic() < late, "it did not come to that in time"


def heard_by(member):
    return member.heard.count(b"x\n")


def test_each_hears_every_message_once_and_in_one_order(members):
    selector, listening, deaf = members
    speaking = listening[:SPEAKERS]
    for number in range(SAID):
        for member in speaking:
            member.sock.send(b"%d %b\n" % (number, b"x" * 1500))
        # What is said next is another turn of the server's loop: no turn may bring more than the deaf one has room for.
        while heard_by(listening[-1]) < SPEAKERS * (number + 1):
            for key, _ in selector.select(PATIENCE_S):
                key.data.read()
    total = SPEAKERS * SAID
    until(selector, lambda: all(heard_by(one) == total - SAID * (one in speaking) for one in listening))
    order = listening[-1].lines()
    assert sorted(order) == sorted((one.number, number) for one in speaking for number in range(SAID))
    for one in speaking:
        assert [number for who, number in order if who == one.number] == list(range(SAID))
    for member in listening:
        assert member.lines() == [(who, number) for who, number in order if who != member.number]
    # For the one that does not read, the kernel's buffers were filled, and 16 KiB of ours; the rest it has missed.
    deaf.settimeout(PATIENCE_S)
    said = b""
    while b" missed" not in said:
        data = deaf.recv(1 << 16)
        assert data, "it was sent away"
        said += data
    missed = int(re.search(rb"-- (\d+) messages missed", said).group(1))
    assert [(int(who), int(number)) for who, number in LINE.findall(said)] == order[: total - missed]
    assert 0 < missed < total
