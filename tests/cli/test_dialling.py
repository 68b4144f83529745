"""How the shell opens a conversation."""

from __future__ import annotations

import pytest

from wiretalk.cli.dialling import jittered, with_family


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("tcp://127.0.0.1:80", "tcp://127.0.0.1:80 (IPv4)"),
        ("udp://[::1]:80", "udp://[::1]:80 (IPv6)"),
        ("unix:/run/x.sock", "unix:/run/x.sock"),
        ("vsock://2:1024", "vsock://2:1024"),
        ("vsock://host:1024", "vsock://host:1024"),
    ],
)
def test_the_family_is_told_where_there_is_one(name, told):
    assert with_family(name) == told


def test_pauses_are_not_all_alike():
    pauses = [jittered(10) for _ in range(100)]
    assert all(5 <= pause <= 15 for pause in pauses)
    assert len(set(pauses)) > 10


def test_who_it_is_connected_to_is_told_on_a_terminal(typed, served):
    server = served(lambda sock: sock.sendall(sock.recv(100)))
    one = typed("send", server.address, "hello")
    one.wait_for(f"connected to {server.address} (IPv4)\r\n", "hello\r\n")
    assert one.wait()[0] == 0


def test_answers_on_a_terminal_do_not_control_it(typed, served):
    def answer(sock):
        sock.recv(100)
        sock.sendall(b"\x1b[2Jno line feed")

    one = typed("send", served(answer).address, "hello")
    # The shell's prompt has a line of its own.
    one.wait_for("\\x1b[2Jno line feed\r\n")
    assert one.wait()[0] == 0
