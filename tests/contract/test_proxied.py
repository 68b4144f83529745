"""PROXY headers and proxies on the way, in both faces and on both event loops, with plain sockets at the other end."""

from __future__ import annotations

import socket
import threading

import pytest

import wiretalk
from wiretalk.address.access import Access
from wiretalk.errors import AddressError, NoSuchHostError, NotPermittedError, RefusedError, ResetError, TimedOutError
from wiretalk.transport.proxy.header import Proxied, write_header

CLIENT = Proxied(("192.0.2.1", 4711), ("198.51.100.7", 443))
CLIENT_V6 = Proxied(("2001:db8::1", 4711, 0, 0), ("2001:db8::2", 443, 0, 0))


def tell_names(connection):
    for message in connection:
        connection.send(f"{connection.peer} {connection.local} {message.decode()}".encode())


def port_of(server):
    return int(server.addresses[0].rpartition(":")[2])


def ask(server, *pieces):
    """Send pieces as segments of their own; return the answer's line, b"" for a connection that is over."""
    try:
        with socket.create_connection(("127.0.0.1", port_of(server)), 20) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                sock.sendall(piece)
            with sock.makefile("rb") as lines:
                return lines.readline()
    except ConnectionError:
        return b""


@pytest.mark.parametrize("version", [1, 2])
def test_the_peer_is_who_the_header_says(face, version):
    with face.serve("tcp://127.0.0.1:0?proxy_protocol", tell_names, framing="line") as server:
        told = b"tcp://192.0.2.1:4711 tcp://198.51.100.7:443 hi\n"
        assert ask(server, write_header(version, CLIENT) + b"hi\n") == told
        assert ask(server, write_header(version, CLIENT_V6), b"hi\n").startswith(b"tcp://[2001:db8::1]:4711 ")


@pytest.mark.parametrize("version", [1, 2])
def test_a_header_may_come_in_any_pieces(face, version):
    wire = write_header(version, CLIENT) + b"hi\n"
    with face.serve("tcp://127.0.0.1:0?proxy_protocol", tell_names, framing="line") as server:
        assert ask(server, *(wire[at : at + 1] for at in range(len(wire)))).endswith(b" hi\n")
        for at in range(1, len(wire)):
            assert ask(server, wire[:at], wire[at:]).endswith(b":443 hi\n")


@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", write_header(2, Proxied())])
def test_where_it_does_not_tell_the_peer_is_the_proxy(face, header):
    with face.serve("tcp://127.0.0.1:0?proxy_protocol", tell_names, framing="line") as server:
        answer = ask(server, header + b"hi\n")
        assert answer.startswith(b"tcp://127.0.0.1:")
        assert answer.endswith(server.addresses[0].encode() + b" hi\n")


@pytest.mark.parametrize("wire", [b"hello\n", b"PROXY TCP4 x\r\n", b"\r\n\r\n\0\r\nQUIT\n\x41\x11\0\0"])
def test_who_begins_otherwise_is_refused_and_the_others_are_not(face, wire, caplog):
    ended = []
    with face.serve("tcp://127.0.0.1:0?proxy_protocol", tell_names, framing="line", on_close=ended.append) as server:
        assert ask(server, wire) == b""
        assert ask(server, write_header(1, CLIENT) + b"hi\n")
    assert [one for one in caplog.messages if ": refused: it" in one]
    # What was refused was no conversation.
    assert [one.peer for one in ended] == ["tcp://192.0.2.1:4711"]
    assert server.accepted == 1


def test_who_leaves_within_the_header_is_let_go(face, caplog):
    with face.serve("tcp://127.0.0.1:0?proxy_protocol", tell_names, framing="line") as server:
        with socket.create_connection(("127.0.0.1", port_of(server)), 20) as sock:
            sock.sendall(b"PROXY TCP4")
            sock.shutdown(socket.SHUT_WR)
            with pytest.raises(ConnectionResetError):
                sock.recv(1)
    assert [one for one in caplog.messages if "left before its PROXY header was whole" in one]


def test_who_says_nothing_has_its_time_and_no_more(face, caplog):
    limits = wiretalk.Limits(tls_handshake_timeout_s=0.05)
    with face.serve("tcp://127.0.0.1:0?proxy_protocol", tell_names, framing="line", limits=limits) as server:
        assert ask(server, b"PROXY ") == b""
    assert [one for one in caplog.messages if "no PROXY header within 0.05 s" in one]


def test_who_has_not_said_yet_counts_towards_the_limits(face):
    limits = wiretalk.Limits(max_connections=1)
    with face.serve("tcp://127.0.0.1:0?proxy_protocol", tell_names, framing="line", limits=limits) as server:
        first = socket.create_connection(("127.0.0.1", port_of(server)), 20)
        first.sendall(b"PROXY UNKNOWN")
        second = socket.create_connection(("127.0.0.1", port_of(server)), 20)
        second.sendall(write_header(1, CLIENT) + b"second\n")
        with first, second:
            second.settimeout(0.1)
            with pytest.raises(TimeoutError):
                second.recv(1)
            first.close()
            second.settimeout(20)
            assert second.makefile("rb").readline().endswith(b" second\n")


def test_closing_does_not_wait_for_who_has_not_said_yet(face):
    server = face.serve("tcp://127.0.0.1:0?proxy_protocol", tell_names, framing="line")
    with socket.create_connection(("127.0.0.1", port_of(server)), 20) as sock:
        sock.sendall(b"PROXY ")
        # Another is answered, so the first has been accepted.
        assert ask(server, write_header(1, CLIENT) + b"hi\n")
        server.close()
        assert not received(sock)


def received(sock):
    try:
        return sock.recv(1)
    except ConnectionResetError:
        return b""


def test_one_conversation_is_one_that_has_said_whose_it_is(face):
    with face.serve("tcp://127.0.0.1:0?proxy_protocol", tell_names, framing="line", max_accepted=1) as server:
        assert ask(server, b"nonsense") == b""
        assert ask(server, write_header(1, CLIENT) + b"hi\n").endswith(b" hi\n")
        server.serve_forever()


def test_a_proxy_that_is_not_listed_may_not_say_so(face, caplog):
    address = "tcp://127.0.0.1:0?proxy_protocol&proxy_from=192.0.2.0/24,2001:db8::1"
    with face.serve(address, tell_names, framing="line") as server:
        assert ask(server, write_header(1, CLIENT) + b"hi\n") == b""
    assert [one for one in caplog.messages if "it may not say whom it comes for; proxy_from=NETWORK" in one]


def test_one_that_is_listed_may(face):
    address = "tcp://127.0.0.1:0?proxy_protocol&proxy_from=192.0.2.0/24,127.0.0.1"
    with face.serve(address, tell_names, framing="line") as server:
        assert ask(server, write_header(1, CLIENT) + b"hi\n").endswith(b" hi\n")


def test_who_may_come_is_asked_of_the_client_not_of_the_proxy(face, caplog):
    access = Access(allow=["192.0.2.0/24"])
    with face.serve("tcp://127.0.0.1:0?proxy_protocol", tell_names, framing="line", access=access) as server:
        assert ask(server, write_header(1, CLIENT) + b"hi\n").endswith(b" hi\n")
        assert ask(server, write_header(1, CLIENT_V6) + b"hi\n") == b""
    assert "tcp://[2001:db8::1]:4711: refused: not allowed" in caplog.messages


def test_a_unix_socket_behind_a_proxy(face, short_folder):
    with face.serve(f"unix:{short_folder}/s?proxy_protocol", tell_names, framing="line") as server:
        for proxied, names in (
            (CLIENT, b"tcp://192.0.2.1:4711 tcp://198.51.100.7:443 "),
            (Proxied("/run/a", "/run/b"), b"unix:/run/a unix:/run/b "),
        ):
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(20)
                sock.connect(f"{short_folder}/s")
                sock.sendall(write_header(2, proxied) + b"hi\n")
                assert sock.makefile("rb").readline() == names + b"hi\n"
        with face.connect(f"{server.addresses[0]}?send_proxy=v2", framing="line") as connection:
            connection.send(b"hi")
            assert connection.receive(timeout_s=20).endswith(f"unix:{short_folder}/s hi".encode())


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_what_one_sends_the_other_takes(face, version, authority):
    for scheme, options, trust in (
        ("tcp", "proxy_protocol", ""),
        ("tls", f"proxy_protocol&cert={authority}/server.pem", f"&ca={authority}/ca.pem"),
    ):
        with face.serve(f"{scheme}://127.0.0.1:0?{options}", tell_names, framing="line") as server:
            with face.connect(f"{server.addresses[0]}?send_proxy={version}{trust}", framing="line") as connection:
                connection.send(b"hi")
                told = connection.receive(timeout_s=20)
                assert told == f"{connection.local} {connection.peer} hi".encode()


def test_options_of_the_other_direction_are_refused(face):
    for address in ("tcp://127.0.0.1:1?proxy_protocol", "unix:x?proxy_protocol&proxy_from=::1"):
        with pytest.raises(AddressError, match="proxy_protocol is for listening"):
            face.connect(address)
    for option in ("via=socks5://:1", "send_proxy=v1"):
        with pytest.raises(AddressError, match=f"{option.partition('=')[0]} is for connecting"):
            face.serve(f"tcp://127.0.0.1:0?{option}", reply=bytes.upper)


# proxies that are no proxies


class Scripted:
    """A listener that answers each connection with the same bytes, and then does as it is told."""

    def __init__(self, answers, *, then="close"):
        self.answers = answers
        self.then = then
        self.heard = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        sock, _ = self.listener.accept()
        with sock:
            sock.settimeout(20)
            for answer in self.answers:
                self.heard.append(sock.recv(65536))
                sock.sendall(answer)
            if self.then == "echo":
                while data := sock.recv(65536):
                    sock.sendall(data)
            elif self.then == "wait":
                self.over.wait(20)
            elif self.then == "reset":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(20)
        self.listener.close()


SOCKS5_WELL = [b"\5\0", b"\5\0\0\1\0\0\0\0\0\0"]
HTTP_WELL = [b"HTTP/1.1 200 OK\r\n\r\n"]


@pytest.mark.parametrize(("scheme", "answers"), [("socks5", SOCKS5_WELL), ("http", HTTP_WELL)])
def test_by_way_of_a_proxy(face, scheme, answers):
    lines = []
    # What the server says first comes in the same segment as the proxy's last word.
    early = [*answers[:-1], answers[-1] + b"welcome\n"]
    with Scripted(early, then="echo") as proxy:
        address = f"tcp://example.org:25?via={scheme}://joe:secret@127.0.0.1:{proxy.port}"
        with face.connect(address, framing="line", trace=lines.append) as connection:
            assert connection.receive(timeout_s=20) == b"welcome"
            connection.send(b"hello")
            assert connection.receive(timeout_s=20) == b"hello"
            assert connection.peer == "tcp://example.org:25"
    assert b"example.org" in b"".join(proxy.heard)
    assert lines[1] == f"connecting to {scheme}://127.0.0.1:{proxy.port}"
    assert not [line for line in lines if "secret" in line]


def test_a_header_goes_through_the_proxy(face):
    with Scripted(HTTP_WELL, then="echo") as proxy:
        via = f"via=http://127.0.0.1:{proxy.port}&send_proxy=v1"
        with face.connect(f"tcp://192.0.2.9:25?{via}", framing="line") as connection:
            ours = connection.local.rpartition(":")[2]
            assert connection.receive(timeout_s=20) == f"PROXY TCP4 127.0.0.1 192.0.2.9 {ours} 25".encode()
    with Scripted(HTTP_WELL, then="echo") as proxy:
        via = f"via=http://127.0.0.1:{proxy.port}&send_proxy=v1"
        with face.connect(f"tcp://example.org:25?{via}", framing="line") as connection:
            assert connection.receive(timeout_s=20) == b"PROXY UNKNOWN"


@pytest.mark.parametrize("scheme", ["socks5", "http"])
@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize("answers", [[], [b""]], ids=["at once", "when asked"])
def test_a_proxy_that_vanishes(face, scheme, then, answers):
    with Scripted(answers, then=then) as proxy:
        name = f"{scheme}://127.0.0.1:{proxy.port}"
        # A reset may come before the system has told that it is connected.
        words = f"tcp://h:1: the proxy {name} broke off before it had answered|{name}: somebody .* broke off at once"
        with pytest.raises(RefusedError, match=words):
            face.connect(f"tcp://h:1?via={name}")


@pytest.mark.parametrize("scheme", ["socks5", "http"])
def test_a_proxy_that_talks_nonsense(face, scheme):
    with Scripted([b"\x16\x03\x01\x02"], then="wait") as proxy:
        name = f"{scheme}://127.0.0.1:{proxy.port}"
        with pytest.raises(RefusedError, match=f"the proxy {name} answered .* is it such a proxy"):
            face.connect(f"tcp://h:1?via={name}")


@pytest.mark.parametrize("scheme", ["socks5", "http"])
def test_a_proxy_that_says_nothing(face, scheme):
    with Scripted([], then="wait") as proxy:
        with pytest.raises(TimedOutError) as told:
            face.connect(f"tcp://h:1?via={scheme}://joe:secret@127.0.0.1:{proxy.port}", timeout_s=0.05)
    assert told.value.wait == "proxy"
    assert "secret" not in str(told.value)


def test_a_proxy_that_is_not_there(face):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(RefusedError, match=f"^socks5://127.0.0.1:{port}: nobody listens there"):
        face.connect(f"tcp://h:1?via=socks5://127.0.0.1:{port}")
    with pytest.raises(NoSuchHostError, match=r"^tcp://h:1: the proxy http://nobody\.invalid:1: "):
        face.connect("tcp://h:1?via=http://nobody.invalid:1")


def test_a_server_that_ends_at_once_is_behind_the_proxy(face):
    with Scripted(HTTP_WELL, then="reset") as proxy:
        connection = face.connect(f"tcp://h:1?via=http://127.0.0.1:{proxy.port}", framing="line")
        with connection, pytest.raises(ResetError):
            connection.receive(timeout_s=20)


def test_a_wrong_password_is_not_permitted(face):
    with Scripted([b"\5\2", b"\1\1"]) as proxy:
        with pytest.raises(NotPermittedError, match="does not accept this user and password"):
            face.connect(f"tcp://h:1?via=socks5://joe:secret@127.0.0.1:{proxy.port}")
