"""Every framing by name, and how one is made from its name. The framings themselves are loaded on first use."""

from __future__ import annotations

from sys import maxsize

from wiretalk.errors import UsageError
from wiretalk.limits import MAX_MESSAGE_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.framing.base import Framing

FRAMINGS: dict[str, tuple[str, str]] = {
    "raw": ("wiretalk.framing.raw:Raw", "whatever arrived: no boundaries promised"),
    "raw:utf8": ("wiretalk.framing.raw:RawText", "whatever arrived, but no UTF-8 character cut in two"),
    "line": ("wiretalk.framing.line:Line", "ends in LF; a CR before it is dropped on input"),
    "line:crlf": ("wiretalk.framing.line:LineCrlf", "the same, but CR LF is written"),
    "delimiter:HEX": ("wiretalk.framing.delimiter:Delimiter", "ends in these 1 to 16 bytes, written in hex"),
    "length:u8": ("wiretalk.framing.length:Length", "a count of 1 byte, then that many bytes"),
    "length:u16be": ("wiretalk.framing.length:Length", "a count of 2 bytes, high byte first, then that many bytes"),
    "length:u16le": ("wiretalk.framing.length:Length", "a count of 2 bytes, low byte first, then that many bytes"),
    "length:u32be": ("wiretalk.framing.length:Length", "a count of 4 bytes, high byte first, then that many bytes"),
    "length:u32le": ("wiretalk.framing.length:Length", "a count of 4 bytes, low byte first, then that many bytes"),
    "length:varint": ("wiretalk.framing.varint:Varint", "a count as protobuf writes it, then that many bytes"),
    "netstring": ("wiretalk.framing.netstring:Netstring", "5:hello,"),
    "fixed:N": ("wiretalk.framing.fixed:Fixed", "N bytes each"),
    "slip": ("wiretalk.framing.slip:Slip", "SLIP (RFC 1055): 0xC0 around each packet"),
    "cobs": ("wiretalk.framing.cobs:Cobs", "COBS: no zero bytes within, 0x00 between frames"),
}
"""How each framing is written (what is in capitals stands for a value), where it lives, and one line of help."""


def make(spec: str, max_message_bytes: int = MAX_MESSAGE_BYTES) -> Framing:
    r"""Make the framing that `spec` names.

    Args:
        spec: a name of FRAMINGS, a value in place of what is in capitals there ("fixed:32", "delimiter:0d0a").
        max_message_bytes: the largest message, in bytes, either way.

    Returns:
        A framing at the beginning of a stream; each direction of a connection may share one, no two connections may.

    Raises:
        UsageError: there is no such framing, or its value is wrong.

    >>> framing = make("line")
    >>> framing.feed(b"hel"), framing.feed(b"lo\r\nworld\n")
    ([], [b'hello', b'world'])
    >>> framing.encode_all([b"hello", b"world"])
    b'hello\nworld\n'
    """
    from wiretalk.chooser import twin

    where, _ = FRAMINGS.get(spec) or _with_value(spec)
    module, _, name = where.partition(":")
    framing: Framing = twin(module, name)(spec, max_message_bytes)
    return framing


def check(spec: str) -> None:
    """Raise what `make` would, whatever the size of messages.

    Raises:
        UsageError: there is no such framing, or its value is wrong.
    """
    make(spec, max_message_bytes=maxsize)


def _with_value(spec: str) -> tuple[str, str]:
    """Return the entry of a spec whose value is the user's own; refuse what has none."""
    from wiretalk.spelling import did_you_mean

    name, colon, value = spec.partition(":")
    shapes = [shape for shape in FRAMINGS if shape.partition(":")[0] == name]
    for shape in shapes:
        if colon and shape.rpartition(":")[2].isupper():
            return FRAMINGS[shape]
    if not shapes:
        names = list(dict.fromkeys(shape.partition(":")[0] for shape in FRAMINGS))
        hint = did_you_mean(name, names) or f"there are {', '.join(names)}"
        raise UsageError(spec, 0, f'there is no framing "{name}"', hint, len(name))
    whole = ", ".join(shapes)
    if not colon:
        raise UsageError(spec, len(name), f"{name} needs more", f"it is written {whole}")
    values = [shape.partition(":")[2] for shape in shapes if ":" in shape]
    hint = did_you_mean(value, values) or f"it is written {whole}"
    raise UsageError(spec, len(name) + 1, f'{name} has no "{value}"', hint, len(value))
