"""One thread that waits for all programs we have started: reaps each, and ends with their groups those that are to end.

It lives as long as there is one. It alone reaps and signals, so no signal goes to a number that has been given away.
Where the system has descriptors of processes (Linux) it sleeps until one ends; elsewhere it looks now and then.
"""

from __future__ import annotations

import atexit
import os
import selectors
import signal
import socket
import threading
import time

from wiretalk.limits import CHILD_GRACE_S, CHILD_LOOK_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import Popen


class Ward:
    """One process that is waited for, and its group.

    Args:
        process: started in a session of its own, so its number is its group's.
        reaped: called once with its status, in the reaper's thread; it must not wait.

    Attributes:
        status: as `Popen.returncode`; None while it runs.
        signalled: whether we have sent it a signal.
    """

    __slots__ = ("_due", "_leaving", "_numbers", "_orphans", "_reaped", "pidfd", "process", "signalled", "status")

    def __init__(self, process: Popen[bytes], reaped: Callable[[int], None]) -> None:
        self.process = process
        self.status: int | None = None
        self.signalled = False
        self._reaped = reaped
        self._leaving = False
        self._due: float | None = None
        self._numbers = [signal.SIGKILL, signal.SIGTERM]
        # Whether others of its group may live on after it.
        self._orphans = True
        try:
            self.pidfd = os.pidfd_open(process.pid)
        except (AttributeError, OSError):
            # No such system call, or no descriptor left: it is looked at now and then instead.
            self.pidfd = -1

    def leave(self, *, at_once: bool) -> None:
        """End it with its group: by itself if it does so in time, else by SIGTERM, and at last by SIGKILL.

        Args:
            at_once: whether it is not to be given the time to end by itself.
        """
        with _lock:
            if self._leaving or self not in _wards:
                return
            self._leaving = True
            at_once = at_once or self.status is not None
            self._due = time.monotonic() + (0 if at_once else CHILD_GRACE_S)
            _ring()

    def wait_s(self, now: float) -> float | None:
        """Return how long nothing has to be done about it; None: until it ends."""
        due_s = None if self._due is None else max(0.0, self._due - now)
        if self.status is None and self.pidfd < 0:
            return CHILD_LOOK_S if due_s is None else min(CHILD_LOOK_S, due_s)
        return due_s

    def step(self, now: float) -> bool:
        """Reap it if it has ended, signal it if that is due; return whether there is nothing more to do."""
        if self.status is None and self.process.poll() is not None:
            self._reap()
            if not self._orphans:
                self._due = None
            elif self._leaving and not self.signalled:
                # It has ended as it was asked to; what it has left behind is not waited for.
                self._due = now
        if self._due is not None and now >= self._due:
            self._signal_next(now)
        return self.status is not None and not self._orphans

    def _reap(self) -> None:
        self.status = self.process.returncode
        self.close()
        self._orphans = self.signal(0) and bool(self._numbers)
        self._reaped(self.status)

    def _signal_next(self, now: float) -> None:
        if self._numbers:
            number = self._numbers.pop()
            self.signalled = True
            self._due = now + CHILD_GRACE_S
            self._orphans = self.signal(number)
        if not (self._numbers and self._orphans):
            # Nobody is left, or nothing that could be done: a process that the kernel holds is reaped when it lets go.
            self._due = None
            self._orphans = False

    def signal(self, number: int) -> bool:
        """Send a signal to its group; return whether there is anybody in it."""
        if self.status is not None and _lives(self.process.pid):
            # It has been reaped, so this is another process with its number: the group has been empty.
            return False
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return False
        except PermissionError:
            # Somebody is there, whom we may not signal (a set-user-ID program).
            pass
        return True

    def close(self) -> None:
        """Give back the descriptor."""
        pidfd, self.pidfd = self.pidfd, -1
        if pidfd >= 0:
            _forget(pidfd)
            os.close(pidfd)


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


_lock = threading.RLock()
"""Reentrant, since a signal handler may break off a conversation in the midst of it."""

_wards: set[Ward] = set()
_bell: tuple[socket.socket, socket.socket] | None = None
_selector: selectors.BaseSelector | None = None
_thread: threading.Thread | None = None


def watch(process: Popen[bytes], reaped: Callable[[int], None]) -> Ward:
    """Have a process waited for; see `Ward`.

    Raises:
        OSError: out of file descriptors; the process has not been taken over.
    """
    global _bell, _selector, _thread  # noqa: PLW0603 - a process has one reaper
    with _lock:
        if _thread is None:
            _bell = socket.socketpair()
            try:
                _selector = selectors.DefaultSelector()
            except OSError:
                _close_bell()
                raise
            for end in _bell:
                end.settimeout(0)
            _selector.register(_bell[0], selectors.EVENT_READ)
            _thread = threading.Thread(target=_run, args=(_selector,), name="wiretalk-reaper", daemon=True)
            _thread.start()
        ward = Ward(process, reaped)
        _wards.add(ward)
        _ring()
    return ward


def _ring() -> None:
    if _bell is not None:
        try:
            _bell[1].send(b".")
        except BlockingIOError:
            # It rings already.
            pass


def _forget(pidfd: int) -> None:
    if _selector is not None and pidfd in _selector.get_map():
        _selector.unregister(pidfd)


def _run(selector: selectors.BaseSelector) -> None:
    known: set[Ward] = set()
    while True:
        with _lock:
            now = time.monotonic()
            if _wards != known:
                for ward in _wards - known:
                    if ward.pidfd >= 0:
                        selector.register(ward.pidfd, selectors.EVENT_READ)
                known = set(_wards)
            waits = [wait_s for ward in known if (wait_s := ward.wait_s(now)) is not None]
        selector.select(min(waits, default=None))
        with _lock:
            if _bell is not None:
                _drain(_bell[0])
            now = time.monotonic()
            for ward in [ward for ward in _wards if ward.step(now)]:
                _wards.discard(ward)
                known.discard(ward)
            if not _wards:
                _stop(selector)
                return


def _drain(bell: socket.socket) -> None:
    try:
        while bell.recv(4096):
            pass
    except BlockingIOError:
        pass


def _stop(selector: selectors.BaseSelector) -> None:
    global _selector, _thread  # noqa: PLW0603 - see watch
    _thread = _selector = None
    selector.close()
    _close_bell()


def _close_bell() -> None:
    global _bell
    bell, _bell = _bell, None
    for end in bell or ():
        end.close()


@atexit.register
def _leave_nobody() -> None:
    """End what still runs when we leave."""
    with _lock:
        left = list(_wards)
    for ward in left:
        ward.leave(at_once=True)
    end = time.monotonic() + 2 * CHILD_GRACE_S
    while time.monotonic() < end:
        with _lock:
            thread = _thread if any(ward in _wards for ward in left) else None
        if thread is None:
            return
        thread.join(0.01)


def _begin_anew() -> None:
    """In a process that has been forked off: the programs are those of the other one."""
    global _lock, _selector, _thread  # noqa: PLW0603 - see watch
    _lock = threading.RLock()
    for ward in _wards:
        pidfd, ward.pidfd = ward.pidfd, -1
        if pidfd >= 0:
            os.close(pidfd)
    _wards.clear()
    selector, _thread, _selector = _selector, None, None
    if selector is not None:
        selector.close()
    _close_bell()


os.register_at_fork(after_in_child=_begin_anew)
