"""Conversations over TLS, without a socket: feed this, expect that."""

from __future__ import annotations

import os
import ssl

import pytest

from wiretalk.address import parse
from wiretalk.errors import ClosedError, MalformedError, RefusedError, ResetError
from wiretalk.transport.tls import TlsEngine, client_context, server_context
from wiretalk.transport.tls.engine import PIECE_BYTES


@pytest.fixture
def client():
    engine = TlsEngine(client_context(parse("tls://localhost:443?insecure")), "tls://server")
    engine.start()
    return engine


@pytest.fixture
def server(files):
    engine = TlsEngine(server_context(parse(f"tls://:443?cert={files.server}")), "tls://client")
    engine.start()
    return engine


def test_a_client_speaks_first_and_a_server_waits(client, server):
    assert client.outgoing()[:2] == b"\x16\x03"
    assert client.outgoing() == b""
    assert server.outgoing() == b""
    assert not client.handshaken
    assert client.facts is None


def test_a_conversation(talking):
    talking.client.write(b"hello")
    talking.run()
    talking.server.write(b"hello yourself")
    talking.server.half_close()
    talking.run()
    assert talking.heard == {talking.client: b"hello yourself", talking.server: b"hello"}
    assert talking.client.peer_finished
    assert not talking.server.peer_finished
    assert not talking.faults


def test_the_facts_of_both_ends(files, wired, version):
    both = f"tls_max={version}&alpn=chat"
    wire = wired(f"cert={files.server}&ca={files.ca}&{both}", f"cert={files.alice}&ca={files.ca}&{both}").run()
    client, server = wire.client.facts, wire.server.facts
    assert client.version == server.version == f"TLSv{version}"
    assert client.cipher == server.cipher != ""
    assert client.bits == server.bits >= 128
    assert client.alpn == server.alpn == "chat"
    assert client.sni == server.sni == "localhost"
    assert "CN=pi" in client.peer_subject
    assert "CN=Alice" in server.peer_subject
    assert client.peer_fingerprint == server_context(parse(f"tls://:1?cert={files.server}")).fingerprint
    assert not client.insecure
    assert not client.session_reused
    assert wire.client.facts is client


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_ip_address_is_checked_but_not_sent_as_a_name(wired, host):
    wire = wired(host=host).run()
    assert wire.client.handshaken
    assert wire.client.facts.sni == wire.server.facts.sni == ""


def test_a_client_without_a_certificate_has_no_subject(wired):
    facts = wired().run().server.facts
    assert (facts.peer_subject, facts.peer_fingerprint) == ("", "")


def test_sni_names_the_host_in_place_of_the_address(files, wired):
    wire = wired(client=f"ca={files.ca}&sni=localhost", host="pi.example").run()
    assert wire.server.facts.sni == "localhost"


def test_byte_by_byte(files, wired, version):
    wire = wired(f"cert={files.server}&tls_max={version}").run(piece_bytes=1)
    wire.client.write(b"hello")
    wire.run(piece_bytes=1)
    wire.server.write(b"bye")
    wire.server.half_close()
    wire.client.half_close()
    wire.run(piece_bytes=1)
    assert wire.heard == {wire.client: b"bye", wire.server: b"hello"}
    assert wire.client.peer_finished
    assert wire.server.peer_finished


def test_every_split_of_data_and_end(files, wired, version):
    length = None
    at = 0
    while length is None or at <= length:
        wire = wired(f"cert={files.server}&tls_max={version}").run()
        wire.client.write(b"one")
        wire.client.write(b"two")
        wire.client.half_close()
        ciphertext = wire.client.outgoing()
        length = len(ciphertext)
        heard = wire.server.feed(ciphertext[:at])
        assert b"onetwo".startswith(heard)
        assert wire.server.peer_finished == (at == length)
        assert heard + wire.server.feed(ciphertext[at:]) == b"onetwo"
        assert wire.server.peer_finished
        at += 7


def test_every_split_of_a_clients_hello(files, client):
    hello = client.outgoing()
    context = server_context(parse(f"tls://:443?cert={files.server}&alpn=chat"))
    for at in range(len(hello)):
        server = TlsEngine(context, "tls://client")
        assert server.feed(hello[:at]) == b""
        assert server.outgoing() == b""
        assert server.feed(hello[at:]) == b""
        assert server.outgoing() != b""


@pytest.mark.parametrize(
    "size",
    [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 300_000],
)
def test_a_write_of_any_size_goes_out_whole(talking, size):
    plaintext = bytes(range(256)) * (size // 256) + bytes(range(size % 256))
    talking.client.write(plaintext)
    talking.client.write(memoryview(b"!"))
    talking.run(piece_bytes=65536)
    assert talking.heard[talking.server] == plaintext + b"!"


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="only Linux tells a process its memory here")
def test_what_has_passed_is_not_kept(wired):
    def memory_bytes():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def pass_much(wire):
        wire.client.write(bytes(4 << 20))
        ciphertext = wire.client.outgoing()
        for at in range(0, len(ciphertext), 65536):
            wire.server.feed(ciphertext[at : at + 65536])

    pass_much(wired().run())  # what the allocator keeps for next time is no one connection's
    wires = [wired().run() for _ in range(20)]
    before = memory_bytes()
    for wire in wires:
        pass_much(wire)
    assert memory_bytes() - before < len(wires) * (1 << 20)


def test_data_right_behind_the_handshake_is_given_at_once(files, wired, version):
    wire = wired(f"cert={files.server}&tls_max={version}")
    wire.server.feed(wire.client.outgoing())
    wire.client.feed(wire.server.outgoing())
    if version == "1.2":  # the server has the last word of the handshake, the client in 1.3
        wire.server.feed(wire.client.outgoing())
        wire.server.write(b"welcome")
        assert wire.client.feed(wire.server.outgoing()) == b"welcome"
    else:
        wire.client.write(b"hello")
        assert wire.server.feed(wire.client.outgoing()) == b"hello"


def test_a_server_says_nothing_that_a_client_may_leave_unread(files, wired):
    # Tickets of TLS 1.3: a client that sends, never reads and closes would reset the connection over them.
    wire = wired(f"cert={files.server}&tls_min=1.3")
    wire.server.feed(wire.client.outgoing())
    wire.client.feed(wire.server.outgoing())
    wire.server.feed(wire.client.outgoing())
    assert wire.server.handshaken
    assert wire.server.outgoing() == b""


# ends


def test_after_our_half_close_the_peer_may_go_on(talking):
    talking.client.half_close()
    talking.run()
    assert talking.server.peer_finished
    for _ in range(3):
        talking.server.write(b"x" * 50_000)
        talking.run(piece_bytes=777)
    assert talking.heard[talking.client] == b"x" * 150_000
    assert not talking.client.peer_finished
    talking.server.half_close()
    talking.run()
    assert talking.client.peer_finished
    talking.client.feed_eof()
    talking.server.feed_eof()


def test_data_on_its_way_while_we_half_close_arrives(talking):
    talking.server.write(b"on its way")
    talking.client.half_close()
    talking.run()
    assert talking.heard[talking.client] == b"on its way"
    assert not talking.faults


def test_half_a_record_in_hand_while_we_half_close(talking):
    talking.server.write(b"on its way")
    ciphertext = talking.server.outgoing()
    assert talking.client.feed(ciphertext[:9]) == b""
    talking.client.half_close()
    assert talking.client.feed(ciphertext[9:]) == b"on its way"
    talking.run()
    assert talking.server.peer_finished


def test_both_half_close_at_once(talking):
    talking.client.half_close()
    talking.server.half_close()
    talking.run()
    assert talking.client.peer_finished
    assert talking.server.peer_finished


def test_the_second_half_close_sends_nothing(talking):
    talking.client.half_close()
    assert talking.client.outgoing() != b""
    talking.client.half_close()
    assert talking.client.outgoing() == b""


def test_half_close_before_the_handshake_sends_nothing(client):
    client.outgoing()
    client.half_close()
    assert client.outgoing() == b""


def test_nothing_is_written_after_half_close(talking):
    talking.client.half_close()
    with pytest.raises(ClosedError) as caught:
        talking.client.write(b"more")
    assert str(caught.value) == "tls://server: closed by us"


def test_nothing_is_written_before_the_handshake(client):
    with pytest.raises(RuntimeError, match="before the TLS handshake"):
        client.write(b"too early")


def test_what_comes_after_the_end_is_ignored(talking):
    talking.client.half_close()
    talking.run()
    assert talking.server.feed(b"garbage" * 1000) == b""


def test_an_end_without_close_notify_may_be_an_attack(talking):
    talking.client.write(b"pay 100")
    talking.run()
    with pytest.raises(ResetError) as caught:
        talking.server.feed_eof()
    assert caught.value.by == "peer"
    assert str(caught.value) == (
        "tls://client: reset by the peer (the stream ended without TLS's close_notify: it may have been cut short)"
    )
    with pytest.raises(ResetError):
        talking.server.feed(b"")
    with pytest.raises(ResetError):
        talking.server.write(b"late")
    talking.server.half_close()
    assert talking.server.outgoing() == b""


def test_a_server_that_leaves_during_the_handshake_refuses(client):
    with pytest.raises(RefusedError) as caught:
        client.feed_eof()
    assert str(caught.value) == (
        "tls://server: the peer closed the connection during the TLS handshake; does it speak TLS?"
    )


def test_a_client_that_leaves_during_the_handshake(server, client):
    server.feed(client.outgoing())
    with pytest.raises(ResetError, match=r"tls://client: reset by the peer \(it left during the TLS handshake\)"):
        server.feed_eof()


@pytest.mark.parametrize("begin", [b"", b"\x15\x03\x03\x00\x02\x01\x5a"], ids=["", "user_canceled"])
def test_a_close_notify_during_the_handshake(client, server, begin):
    close_notify = b"\x15\x03\x03\x00\x02\x01\x00"
    hello = client.outgoing()
    with pytest.raises(RefusedError, match="closed the connection during the TLS handshake"):
        client.feed(begin + close_notify)
    with pytest.raises(RefusedError):
        client.feed_eof()
    with pytest.raises(ResetError, match="it left during the TLS handshake"):
        server.feed(hello + begin + close_notify)


# faults


def test_a_changed_byte_is_found(talking):
    talking.client.write(b"pay 100")
    ciphertext = bytearray(talking.client.outgoing())
    ciphertext[-1] ^= 1
    with pytest.raises(MalformedError) as caught:
        talking.server.feed(bytes(ciphertext))
    assert str(caught.value).startswith("tls://client: what came breaks TLS: decryption failed or bad record mac")
    with pytest.raises(MalformedError):
        talking.server.feed(b"")
    talking.run()
    assert isinstance(talking.faults[talking.client], ResetError)
    assert str(talking.faults[talking.client]) == "tls://server: reset by the peer (TLS alert: bad record mac)"


def test_data_before_a_fault_is_given_first(talking):
    talking.client.write(b"good")
    good = talking.client.outgoing()
    assert talking.server.fault is None
    assert talking.server.feed(good + b"\x17\x03\x03\x00\x20" + bytes(32)) == b"good"
    assert talking.server.outgoing() != b"", "an alert"
    assert isinstance(talking.server.fault, MalformedError)
    with pytest.raises(MalformedError):
        talking.server.feed_eof()


def test_renegotiation_is_refused(files):
    context = server_context(parse(f"tls://:443?cert={files.server}"))
    assert context.context.options & ssl.OP_NO_RENEGOTIATION
    assert context.context.options & ssl.OP_NO_COMPRESSION


# peers that do not speak TLS


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (b"220 mail ready\r\n", '"220 mail ready"'),
        (b"HTTP/1.1 400 Bad Request\r\n\r\nYou sent", '"HTTP/1.1 400 Bad Request\ufffd\ufffd\ufffd\ufffdYou sent"'),
        (b"\x1b[2Jboo\xff", '"\ufffd[2Jboo\ufffd"'),
        (b"x" * 100, f'"{"x" * 40}"'),
        (b"\x80\x2e\x01\x03\x01", '"\ufffd.\ufffd\ufffd\ufffd"'),
    ],
)
def test_plain_text_is_no_tls(client, server, said, shown):
    with pytest.raises(MalformedError) as caught:
        server.feed(said)
    assert str(caught.value) == f"tls://client: the peer does not speak TLS: it began with {shown}"
    assert server.outgoing() == b""
    with pytest.raises(MalformedError) as caught:
        client.feed(said)
    hint = "; for plain bytes the address begins with tcp://"
    assert str(caught.value) == f"tls://server: the peer does not speak TLS: it began with {shown}{hint}"


def test_bytes_that_begin_as_tls_does_by_chance(client, server):
    for engine in (client, server):
        with pytest.raises(MalformedError, match="the peer does not speak TLS"):
            engine.feed(b"\x16 hello world")


def test_a_handshake_record_of_nonsense(client, server):
    for engine in (client, server):
        with pytest.raises(MalformedError, match="what came breaks TLS"):
            engine.feed(b"\x16\x03\x01\x00\x05hello")
        assert engine.outgoing()[-7:-5] == b"\x15\x03", "an alert tells the peer"


def test_a_client_that_never_finishes_its_hello_is_not_held_in_memory(server):
    # A hello of 16 MiB, announced in records of 16 KiB.
    with pytest.raises(MalformedError):
        server.feed(b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + bytes(16 * 1024 - 4))


def test_an_echo_is_no_tls_server(client):
    with pytest.raises(MalformedError) as caught:
        client.feed(client.outgoing())
    assert str(caught.value) == (
        "tls://server: the peer does not speak TLS: it sends our own hello back, or is a client itself"
    )


def test_an_echo_byte_by_byte(client):
    hello = client.outgoing()
    for at in range(5):
        assert client.feed(hello[at : at + 1]) == b""
    with pytest.raises(MalformedError, match="our own hello back"):
        client.feed(hello[5:6])
