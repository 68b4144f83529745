"""How a conversation is held, from what the user said: the framing on the wire, what one line of ours becomes, what
one message of the peer's becomes. Decisions alone; nothing is read or written here.

On a byte stream, `--frame` says how messages are told apart on the wire; on our side they are lines. Without it, the
bytes of a pipe pass as they are; a line that is typed, or a message of `send`, is ended by LF, and what the peer says
is shown as it comes. On datagrams, which are messages already, `--frame` says how they are told apart on our side: in
lines, unless told otherwise.
"""

from __future__ import annotations

from wiretalk.cli.options import said_once
from wiretalk.cli.words import make_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from wiretalk.address import Address
    from wiretalk.cli.reading import Watch
    from wiretalk.cli.showing import Shown
    from wiretalk.framing import Framing

WITHOUT_BOUNDARIES = (None, "raw", "raw:utf8")
"""Framings of a byte stream that make no messages."""


class Manner:
    """How one conversation, or all those of one server, are held.

    Args:
        arguments: the command's options: frame, codec, hex, json, max_message.
        address: whom they are with; its own framing and codec are the same as the options.

    Attributes:
        address: the address without `framing` and `codec`: connections carry bytes, and the shell makes values of them.
        stream: whether it carries a byte stream.
        frame: the framing that the user said, or that what he said asks for; None: none.
        words: how a message is written.
        whole: whether what arrives are messages, and not pieces of a stream.

    Raises:
        UsageError: the address and the options contradict each other.
    """

    def __init__(self, arguments: Namespace, address: Address) -> None:
        frame, codec = said_once(arguments, address)
        options = {name: value for name, value in address.options.items() if name not in {"framing", "codec"}}
        self.address = address.but(options=options) if len(options) < len(address.options) else address
        self.stream = address.kind == "stream"
        self.json: bool = arguments.json
        self.hex: bool = arguments.hex
        self.max_message_bytes: int = address.option("max_message") or arguments.max_message
        if self.stream and frame is None and (codec is not None or self.json):
            frame = "line"
        self.frame = frame
        self.words = make_words(codec)
        self.whole = not self.stream or frame not in WITHOUT_BOUNDARIES

    def wire(self, *, for_reading: bool) -> str | None:
        """Return the framing for the connection; None on datagrams.

        Args:
            for_reading: characters must not be cut in two, since a person reads them.
        """
        if not self.stream:
            return None
        if self.frame in {None, "raw"}:
            return "raw:utf8" if for_reading else "raw"
        return self.frame

    def _framing(self, spec: str) -> Framing:
        from wiretalk.framing import make

        return make(spec, self.max_message_bytes)

    # ours

    def typed(self, line: bytes) -> bytes:
        """Return what a typed line is to the connection's `send`. Raises CodecError: it is no value."""
        return self.ended(self.words.message(line))

    def ended(self, message: bytes) -> bytes:
        """Return a message of ours as it is given to `send`: ended by LF on a stream of which nobody said more."""
        if self.stream and self.frame is None and not message.endswith(b"\n"):
            return message + b"\n"
        return message

    def input(self, watch: Watch) -> Iterator[list[bytes]]:
        """Yield what standard input says, to be given to `send`, message by message or block by block."""
        from wiretalk.cli.reading import BLOCK_BYTES, blocks, messages, whole

        if not self.whole and not self.words.valued:
            for block in blocks(watch, min(BLOCK_BYTES, self.max_message_bytes)):
                yield [block]
        elif self.stream:
            yield from messages(watch, self._framing("line"), self.words)
        elif self.frame in {"raw", "raw:utf8"}:
            yield [self.words.message(whole(watch, self.max_message_bytes))]
        else:
            yield from messages(watch, self._framing(self.frame or "line"), self.words)

    # the peer's

    def shown(self, *, to_terminal: bool, several: bool = False) -> Shown:
        """Return what writes messages to standard output.

        Args:
            to_terminal: standard output is a terminal.
            several: there may be several peers.
        """
        from wiretalk.cli import showing

        if self.json:
            return showing.JsonLines(self.words)
        if self.hex:
            return showing.HexDump(several=several)
        if to_terminal:
            return showing.ForReading(self.words, whole=self.whole or self.words.valued)
        if not self.stream and self.frame not in {None, "line"}:
            if self.frame not in WITHOUT_BOUNDARIES:
                return showing.Framed(self.words, self._framing(self.frame))
            return showing.Lines(self.words) if self.words.valued else showing.Shown()
        if self.whole or self.words.valued:
            return showing.Lines(self.words)
        return showing.Shown()
