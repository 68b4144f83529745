"""How what passes is written to standard output when nobody types at a terminal: bytes, lines, a dump, or JSON.

Every one of them may be used from several threads at once: a message is written whole. Status is not told here.
"""

# ruff: noqa: ARG002 - one signature for all ways of showing

from __future__ import annotations

import os
import time
from _thread import allocate_lock

from wiretalk.cli.output import colours, write_out
from wiretalk.errors import CodecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.cli.hexdump import Dump
    from wiretalk.cli.reading import Watch
    from wiretalk.cli.words import Words
    from wiretalk.errors import WiretalkError
    from wiretalk.framing import Framing

    Facts = dict[str, Any]


class Shown:
    """Write the bytes of messages as they are.

    Attributes:
        wants_sent: whether `sent` does anything, so that the caller need not call it.
    """

    wants_sent = False

    def opened(self, peer: str, facts: Facts) -> None:
        """A conversation has begun."""

    def received(self, peer: str, message: bytes) -> None:
        """Write a message of the peer.

        Raises:
            BrokenPipeError: who reads standard output has left.
            OSError: it cannot be written.
            MessageError: the message has no value, or cannot be written so.
        """
        write_out(message)

    def sent(self, peer: str, message: bytes) -> None:
        """Write a message of ours, where that is wanted."""

    def cut(self, peer: str, rest: bytes) -> None:
        """Write what came of a message that the stream ended within."""
        write_out(rest)

    def finished(self, watch: Watch) -> None:
        """The one peer there is will say no more, while we still do: pass its end on to who reads us.

        Args:
            watch: what has looked whether somebody does.
        """
        if watch.output:
            watch.forget_output()
            nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            os.dup2(nowhere, 1)
            os.close(nowhere)

    def ended(self, peer: str, ending: Facts) -> None:
        """The conversation is over."""


class Lines(Shown):
    """Write each message as a line, or more lines where it has more.

    Args:
        words: how a message is written.
    """

    def __init__(self, words: Words) -> None:
        self._words = words
        self._lock = allocate_lock()

    def received(self, peer: str, message: bytes) -> None:
        line = self._words.line(message)
        with self._lock:
            write_out(line if line.endswith(b"\n") else line + b"\n")


class Framed(Shown):
    """Write each message in a framing, so that another program can tell them apart.

    Args:
        words: how a message is written.
        framing: the framing.
    """

    def __init__(self, words: Words, framing: Framing) -> None:
        self._words = words
        self._framing = framing
        self._lock = allocate_lock()

    def received(self, peer: str, message: bytes) -> None:
        data = self._framing.encode(self._words.line(message))
        with self._lock:
            write_out(data)


class ForReading(Shown):
    """Write messages to a terminal: text as text, whatever would control the terminal as escapes.

    Args:
        words: how a message is written.
        whole: whether each message is a line; if not, they are pieces of a stream, written as they come.
    """

    def __init__(self, words: Words, *, whole: bool) -> None:
        self._words = words
        self._whole = whole
        self._marked = colours(1)
        self._at_begin = True
        self._lock = allocate_lock()

    def received(self, peer: str, message: bytes) -> None:
        with self._lock:
            self._write(self._words.shown(message))

    def _write(self, data: bytes) -> None:
        from wiretalk.cli.escaping import printable_lines

        text = printable_lines(data, marked=self._marked)
        if self._whole and not text.endswith("\n"):
            text += "\n"
        self._at_begin = text.endswith("\n") or (not text and self._at_begin)
        write_out(text.encode())

    def cut(self, peer: str, rest: bytes) -> None:
        with self._lock:
            self._write(rest)

    def ended(self, peer: str, ending: Facts) -> None:
        """Leave the shell's prompt a line of its own."""
        if not self._at_begin:
            self._at_begin = True
            write_out(b"\n")


class HexDump(Shown):
    """Write a dump of what passes both ways."""

    wants_sent = True

    def __init__(self, *, several: bool = False) -> None:
        self._dumps: dict[str, Dump] = {}
        self._several = several
        self._last = ""
        self._lock = allocate_lock()

    def opened(self, peer: str, facts: Facts) -> None:
        from wiretalk.cli.hexdump import Dump

        with self._lock:
            self._dumps[peer] = Dump()

    def received(self, peer: str, message: bytes) -> None:
        self._dump(peer, "<", message)

    def sent(self, peer: str, message: bytes) -> None:
        self._dump(peer, ">", message)

    def cut(self, peer: str, rest: bytes) -> None:
        self._dump(peer, "<", rest)

    def finished(self, watch: Watch) -> None:
        """There is more to be written: what we say."""

    def _dump(self, peer: str, direction: str, data: bytes) -> None:
        with self._lock:
            lines = self._dumps[peer].lines(direction, data)
            if self._several and peer != self._last:
                lines = f"# {peer}\n{lines}"
            self._last = peer
            write_out(lines.encode())

    def ended(self, peer: str, ending: Facts) -> None:
        with self._lock:
            self._dumps.pop(peer, None)


class JsonLines(Shown):
    """Write JSON, an object a line: `open`, then a `message` for each the peer sends, then the `ending`.

    A message has its `value` where there is a codec, else its `text`, or its `hex` where it is no UTF-8.

    Args:
        words: what a message's value is.
    """

    def __init__(self, words: Words) -> None:
        from json import JSONEncoder

        self._words = words
        self._encode = JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode
        self._lock = allocate_lock()

    def event(self, event: str, **fields: Any) -> None:
        """Write one object."""
        record = {"event": event, "time": round(time.time(), 6), **fields}
        with self._lock:
            write_out(f"{self._encode(record)}\n".encode(errors="backslashreplace"))

    def opened(self, peer: str, facts: Facts) -> None:
        self.event("open", peer=peer, local=facts["local"], tls=facts["tls"])

    def received(self, peer: str, message: bytes) -> None:
        if not self._words.valued:
            self._message(peer, message)
            return
        try:
            value = self._words.value(message)
        except CodecError:
            self._message(peer, message)
            raise
        self.event("message", peer=peer, bytes=len(message), value=value)

    def _message(self, peer: str, message: bytes, **more: Any) -> None:
        try:
            self.event("message", peer=peer, bytes=len(message), text=message.decode(), **more)
        except UnicodeDecodeError:
            self.event("message", peer=peer, bytes=len(message), hex=message.hex(), **more)

    def cut(self, peer: str, rest: bytes) -> None:
        self._message(peer, rest, truncated=True)

    def finished(self, watch: Watch) -> None:
        """There is more to be written: the ending."""

    def ended(self, peer: str, ending: Facts) -> None:
        self.event("ending", peer=peer, **ending)


def ending_of(facts: Facts) -> Facts:
    """Return what the ending's JSON object holds: who and how, and the sums."""
    ending = facts["ending"] or {}
    sums = ("age_s", "bytes_received", "bytes_sent", "messages_received", "messages_sent")
    return {**ending, **{name: facts[name] for name in sums}}


def ending_of_error(error: WiretalkError) -> Facts:
    """Return the same where nothing was ever opened, so that there are no sums."""
    return {
        "how": error.how,
        "by": error.by,
        "wait": getattr(error, "wait", ""),
        "unsent_bytes": 0,
        "reason": str(error),
    }


def watches_reader() -> bool:
    """Whether standard output is a pipe or a socket, which tells when who reads it has left."""
    import stat

    try:
        mode = os.fstat(1).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
