"""TLS in threads that wait: both ends, both directions at once, and every way in which it fails."""

from __future__ import annotations

import socket
import ssl

import pytest
import trustme

from wiretalk import blocking
from wiretalk.errors import (
    AddressError,
    MalformedError,
    NotTrustedError,
    RefusedError,
    ResetError,
    TimedOutError,
)
from wiretalk.limits import MIB, Limits


class Files:
    def __init__(self, folder):
        self.ca, self.pem = f"{folder}/ca.pem", f"{folder}/server.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca)
        authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(self.pem)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.pem)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Files(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=["1.2", "1.3"])
def secured(request, files, listening, opened, running, ends):
    """`secured(**options)` returns a connection and the TLS socket of Python's own at its other end."""

    def wire(**options):
        listener = listening()

        def accept():
            sock = listener.accept()[0]
            sock.settimeout(ends.PATIENCE_S)
            return opened(files.context.wrap_socket(sock, server_side=True))

        accepting = running(accept)
        address = ends.address_of(listener, "tls")
        version = f"&tls_min={request.param}&tls_max={request.param}"
        connection = opened(blocking.connect(f"{address}?ca={files.ca}{version}", **options))
        return connection, accepting.result()

    wire.version = request.param
    return wire


def test_both_ways_and_to_the_end(secured, ends):
    connection, peer = secured(framing="line")
    connection.send(b"hello")
    assert ends.receive_exactly(peer, 6) == b"hello\n"
    peer.sendall(b"one\ntwo\n")
    assert [connection.receive(), connection.receive()] == [b"one", b"two"]
    assert connection.tls.version == f"TLSv{secured.version}"
    assert connection.as_dict()["tls"]["version"] == f"TLSv{secured.version}"
    assert (connection.bytes_sent, connection.bytes_received) == (6, 8)
    connection.half_close()
    assert peer.recv(10) == b""
    peer.sendall(b"last\n")
    peer.unwrap()
    assert list(connection) == [b"last"]
    assert connection.ending.how == "finished"


def test_the_peers_end_is_the_end_even_if_its_tcp_goes_on(secured):
    connection, peer = secured()
    peer.sendall(b"x")
    peer.settimeout(0.01)
    with pytest.raises((TimeoutError, ssl.SSLError)):
        # close_notify goes out; ours does not come.
        peer.unwrap()
    assert connection.receive() == b"x"
    assert list(connection) == []
    connection.close()
    assert (connection.ending.how, connection.ending.by) == ("finished", "peer")


def test_a_large_message_each_way_at_once_from_two_threads(secured, running, ends):
    limits = Limits(max_message_bytes=64 * MIB, idle_timeout_s=None)
    connection, peer = secured(framing="length:u32be", limits=limits)
    message = bytes(range(256)) * (8 * MIB // 256)
    sending = running(connection.send, message)
    receiving = running(connection.receive)
    wire = b"".join((len(message).to_bytes(4, "big"), message))
    # One thread of OpenSSL's: it reads and writes in turn.
    assert ends.receive_exactly(peer, len(wire)) == wire
    sending.result()
    peer.sendall(wire)
    assert receiving.result() == message
    assert connection.bytes_sent == connection.bytes_received == len(wire)


def test_two_threads_of_ours_at_both_ends(files, serving, opened, running):
    def session(connection):
        connection.send_all(b"%d" % number * 50 for number in range(3000))
        for message in connection:
            assert message == b"question" * 20
        connection.send(b"done")

    with serving(f"tls://127.0.0.1:0?cert={files.pem}", session, framing="line") as server:
        connection = opened(blocking.connect(f"{server.addresses[0]}?ca={files.ca}", framing="line"))
        sending = running(lambda: [connection.send(b"question" * 20) for _ in range(3000)] and connection.half_close())
        assert list(connection) == [*(b"%d" % number * 50 for number in range(3000)), b"done"]
        sending.result()


def test_the_first_words_may_come_with_the_end_of_the_handshake(files, serving, opened, running):
    """A client of TLS 1.3 sends its first message in the flight that ends the handshake; it must not be left lying."""
    with serving(f"tls://127.0.0.1:0?cert={files.pem}", lambda c: c.send(c.receive())) as server:
        port = int(server.addresses[0].rpartition(":")[2])
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=files.ca)
        client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        sock = opened(socket.create_connection(("127.0.0.1", port), 20))
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                sock.sendall(outgoing.read())
                incoming.write(sock.recv(65536))
        client.write(b"first words")
        sock.sendall(outgoing.read())
        while True:
            incoming.write(sock.recv(65536))
            try:
                assert client.read(100) == b"first words"
                break
            except ssl.SSLWantReadError:
                continue


def test_a_certificate_that_nobody_vouches_for(files, listening, ends, running):
    listener = listening()

    def serve():
        with pytest.raises(ssl.SSLError, match=r"(?i)unknown.ca"):
            files.context.wrap_socket(listener.accept()[0], server_side=True)

    serving = running(serve)
    with pytest.raises(NotTrustedError):
        blocking.connect(ends.address_of(listener, "tls"))
    serving.result()


def test_a_fault_in_the_options_is_told_before_anything_is_opened(tmp_path):
    with pytest.raises(AddressError):
        blocking.connect(f"tls://127.0.0.1:1?ca={tmp_path}/nothing.pem")


def test_a_server_that_speaks_no_tls(listening, ends, running):
    listener = listening()

    def serve():
        sock = listener.accept()[0]
        sock.sendall(b"220 mail.example ESMTP\r\n")
        ends.receive_all(sock)
        sock.close()

    serving = running(serve)
    with pytest.raises((MalformedError, RefusedError, NotTrustedError)):
        blocking.connect(ends.address_of(listener, "tls"))
    serving.result()


def test_a_server_that_says_nothing(listening, ends):
    listener = listening()
    with pytest.raises(TimedOutError) as told:
        blocking.connect(
            ends.address_of(listener, "tls"), limits=Limits(tls_handshake_timeout_s=0.05, idle_timeout_s=None)
        )
    assert (told.value.wait, told.value.seconds) == ("tls-handshake", 0.05)
    with pytest.raises(TimedOutError) as told:
        blocking.connect(ends.address_of(listener, "tls"), timeout_s=0.06)
    assert (told.value.wait, told.value.seconds) == ("tls-handshake", 0.06)


def test_a_server_that_hangs_up(listening, ends, running):
    listener = listening()
    serving = running(lambda: listener.accept()[0].close())
    with pytest.raises((RefusedError, ResetError)):
        blocking.connect(ends.address_of(listener, "tls"))
    serving.result()


def test_an_interrupted_handshake_leaves_nothing_open(listening, ends, monkeypatch):
    from wiretalk.blocking.tlschannel import TlsChannel

    def interrupted(self, deadline):
        raise KeyboardInterrupt

    monkeypatch.setattr(TlsChannel, "_wait_for_input", interrupted)
    with pytest.raises(KeyboardInterrupt):
        blocking.connect(ends.address_of(listening(), "tls"))


def test_a_stream_that_is_cut_short_is_told(secured):
    connection, peer = secured()
    peer.sendall(b"some of it")
    peer._sslobj = None  # so that closing says nothing
    socket.socket.close(peer)
    assert connection.receive() == b"some of it"
    with pytest.raises(ResetError, match="close_notify"):
        connection.receive()
    with pytest.raises(ResetError):
        connection.send(b"x")
    assert connection.ending.how == "reset"


def test_broken_records_are_told_after_what_came_before_them(files, listening, opened, running, ends):
    listener = listening()

    def serve():
        sock = listener.accept()[0]
        secure = files.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=True)
        secure.sendall(b"in order")
        raw = socket.socket(fileno=secure.detach())
        raw.sendall(b"\x17\x03\x03\x00\x20" + b"\0" * 32)
        return raw

    serving = running(serve)
    connection = opened(blocking.connect(f"{ends.address_of(listener, 'tls')}?ca={files.ca}"))
    raw = opened(serving.result())
    assert connection.receive() == b"in order"
    for _ in range(2):
        with pytest.raises((MalformedError, ResetError)):
            connection.receive()
    assert connection.ending is not None
    assert ends.receive_all(raw)  # an alert says why


def test_a_send_that_times_out_keeps_the_records_in_order(secured, ends, running):
    connection, peer = secured()
    with pytest.raises(TimedOutError) as told:
        connection.send(b"x" * 32 * MIB, timeout_s=0.05)
    assert told.value.unsent_bytes > 0
    sending = running(lambda: connection.send(b"the end"))
    assert ends.receive_exactly(peer, 32 * MIB + 7) == b"x" * 32 * MIB + b"the end"
    sending.result()


def test_sending_to_a_peer_that_broke_off(secured, ends):
    connection, peer = secured()
    ends.reset(socket.socket(fileno=peer.detach()))
    with pytest.raises(ResetError):
        while True:
            connection.send(b"x" * 1000)
    with pytest.raises(ResetError):
        connection.send(b"x")


def test_a_server_gives_a_handshake_only_so_long(files, serving, peer_of, ends):
    closed = []
    limits = Limits(tls_handshake_timeout_s=0.05)
    with serving(
        f"tls://127.0.0.1:0?cert={files.pem}",
        lambda connection: None,
        limits=limits,
        on_open=closed.append,
        on_close=closed.append,
    ) as server:
        silent, rude = peer_of(server), peer_of(server)
        rude.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            silent.recv(1)
        ends.until(lambda: len(closed) == 2)
        assert sorted(one.ending.how for one in closed) == ["malformed", "timed-out"]
        assert server.accepted == 0


def test_a_heartbeat_goes_out_though_nobody_sends_or_receives(secured, ends):
    _, peer = secured(framing="line", heartbeat=b"beat", heartbeat_interval_s=0.02)
    assert ends.receive_exactly(peer, 15) == b"beat\n" * 3


def test_what_a_heartbeat_finds_no_room_for_goes_out_while_receiving(secured, ends, running):
    connection, peer = secured()
    with pytest.raises(TimedOutError):
        connection.send(b"x" * 32 * MIB, timeout_s=0.05)
    receiving = running(connection.receive)
    assert len(ends.receive_exactly(peer, 32 * MIB)) == 32 * MIB
    ends.until(lambda: connection._transport.try_send(b"beat"))
    assert ends.receive_exactly(peer, 4) == b"beat"
    peer.sendall(b"thanks")
    assert receiving.result() == b"thanks"
