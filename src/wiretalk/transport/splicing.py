"""A stream transport that can pass what it reads to another one within the kernel (splice(2), Linux).

Small pieces go through Python like any others: one `recv` and one `send` cost less than two splices. Once a read has
filled its buffer, the kernel moves the bytes, through a pipe, until they come in small pieces again.
"""

from __future__ import annotations

import fcntl
import os
import socket

from wiretalk.chooser import twin
from wiretalk.limits import MIB, READ_BYTES, SPARE_PIPES
from wiretalk.transport.lonestream import LoneTransport
from wiretalk.transport.oserrors import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.errors import WiretalkError
    from wiretalk.transport.loop import Loop, Sink

PIPE_BYTES = 1 * MIB
"""What a pipe is asked to hold: the most that a user may ask for by default (pipe-max-size)."""

SPLICES_A_WAKE = 4
"""So often what came meanwhile is moved too before the loop looks after others: asking it costs as much as a splice."""

SMALL_BYTES = READ_BYTES // 4
"""A splice that moves less was not worth it."""

SMALL_IN_A_ROW = 4
"""So many of them, and bytes go through Python again."""

FLAGS = getattr(os, "SPLICE_F_NONBLOCK", 0) | getattr(os, "SPLICE_F_MOVE", 0)

SET_PIPE_SIZE = getattr(fcntl, "F_SETPIPE_SZ", 1031)

if TYPE_CHECKING:
    from wiretalk.transport.passing import pass_on
else:
    pass_on = twin("wiretalk.transport.passing", "pass_on")

_spare: list[tuple[int, int]] = []
"""Pipes that are empty. One that has bytes in it belongs to whom they are on their way to."""


def take_pipe() -> tuple[int, int]:
    """Return the reading and the writing end of an empty pipe.

    Raises:
        OSError: out of file descriptors.
    """
    if _spare:
        return _spare.pop()
    ends = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.fcntl(ends[1], SET_PIPE_SIZE, PIPE_BYTES)
    except OSError:
        # The user has as much pipe memory as is allowed: it stays at the usual size, and works.
        pass
    return ends


def give_back(pipe: tuple[int, int]) -> None:
    """Keep an empty pipe for the next who needs one, or close it."""
    if len(_spare) < SPARE_PIPES:
        _spare.append(pipe)
    else:
        drop(pipe)


def drop(pipe: tuple[int, int]) -> None:
    """Close a pipe, with what is in it."""
    for end in pipe:
        os.close(end)


class SplicingTransport(LoneTransport):
    """Carry the bytes of one connected stream socket; what is read may go straight to another such transport.

    Attributes:
        target: where what is read goes, instead of to the sink; None: to the sink. The target's own `backlog_bytes`
            counts what is on its way to it within a pipe.
    """

    __slots__ = ("_bulk", "_direct", "_pipe", "_piped", "_small", "_source", "target")

    def __init__(self, loop: Loop, sock: socket.socket, sink: Sink, peer: str) -> None:
        super().__init__(loop, sock, sink, peer)
        self.target: SplicingTransport | None = None
        self._bulk = False
        self._direct = False
        self._small = 0
        # What is on its way to us: the pipe, how much is in it, and who filled it and waits for us.
        self._pipe: tuple[int, int] | None = None
        self._piped = 0
        self._source: SplicingTransport | None = None

    def carry_to(self, target: SplicingTransport) -> None:
        """Let what is read from now on go straight to another transport."""
        self.target = target
        # What is more than a socket, as a program's is, knows things that are asked by its own methods.
        self._direct = type(self.sock) is type(target.sock) is socket.socket

    def _readable(self) -> None:
        target = self.target
        if target is None or target.backlog_bytes or target.busy:
            self._bulk = False
            super()._readable()
        elif self._bulk:
            for _ in range(SPLICES_A_WAKE):
                if not self._splice(target):
                    break
        elif self._direct and self.broken is None:
            passed = pass_on(self.sock, target.sock)
            if isinstance(passed, int):
                self.wire_received += passed
                target.wire_sent += passed
                self._bulk = passed >= READ_BYTES
            else:
                self._settle(target, *passed)
        else:
            before = self.wire_received
            super()._readable()
            self._bulk = self.wire_received - before >= READ_BYTES

    def _settle(
        self, target: SplicingTransport, data: bytes, sent: int, unreadable: int, failed: int, behind: int
    ) -> None:
        """Do what is left to do after `pass_on`."""
        if unreadable:
            self._over(explain(OSError(unreadable, os.strerror(unreadable)), self.peer, "receive"))
            return
        if not data:
            self._end_of_input()
            return
        self.wire_received += len(data)
        self._bulk = len(data) >= READ_BYTES
        if failed:
            target._break(OSError(failed, os.strerror(failed)))
        else:
            target.wire_sent += sent
            if sent < len(data):
                target._hold(memoryview(data)[sent:])
        if behind and self.sink is not None and self._reading and not self._closing:
            self._behind(behind)

    @property
    def busy(self) -> bool:
        """Whether nothing can be passed to this transport within the kernel."""
        return self._finishing or self._closing or self.broken is not None or self.sink is None

    def _splice(self, target: SplicingTransport) -> bool:
        """Move what there is; return whether there may be as much again, and room for it."""
        try:
            pipe = take_pipe()
        except OSError:
            # No descriptors left: what one connection has already will do.
            self._bulk = False
            return False
        try:
            size = os.splice(self.sock.fileno(), pipe[1], PIPE_BYTES, flags=FLAGS)
        except BlockingIOError:
            give_back(pipe)
            return False
        except OSError as error:
            give_back(pipe)
            if getattr(self.sock, "unread_is_end", False):
                super()._readable()
                return False
            self._over(self.broken or explain(error, self.peer, "receive"))
            return False
        if not size:
            give_back(pipe)
            # The socket itself may know more of its end (a program's exit status).
            super()._readable()
            return False
        self.wire_received += size
        if size >= SMALL_BYTES:
            self._small = 0
        else:
            self._small += 1
            self._bulk = self._small < SMALL_IN_A_ROW
        target.take(pipe, size, self)
        self._look_behind()
        if size < SMALL_BYTES or self.sink is None or not self._reading:
            return False
        return not target.backlog_bytes and not target.busy

    def take(self, pipe: tuple[int, int], size: int, source: SplicingTransport) -> None:
        """Send what is in a pipe; what the kernel does not take stays in it, and the source is not read meanwhile."""
        try:
            rest = self._send_piped(pipe, size)
        except OSError as error:
            drop(pipe)
            self._break(self._known(error))
            return
        if rest:
            self._pipe, self._piped, self._source = pipe, rest, source
            self.backlog_bytes += rest
            source.pause()
            self.loop.add_writer(self.sock.fileno(), self._pipe_writable)

    def _known(self, error: OSError) -> OSError:
        """Return what the socket itself knows of why nothing more is taken (a program's exit status)."""
        reason = getattr(self.sock, "loss_reason", None)
        return (reason() if reason is not None else None) or error

    def _send_piped(self, pipe: tuple[int, int], size: int) -> int:
        """Return how much of it is still in the pipe; an empty pipe is given back."""
        try:
            sent = os.splice(pipe[0], self.sock.fileno(), size, flags=FLAGS)
        except BlockingIOError:
            return size
        self.wire_sent += sent
        if sent == size:
            give_back(pipe)
        return size - sent

    def _pipe_writable(self) -> None:
        pipe, before, source = self._pipe, self._piped, self._source
        if pipe is None or source is None:
            return
        try:
            rest = self._send_piped(pipe, before)
        except OSError as error:
            self._break(self._known(error))
            return
        self.backlog_bytes -= before - rest
        self._piped = rest
        if rest:
            return
        self._let_go_of_pipe()
        source.resume()
        if not self.backlog_bytes and self._finishing and not self._finished:
            self._shut_down()

    def _let_go_of_pipe(self) -> None:
        self._pipe = None
        self._piped = 0
        self._source = None
        self.loop.remove_writer(self.sock.fileno())

    def _unpipe(self) -> None:
        """Bring what is in the pipe into Python, where writing, finishing and closing know how to wait for it."""
        pipe, size, source = self._pipe, self._piped, self._source
        if pipe is None or source is None:
            return
        self._let_go_of_pipe()
        self.backlog_bytes -= size
        while size:
            piece = os.read(pipe[0], size)
            size -= len(piece)
            self._hold(piece)
        give_back(pipe)
        source.resume()

    def write(self, data: bytes) -> None:
        """See StreamTransport."""
        self._unpipe()
        super().write(data)

    def half_close(self) -> None:
        """See StreamTransport."""
        self._unpipe()
        super().half_close()

    def close(self) -> None:
        """See StreamTransport."""
        self._unpipe()
        super().close()

    def _break(self, error: OSError) -> None:
        pipe = self._pipe
        if pipe is not None:
            self.backlog_bytes -= self._piped
            source = self._source
            self._let_go_of_pipe()
            drop(pipe)
            if source is not None:
                source.resume()
        super()._break(error)

    def _over(self, error: WiretalkError | None) -> None:
        if self._pipe is not None and self.sink is not None:
            pipe = self._pipe
            self._let_go_of_pipe()
            drop(pipe)
        self.target = None
        super()._over(error)
