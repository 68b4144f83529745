"""One conversation over real sockets: messages, endings, and several threads at it."""

from __future__ import annotations

import signal
import socket
import threading
import time

import pytest

from wiretalk.ending import Ending
from wiretalk.errors import (
    ClosedError,
    CodecError,
    FinishedError,
    LimitError,
    MalformedError,
    ResetError,
    TimedOutError,
    TruncatedError,
)
from wiretalk.limits import MIB, Limits

# receiving


def test_messages_arrive_whole_however_they_were_cut(wired):
    connection, peer = wired(framing="line")
    peer.sendall(b"on")
    peer.sendall(b"e\ntwo\nthr")
    assert connection.receive() == b"one"
    assert connection.receive() == b"two"
    peer.sendall(b"ee\n")
    assert connection.receive() == b"three"
    assert connection.messages_received == 3
    assert connection.bytes_received == 14


def test_a_codec_makes_values_of_messages(wired, ends):
    connection, peer = wired(framing="line", codec="json")
    peer.sendall(b'{"a": 1}\n[]\n')
    assert connection.receive() == {"a": 1}
    connection.send([1, "ü"])
    assert ends.receive_exactly(peer, 9) == b'[1,"\xc3\xbc"]\n'
    peer.sendall(b"nonsense\n")
    assert connection.receive() == []
    with pytest.raises(CodecError):
        connection.receive()
    peer.sendall(b"2\n")
    assert connection.receive() == 2


def test_text_over_raw_is_never_cut_within_a_character(wired):
    connection, peer = wired(codec="text")
    peer.sendall(b"gr" + "ü".encode()[:1])
    assert connection.receive() == "gr"
    peer.sendall("ü".encode()[1:])
    assert connection.receive() == "ü"


def test_a_raw_chunk_is_what_one_read_gave(wired, ends):
    connection, peer = wired()
    assert connection.read_bytes == 65536
    connection.read_bytes = 3
    peer.sendall(b"abcdefg")
    ends.until(lambda: connection._transport.readable())
    assert connection.receive() == b"abc"
    connection.read_bytes = 1 << 20
    assert connection.receive() == b"defg"


def test_iterating_ends_at_a_clean_finish(wired, ends):
    connection, peer = wired(framing="line")
    peer.sendall(b"one\ntwo\n")
    peer.shutdown(socket.SHUT_WR)
    assert list(connection) == [b"one", b"two"]
    assert list(connection) == []
    with pytest.raises(FinishedError) as told:
        connection.receive()
    assert told.value.ending == Ending("finished", "peer")
    connection.send(b"still here")
    assert ends.receive_exactly(peer, 11) == b"still here\n"


def test_a_finish_by_the_peer_is_told_as_the_peers(wired):
    connection, peer = wired()
    peer.close()
    assert list(connection) == []
    connection.close()
    assert connection.ending == Ending("finished", "peer")


def test_a_finish_by_us_is_told_as_ours(wired):
    connection, peer = wired()
    connection.close()
    assert connection.ending == Ending("finished", "us")
    assert peer.recv(1) == b""


def test_a_message_that_does_not_come_in_time_is_told_and_may_still_come(wired, ends):
    connection, peer = wired(framing="line")
    peer.sendall(b"ha")
    with pytest.raises(TimedOutError) as told:
        connection.receive(timeout_s=0.01)
    assert (told.value.wait, told.value.seconds) == ("receive", 0.01)
    with pytest.raises(TimedOutError):
        connection.receive(timeout_s=0)
    peer.sendall(b"lf\n")
    assert connection.receive(timeout_s=ends.PATIENCE_S) == b"half"
    assert connection.ending is None


def test_a_stream_that_ends_within_a_message_tells_how_much_there_was(wired):
    connection, peer = wired(framing="length:u32be")
    peer.sendall(b"\0\0\0\x02ok\0\0\0\x0ahel")
    peer.close()
    assert connection.receive() == b"ok"
    for _ in range(2):
        with pytest.raises(TruncatedError) as told:
            connection.receive()
        assert (told.value.have_bytes, told.value.need_bytes, told.value.rest) == (3, 10, b"hel")
    connection.close()
    assert connection.ending.how == "truncated"


def test_iterating_raises_what_was_no_clean_end(wired):
    connection, peer = wired(framing="netstring")
    peer.sendall(b"3:abc,x")
    messages = iter(connection)
    assert next(messages) == b"abc"
    with pytest.raises(MalformedError):
        next(messages)
    connection.close()
    assert (connection.ending.how, connection.ending.by) == ("malformed", "peer")


def test_a_message_over_the_limit_is_refused_and_the_ones_before_it_count(wired):
    connection, peer = wired(framing="line", limits=Limits(max_message_bytes=10, idle_timeout_s=None))
    peer.sendall(b"short\n" + b"x" * 30)
    assert connection.receive() == b"short"
    with pytest.raises(LimitError) as told:
        connection.receive()
    assert told.value.limit == "max_message_bytes"
    connection.close()
    assert connection.ending.how == "limit"


def test_a_reset_is_told_once_what_came_before_it_was_received(wired, ends):
    connection, peer = wired(framing="line")
    peer.sendall(b"last words\n")
    ends.until(lambda: connection._transport.readable())
    assert connection.receive() == b"last words"
    ends.reset(peer)
    with pytest.raises(ResetError):
        connection.receive()
    assert connection.ending == Ending("reset", "peer")
    with pytest.raises(ResetError):
        connection.send(b"hello?")
    with pytest.raises(ResetError):
        connection.receive()


def test_what_the_peer_sent_before_it_broke_off_can_be_received_after_a_failed_send(wired, ends):
    connection, peer = wired(framing="line")
    peer.sendall(b"why I leave\n")
    ends.until(lambda: connection._transport.readable())
    connection.send(b"unread, so that closing is a reset")
    ends.until(lambda: ends.is_readable(peer))
    peer.close()
    with pytest.raises(ResetError):
        ends.until(lambda: connection.send(b"anybody there?") or False)
    with pytest.raises(ResetError):
        connection.send(b"really not?")
    assert connection.receive() == b"why I leave"
    with pytest.raises(ResetError):
        connection.receive()
    assert connection.ending.how == "reset"


# sending


def test_many_messages_leave_in_few_writes(wired, ends):
    connection, peer = wired(framing="line")
    connection.send_all(b"%d" % number for number in range(20_000))
    connection.half_close()
    assert ends.receive_all(peer).splitlines() == [b"%d" % number for number in range(20_000)]
    assert connection.messages_sent == 20_000
    assert connection.bytes_sent == sum(len(str(number)) + 1 for number in range(20_000))


def test_a_message_larger_than_any_buffer_arrives_whole(wired, running, ends):
    connection, peer = wired(limits=Limits(max_message_bytes=64 * MIB, idle_timeout_s=None))
    message = bytes(range(256)) * (32 * MIB // 256)
    reader = running(ends.receive_exactly, peer, len(message))
    connection.send(message)
    assert reader.result() == message
    assert connection.unsent_bytes == 0


def test_what_the_framing_or_the_codec_cannot_carry_is_not_sent(wired, ends):
    connection, peer = wired(framing="line", codec="text")
    with pytest.raises(MalformedError):
        connection.send("two\nlines")
    with pytest.raises(CodecError):
        connection.send(7)
    with pytest.raises(LimitError):
        connection.send("x" * (MIB + 1))
    connection.send("fine")
    connection.close()
    assert ends.receive_all(peer) == b"fine\n"
    assert connection.messages_sent == 1


def test_send_waits_for_a_slow_reader_and_gives_up_in_time(wired, ends):
    connection, peer = wired()
    with pytest.raises(TimedOutError) as told:
        connection.send(b"x" * 64 * MIB, timeout_s=0.05)
    assert told.value.wait == "send"
    assert told.value.unsent_bytes == connection.unsent_bytes > 0
    assert connection.messages_sent == 1
    with pytest.raises(TimedOutError):
        connection.drain(timeout_s=0.01)
    with pytest.raises(TimedOutError):
        connection.send(b"the end", timeout_s=0.01)
    threading.Thread(target=lambda: (connection.drain(), connection.half_close())).start()
    everything = ends.receive_all(peer)
    assert everything == b"x" * 64 * MIB + b"the end"
    assert connection.bytes_sent == len(everything)


def test_what_could_not_be_sent_in_time_goes_out_while_receiving(wired, running, ends):
    connection, peer = wired()
    with pytest.raises(TimedOutError):
        connection.send(b"x" * 64 * MIB, timeout_s=0.05)
    receiving = running(lambda: connection.receive(timeout_s=ends.PATIENCE_S))
    ends.receive_exactly(peer, 64 * MIB)
    assert connection.unsent_bytes == 0
    peer.sendall(b"thanks")
    assert receiving.result() == b"thanks"


def test_draining_with_nothing_unsent_returns_at_once(wired):
    connection, _ = wired()
    connection.drain()
    connection.send(b"x")
    connection.drain(timeout_s=0.001)


# two threads and more


def test_one_thread_sends_while_another_receives(wired, running, ends):
    connection, peer = wired(framing="length:u32be")
    echo = running(lambda: peer.sendall(ends.receive_exactly(peer, 5000 * 104)))
    sending = running(lambda: [connection.send(b"%0100d" % number) for number in range(5000)])
    assert [connection.receive() for _ in range(5000)] == [b"%0100d" % number for number in range(5000)]
    sending.result()
    echo.result()


def test_messages_of_several_sending_threads_are_not_mixed(wired, running, ends):
    connection, peer = wired(framing="line")
    senders = [running(lambda n=n: [connection.send(b"%d" % n * 5000) for _ in range(200)]) for n in range(4)]
    lines = ends.receive_exactly(peer, 4 * 200 * 5001).splitlines()
    for sender in senders:
        sender.result()
    assert {(line[:1], len(set(line)), len(line)) for line in lines} == {(b"%d" % n, 1, 5000) for n in range(4)}
    assert connection.messages_sent == 800


def test_several_threads_may_receive_and_each_message_goes_to_one(wired, running):
    connection, peer = wired(framing="line")
    receivers = [running(lambda: list(connection)) for _ in range(4)]
    peer.sendall(b"".join(b"%d\n" % number for number in range(10_000)))
    peer.shutdown(socket.SHUT_WR)
    received = [message for one in receivers for message in one.result()]
    assert sorted(map(int, received)) == list(range(10_000))


def test_a_second_receiver_waits_no_longer_than_it_wants(wired, running, ends):
    connection, peer = wired()
    first = running(connection.receive)
    ends.until(connection._receiving.locked)
    with pytest.raises(TimedOutError):
        connection.receive(timeout_s=0.01)
    peer.sendall(b"x")
    assert first.result() == b"x"


def test_a_second_sender_waits_no_longer_than_it_wants_and_its_message_follows(wired, running, ends):
    connection, peer = wired()
    first = running(connection.send, b"x" * 64 * MIB)
    ends.until(lambda: connection.unsent_bytes)
    with pytest.raises(TimedOutError) as told:
        connection.send(b"and this", timeout_s=0.01)
    assert told.value.wait == "send"
    assert ends.receive_exactly(peer, 64 * MIB + 8) == b"x" * 64 * MIB + b"and this"
    first.result()


def test_a_reset_is_told_to_every_thread_that_sends(wired, running, ends):
    connection, peer = wired()
    senders = [running(connection.send, b"x" * 64 * MIB) for _ in range(3)]
    ends.until(lambda: connection.unsent_bytes > 128 * MIB)
    ends.reset(peer)
    for sender in senders:
        with pytest.raises(ResetError):
            sender.result()
    with pytest.raises(ResetError):
        connection.drain()
    assert connection.messages_sent == 0


def test_a_reset_while_receiving_with_something_unsent(wired, ends):
    connection, peer = wired()
    with pytest.raises(TimedOutError):
        connection.send(b"x" * 64 * MIB, timeout_s=0.01)
    ends.reset(peer)
    with pytest.raises(ResetError):
        connection.receive()
    assert connection.ending.unsent_bytes > 0


@pytest.mark.parametrize("end", ["close", "abort", "hang_up"])
def test_ending_it_wakes_a_thread_that_receives(wired, running, end, ends):
    connection, _ = wired()
    receiving = running(connection.receive)
    ends.until(lambda: connection._transport._users)
    getattr(connection, end)()
    with pytest.raises(ClosedError):
        receiving.result()
    with pytest.raises(ClosedError):
        connection.receive()
    with pytest.raises(ClosedError):
        connection.send(b"x")


@pytest.mark.parametrize("end", ["abort", "hang_up"])
def test_ending_it_wakes_a_thread_that_sends(wired, running, end, ends):
    connection, peer = wired()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sending = running(lambda: [connection.send(b"x" * MIB) for _ in range(100)])
    ends.until(lambda: connection.unsent_bytes)
    getattr(connection, end)()
    with pytest.raises(ClosedError):
        sending.result()


def test_closing_sends_what_another_thread_had_begun_to_send(wired, running, ends):
    connection, peer = wired(framing="length:u32be", limits=Limits(max_message_bytes=64 * MIB, idle_timeout_s=None))
    sending = running(lambda: connection.send(b"x" * 32 * MIB))
    ends.until(lambda: connection.unsent_bytes)
    closing = running(connection.close)
    with pytest.raises(ClosedError):
        sending.result()
    assert len(ends.receive_all(peer)) == 32 * MIB + 4
    closing.result()
    assert connection.ending == Ending("finished", "us")


def test_the_descriptors_go_with_the_last_user(wired, running, ends):
    connection, _ = wired()
    receiving = running(connection.receive)
    ends.until(lambda: connection._transport._users)
    connection.abort()
    with pytest.raises(ClosedError):
        receiving.result()
    assert connection._transport.sock.fileno() == -1
    assert connection._transport._bell.fileno() == -1


def test_a_signal_handler_may_abort_what_its_own_thread_waits_for(wired):
    connection, _ = wired()
    old = signal.signal(signal.SIGUSR1, lambda *_: connection.abort())
    try:
        timer = threading.Timer(0.05, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1))
        timer.start()
        with pytest.raises(ClosedError):
            connection.receive()
        timer.join()
    finally:
        signal.signal(signal.SIGUSR1, old)


def test_a_signal_handler_that_closes_while_its_own_thread_sends_gives_up_in_time(wired, monkeypatch):
    monkeypatch.setattr("wiretalk.blocking.channel.CLOSE_TIMEOUT_S", 0.05)
    connection, _ = wired()

    def close(*_):
        with pytest.raises(TimedOutError) as told:
            connection.close()
        assert told.value.wait == "close"

    old = signal.signal(signal.SIGUSR1, close)
    try:
        timer = threading.Timer(0.1, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1))
        timer.start()
        with pytest.raises((TimedOutError, ClosedError)):
            while True:
                connection.send(b"x" * MIB)
        timer.join()
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert connection.ending.wait == "close"


# ending


def test_half_close_is_the_end_for_the_peer_and_not_for_us(wired, ends):
    connection, peer = wired(framing="line")
    connection.send(b"question")
    connection.half_close()
    connection.half_close()
    with pytest.raises(ClosedError):
        connection.send(b"more")
    assert ends.receive_all(peer) == b"question\n"
    peer.sendall(b"answer\n")
    peer.close()
    assert list(connection) == [b"answer"]
    assert connection.ending == Ending("finished", "us")
    connection.half_close()
    connection.close()


def test_half_close_after_the_peers_end_is_the_end(wired):
    connection, peer = wired()
    peer.shutdown(socket.SHUT_WR)
    assert list(connection) == []
    connection.half_close()
    assert connection.ending == Ending("finished", "peer")
    assert peer.recv(1) == b""


def test_half_close_to_a_peer_that_is_gone_is_told_at_the_end(wired, ends):
    connection, peer = wired()
    ends.reset(peer)
    ends.until(lambda: connection._transport.readable())
    connection.half_close()
    with pytest.raises(ResetError):
        connection.receive()


def test_a_closing_peer_that_still_sends_does_not_lose_our_last_words(wired, running, ends):
    connection, peer = wired()
    peer.setblocking(False)
    ends.fill(peer)
    connection.send(b"goodbye")
    peer.setblocking(True)
    closing = running(connection.close)
    peer.shutdown(socket.SHUT_WR)
    assert ends.receive_all(peer) == b"goodbye"
    closing.result()


def test_a_peer_that_never_stops_is_left_after_a_while(wired, running, monkeypatch, ends):
    monkeypatch.setattr("wiretalk.blocking.channel.LINGER_S", 0.05)

    connection, peer = wired()

    def talk():
        with pytest.raises(OSError, match=r"reset|pipe"):
            while True:
                peer.sendall(b"x" * 65536)

    talking = running(talk)
    ends.until(lambda: connection._transport.readable())
    connection.close()
    talking.result()
    assert connection.ending.how == "finished"


def test_a_peer_that_sent_but_does_not_end_is_listened_to_for_a_moment(wired, monkeypatch, ends):
    monkeypatch.setattr("wiretalk.blocking.channel.LINGER_S", 0.05)
    connection, peer = wired()
    peer.sendall(b"unread")
    ends.until(lambda: connection._transport.readable())
    began = time.monotonic()
    connection.close()
    assert time.monotonic() - began >= 0.05


def test_a_peer_that_takes_nothing_is_left_and_told_how_much_was_unsent(wired, monkeypatch):
    monkeypatch.setattr("wiretalk.blocking.channel.CLOSE_TIMEOUT_S", 0.05)
    connection, _ = wired()
    with pytest.raises(TimedOutError):
        connection.send(b"x" * 64 * MIB, timeout_s=0.01)
    with pytest.raises(TimedOutError) as told:
        connection.close()
    assert told.value.wait == "close"
    assert told.value.unsent_bytes == connection.ending.unsent_bytes > 0
    assert (connection.ending.how, connection.ending.wait) == ("timed-out", "close")


def test_a_peer_that_breaks_off_while_we_close_is_told(wired, running, ends):
    connection, peer = wired()
    with pytest.raises(TimedOutError):
        connection.send(b"x" * 64 * MIB, timeout_s=0.01)
    closing = running(connection.close)
    ends.until(lambda: connection._transport._closing)
    ends.reset(peer)
    with pytest.raises(ResetError) as told:
        closing.result()
    assert told.value.ending.unsent_bytes > 0
    assert connection.ending.how == "reset"


def test_abort_is_a_reset_to_the_peer(wired):
    connection, peer = wired()
    connection.abort()
    connection.abort()
    connection.close()
    with pytest.raises(ConnectionResetError):
        peer.recv(1)
    assert connection.ending is not None


def test_the_first_error_is_not_hidden_by_closing(wired, monkeypatch):
    monkeypatch.setattr("wiretalk.blocking.channel.CLOSE_TIMEOUT_S", 0.01)

    def talk(error):
        connection, _ = wired()
        with connection:
            with pytest.raises(TimedOutError):
                connection.send(b"x" * 64 * MIB, timeout_s=0.01)
            if error is not None:
                raise error

    with pytest.raises(KeyError):
        talk(KeyError("what went wrong first"))
    with pytest.raises(TimedOutError):
        talk(None)


def test_a_silent_conversation_ends_after_its_idle_time_and_a_lively_one_does_not(wired, running):
    connection, peer = wired(limits=Limits(idle_timeout_s=0.6))
    for _ in range(8):
        with pytest.raises(TimedOutError) as told:
            connection.receive(timeout_s=0.1)
        assert told.value.wait == "receive"
        peer.sendall(b"x")
        assert connection.receive() == b"x"
    with pytest.raises(TimedOutError) as told:
        connection.receive()
    assert (told.value.wait, told.value.seconds) == ("idle", 0.6)
    assert (connection.ending.how, connection.ending.wait) == ("timed-out", "idle")
    with pytest.raises(TimedOutError):
        connection.send(b"x")


def test_a_peer_that_never_reads_is_idle_too(wired):
    connection, _ = wired(limits=Limits(idle_timeout_s=0.1))
    with pytest.raises(TimedOutError) as told:
        while True:
            connection.send(b"x" * MIB)
    assert told.value.wait == "idle"
    assert told.value.unsent_bytes > 0


# facts


def test_the_facts_of_a_conversation(wired):
    connection, peer = wired(framing="line")
    connection.send(b"hello")
    peer.sendall(b"hi\n")
    connection.receive()
    assert connection.peer == "tcp://{}:{}".format(*peer.getsockname())
    assert connection.local == "tcp://{}:{}".format(*peer.getpeername())
    assert str(connection.address) == connection.peer
    assert connection.age_s >= 0
    assert connection.tls is None
    facts = connection.as_dict()
    assert {name: facts[name] for name in facts if name not in ("peer", "local", "age_s")} == {
        "bytes_received": 3,
        "bytes_sent": 6,
        "messages_received": 1,
        "messages_sent": 1,
        "unsent_bytes": 0,
        "tls": None,
        "ending": None,
    }
    assert repr(connection) == f"<Connection {connection.local} ↔ {connection.peer}, open>"
    connection.close()
    assert "ended: finished by us" in repr(connection)
    assert connection.as_dict()["ending"]["how"] == "finished"
