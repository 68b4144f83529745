"""What holds on every scheme, in both faces, on both event loops."""

from __future__ import annotations

import threading

import pytest

import wiretalk
from wiretalk.errors import ClosedError, FinishedError, LimitError, ResetError, TimedOutError


def echo(connection):
    for message in connection:
        connection.send(message)


def test_a_reply_function_answers_each_message(face, place):
    with face.serve(place.listening, reply=bytes.upper, framing="line") as server:
        with face.connect(place.connecting(server), framing="line") as connection:
            connection.send(b"hello")
            assert connection.receive(timeout_s=20) == b"HELLO"
            connection.send(b"again")
            assert connection.receive(timeout_s=20) == b"AGAIN"


def test_a_reply_of_none_is_no_answer(face, place):
    def answer(message):
        return None if message == b"quiet" else b"heard " + message

    with face.serve(place.listening, reply=answer, framing="line") as server:
        with face.connect(place.connecting(server), framing="line") as connection:
            connection.send(b"quiet")
            connection.send(b"loud")
            assert connection.receive(timeout_s=20) == b"heard loud"


def test_a_session_has_a_connection_of_its_own(face, place):
    def session(connection):
        for number, message in enumerate(connection, 1):
            connection.send(b"%d %b" % (number, message))

    with face.serve(place.listening, session, framing="line") as server:
        with (
            face.connect(place.connecting(server), framing="line") as one,
            face.connect(place.connecting(server), framing="line") as other,
        ):
            one.send(b"a")
            assert one.receive(timeout_s=20) == b"1 a"
            other.send(b"b")
            assert other.receive(timeout_s=20) == b"1 b"
            one.send(b"c")
            assert one.receive(timeout_s=20) == b"2 c"


def test_values_go_through_a_codec(face, place):
    def answer(value):
        return {"sum": sum(value["numbers"])}

    with face.serve(place.listening, reply=answer, framing="length:u16be", codec="json") as server:
        with face.connect(place.connecting(server), framing="length:u16be", codec="json") as connection:
            connection.send({"numbers": [1, 2, 3]})
            assert connection.receive(timeout_s=20) == {"sum": 6}


def test_empty_messages_are_messages(face, place):
    if place.scheme == "unixpacket":
        pytest.skip("an empty packet is the end of input")
    with face.serve(place.listening, reply=lambda message: b"%d bytes" % len(message), framing="line") as server:
        with face.connect(place.connecting(server), framing="line") as connection:
            connection.send(b"")
            assert connection.receive(timeout_s=20) == b"0 bytes"


def test_both_ends_know_their_names_and_count(face, place):
    with face.serve(place.listening, echo, framing="line") as server:
        with face.connect(place.connecting(server), framing="line") as connection:
            connection.send(b"hello")
            connection.receive(timeout_s=20)
            facts = connection.as_dict()
            assert facts["peer"] == connection.peer
            assert facts["messages_sent"] == facts["messages_received"] == 1
            assert connection.bytes_sent == connection.bytes_received >= 5
            assert connection.age_s > 0
            assert connection.ending is None
            assert (connection.tls is not None) == (place.scheme in ("tls", "wss"))
            assert connection.local
            if place.scheme.startswith(("tcp", "udp", "tls", "ws")):
                assert connection.peer.rpartition(":")[2] == server.addresses[0].partition("?")[0].rpartition(":")[2]


def test_waiting_in_vain_is_told_and_harmless(face, place):
    with face.serve(place.listening, reply=lambda message: message, framing="line") as server:
        with face.connect(place.connecting(server), framing="line") as connection:
            with pytest.raises(TimedOutError) as told:
                connection.receive(timeout_s=0.02)
            assert told.value.wait == "receive"
            connection.send(b"still here")
            assert connection.receive(timeout_s=20) == b"still here"


def test_a_message_over_the_limit_is_not_sent(face, place):
    limits = wiretalk.Limits(max_message_bytes=100)
    with face.serve(place.listening, reply=lambda message: message, framing="line", limits=limits) as server:
        with face.connect(place.connecting(server), framing="line", limits=limits) as connection:
            with pytest.raises(LimitError) as told:
                connection.send(b"x" * 101)
            assert (told.value.by, told.value.limit) == ("us", "max_message_bytes")
            connection.send(b"x" * 100)
            assert connection.receive(timeout_s=20) == b"x" * 100


def test_a_closed_connection_says_so(face, place):
    with face.serve(place.listening, reply=lambda message: message, framing="line") as server:
        connection = face.connect(place.connecting(server), framing="line")
        connection.close()
        with pytest.raises(ClosedError):
            connection.send(b"too late")
        assert connection.ending.by == "us"


def test_several_at_once(face, place):
    with face.serve(place.listening, echo, framing="length:u32be") as server:
        addresses = [place.connecting(server) for _ in range(8)]
        failures = []

        def talk(number):
            try:
                with face.connect(addresses[number], framing="length:u32be") as connection:
                    for turn in range(10):
                        message = b"%d/%d" % (number, turn)
                        connection.send(message)
                        assert connection.receive(timeout_s=20) == message
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=talk, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []


def test_a_handler_that_fails_ends_its_own_conversation_only(face, place, caplog):
    def session(connection):
        for message in connection:
            if message == b"fail":
                raise RuntimeError("a fault of the handler")
            connection.send(message)

    with face.serve(place.listening, session, framing="line") as server:
        with (
            face.connect(place.connecting(server), framing="line") as good,
            face.connect(place.connecting(server), framing="line") as bad,
        ):
            good.send(b"one")
            assert good.receive(timeout_s=20) == b"one"
            bad.send(b"fail")
            if place.scheme not in ("udp", "udp4", "udp6", "unixgram", "icmp", "icmp6", "raw"):
                # WebSocket can tell that it failed; the others only that it is over.
                with pytest.raises(ResetError if place.scheme in ("ws", "wss") else FinishedError):
                    bad.receive(timeout_s=20)
            good.send(b"two")
            assert good.receive(timeout_s=20) == b"two"
    failed = [record for record in caplog.records if "session failed" in record.getMessage()]
    assert len(failed) == 1
    assert place.scheme.replace("abstract", "unix").removesuffix("6") in failed[0].getMessage()
