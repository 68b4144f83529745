"""Say and hear on a socket what comes before a conversation, and not a byte more. Nothing here waits.

What follows stays in the kernel: input is looked at first (MSG_PEEK), and only what belongs here is taken.
"""

from __future__ import annotations

import socket

from wiretalk.errors import WiretalkError
from wiretalk.limits import PROXY_ANSWER_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, Protocol

    class Preface(Protocol):
        """One thing that comes before a conversation."""

        done: bool

        def outgoing(self) -> bytes:
            """Return what is to be sent now; each byte is returned once."""
            ...

        def feed(self, data: bytes, /) -> int:
            """Take what belongs here of what has come; return how many bytes that was.

            Raises:
                WiretalkError: it cannot go on.
            """
            ...

        def broken(self) -> WiretalkError:
            """Return the error for a peer that is gone before it was done."""
            ...


class Drive:
    """Go through several prefaces on one socket.

    Args:
        sock: connected, non-blocking; not owned.
        prefaces: in their order.
    """

    __slots__ = ("_prefaces", "_sock", "_unsent")

    def __init__(self, sock: socket.socket, prefaces: list[Preface]) -> None:
        self._sock = sock
        self._prefaces = list(prefaces)
        self._unsent = b""

    def step(self) -> Literal["read", "write"] | None:
        """Go on as far as can be without waiting.

        Returns:
            "read" or "write": call again when the socket can be. None: all is done.

        Raises:
            WiretalkError: it cannot go on; close the socket.
        """
        while self._prefaces:
            preface = self._prefaces[0]
            try:
                self._turn(preface)
            except (BlockingIOError, InterruptedError):
                return "write" if self._unsent else "read"
            except OSError as error:
                if isinstance(error, WiretalkError):
                    raise
                raise preface.broken() from None
            if preface.done and not self._unsent:
                self._prefaces.pop(0)
        return None

    def _turn(self, preface: Preface) -> None:
        """Send what is to be sent; then, unless that was all, hear what there is."""
        self._unsent += preface.outgoing()
        while self._unsent:
            self._unsent = self._unsent[self._sock.send(self._unsent) :]
        if preface.done:
            return
        there = self._sock.recv(PROXY_ANSWER_BYTES, socket.MSG_PEEK)
        if not there:
            raise preface.broken()
        taken = preface.feed(there)
        while taken:
            taken -= len(self._sock.recv(taken))
        self._unsent += preface.outgoing()
