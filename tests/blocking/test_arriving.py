"""Connections whose PROXY header is awaited: what is not held to the contract in `tests/contract/test_proxied.py`."""

from __future__ import annotations

import socket

import wiretalk.blocking
from wiretalk.errors import LimitError
from wiretalk.transport.proxy.header import Proxied, write_header


def test_one_for_which_there_is_no_thread_is_ended_and_the_others_go_on(monkeypatch, caplog):
    with wiretalk.blocking.serve("tcp://127.0.0.1:0?proxy_protocol", reply=bytes.upper, framing="line") as server:
        begin = server._sessions.begin

        def refuse(conversation, channel):
            monkeypatch.setattr(server._sessions, "begin", begin)
            conversation.abort()
            raise LimitError("threads", 1, "the system gives no more threads", by="us")

        monkeypatch.setattr(server._sessions, "begin", refuse)
        where = ("127.0.0.1", int(server.addresses[0].rpartition(":")[2]))
        with socket.create_connection(where, 20) as first, socket.create_connection(where, 20) as second:
            first.sendall(write_header(1, Proxied()) + b"hello\n")
            try:
                assert first.recv(100) == b""
            except ConnectionResetError:
                pass
            second.sendall(write_header(1, Proxied()) + b"hello\n")
            assert second.recv(100) == b"HELLO\n"
    assert [one for one in caplog.messages if "no more threads" in one]
