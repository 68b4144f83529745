"""What holds on every byte stream: pieces, ends, half-closes and slow peers.

In both faces, on both event loops, and with the accelerator as with its twins in Python.
"""

from __future__ import annotations

import socket
import ssl
import threading

import pytest

import wiretalk
from wiretalk.errors import ClosedError, FinishedError, LimitError, MalformedError, ResetError, TruncatedError
from wiretalk.runtime import carrying

from ..twins import KINDS, serving, stream_module


@pytest.fixture(scope="module", params=KINDS, autouse=True)
def _twin(request, require):
    with serving(request.param, require), pytest.MonkeyPatch.context() as patch:
        patch.setattr(carrying, "StreamTransport", stream_module(request.param, require).StreamTransport)
        yield


def echo(connection):
    for message in connection:
        connection.send(message)


def plain(place, server):
    """A plain socket connected to the server: a peer that knows nothing of wiretalk."""
    address = place.connecting(server)
    if place.scheme in ("unix", "abstract"):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(20)
        path = address.partition(":")[2]
        sock.connect("\0" + path[1:] if path.startswith("@") else path)
        return sock
    host, _, port = address.partition("?")[0].partition("://")[2].rpartition(":")
    sock = socket.create_connection((host.strip("[]"), int(port)), timeout=20)
    if place.scheme == "tls":
        context = ssl.create_default_context(cafile=f"{place.authority}/ca.pem")
        sock = context.wrap_socket(sock, server_hostname=host)
    return sock


def read_to_end(sock):
    whole = b""
    while piece := sock.recv(65536):
        whole += piece
    return whole


def test_messages_in_pieces_and_in_one_piece(face, stream):
    with face.serve(stream.listening, reply=bytes.upper, framing="line") as server:
        with plain(stream, server) as peer:
            for piece in (b"o", b"ne", b"\ntwo\nth", b"ree\r\n"):
                peer.sendall(piece)
            whole = b""
            while whole.count(b"\n") < 3:
                whole += peer.recv(100)
            assert whole == b"ONE\nTWO\nTHREE\n"


def test_a_character_is_never_cut(face, stream):
    def session(connection):
        for message in connection:
            connection.send(f"server rec: {message}")

    with face.serve(stream.listening, session, framing="line", codec="text") as server:
        with plain(stream, server) as peer:
            for byte in "grüße, 世界\n".encode():
                peer.sendall(bytes([byte]))
            whole = b""
            while not whole.endswith(b"\n"):
                whole += peer.recv(100)
            assert whole.decode() == "server rec: grüße, 世界\n"


def test_after_the_peers_end_of_input_one_can_still_send(face, stream):
    def session(connection):
        heard = list(connection)
        connection.send(b"heard %d" % len(heard))

    with face.serve(stream.listening, session, framing="line") as server:
        with face.connect(stream.connecting(server), framing="line") as connection:
            connection.send(b"one")
            connection.send(b"two")
            connection.half_close()
            assert connection.receive(timeout_s=20) == b"heard 2"
            with pytest.raises(FinishedError):
                connection.receive(timeout_s=20)
            with pytest.raises(ClosedError):
                connection.send(b"three")


def test_a_reply_server_answers_all_that_came_before_the_end(face, stream):
    with face.serve(stream.listening, reply=bytes.upper, framing="line") as server:
        with face.connect(stream.connecting(server), framing="line") as connection:
            connection.send_all([b"message %d" % number for number in range(1000)])
            connection.half_close()
            assert list(connection) == [b"MESSAGE %d" % number for number in range(1000)]
        assert connection.ending.how == "finished"


def test_an_unfinished_message_is_an_error_that_says_how_much_there_was(face, stream):
    told = []
    done = threading.Event()

    def session(connection):
        try:
            told.extend(connection)
        except TruncatedError as error:
            told.append(error)
        done.set()

    with face.serve(stream.listening, session, framing="length:u32be") as server:
        with face.connect(stream.connecting(server)) as peer:
            peer.send(b"\0\0\0\5whole\0\0\0\5par")
            peer.half_close()
            assert done.wait(20)
    assert told[0] == b"whole"
    assert isinstance(told[1], TruncatedError)
    assert (told[1].have_bytes, told[1].need_bytes) in ((3, 5), (7, 9))


def test_bytes_that_break_the_framing_end_the_connection_after_what_was_whole(face, stream):
    told = []
    done = threading.Event()

    def session(connection):
        try:
            told.extend(connection)
        except MalformedError as error:
            told.append(error)
        done.set()

    with face.serve(stream.listening, session, framing="netstring") as server:
        with face.connect(stream.connecting(server)) as peer:
            peer.send(b"5:hello,x:")
            assert done.wait(20)
    assert told[0] == b"hello"
    assert isinstance(told[1], MalformedError)


def test_an_endless_line_is_an_error_not_memory(face, stream):
    with face.serve(stream.listening, echo, framing="line", limits=wiretalk.Limits(max_message_bytes=1000)) as server:
        with face.connect(stream.connecting(server)) as peer:
            with pytest.raises((FinishedError, ResetError, ClosedError, BrokenPipeError)):
                while True:
                    peer.send(b"x" * 1000)
                    with pytest.raises(wiretalk.TimedOutError):
                        peer.receive(timeout_s=0.001)


def test_a_count_of_four_gigabytes_is_refused_at_once(face, stream):
    told = []
    done = threading.Event()

    def session(connection):
        try:
            connection.receive(timeout_s=20)
        except LimitError as error:
            told.append(error)
        done.set()

    with face.serve(stream.listening, session, framing="length:u32be") as server:
        with face.connect(stream.connecting(server)) as peer:
            peer.send(b"\xff\xff\xff\xff")
            assert done.wait(20)
    assert (told[0].by, told[0].limit) == ("peer", "max_message_bytes")


def test_raw_bytes_pass_as_they_are(face, stream):
    data = bytes(range(256)) * 4096
    with face.serve(stream.listening, echo) as server:
        with face.connect(stream.connecting(server)) as connection:
            received = []

            def read():
                received.extend(connection)

            reader = threading.Thread(target=read)
            reader.start()
            for start in range(0, len(data), 100_000):
                connection.send(data[start : start + 100_000])
            connection.half_close()
            reader.join(60)
            assert b"".join(received) == data


def test_a_large_message_arrives_whole(face, stream):
    limits = wiretalk.Limits(max_message_bytes=20_000_000)
    message = bytes(range(251)) * 40_000
    with face.serve(stream.listening, echo, framing="length:u32be", limits=limits) as server:
        with face.connect(stream.connecting(server), framing="length:u32be", limits=limits) as connection:
            sender = threading.Thread(target=connection.send, args=(message,))
            sender.start()
            assert connection.receive(timeout_s=60) == message
            sender.join(60)


def test_the_last_words_are_not_lost_when_we_close_first(face, stream):
    def session(connection):
        connection.receive(timeout_s=20)
        connection.send(b"x" * 500_000)
        connection.send(b"the end")

    with face.serve(stream.listening, session, framing="line") as server:
        with plain(stream, server) as peer:
            peer.sendall(b"go\nand more that nobody reads\n")
            assert read_to_end(peer) == b"x" * 500_000 + b"\nthe end\n"


def test_a_reset_is_told_as_a_reset(face, stream):
    if stream.scheme in ("unix", "abstract"):
        pytest.skip("a Unix socket has no reset of this kind")
    told = []
    done = threading.Event()
    started = threading.Event()

    def session(connection):
        started.set()
        try:
            told.extend(connection)
        except ResetError as error:
            told.append(error)
        done.set()

    with face.serve(stream.listening, session, framing="line") as server:
        connection = face.connect(stream.connecting(server))
        assert started.wait(20)
        connection.abort()
        assert done.wait(20)
    assert isinstance(told[0], ResetError)
    assert (told[0].ending.how, told[0].ending.by) == ("reset", "peer")


def test_stopping_lets_open_conversations_end(face, stream):
    started = threading.Event()

    def session(connection):
        connection.send(b"ready")
        connection.receive(timeout_s=20)
        connection.send(b"to the end")

    server = face.serve(stream.listening, session, framing="line")
    with face.connect(stream.connecting(server), framing="line") as connection:
        assert connection.receive(timeout_s=20) == b"ready"
        closing = threading.Thread(target=lambda: (started.set(), server.close(drain_s=30)))
        closing.start()
        assert started.wait(20)
        connection.send(b"go on")
        assert connection.receive(timeout_s=20) == b"to the end"
        closing.join(20)
        assert not closing.is_alive()


def test_stopping_closes_what_does_not_end(face, stream):
    with face.serve(stream.listening, echo, framing="line") as server:
        with face.connect(stream.connecting(server), framing="line") as connection:
            connection.send(b"hello")
            assert connection.receive(timeout_s=20) == b"hello"
            server.close(drain_s=0.05)
            with pytest.raises((FinishedError, ResetError)):
                connection.receive(timeout_s=20)


def test_an_idle_connection_is_ended(face, stream):
    with face.serve(stream.listening, echo, framing="line", limits=wiretalk.Limits(idle_timeout_s=0.1)) as server:
        with face.connect(stream.connecting(server), framing="line") as connection:
            with pytest.raises((FinishedError, ResetError, TruncatedError)):
                connection.receive(timeout_s=20)


def test_at_the_limit_of_connections_others_wait_their_turn(face, stream, caplog):
    with face.serve(stream.listening, echo, framing="line", limits=wiretalk.Limits(max_connections=1)) as server:
        with face.connect(stream.connecting(server), framing="line") as first:
            first.send(b"one")
            assert first.receive(timeout_s=20) == b"one"
            late = []

            def second():
                with face.connect(stream.connecting(server), framing="line") as connection:
                    connection.send(b"two")
                    late.append(connection.receive(timeout_s=20))

            waiting = threading.Thread(target=second)
            waiting.start()
            first.send(b"three")
            assert first.receive(timeout_s=20) == b"three"
            assert late == []
        waiting.join(30)
        assert late == [b"two"]
    told = [record for record in caplog.records if "max_connections" in record.getMessage()]
    assert len(told) <= 1
