"""Where what we say comes from when nobody types: standard input, whole blocks or message by message, or given words.

A source is an iterator of lists of what `Connection.send` takes. Reading waits; it belongs into a thread of its own.
"""

from __future__ import annotations

import errno
import os
import select

from wiretalk.errors import LimitError, MessageError, TruncatedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wiretalk.cli.words import Words
    from wiretalk.framing import Framing

BLOCK_BYTES = 128 * 1024
"""Read from standard input at once, at most: larger blocks gain nothing measurable."""

ENDED_BY_MARK = ("line", "delimiter")
"""Framings of which a last message without its mark at the end of the input is still a message."""


class Watch:
    """Wait for standard input, and see meanwhile whether who reads standard output has left.

    Args:
        output: whether to look at standard output: only a pipe or a socket can tell.
    """

    __slots__ = ("_bell", "_poll", "_ring", "output")

    def __init__(self, *, output: bool) -> None:
        self._poll = select.poll()
        self.output = output
        if output:
            self._bell, self._ring = os.pipe()
            self._poll.register(1, 0)
            self._poll.register(self._bell, select.POLLIN)

    def forget_output(self) -> None:
        """Look at standard output no more; any thread may call it.

        Whoever waits now is woken: the system holds a pipe open as long as somebody polls it, however it is closed.
        """
        if self.output:
            self.output = False
            os.write(self._ring, b"!")

    def _wait(self, timeout_s: float | None = None) -> dict[int, int]:
        """Wait; return the events by descriptor."""
        events = dict(self._poll.poll(None if timeout_s is None else max(0, timeout_s) * 1000))
        if not self.output and events.pop(getattr(self, "_bell", -1), 0):
            self._poll.unregister(1)
            self._poll.unregister(self._bell)
            events.pop(1, None)
        return events

    def wait_for_input(self) -> None:
        """Wait until standard input can be read.

        Raises:
            BrokenPipeError: who reads standard output has left.
        """
        self._poll.register(0, select.POLLIN)
        try:
            while True:
                events = self._wait()
                if 1 in events:
                    raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE), "standard output")
                if 0 in events:
                    return
        finally:
            self._poll.unregister(0)

    def wait_for_leaving(self, timeout_s: float | None = None) -> bool:
        """Wait until who reads standard output has left; return whether that is so.

        It returns early, and False, when standard output is looked at no more.
        """
        return 1 in self._wait(timeout_s)


def blocks(watch: Watch, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield standard input as it comes, until its end.

    Raises:
        OSError: it cannot be read; "standard input" is the error's file.
    """
    while True:
        try:
            watch.wait_for_input()
            block = os.read(0, size)
        except BlockingIOError:
            # Somebody who shares it has made it non-blocking, and was faster.
            continue
        except BrokenPipeError:
            raise
        except OSError as error:
            if error.errno in {errno.EBADF, errno.EIO}:
                # Closed from the start (`<&-`), or a terminal that is not ours to read: there is no input.
                return
            raise OSError(error.errno, error.strerror, "standard input") from None
        if not block:
            return
        yield block


def messages(watch: Watch, framing: Framing, words: Words) -> Iterator[list[bytes]]:
    """Yield the messages of standard input, as many at once as came at once.

    Args:
        watch: see Watch.
        framing: how they are told apart.
        words: what they say.

    Raises:
        MessageError, LimitError: the input breaks the framing, or a message is no value (`by` is "us").
        OSError: as `blocks`.
    """
    for block in blocks(watch):
        yield from _said(framing, lambda block=block: framing.feed(block), words)  # type: ignore[misc]  # bound now
    yield from _said(framing, framing.finish, words)


def _said(framing: Framing, take: Callable[[], list[bytes]], words: Words) -> Iterator[list[bytes]]:
    fault: MessageError | LimitError | None = None
    try:
        found = take()
    except TruncatedError as error:
        if framing.spec.partition(":")[0] in ENDED_BY_MARK:
            found = [*error.messages, error.rest]
        else:
            found, fault = error.messages, error
    except (MessageError, LimitError) as error:
        found, fault = error.messages, error
    if found:
        yield [words.message(one) for one in found]
    if fault is not None:
        fault.by = "us"
        raise fault


def whole(watch: Watch, maximum: int) -> bytes:
    """Return all of standard input, as one message.

    Raises:
        LimitError: it is longer than a message may be.
        OSError: as `blocks`.
    """
    held = bytearray()
    for block in blocks(watch):
        held += block
        if len(held) > maximum:
            reason = f"standard input of {len(held)} bytes or more as one message"
            raise LimitError("max_message_bytes", maximum, reason, by="us")
    return bytes(held)
