"""Unix sockets of three kinds, by path and by abstract name."""

import os
import socket
import stat
import sys

import pytest

from wiretalk.address import parse
from wiretalk.errors import AddressError, InUseError, NotPermittedError, RefusedError, UnreachableError
from wiretalk.transport import listen, local_name, name, open_socket, peer_name, resolve, start_connect, unix


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A relative path in a directory of the test's own: pytest's are long for a Unix socket."""
    monkeypatch.chdir(tmp_path)
    return "x.sock"


def abstract(request):
    return f"@wiretalk-{os.getpid()}-{request.node.name[:40]}"


@pytest.fixture(params=["path", "abstract"])
def place(request, path):
    return path if request.param == "path" else abstract(request)


# Talking.


@pytest.mark.parametrize("scheme", ["unix", "unixpacket"])
def test_a_connection(scheme, place, listening, connecting, accepting, readable):
    (listener,) = listening(f"{scheme}:{place}")
    ours = connecting(str(listener.address))
    theirs, sockaddr = accepting(listener)
    assert listener.kind == ("stream" if scheme == "unix" else "packet")
    assert name(sockaddr, scheme) == f"{scheme}:(unnamed)"
    assert peer_name(ours, listener.address) == f"{scheme}:{place}" == local_name(theirs, listener.address)
    ours.send(b"one")
    ours.send(b"two")
    ours.shutdown(socket.SHUT_WR)
    readable(theirs)
    assert theirs.recv(100) == (b"onetwo" if scheme == "unix" else b"one")


def test_a_datagram_is_answered(place, listening, connecting, readable):
    (listener,) = listening(f"unixgram:{place}")
    ours = connecting(str(listener.address))
    ours.send(b"question")
    readable(listener)
    message, sockaddr = listener.sock.recvfrom(100)
    assert name(sockaddr, "unixgram") == local_name(ours, listener.address)
    listener.sock.sendto(message.upper(), sockaddr)
    readable(ours)
    assert ours.recv(100) == b"QUESTION"


def test_where_names_are_no_abstract_a_client_has_a_file_that_goes_with_it(
    path, listening, connecting, readable, monkeypatch, tmp_path
):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("tempfile.tempdir", ".")
    (listener,) = listening(f"unixgram:{path}")
    ours = connecting(f"unixgram:{path}")
    assert len(os.listdir()) == 2
    ours.send(b"question")
    readable(listener)
    _, sockaddr = listener.sock.recvfrom(100)
    listener.sock.sendto(b"answer", sockaddr)
    readable(ours)
    assert ours.recv(100) == b"answer"
    ours.close()
    assert os.listdir() == [path]


# The socket file.


@pytest.mark.parametrize("scheme", ["unix", "unixgram", "unixpacket"])
def test_the_file_goes_with_the_listener(scheme, path):
    (listener,) = listen(parse(f"{scheme}:{path}"))
    assert stat.S_ISSOCK(os.stat(path).st_mode)
    listener.close()
    assert not os.path.exists(path)
    listener.close()


def test_it_is_found_after_a_change_of_directory(path, tmp_path):
    (listener,) = listen(parse(f"unix:{path}"))
    os.mkdir("elsewhere")
    os.chdir("elsewhere")
    listener.close()
    assert not (tmp_path / path).exists()


def test_a_file_that_somebody_else_has_put_there_stays(path):
    (listener,) = listen(parse(f"unix:{path}"))
    os.unlink(path)
    with open(path, "w", encoding="ascii") as other:
        other.write("mine")
    listener.close()
    assert os.path.exists(path)


def test_a_file_that_is_gone_already_is_no_error(path):
    (listener,) = listen(parse(f"unix:{path}"))
    os.unlink(path)
    listener.close()


def test_a_forked_child_does_not_take_it_away(path, monkeypatch):
    (listener,) = listen(parse(f"unix:{path}"))
    mine = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: mine + 1)
    listener.close()
    assert os.path.exists(path)


def test_a_directory_that_became_read_only_is_no_error(path, monkeypatch):
    (listener,) = listen(parse(f"unix:{path}"))

    def unlink(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "unlink", unlink)
    listener.close()


@pytest.mark.parametrize("scheme", ["unix", "unixgram", "unixpacket"])
@pytest.mark.parametrize("mode", [0o600, 0o666, 0o770])
def test_permissions(scheme, mode, path, listening):
    listening(f"{scheme}:{path}?mode={mode:o}")
    assert stat.S_IMODE(os.stat(path).st_mode) == mode


def test_permissions_where_a_socket_has_none(path, listening, monkeypatch):
    def fchmod(*_):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fchmod", fchmod)
    listening(f"unix:{path}?mode=600")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_the_file_never_admits_more_than_it_will(path, listening, monkeypatch):
    seen = []
    real = os.chmod

    def chmod(file, mode):
        seen.append(stat.S_IMODE(os.stat(file).st_mode))
        real(file, mode)

    monkeypatch.setattr(os, "chmod", chmod)
    listening(f"unix:{path}?mode=600")
    assert seen[0] & 0o177 == 0


# What cannot be.


def test_a_path_that_is_too_long():
    text = "unix:/" + "x" * 142
    with pytest.raises(AddressError) as caught:
        listen(parse(text))
    sentence, shown, carets = str(caught.value).splitlines()
    assert sentence == (
        f"the path of a Unix socket can have {unix.MAX_PATH_BYTES} bytes, this one has 143; "
        "use a shorter one, or go to its directory and use a relative one"
    )
    assert (shown, carets) == (f"  {text}", "  " + " " * 5 + "^" * 143)


def test_a_path_as_long_as_can_be(path, listening, connecting, accepting):
    longest = "x" * unix.MAX_PATH_BYTES
    (listener,) = listening(f"unix:{longest}")
    connecting(f"unix:{longest}")
    accepting(listener)
    # In bytes, not in characters.
    with pytest.raises(AddressError, match="this one has 108"):
        resolve(parse("unix:" + "é" * 54))


def test_an_abstract_name_as_long_as_can_be(listening, connecting, accepting):
    longest = f"@{os.getpid()}-".ljust(1 + unix.MAX_PATH_BYTES, "x")
    (listener,) = listening(f"unix:{longest}")
    assert peer_name(connecting(f"unix:{longest}"), listener.address) == f"unix:{longest}"
    accepting(listener)
    with pytest.raises(AddressError, match=r"this one has 108; use a shorter one$"):
        raise_first_line(f"unix:{longest}x")


def raise_first_line(text):
    try:
        resolve(parse(text))
    except AddressError as error:
        raise AddressError("", reason=str(error).splitlines()[0]) from None


def test_abstract_names_are_of_linux(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(AddressError, match="only Linux has abstract socket names; use the path of a file"):
        resolve(parse("unix:@x"))


def test_no_such_socket(path, connecting):
    with pytest.raises(UnreachableError, match=f"^unix:{path}: there is no such socket file: is the server started?"):
        connecting(f"unix:{path}")


def test_no_such_directory():
    with pytest.raises(UnreachableError) as caught:
        listen(parse("unix:/nowhere/at/all.sock"))
    assert str(caught.value) == "unix:/nowhere/at/all.sock: there is no such directory; make it first"


def test_nobody_behind_it(path, connecting):
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(path)
    sentence = "nobody listens there, the socket file is left over: is the server started?"
    with pytest.raises(RefusedError) as caught:
        connecting(f"unix:{path}")
    assert str(caught.value) == f"unix:{path}: {sentence}"


def test_nobody_of_that_abstract_name(request, connecting):
    with pytest.raises(RefusedError, match=r"nobody listens there: is the server started, and is it this name\?"):
        connecting(f"unix:{abstract(request)}")


@pytest.mark.parametrize(
    ("make", "what"), [("mkdir", "a directory"), ("mkfifo", "a named pipe"), ("open", "a regular file")]
)
def test_not_a_socket(make, what, path, connecting):
    if make == "open":
        open(path, "w", encoding="ascii").close()
    else:
        getattr(os, make)(path)
    with pytest.raises(RefusedError, match=f"^unix:{path}: that is {what}, not a socket$"):
        connecting(f"unix:{path}")


def test_a_socket_of_another_kind(path, listening, connecting):
    listening(f"unixgram:{path}")
    with pytest.raises(RefusedError, match="a socket of another kind is there: try unix:, unixgram: or unixpacket:"):
        connecting(f"unix:{path}")


def test_an_abstract_name_in_use(request, listening):
    text = f"unix:{abstract(request)}"
    listening(text)
    with pytest.raises(InUseError) as caught:
        listen(parse(text))
    assert str(caught.value) == f"{text}: this process itself has it already; stop that, or choose another name"


def test_not_permitted(path, machine, listening):
    os.mkdir("closed", 0o700)
    os.chown("closed", 12345, 12345)
    inside = os.path.join(os.getcwd(), "closed/x.sock")
    # Relative, as a Unix socket's path cannot be as long as the test's directory may be.
    told = machine(
        f"cd {os.path.dirname(inside)}/..",
        """
        for opening in (lambda: listen(parse("unix:closed/x")), lambda: attempt("unix:closed/x")):
            try:
                opening()
            except OSError as error:
                print(type(error).__name__, error)
        """.replace("attempt(", "(lambda text: [start_connect(open_socket(c), c) for c in resolve(parse(text))])("),
        prefix="setpriv --bounding-set -dac_override,-dac_read_search",
    )
    assert told.splitlines() == [
        f"NotPermittedError unix:closed/x: {sentence}"
        for sentence in (
            "this user may not make that file there; choose another directory, or ask its owner",
            "this user may not use that socket file, or not look into its directory",
        )
    ]
    assert NotPermittedError.how == "not-permitted"


def test_a_failed_datagram_socket_is_closed(monkeypatch):
    # An unclosed socket would be reported as a ResourceWarning, which fails the test.
    (candidate,) = resolve(parse("unixgram:/x"))
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(unix, "temporary_path", lambda: "/nowhere/at/all")
    with pytest.raises(UnreachableError):
        open_socket(candidate)


def test_a_stream_client_has_no_name(path, listening, connecting):
    (listener,) = listening(f"unix:{path}")
    assert local_name(connecting(f"unix:{path}"), listener.address) == "unix:(unnamed)"
    (candidate,) = resolve(listener.address)
    assert candidate.sockaddr == path.encode()
    with open_socket(candidate) as sock:
        assert start_connect(sock, candidate) is True
