"""A listener: accepting, closing, and what may come in between."""

import errno
import os
import socket

import pytest

from wiretalk.address import parse
from wiretalk.errors import LimitError, OpenError
from wiretalk.transport import Listener, listener, socketoptions


class Backlog:
    """Stands for a listening socket whose `accept` does what it is told, one after another."""

    def __init__(self, *events):
        self.events = list(events)
        self.family = socket.AF_INET
        self.closed = False

    def accept(self):
        event = self.events.pop(0)
        if isinstance(event, int):
            raise OSError(event, os.strerror(event))
        return event

    def close(self):
        self.closed = True


ADDRESS = parse("tcp://127.0.0.1:5000")


def test_nobody_is_waiting(listening):
    (one,) = listening("tcp://127.0.0.1:0")
    assert one.accept() is None


def test_an_accepted_socket_is_for_the_loop_and_for_us_alone(listening, connecting, accepting):
    (one,) = listening("tcp://127.0.0.1:0")
    ours = connecting(str(one.address))
    theirs, sockaddr = accepting(one)
    assert theirs.gettimeout() == 0
    assert not theirs.get_inheritable()
    assert sockaddr == ours.getsockname()
    assert one.accept() is None


def test_what_it_says_of_itself(listening):
    (one,) = listening("tcp://127.0.0.1:0")
    assert (one.kind, one.families, one.fileno()) == ("stream", "IPv4", one.sock.fileno())
    assert repr(one) == f"<Listener {one.address}>"
    one.close()
    one.close()
    assert one.fileno() == -1


@pytest.mark.parametrize("code", [errno.ECONNABORTED, errno.EPERM, errno.ENETUNREACH, errno.EINTR])
def test_a_connection_that_died_in_the_backlog_is_skipped(code, opened):
    a, b = opened(socket.socket()), ("127.0.0.1", 9)
    assert Listener(Backlog(code, code, (a, b)), ADDRESS).accept() == (a, b)
    assert Listener(Backlog(code, errno.EAGAIN), ADDRESS).accept() is None


def test_skipping_leaves_others_their_turn():
    backlog = Backlog(*[errno.ECONNABORTED] * 1000)
    assert Listener(backlog, ADDRESS).accept() is None
    assert len(backlog.events) == 1000 - listener.MAX_SKIPPED


@pytest.mark.parametrize(
    ("code", "limit", "by"),
    [
        (errno.EMFILE, "open files", "us"),
        (errno.ENFILE, "open files", "system"),
        (errno.ENOBUFS, "memory", "system"),
        (errno.ENOMEM, "memory", "system"),
    ],
)
def test_running_out_is_a_limit(code, limit, by):
    with pytest.raises(LimitError) as caught:
        Listener(Backlog(code), ADDRESS).accept()
    assert (caught.value.limit, caught.value.by) == (limit, by)
    assert caught.value.value > 0


def test_what_is_no_listening_socket_does_not_accept():
    with pytest.raises(OpenError, match=r"^tcp://127.0.0.1:5000: .* \(accept\)$"):
        Listener(Backlog(errno.EOPNOTSUPP), ADDRESS).accept()


def test_where_options_are_not_inherited_they_are_set_again(monkeypatch, opened):
    applied = []
    monkeypatch.setattr(listener.sys, "platform", "freebsd14")
    monkeypatch.setattr(socketoptions, "apply", lambda sock, address: applied.append((sock, address)))
    sock = opened(socket.socket())
    Listener(Backlog((sock, ("127.0.0.1", 9))), ADDRESS).accept()
    assert applied == [(sock, ADDRESS)]


def test_out_of_file_descriptors_and_then_not(machine):
    told = machine(
        "",
        """
        import resource
        (listener,) = listen(parse("tcp://127.0.0.1:0"))
        (candidate,) = resolve(listener.address)
        ours = open_socket(candidate)
        start_connect(ours, candidate)
        wait(listener)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (ours.fileno() + 1, hard))
        for _ in range(2):
            try:
                listener.accept()
            except Exception as error:
                print(type(error).__name__, error.limit)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        print(listener.accept()[1] == ours.getsockname())
        """,
    )
    assert told == "LimitError open files\n" * 2 + "True\n"
