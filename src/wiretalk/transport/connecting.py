"""The three steps of connecting: open a socket, start, finish. None of them waits; who waits is above this room."""

from __future__ import annotations

import errno
import os
import socket

from wiretalk.errors import RefusedError
from wiretalk.transport.oserrors import explain
from wiretalk.transport.schemes import family_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.transport.candidate import Candidate

_IN_PROGRESS = frozenset((errno.EINPROGRESS, errno.EINTR, errno.EALREADY))


def open_socket(candidate: Candidate) -> socket.socket:
    """Open a socket that can be connected to this candidate.

    It does not block, is not inherited by child processes, has the options of the address and the defaults of its
    scheme, and is bound where the address says so (`bind=`, `interface=`). For stdio it is connected already.

    Raises:
        OpenError: the system does not give it.
        LimitError: out of file descriptors.
        AddressError: an option that this system does not have.
    """
    return family_of(candidate.address).open_socket(candidate)


def start_connect(sock: socket.socket, candidate: Candidate) -> bool | None:
    """Begin to connect; do not wait.

    Returns:
        True: connected (or nothing to connect). False: under way; wait until the socket can be written to, then call
        `finish_connect`. None: a Unix server's backlog is full, and the system cannot tell when it no longer is; call
        again in a moment.

    Raises:
        OpenError: it failed at once. The socket stays open; close it.
    """
    if candidate.sockaddr is None or not candidate.connected:
        return True
    try:
        sock.connect(candidate.sockaddr)
    except OSError as error:
        if error.errno == errno.EAGAIN and sock.family == socket.AF_UNIX:
            return None
        if error.errno in _IN_PROGRESS:
            return False
        if error.errno != errno.EISCONN:
            raise explain(error, str(candidate), "connect") from error
    _refuse_self_connect(sock, candidate)
    return True


def finish_connect(sock: socket.socket, candidate: Candidate) -> None:
    """Find out what became of `start_connect`, once the socket can be written to.

    Raises:
        OpenError: nobody listens there, no way there, not permitted; the socket stays open; close it.
        TimedOutError: the system gave up (wait "connect").
    """
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise explain(OSError(code, os.strerror(code)), str(candidate), "connect")
    if sock.family == socket.AF_UNIX:
        # A Unix socket is connected at once or not at all; waiting for one whose server's backlog was full is in vain.
        try:
            sock.getpeername()
        except OSError:
            raise explain(OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)), str(candidate), "connect") from None
    _refuse_self_connect(sock, candidate)


def _refuse_self_connect(sock: socket.socket, candidate: Candidate) -> None:
    """Raise RefusedError if TCP has connected the socket to itself.

    When nobody listens on a local port in the ephemeral range, the system may pick that very port as our own, and
    TCP's simultaneous open then succeeds with ourselves.
    """
    if sock.family not in (socket.AF_INET, socket.AF_INET6) or sock.type != socket.SOCK_STREAM:
        return
    try:
        peer = sock.getpeername()
    except OSError as error:
        raise explain(error, str(candidate), "connect") from error
    if peer == sock.getsockname():
        raise RefusedError(str(candidate), "nobody listens there: is the server started, and is it this port?")
