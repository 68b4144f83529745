"""What holds on ws and wss in both faces and on both loops, against peers that are not ours: the websockets package."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus
from websockets.sync.client import connect as their_connect
from websockets.sync.server import serve as their_serve

import wiretalk
from wiretalk.errors import (
    ClosedError,
    CodecError,
    FinishedError,
    MalformedError,
    RefusedError,
    ResetError,
    TimedOutError,
)

from .conftest import Place

PATIENCE_S = 20
REQUEST = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def echo(connection):
    for message in connection:
        connection.send(message)


@pytest.fixture(params=["ws", "wss"])
def web(request, short_folder, authority):
    return Place(request.param, short_folder, authority)


def added(address, *options):
    return f"{address}{'&' if '?' in address else '?'}{'&'.join(options)}"


@pytest.fixture
def reach(web):
    """Connect the package's own client: `reach(server, path)`."""
    opened = []

    def connect(server, path="", **settings):
        address = web.connecting(server).partition("?")[0]
        if web.scheme == "wss":
            settings["ssl"] = ssl.create_default_context(cafile=f"{web.authority}/ca.pem")
        made = their_connect(address + path, close_timeout=PATIENCE_S, **settings)
        opened.append(made)
        return made

    yield connect
    for one in opened:
        with contextlib.suppress(OSError):
            one.socket.close()
        one.recv_events_thread.join(PATIENCE_S)


@pytest.fixture
def theirs(web):
    """Start the package's own server: `theirs(handler)` returns its address."""
    started = []

    def start(handler, path="", **settings):
        if web.scheme == "wss":
            settings["ssl"] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            settings["ssl"].load_cert_chain(f"{web.authority}/server.pem")
        server = their_serve(handler, "127.0.0.1", 0, **settings)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        started.append((server, thread))
        address = f"{web.scheme}://127.0.0.1:{server.socket.getsockname()[1]}{path}"
        return f"{address}?ca={web.authority}/ca.pem" if web.scheme == "wss" else address

    yield start
    for server, thread in started:
        server.shutdown()
        thread.join(PATIENCE_S)


# against the package's client


def test_text_and_bytes_of_a_client(face, web, reach):
    with face.serve(web.listening, reply=lambda message: message) as server:
        with reach(server) as peer:
            for message in ("grüße", "", "x" * 100_000, b"\xff\0", b"\xfe" * 70_000):
                peer.send(message)
                assert peer.recv(timeout=PATIENCE_S) == message
            peer.send(["in ", "three ", "pieces"])
            assert peer.recv(timeout=PATIENCE_S) == "in three pieces"
        assert peer.protocol.close_code == 1000


def test_many_messages_of_a_client(face, web, reach):
    with face.serve(web.listening, echo) as server:
        with reach(server) as peer:
            sender = threading.Thread(target=lambda: [peer.send(f"{number}") for number in range(2000)])
            sender.start()
            assert [peer.recv(timeout=PATIENCE_S) for _ in range(2000)] == [f"{number}" for number in range(2000)]
            sender.join(PATIENCE_S)


def test_a_ping_is_answered(face, web, reach):
    with face.serve(web.listening, echo) as server:
        with reach(server) as peer:
            assert peer.ping(b"there?").wait(PATIENCE_S)


def test_a_handler_that_fails_is_told_with_1011(face, web, reach, caplog):
    def session(connection):
        connection.receive()
        raise RuntimeError("a fault of the handler")

    with face.serve(web.listening, session) as server:
        with reach(server) as peer:
            peer.send("x")
            with pytest.raises(ConnectionClosedError) as told:
                peer.recv(timeout=PATIENCE_S)
    assert told.value.rcvd.code == 1011


def test_a_reply_that_fails_is_told_with_1011(face, web, reach, caplog):
    def reply(message):
        raise RuntimeError("a fault of the handler")

    with face.serve(web.listening, reply=reply) as server:
        with reach(server) as peer:
            peer.send("x")
            with pytest.raises(ConnectionClosedError) as told:
                peer.recv(timeout=PATIENCE_S)
    assert told.value.rcvd.code == 1011


def test_a_message_that_is_no_value_is_told_with_1007(face, web, reach):
    with face.serve(web.listening, echo, codec="json") as server:
        with reach(server) as peer:
            peer.send("[1]")
            assert peer.recv(timeout=PATIENCE_S) == "[1]"
            peer.send("{")
            with pytest.raises(ConnectionClosedError) as told:
                peer.recv(timeout=PATIENCE_S)
    assert told.value.rcvd.code == 1007


def test_a_server_that_stops_says_1001(face, web, reach):
    with face.serve(web.listening, echo) as server:
        with reach(server) as peer:
            peer.send("x")
            assert peer.recv(timeout=PATIENCE_S) == "x"
            server.close(drain_s=0.05)
            with pytest.raises(ConnectionClosedOK) as told:
                peer.recv(timeout=PATIENCE_S)
    assert told.value.rcvd.code == 1001


def test_a_message_over_the_limit_is_told_with_1009(face, web, reach):
    endings = []
    limits = wiretalk.Limits(max_message_bytes=1000)
    with face.serve(web.listening, echo, limits=limits, on_close=lambda one: endings.append(one.ending)) as server:
        with reach(server, compression=None) as peer:
            peer.send("x" * 1000)
            assert peer.recv(timeout=PATIENCE_S) == "x" * 1000
            with pytest.raises(ConnectionClosedError) as told:
                peer.send(["x" * 600, "x" * 600])
                peer.recv(timeout=PATIENCE_S)
        assert told.value.rcvd.code == 1009
    assert [ending.how for ending in endings] == ["limit"]


def test_a_subprotocol_is_agreed_on(face, web, reach):
    facts = []

    def session(connection):
        facts.append(connection.websocket)
        echo(connection)

    with face.serve(added(web.listening, "subprotocol=chat,sum"), session) as server:
        with reach(server, "/room?id=1", subprotocols=["sum"], origin="https://page.example") as peer:
            assert peer.subprotocol == "sum"
            peer.send("x")
            assert peer.recv(timeout=PATIENCE_S) == "x"
        with pytest.raises(InvalidStatus) as told:
            with reach(server, subprotocols=["other"]):
                pass
    assert told.value.response.status_code == 400
    assert facts[0].as_dict() == {
        "path": "/room?id=1",
        "subprotocol": "sum",
        "origin": "https://page.example",
        "compressed": True,
    }


def test_who_asks_for_what_is_not_here_is_refused(face, web, reach):
    endings = []
    address = web.listening.replace(":0", ":0/chat")
    with face.serve(
        added(address, "origin=https://good.example"), echo, on_close=lambda one: endings.append(one.ending)
    ) as server:
        for path, origin, status in (
            ("/chat", "https://bad.example", 403),
            ("/no", "https://good.example", 404),
            ("/chat", "https://good.example", None),
        ):
            if status is None:
                with reach(server, "", origin=origin) as peer:
                    peer.send("x")
                    assert peer.recv(timeout=PATIENCE_S) == "x"
                continue
            with pytest.raises(InvalidStatus) as told:
                with reach(server, "" if path == "/chat" else path, origin=origin):
                    pass
            assert told.value.response.status_code == status
        assert server.accepted == 1
    assert [(ending.how, ending.by) for ending in endings] == [("refused", "us")] * 2 + [("finished", "peer")]


# against the package's server


def test_text_and_bytes_of_a_server(face, theirs):
    def handler(peer):
        for message in peer:
            peer.send(message)

    with face.connect(theirs(handler)) as connection:
        for message in ("grüße".encode(), b"", b"x" * 100_000, b"\xff" * 70_000):
            connection.send(message)
            assert connection.receive(timeout_s=PATIENCE_S) == message
        connection.half_close()
        with pytest.raises(FinishedError):
            connection.receive(timeout_s=PATIENCE_S)
    assert (connection.ending.how, connection.ending.by) == ("finished", "us")


def test_values_go_as_text(face, theirs):
    heard = []

    def handler(peer):
        for message in peer:
            heard.append(message)
            peer.send(message)

    with face.connect(theirs(handler), codec="json") as connection:
        connection.send({"a": [1, "ö"]})
        assert connection.receive(timeout_s=PATIENCE_S) == {"a": [1, "ö"]}
    assert [type(message) for message in heard] == [str]
    with face.connect(theirs(handler), codec="msgpack") as connection:
        connection.send(1)
        assert connection.receive(timeout_s=PATIENCE_S) == 1
    assert [type(message) for message in heard] == [str, bytes]


@pytest.mark.parametrize(("code", "how"), [(1000, "finished"), (1001, "finished"), (1008, "reset"), (4321, "reset")])
def test_how_a_server_closes(face, theirs, code, how):
    def handler(peer):
        peer.send("last")
        peer.close(code, "because")

    with face.connect(theirs(handler)) as connection:
        assert connection.receive(timeout_s=PATIENCE_S) == b"last"
        with pytest.raises(FinishedError if how == "finished" else ResetError) as told:
            connection.receive(timeout_s=PATIENCE_S)
    assert connection.ending.how == how
    if how == "reset":
        assert f"WebSocket close {code}" in str(told.value)
        assert "because" in str(told.value)


def test_a_server_that_refuses(face, theirs):
    def refuse(peer, request):
        return peer.respond(404, "no")

    with pytest.raises(RefusedError) as told:
        face.connect(theirs(lambda peer: None, "/x", process_request=refuse))
    assert "answers 404 to /x; look at the path" in str(told.value)


def test_facts_of_a_client(face, theirs):
    address = added(theirs(lambda peer: peer.recv(), "/x", subprotocols=["b"]), "subprotocol=a,b", "compress=0")
    with face.connect(address) as connection:
        assert (connection.websocket.path, connection.websocket.subprotocol) == ("/x", "b")
        assert not connection.websocket.compressed
        assert connection.as_dict()["websocket"]["subprotocol"] == "b"
        connection.send(b"enough")


# both ends ours


def test_half_close_and_the_rest(face, web):
    def session(connection):
        for message in connection:
            connection.send(message.upper())
        connection.send(b"the end")

    endings = []
    with face.serve(web.listening, session, on_close=lambda one: endings.append(one.ending)) as server:
        with face.connect(web.connecting(server)) as connection:
            for number in range(100):
                connection.send(b"m%d" % number)
            connection.half_close()
            with pytest.raises(ClosedError):
                connection.send(b"too late")
            assert list(connection) == [b"M%d" % number for number in range(100)] + [b"the end"]
    assert (endings[0].how, endings[0].by) == ("finished", "peer")


def test_a_large_message_arrives_whole(face, web):
    limits = wiretalk.Limits(max_message_bytes=20_000_000)
    message = bytes(range(251)) * 40_000
    with face.serve(web.listening, echo, limits=limits) as server:
        with face.connect(web.connecting(server), limits=limits) as connection:
            sender = threading.Thread(target=connection.send, args=(message,))
            sender.start()
            assert connection.receive(timeout_s=60) == message
            sender.join(60)


def test_a_peer_that_does_not_read_makes_send_wait(face, web):
    address = added(web.listening, "compress=0")
    release = threading.Event()

    def session(connection):
        release.wait(PATIENCE_S)
        echo(connection)

    with face.serve(address, session, limits=wiretalk.Limits(max_message_bytes=1 << 20)) as server:
        with face.connect(web.connecting(server)) as connection:
            sent = 0
            with pytest.raises(TimedOutError) as told:
                while sent < 1000:
                    connection.send(bytes(100_000), timeout_s=0.3)
                    sent += 1
            assert told.value.wait == "send"
            assert sent < 1000
            release.set()
            total = 0
            while total < (sent + 1) * 100_000:
                total += len(connection.receive(timeout_s=PATIENCE_S))
            assert total == (sent + 1) * 100_000


def test_a_slow_session_gets_all_that_was_packed(face, web):
    """A read of some kilobytes unpacks to megabytes: it waits its turn, and none of it is lost."""

    def session(connection):
        connection.send(b"%d" % sum(map(len, connection)))

    with face.serve(web.listening, session) as server:
        with face.connect(web.connecting(server)) as connection:
            for _ in range(40):
                connection.send(bytes(1_000_000))
            connection.half_close()
            assert connection.receive(timeout_s=60) == b"40000000"


def test_opcode_text_refuses_what_is_no_text(face, web):
    with face.serve(web.listening, echo) as server:
        with face.connect(added(web.connecting(server), "opcode=text")) as connection:
            with pytest.raises(MalformedError) as told:
                connection.send(b"\xff")
            assert told.value.by == "us"
            connection.send(b"text")
            assert connection.receive(timeout_s=PATIENCE_S) == b"text"


def test_what_breaks_the_codec_is_told_here(face, web):
    told = []

    def session(connection):
        try:
            connection.receive()
        except CodecError as error:
            told.append(error)
            raise

    with face.serve(web.listening, session, codec="json") as server:
        with face.connect(web.connecting(server)) as connection:
            connection.send(b"{")
            with pytest.raises(ResetError) as ended:
                connection.receive(timeout_s=PATIENCE_S)
    assert "1007: a message of ours is not what it says to be" in str(ended.value)
    assert len(told) == 1


# plain sockets: peers that do wrong


def plain(server, sent=b""):
    host, _, port = server.addresses[0].partition("://")[2].rpartition(":")
    sock = socket.create_connection((host, int(port.partition("/")[0])), timeout=PATIENCE_S)
    sock.sendall(sent)
    return sock


def to_end(sock):
    whole = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := sock.recv(65536):
            whole += piece
    return whole


def shaken(sock):
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += sock.recv(1)
    return sock


@pytest.fixture
def ws(short_folder, authority):
    return Place("ws", short_folder, authority)


def test_a_browser_that_wants_a_page_is_told_what_this_is(face, ws):
    endings = []
    with face.serve(ws.listening, echo, on_close=lambda one: endings.append(one.ending.how)) as server:
        with plain(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as peer:
            assert to_end(peer).startswith(b"HTTP/1.1 426 Upgrade Required\r\n")
        with plain(server, b"\x16\x03\x01 what is this\n") as peer:
            assert to_end(peer).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert (server.accepted, endings) == (0, ["malformed"] * 2)


def test_a_handshake_that_takes_too_long(face, ws):
    endings = []
    limits = wiretalk.Limits(tls_handshake_timeout_s=0.1)
    with face.serve(ws.listening, echo, limits=limits, on_close=lambda one: endings.append(one.ending)) as server:
        with plain(server, b"GET / HTTP/1.1\r\nHost") as peer:
            assert to_end(peer) == b""
    assert [(ending.how, ending.wait) for ending in endings] == [("timed-out", "websocket-handshake")]


@pytest.mark.parametrize("whole", [True, False])
def test_a_server_that_never_answers(face, whole):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(TimedOutError) as told:
            if whole:
                face.connect(address, timeout_s=0.2)
            else:
                face.connect(address, limits=wiretalk.Limits(tls_handshake_timeout_s=0.2))
        assert told.value.wait == "websocket-handshake"


def test_a_peer_that_breaks_the_protocol_is_told_with_1002(face, ws):
    endings = []
    with face.serve(ws.listening, echo, on_close=lambda one: endings.append(one.ending)) as server:
        with shaken(plain(server, REQUEST)) as peer:
            peer.sendall(b"\x83\x80\0\0\0\0")
            assert to_end(peer)[:4][2:] == b"\x03\xea"
    assert [(ending.how, ending.by) for ending in endings] == [("malformed", "peer")]


def test_the_answers_owed_come_before_our_close(face, ws):
    def session(connection):
        heard = list(connection)
        connection.send(b"heard %d" % len(heard))

    with face.serve(ws.listening, session) as server:
        with shaken(plain(server, REQUEST)) as peer:
            peer.sendall(b"\x81\x81\0\0\0\0a\x81\x81\0\0\0\0b\x88\x82\0\0\0\0\x03\xe9")
            assert to_end(peer) == b"\x81\x07heard 2\x88\x02\x03\xe9"


def test_a_peer_that_has_closed_is_not_kept_waiting_by_a_session_that_goes_on(face, ws, monkeypatch):
    """A browser waits for two seconds, and hears nothing meanwhile."""
    if face.name == "blocking":
        pytest.skip("a thread that does not receive sees no close frame either")
    monkeypatch.setattr("wiretalk.layer.websocket.WS_ANSWER_S", 0.05)
    release = threading.Event()
    endings = []

    def session(connection):
        release.wait(PATIENCE_S)

    with face.serve(ws.listening, session, on_close=lambda one: endings.append(one.ending)) as server:
        with shaken(plain(server, REQUEST)) as peer:
            peer.sendall(b"\x88\x82\0\0\0\0\x03\xe9")
            assert to_end(peer) == b"\x88\x02\x03\xe9"
        release.set()
    assert [(ending.how, ending.by) for ending in endings] == [("finished", "peer")]


def test_a_peer_that_says_it_still_listens_is_answered_however_late(face, ws, monkeypatch):
    monkeypatch.setattr("wiretalk.layer.websocket.WS_ANSWER_S", 0.05)

    def session(connection):
        list(connection)
        threading.Event().wait(0.3)
        connection.send(b"late")

    with face.serve(ws.listening, session) as server:
        with face.connect(web_address(server)) as connection:
            connection.half_close()
            assert connection.receive(timeout_s=PATIENCE_S) == b"late"


def test_a_peer_that_leaves_without_a_close(face, ws):
    endings = []
    with face.serve(ws.listening, echo, on_close=lambda one: endings.append(one.ending)) as server:
        shaken(plain(server, REQUEST)).close()
    assert [(ending.how, ending.by) for ending in endings] == [("reset", "peer")]
    assert "without a WebSocket close" in endings[0].reason


def test_a_peer_that_is_silent_is_asked_and_then_dead(face, ws):
    endings = []
    with face.serve(added(ws.listening, "ping=50ms"), echo, on_close=lambda one: endings.append(one.ending)) as server:
        with shaken(plain(server, REQUEST)) as peer:
            assert to_end(peer)[:2] == b"\x89\0"
        with face.connect(web_address(server)) as alive:
            with pytest.raises(TimedOutError):
                alive.receive(timeout_s=0.4)
            alive.send(b"still here")
            assert alive.receive(timeout_s=PATIENCE_S) == b"still here"
    assert [(ending.how, ending.wait) for ending in endings] == [("timed-out", "heartbeat"), ("finished", "")]


def web_address(server):
    return server.addresses[0]


def test_a_peer_that_never_answers_our_close_is_left_in_time(face, ws, monkeypatch):
    for module in ("wiretalk.layer.websocket", "wiretalk.blocking.wschannel", "wiretalk.blocking.channel"):
        monkeypatch.setattr(f"{module}.CLOSE_TIMEOUT_S", 0.2)
    endings = []

    def session(connection):
        connection.send(b"bye")

    with face.serve(ws.listening, session, on_close=lambda one: endings.append(one.ending)) as server:
        with shaken(plain(server, REQUEST)) as peer:
            assert to_end(peer) == b"\x81\x03bye\x88\x02\x03\xe8"
    assert [(ending.how, ending.wait) for ending in endings] == [("timed-out", "close")]


def test_a_peer_that_leaves_when_it_is_told_to(face, ws):
    """It has gone without its own close frame, and had been told all: no fault of anybody."""
    endings = []

    def session(connection):
        connection.send(b"bye")

    with face.serve(ws.listening, session, on_close=lambda one: endings.append(one.ending)) as server:
        with shaken(plain(server, REQUEST)) as peer:
            said = b""
            while len(said) < 9:
                said += peer.recv(9 - len(said))
            assert said == b"\x81\x03bye\x88\x02\x03\xe8"
    assert [(ending.how, ending.by) for ending in endings] == [("finished", "us")]


def test_a_flood_of_pings_that_nobody_reads_costs_no_memory(face, ws):
    """A peer that sends and never reads is not answered without bound: what waits for it stays bounded."""
    seen = []
    with face.serve(ws.listening, echo, limits=wiretalk.Limits(drain_s=0.05)) as server:
        with shaken(plain(server, REQUEST)) as peer:
            peer.settimeout(1)
            ping = (b"\x89\xfd\0\0\0\0" + bytes(125)) * 500
            with contextlib.suppress(TimeoutError):
                for _ in range(400):
                    peer.sendall(ping)
                    seen.extend(one.unsent_bytes for one in list(server.connections))
            assert seen
            assert max(seen) < 2_000_000
