"""WebSocket without a socket: what is fed, what comes out, and what each fault is called; every byte a piece too.

The frames are made here, by hand, so that they may be wrong. Source: RFC 6455, RFC 7692, and what the Autobahn suite
asks about (its cases' numbers stand beside).
"""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib

import pytest

from wiretalk.address import parse
from wiretalk.errors import LimitError, MalformedError, MissingPackageError, RefusedError, ResetError, TruncatedError
from wiretalk.layer.wsengine import CLOSES, WebSocketEngine
from wiretalk.limits import WS_HANDSHAKE_BYTES

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MASK = b"\x11\x22\x33\x44"
KEY = base64.b64encode(bytes(range(16))).decode()
ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(opcode, data=b"", *, fin=True, rsv=0, mask=True, length=None):
    """Return a frame as a client sends it (masked), or a server."""
    length = len(data) if length is None else length
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    bit = 0x80 if mask else 0
    if length < 126:
        head += bytes([bit | length])
    elif length < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", length)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", length)
    if not mask:
        return head + data
    return head + MASK + bytes(byte ^ MASK[index % 4] for index, byte in enumerate(data))


def close(code=1000, reason=b"", **how):
    return frame(CLOSE, struct.pack(">H", code) + reason, **how)


def frames(wire):
    """Read unmasked frames, those of a server: (opcode, data) of each."""
    read = []
    while wire:
        length, at = wire[1] & 0x7F, 2
        if length == 126:
            (length,), at = struct.unpack(">H", wire[2:4]), 4
        elif length == 127:
            (length,), at = struct.unpack(">Q", wire[2:10]), 10
        mask = b""
        if wire[1] & 0x80:
            mask, at = wire[at : at + 4], at + 4
        data = wire[at : at + length]
        if mask:
            data = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        read.append((wire[0] & 15, data))
        wire = wire[at + length :]
    return read


def request(path="/", *headers, **changes):
    fields = {
        "Host": "here",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items() if value), *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def engine(address="ws://:80?compress=0", *, accepted=True, maximum=1 << 20, textual=True):
    return WebSocketEngine(parse(address), "them", accepted=accepted, max_message_bytes=maximum, textual=textual)


def server(address="ws://:80?compress=0", asked=None, **how):
    """Return a server's engine after its handshake."""
    made = engine(address, **how)
    made.start()
    assert made.feed(asked or request()) == []
    assert made.outgoing().startswith(b"HTTP/1.1 101 ")
    assert made.handshaken
    return made


def client(address="ws://there:80?compress=0", *headers, **how):
    """Return a client's engine after its handshake."""
    made = engine(address, accepted=False, **how)
    made.start()
    made.feed(accepting(made.outgoing(), *headers))
    assert made.fault is None
    assert made.handshaken
    return made


def accepting(asked, *headers):
    key = next(line for line in asked.decode().split("\r\n") if line.startswith("Sec-WebSocket-Key")).split(": ")[1]
    accept = base64.b64encode(hashlib.sha1((key + ACCEPT).encode()).digest()).decode()
    fields = ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}", *headers]
    return "\r\n".join(["HTTP/1.1 101 Switching Protocols", *fields, "", ""]).encode()


def told(made, wire):
    """Feed at once, and byte by byte to its twin; return the messages, after seeing that both say the same."""
    twin = server(maximum=made._max)
    whole = made.feed(wire)
    bytewise = [message for byte in wire for message in twin.feed(bytes([byte]))]
    assert whole == bytewise
    assert (type(made.fault), str(made.fault)) == (type(twin.fault), str(twin.fault))
    assert made.peer_finished == twin.peer_finished
    assert made.outgoing() == twin.outgoing() or made.fault is None
    return whole


# messages


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65535, 65536, 65537])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_message_of_any_length(opcode, size):
    """Autobahn 1.1 and 1.2."""
    made = server()
    assert made.feed(frame(opcode, b"x" * size)) == [b"x" * size]
    made.send(b"y" * size)
    assert frames(made.outgoing()) == [(TEXT, b"y" * size)]


@pytest.mark.parametrize("message", [b"", b"ascii", b"\0\xff"])
@pytest.mark.parametrize("pieces", [1, 2])
def test_binary_that_is_sent_on_as_it_is_stays_binary(message, pieces):
    """Autobahn 1.2.1: an echo, and a relay, say it as it was said."""
    made = server()
    wire = frame(BINARY, message) if pieces == 1 else frame(BINARY, fin=False) + frame(CONT, message)
    (heard,) = made.feed(wire)
    assert heard == message
    made.send(heard)
    made.send(b"words of our own")
    assert frames(made.outgoing()) == [(BINARY, message), (TEXT, b"words of our own")]
    (heard,) = made.feed(frame(TEXT, fin=False) + frame(CONT, b"text"))
    made.send(heard)
    assert frames(made.outgoing()) == [(TEXT, b"text")]


def test_a_close_within_a_message_is_answered_as_a_close():
    """Autobahn 7.1.5: the message is cut off, and the close is a good one all the same."""
    made = server()
    assert made.feed(frame(TEXT, b"half", fin=False) + close() + frame(CONT, b" more")) == []
    assert isinstance(made.fault, TruncatedError)
    assert made.fault.rest == b"half"
    assert frames(made.outgoing()) == [(CLOSE, struct.pack(">H", 1000))]


def test_messages_split_at_every_byte():
    wire = frame(TEXT, "grüße".encode()) + frame(BINARY, b"\0\xff") + frame(TEXT) + frame(TEXT, b"x" * 300)
    assert told(server(), wire) == ["grüße".encode(), b"\0\xff", b"", b"x" * 300]


def test_fragments_make_one_message():
    """Autobahn 5.6: control frames may stand between them."""
    wire = (
        frame(TEXT, b"one, ", fin=False)
        + frame(PING, b"there?")
        + frame(CONT, b"two, ", fin=False)
        + frame(PONG)
        + frame(CONT, fin=False)
        + frame(CONT, b"three")
        + frame(BINARY, b"next")
    )
    made = server()
    assert made.feed(wire) == [b"one, two, three", b"next"]
    assert frames(made.outgoing()) == [(PONG, b"there?")]
    assert told(server(), wire) == [b"one, two, three", b"next"]


@pytest.mark.parametrize(
    ("what", "wire"),
    [
        ("5.3: a continuation of nothing", frame(CONT, b"x")),
        ("5.9: the same, not the last", frame(CONT, b"x", fin=False)),
        ("5.18: a message within a message", frame(TEXT, b"x", fin=False) + frame(TEXT, b"y")),
        ("5.1: a ping in fragments", frame(PING, b"x", fin=False)),
        ("2.5: a ping of 126 bytes", frame(PING, b"x" * 126)),
        ("3.2: reserved bit 1", frame(TEXT, b"x", rsv=4)),
        ("3.3: reserved bit 2", frame(TEXT, b"x", rsv=2)),
        ("3.4: reserved bit 3", frame(TEXT, b"x", rsv=1)),
        ("3.5: of a ping", frame(PING, b"x", rsv=7)),
        ("4.1: opcode 3", frame(3)),
        ("4.1: opcode 7", frame(7, b"x")),
        ("4.2: opcode 11", frame(11)),
        ("4.2: opcode 15", frame(15, b"x")),
        ("a client that does not mask", frame(TEXT, b"x", mask=False)),
        ("7.3.2: a close of one byte", frame(CLOSE, b"\x03")),
        ("7.3.6: a close of 126 bytes", close(1000, b"x" * 124)),
        *(
            (f"7.9: close code {code}", close(code))
            for code in (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000)
        ),
    ],
)
def test_what_breaks_the_protocol_is_told_with_1002(what, wire):
    made = server()
    assert told(made, frame(TEXT, b"before") + wire) == [b"before"], what
    assert isinstance(made.fault, MalformedError)
    assert "breaks the WebSocket protocol" in str(made.fault)
    twin = server()
    twin.feed(wire + frame(TEXT, b"after"))
    assert [(opcode, data[:2]) for opcode, data in frames(twin.outgoing())] == [(CLOSE, b"\x03\xea")]
    assert twin.feed(frame(TEXT, b"later")) == []


@pytest.mark.parametrize(
    "text",
    [
        b"\xc3",  # 6.4: ends within a character
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",  # 6.3: a surrogate
        b"\xf4\x90\x80\x80",  # 6.22: above U+10FFFF
        b"\xc0\xaf",  # overlong
        b"\xff",
    ],
)
def test_text_that_is_no_utf8_is_told_with_1007(text):
    made = server()
    told(made, frame(TEXT, text))
    assert isinstance(made.fault, MalformedError)
    assert "no UTF-8" in str(made.fault)
    for at in range(len(text) + 1):
        twin = server()
        assert twin.feed(frame(TEXT, text[:at], fin=False) + frame(PING) + frame(CONT, text[at:])) == []
        assert str(twin.fault) == str(made.fault)
        assert frames(twin.outgoing())[-1][1][:2] == b"\x03\xef"
    assert server().feed(frame(BINARY, text)) == [text]


def test_a_fault_in_text_is_seen_before_the_message_is_whole():
    """Autobahn 6.4.1."""
    made = server()
    made.feed(frame(TEXT, b"\xce\xba\xf4\x90", fin=False))
    assert isinstance(made.fault, MalformedError)


@pytest.mark.parametrize("at", range(1, len("κόσμε".encode())))
def test_a_character_may_be_cut_between_fragments(at):
    """Autobahn 6.2."""
    text = "κόσμε".encode()
    assert server().feed(frame(TEXT, text[:at], fin=False) + frame(CONT, text[at:])) == [text]


# limits


def test_a_message_as_long_as_the_limit_passes_with_pings_between():
    made = server(maximum=10)
    wire = frame(TEXT, b"12345", fin=False) + frame(PING, b"p" * 125) + frame(CONT, b"67890", fin=False)
    assert made.feed(wire + frame(PING, b"q" * 125) + frame(CONT)) == [b"1234567890"]
    assert frames(made.outgoing()) == [(PONG, b"p" * 125), (PONG, b"q" * 125)]


@pytest.mark.parametrize(
    "wire",
    [
        frame(TEXT, b"x" * 11),
        frame(BINARY, b"x" * 11),
        frame(TEXT, b"x" * 10, fin=False) + frame(CONT, b"x"),
        frame(BINARY, b"x" * 6, fin=False) + frame(CONT, b"x" * 5, fin=False),
        frame(BINARY, b"x" * 4, fin=False) + frame(CONT, b"x" * 200),
        frame(BINARY, b"", length=1 << 40),
    ],
)
def test_a_message_over_the_limit_is_told_with_1009(wire):
    made = server(maximum=10)
    assert told(made, frame(TEXT, b"0123456789") + wire) == [b"0123456789"]
    assert isinstance(made.fault, LimitError)
    assert (made.fault.limit, made.fault.value, made.fault.by) == ("max_message_bytes", 10, "peer")
    twin = server(maximum=10)
    twin.feed(wire)
    assert [(opcode, data[:2]) for opcode, data in frames(twin.outgoing())] == [(CLOSE, b"\x03\xf1")]


def test_pings_of_a_peer_that_does_not_read_are_answered_once_there_is_room():
    made = server()
    made.congested(congested=True)
    made.feed(frame(PING, b"1") + frame(PING, b"2"))
    assert made.outgoing() == b""
    made.congested(congested=False)
    assert frames(made.outgoing()) == [(PONG, b"2")]
    assert made.outgoing() == b""


# the end


def test_the_peers_close_is_the_end_of_its_input_and_we_may_go_on():
    made = server()
    assert told(made, frame(TEXT, b"last") + close(1000, b"bye") + frame(TEXT, b"nobody hears")) == [b"last"]
    assert (made.peer_finished, made.open, made.closed, made.fault) == (True, True, False, None)
    made.send(b"answer")
    assert frames(made.outgoing()) == [(TEXT, b"answer")]
    made.feed_eof()
    assert made.fault is None
    made.close()
    assert frames(made.outgoing()) == [(CLOSE, b"\x03\xe8bye")]
    assert (made.open, made.closed) == (False, True)
    made.send(b"too late")
    made.close()
    made.ping()
    assert made.outgoing() == b""


@pytest.mark.parametrize("wire", [frame(CLOSE), close(1000), close(1001, b"the tab is closed")])
def test_a_good_close(wire):
    made = server()
    told(made, wire)
    assert (made.peer_finished, made.fault) == (True, None)
    made.close()
    assert frames(made.outgoing())[0][0] == CLOSE


@pytest.mark.parametrize("code", [1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999])
def test_any_other_close_is_a_reset_that_says_why(code):
    """Autobahn 7.7: all of them are right, and answered."""
    made = server()
    told(made, close(code, b"sorry\x1b[2J"))
    assert isinstance(made.fault, ResetError)
    assert str(made.fault).startswith(f"them: reset by the peer (WebSocket close {code}: {CLOSES.get(code, 'sorry')}")
    assert "\x1b" not in str(made.fault)
    twin = server()
    twin.feed(close(code))
    assert frames(twin.outgoing()) == [(CLOSE, struct.pack(">H", code))]


def test_a_close_with_a_reason_that_is_no_utf8():
    """Autobahn 7.5.1."""
    made = server()
    made.feed(close(1000, b"\xff"))
    assert isinstance(made.fault, MalformedError)
    assert frames(made.outgoing())[0][1][:2] == b"\x03\xef"


@pytest.mark.parametrize(("leaving", "code"), [("", 1000), ("stopping", 1001), ("codec", 1007), ("failed", 1011)])
def test_our_own_close_says_why(leaving, code):
    made = server()
    made.close(leaving)
    assert frames(made.outgoing()) == [(CLOSE, struct.pack(">H", code))]
    assert (made.open, made.closed) == (False, False)
    assert made.feed(frame(TEXT, b"still heard") + close(code)) == [b"still heard"]
    assert made.closed


def test_an_end_without_a_close_is_a_reset():
    made = server()
    assert made.feed(frame(TEXT, b"hello")) == [b"hello"]
    made.feed_eof()
    assert isinstance(made.fault, ResetError)
    assert "without a WebSocket close (1006)" in str(made.fault)
    made.feed_eof()


def test_an_end_within_a_message_is_told_with_what_there_was():
    made = server()
    made.feed(frame(TEXT, b"half", fin=False))
    made.feed_eof()
    assert isinstance(made.fault, TruncatedError)
    assert (made.fault.have_bytes, made.fault.rest) == (4, b"half")
    other = server()
    other.feed(frame(TEXT, b"half", fin=False) + close())
    assert isinstance(other.fault, TruncatedError)


def test_a_ping_of_ours():
    made = server()
    made.ping()
    assert frames(made.outgoing()) == [(PING, b"")]
    assert made.feed(frame(PONG)) == []


# text or binary


@pytest.mark.parametrize(
    ("address", "textual", "message", "opcode"),
    [
        ("ws://:80?compress=0", True, "grüße".encode(), TEXT),
        ("ws://:80?compress=0", True, b"\xff", BINARY),
        ("ws://:80?compress=0", False, b"abc", BINARY),
        ("ws://:80?compress=0&opcode=text", False, b"abc", TEXT),
        ("ws://:80?compress=0&opcode=binary", True, b"abc", BINARY),
        ("ws://:80?compress=0&opcode=auto", False, b"abc", TEXT),
    ],
)
def test_what_a_message_is_sent_as(address, textual, message, opcode):
    made = server(address, textual=textual)
    made.send(message)
    assert frames(made.outgoing()) == [(opcode, message)]


# compression


DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate"


def deflated(data):
    packer = zlib.compressobj(wbits=-15)
    return (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def test_compressed_messages():
    made = server("ws://:80", request("/", DEFLATE))
    assert made.facts.compressed
    assert made.feed(frame(TEXT, deflated(b"hello " * 100), rsv=4)) == [b"hello " * 100]
    made.send(b"hello " * 100)
    wire = made.outgoing()
    assert len(wire) < 100
    assert wire[0] == 0xC1


def test_compression_only_where_both_want_it():
    assert not server("ws://:80").facts.compressed
    assert not server("ws://:80?compress=0", request("/", DEFLATE)).facts.compressed


@pytest.mark.parametrize("fragments", [1, 3])
def test_a_bomb_is_told_before_it_is_unpacked(fragments):
    made = server("ws://:80", request("/", DEFLATE), maximum=1000)
    bomb = deflated(b"\0" * 50_000_000)
    step = len(bomb) // fragments + 1
    cut = [bomb[at : at + step] for at in range(0, len(bomb), step)]
    for index, piece in enumerate(cut):
        last = index == len(cut) - 1
        made.feed(frame(CONT if index else BINARY, piece, rsv=0 if index else 4, fin=last))
    assert isinstance(made.fault, LimitError)
    assert frames(made.outgoing())[0][1][:2] == b"\x03\xf1"


def test_a_compressed_message_of_the_limit_passes_and_one_more_byte_does_not():
    for size, passes in ((100_000, True), (100_001, False)):
        made = server("ws://:80", request("/", DEFLATE), maximum=100_000)
        assert made.feed(frame(BINARY, deflated(b"\0" * size), rsv=4)) == ([b"\0" * size] if passes else [])
        assert isinstance(made.fault, LimitError) is not passes


def test_what_may_unpack_is_fed_in_pieces():
    plain, packed = server(), server("ws://:80", request("/", DEFLATE))
    data = bytes(10_000)
    assert list(plain.pieces(data)) == [data]
    assert list(packed.pieces(data)) == [data[:4096], data[4096:8192], data[8192:]]
    assert list(packed.pieces(b"x")) == [b"x"]


def test_what_is_no_deflate_breaks_the_protocol():
    made = server("ws://:80", request("/", DEFLATE))
    made.feed(frame(BINARY, b"\xff" * 20, rsv=4))
    assert isinstance(made.fault, MalformedError)


# the handshake, as a server


def refused(address, asked):
    made = engine(address)
    made.start()
    assert made.feed(asked) == []
    answer = made.outgoing()
    bytewise = engine(address)
    for byte in asked:
        bytewise.feed(bytes([byte]))
    assert str(bytewise.fault) == str(made.fault)
    return made, answer.decode()


def test_a_handshake_split_at_every_byte():
    for at in range(1, len(request())):
        made = engine()
        made.feed(request()[:at])
        assert made.outgoing() == b""
        assert made.feed(request()[at:] + frame(TEXT, b"at once")) == [b"at once"]
        assert f"Sec-WebSocket-Accept: {accept_of(KEY)}".encode() in made.outgoing()


def accept_of(key):
    return base64.b64encode(hashlib.sha1((key + ACCEPT).encode()).digest()).decode()


def test_a_path_that_is_not_there():
    made, answer = refused("ws://:80/chat", request("/other?x=1"))
    assert answer.startswith("HTTP/1.1 404 ")
    assert "only at /chat" in answer
    assert isinstance(made.fault, RefusedError)
    assert (made.fault.by, made.fault.reason) == ("us", "it wants '/other?x=1', which is not here (404)")


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("ws://:80", "/anything/at?all"),
        ("ws://:80/chat", "/chat"),
        ("ws://:80/chat", "/chat?room=1&x"),
        ("ws://:80/a b", "/a%20b"),
        ("ws://:80/grüße", "/gr%C3%BC%C3%9Fe"),
    ],
)
def test_a_path_that_is_there(address, path):
    assert server(f"{address}?compress=0", request(path)).facts.path == path


def test_pages_of_other_origins_are_refused():
    address = "ws://:80?origin=https://good.example,http://localhost:8000"
    assert server(address, request(Origin="http://localhost:8000")).facts.origin == "http://localhost:8000"
    for origin, said in (
        ("https://bad.example", "its Origin is 'https://bad.example', which is not let in (403)"),
        (None, "it names no Origin, and who names none is not let in (403)"),
    ):
        made, answer = refused(address, request(Origin=origin))
        assert answer.startswith("HTTP/1.1 403 ")
        assert (made.fault.how, made.fault.by) == ("refused", "us")
        assert made.fault.reason == said


def test_plain_http_is_told_what_this_is():
    made, answer = refused("ws://:80", request(Upgrade=None, Connection="keep-alive"))
    assert answer.startswith("HTTP/1.1 426 ")
    assert "\r\nUpgrade: websocket\r\n" in answer
    assert "new WebSocket(" in answer
    assert isinstance(made.fault, MalformedError)
    assert "plain HTTP" in str(made.fault)


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        (request(Sec_WebSocket_Key=None), 400, "missing Sec-WebSocket-Key"),
        (request(Sec_WebSocket_Key="x"), 400, "invalid Sec-WebSocket-Key"),
        (request(Sec_WebSocket_Version="8"), 400, "invalid Sec-WebSocket-Version"),
        (request().replace(b"GET", b"POST"), 40, ""),
        (request().replace(b"HTTP/1.1", b"HTTP/1.0"), "", ""),
        (b"hello\r\n\r\n", 400, "invalid HTTP request line"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 400, ""),
        (request("/", "Content-Length: 10"), 400, "body"),
        (request("/", "no colon"), 400, "invalid HTTP header line"),
        (request("/", "\x1b[2J: x"), 400, "invalid HTTP header name"),
    ],
)
def test_what_is_no_handshake(asked, status, said):
    made, answer = refused("ws://:80", asked)
    assert answer.startswith(f"HTTP/1.1 {status}")
    assert isinstance(made.fault, MalformedError)
    assert said in str(made.fault)
    assert str(made.fault).isprintable()


@pytest.mark.parametrize(
    "endless",
    [
        request()[:-2] + b"X-Long: " + b"x" * 100_000,
        request()[:-2] + b"X: y\r\n" * 30_000,
        b"GET /" + b"x" * 100_000,
        b"x" * 100_000,
    ],
)
def test_headers_without_end_are_refused(endless):
    made = engine()
    for at in range(0, len(endless), 1000):
        assert made.feed(endless[at : at + 1000]) == []
        if made.fault is not None:
            break
    assert at <= WS_HANDSHAKE_BYTES
    assert isinstance(made.fault, (LimitError, MalformedError))
    assert made.outgoing()[:10] == b"HTTP/1.1 4"


def test_many_short_headers_are_bounded_in_bytes():
    made = engine()
    line = b"X: " + b"y" * 8000 + b"\r\n"
    made.feed(request()[:-2])
    for _ in range(9):
        made.feed(line)
    assert isinstance(made.fault, LimitError)
    assert made.fault.limit == "WS_HANDSHAKE_BYTES"
    assert made.outgoing().startswith(b"HTTP/1.1 431 ")


def test_a_client_that_leaves_in_the_midst_of_it():
    made = engine()
    made.feed(request()[:50])
    made.feed_eof()
    assert isinstance(made.fault, ResetError)
    assert "it left during the WebSocket handshake" in str(made.fault)


# the handshake, as a client


@pytest.mark.parametrize(
    ("address", "line", "host"),
    [
        ("ws://pi.local/chat", "GET /chat HTTP/1.1", "pi.local"),
        ("ws://pi.local:8080", "GET / HTTP/1.1", "pi.local:8080"),
        ("wss://pi.local", "GET / HTTP/1.1", "pi.local"),
        ("wss://pi.local:80", "GET / HTTP/1.1", "pi.local:80"),
        ("ws://[::1]:8080/", "GET / HTTP/1.1", "[::1]:8080"),
        ("ws://[fe80::1%eth0]/", "GET / HTTP/1.1", "[fe80::1]"),
        ("ws://:8080/", "GET / HTTP/1.1", "localhost:8080"),
        ("ws://bücher.example/a b", "GET /a%20b HTTP/1.1", "xn--bcher-kva.example"),
        ("ws://h/chat%3Froom=1&who=ö", "GET /chat?room=1&who=%C3%B6 HTTP/1.1", "h"),
        ("ws://h/100%25?opcode=text", "GET /100%25 HTTP/1.1", "h"),
    ],
)
def test_what_a_client_asks_for(address, line, host):
    made = engine(address, accepted=False)
    made.start()
    asked = made.outgoing().decode()
    assert asked.startswith(line + "\r\n")
    assert f"\r\nHost: {host}\r\n" in asked


def test_what_a_client_offers():
    made = engine("ws://h?subprotocol=a,b&origin=https://page.example", accepted=False)
    made.start()
    asked = made.outgoing().decode()
    for header in ("Sec-WebSocket-Protocol: a, b", "Origin: https://page.example", "permessage-deflate"):
        assert header in asked
    silent = engine("ws://h?compress=0", accepted=False)
    silent.start()
    assert "permessage-deflate" not in silent.outgoing().decode()


def test_a_subprotocol_that_is_agreed_on_is_a_fact():
    made = server("ws://:80?subprotocol=b,c&compress=0", request("/x?y", Sec_WebSocket_Protocol="a, b, c"))
    assert made.facts.subprotocol == "b"
    assert str(made.facts) == "WebSocket /x?y, subprotocol b"
    assert made.facts.as_dict() == {"path": "/x?y", "subprotocol": "b", "origin": "", "compressed": False}
    other = client("ws://h/x?subprotocol=b,c&origin=null", "Sec-WebSocket-Protocol: c")
    assert str(other.facts) == "WebSocket /x, subprotocol c, from null"
    assert eval(repr(other.facts), {"WebSocketFacts": type(other.facts)}) == other.facts
    assert len({other.facts, made.facts}) == 2


@pytest.mark.parametrize("offered", [None, "x", "x, y"])
def test_a_client_without_a_subprotocol_of_ours_is_refused(offered):
    made, answer = refused("ws://:80?subprotocol=a", request(Sec_WebSocket_Protocol=offered))
    assert answer.startswith("HTTP/1.1 400 ")
    assert "subprotocol" in str(made.fault)


def answered(answer, address="ws://h/chat?compress=0"):
    made = engine(address, accepted=False)
    made.start()
    made.outgoing()
    made.feed(answer)
    if made.fault is None:
        made.feed_eof()
    return made.fault


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", "answers 404 to /chat; look at the path"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\nno, until the end", "answers 403 to /chat; it may want an origin="),
        (b"HTTP/1.1 301 Moved\r\nLocation: wss://h/x\r\nContent-Length: 0\r\n\r\n", "answers 301 to /chat; it is at"),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "answers 500 to /chat"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "answers 200"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "no WebSocket there: did not receive a valid HTTP response"),
        (b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n", "Accept"),
        (b"", "during the WebSocket handshake; does it speak WebSocket?"),
        (b"HTTP/1.1 101 Yes\r\nUpgr", "during the WebSocket handshake"),
    ],
)
def test_a_server_that_does_not_want(answer, said):
    fault = answered(answer)
    assert isinstance(fault, RefusedError)
    assert said in str(fault)


def test_an_answer_without_an_end():
    made = engine("ws://h", accepted=False)
    made.start()
    made.feed(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(WS_HANDSHAKE_BYTES // 1000 + 1):
        made.feed(b"x" * 1000)
    assert isinstance(made.fault, RefusedError)
    assert "WS_HANDSHAKE_BYTES" in str(made.fault)


def test_a_server_that_agrees_to_what_nobody_offered():
    made = engine("ws://h?compress=0", accepted=False)
    made.start()
    made.feed(accepting(made.outgoing(), DEFLATE))
    assert isinstance(made.fault, RefusedError)
    assert "no extensions" in str(made.fault)


def test_a_server_that_masks_breaks_the_protocol():
    made = client()
    made.feed(frame(TEXT, b"x"))
    assert isinstance(made.fault, MalformedError)


def test_two_engines_back_to_back():
    here, there = engine("ws://h?subprotocol=x", accepted=False), engine("ws://:80?subprotocol=x")
    here.start()
    there.start()
    there.feed(here.outgoing())
    here.feed(there.outgoing())
    assert here.facts.subprotocol == there.facts.subprotocol == "x"
    assert here.facts.compressed
    assert there.facts.compressed
    for message in (b"", b"x" * 70_000, b"\xff\xfe", "κόσμε".encode()):
        here.send(message)
        assert there.feed(here.outgoing()) == [message]
        there.send(message)
        assert here.feed(there.outgoing()) == [message]
    here.close()
    there.feed(here.outgoing())
    there.close()
    here.feed(there.outgoing())
    assert here.closed
    assert there.closed


def test_without_the_package_the_command_is_told(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "wiretalk.layer.wsprotocol", None)
    monkeypatch.delattr("wiretalk.layer.wsprotocol", raising=False)
    with pytest.raises(MissingPackageError) as error:
        engine()
    assert "pip install 'wiretalk[ws]'" in str(error.value)
