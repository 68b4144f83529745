"""Every codec by name, and how one is made from its name. The codecs themselves are loaded on first use."""

from __future__ import annotations

from wiretalk.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.codec.base import Codec

CODECS: dict[str, tuple[str, str]] = {
    "bytes": ("wiretalk.codec.octets:Octets", "the message itself"),
    "text": ("wiretalk.codec.text:Text", "UTF-8 text"),
    "json": ("wiretalk.codec.jsontext:JsonText", "JSON"),
    "msgpack": ("wiretalk.codec.messagepack:MessagePack", "MessagePack (needs wiretalk[msgpack])"),
    "struct:FMT": ("wiretalk.codec.record:Record", "a record, as Python's struct writes it: struct:>HHI"),
    "hex": ("wiretalk.codec.hexdigits:HexDigits", "hexadecimal digits: 00ff10"),
}
"""How each codec is written (what is in capitals stands for a value), where it lives, and one line of help."""


def make(spec: str) -> Codec:
    """Make the codec that `spec` names.

    Args:
        spec: a name of CODECS, a format in place of FMT.

    Raises:
        UsageError: there is no such codec, or its format is wrong.
        MissingPackageError: the codec needs a package that is not installed.

    >>> make("struct:>HHI").decode(bytes.fromhex("0001 0002 00000003"))
    (1, 2, 3)
    """
    name, colon, _ = spec.partition(":")
    entry = CODECS.get("struct:FMT" if name == "struct" and colon else spec)
    if entry is None:
        raise _unknown(spec, name)
    module, _, kind = entry[0].partition(":")
    codec: Codec = getattr(__import__(module, fromlist=(kind,)), kind)(spec)
    return codec


def _unknown(spec: str, name: str) -> UsageError:
    from wiretalk.spelling import did_you_mean

    if name == "struct":
        return UsageError(spec, len(spec), "struct needs a format", "it is written like struct:>HHI")
    if name in CODECS:
        return UsageError(spec, len(name), f"{name} takes nothing after it", f"write {name}", len(spec) - len(name))
    names = [shape.partition(":")[0] for shape in CODECS]
    hint = did_you_mean(name, names) or f"there are {', '.join(names)}"
    return UsageError(spec, 0, f'there is no codec "{name}"', hint, len(name))
