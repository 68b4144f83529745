"""Between what a person writes in one line and a message: the codec, as the shell speaks it. Nothing is read or sent.

Without a codec, a line is the message. `hex` is written as digits, `json` as JSON; values of the other codecs are
written as JSON too (`struct` as `1, 2, "text"` or `[1, 2, "text"]`), bytes within them as text, or as hexadecimal
digits where they are no UTF-8.
"""

from __future__ import annotations

from wiretalk.errors import CodecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.codec import Codec


class Words:
    """What is written, as it is: no codec, or `bytes`.

    Attributes:
        valued: whether a message has a value that is not its bytes.
    """

    __slots__ = ()

    valued = False

    def message(self, line: bytes) -> bytes:
        """Return the message that a line says.

        Raises:
            CodecError: it says none (`by` is "us").
        """
        return line

    def line(self, message: bytes) -> bytes:
        """Return how a message is written. Raises CodecError: it is no value of the codec."""
        return message

    def shown(self, message: bytes) -> bytes:
        """Return how a message is written for a person to read, in one line or several. Raises as `line` does."""
        return self.line(message)

    def value(self, message: bytes) -> Any:
        """Return the value for --json, where there is one. Raises as `line` does."""


class TextWords(Words):
    """`text` and `hex`: the value is the line."""

    __slots__ = ("_codec",)

    valued = True

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def message(self, line: bytes) -> bytes:
        try:
            return self._codec.encode(line.decode())
        except UnicodeDecodeError as error:
            raise CodecError(f"not UTF-8: {error.reason} at offset {error.start}", by="us") from None

    def line(self, message: bytes) -> bytes:
        text: str = self._codec.decode(message)
        return text.encode()

    def value(self, message: bytes) -> Any:
        return self._codec.decode(message)


class ValueWords(Words):
    """The other codecs: the line is the value as JSON."""

    __slots__ = ("_codec", "_json")

    valued = True

    def __init__(self, codec: Codec) -> None:
        from wiretalk.codec import make

        self._codec = codec
        self._json = make("json")

    def message(self, line: bytes) -> bytes:
        record = self._codec.spec.startswith("struct:")
        try:
            value = self._json.decode(b"[%b]" % line if record and not line.lstrip().startswith(b"[") else line)
        except CodecError as error:
            raise CodecError(error.reason, by="us") from None
        if record:
            value = [part.encode() if isinstance(part, str) else part for part in value]
        return self._codec.encode(value)

    def value(self, message: bytes) -> Any:
        return plain(self._codec.decode(message))

    def line(self, message: bytes) -> bytes:
        return self._json.encode(self.value(message))

    def shown(self, message: bytes) -> bytes:
        from json import dumps

        value = self.value(message)
        line = self._json.encode(value)
        if len(line) <= SHORT_LINE or self._codec.spec != "json":
            return line
        return dumps(value, indent=2, ensure_ascii=False).encode(errors="backslashreplace")


SHORT_LINE = 72
"""JSON of so many bytes is shown in one line; longer, in several."""


def plain(value: Any) -> Any:
    """Return a value as JSON has one like it."""
    if isinstance(value, bytes | bytearray):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.hex()
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(plain(key)): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, str | int | float) or value is None:
        return value if value not in (float("inf"), float("-inf")) and value == value else str(value)  # noqa: PLR0124
    return str(value)


def make_words(codec: str | None) -> Words:
    """Return how messages of a codec are written; None: no codec."""
    if codec in {None, "bytes"}:
        return Words()
    from wiretalk.codec import make

    made = make(str(codec))
    return TextWords(made) if made.spec in {"text", "hex"} else ValueWords(made)


def unescaped(text: str) -> bytes:
    r"""Return the bytes of a text in which \n, \r, \t, \0, \e, \\ and \xHH stand for others.

    Raises:
        UsageError: a backslash stands before anything else.
    """
    from wiretalk.errors import UsageError

    made = bytearray()
    at = 0
    while True:
        next_at = text.find("\\", at)
        made += text[at : next_at if next_at >= 0 else None].encode(errors="surrogateescape")
        if next_at < 0:
            return bytes(made)
        letter = text[next_at + 1 : next_at + 2]
        digits = text[next_at + 2 : next_at + 4]
        if letter == "x" and len(digits) == 2 and all(c in "0123456789abcdefABCDEF" for c in digits):
            made.append(int(digits, 16))
            at = next_at + 4
        elif letter and letter in ESCAPES:
            made.append(ESCAPES[letter])
            at = next_at + 2
        else:
            raise UsageError(
                text,
                next_at,
                f"\\{letter} is no escape",
                "there are \\n \\r \\t \\0 \\e \\\\ and \\xHH",
                1 + len(letter),
            )


ESCAPES = {"n": 10, "r": 13, "t": 9, "0": 0, "e": 27, "\\": 92}
