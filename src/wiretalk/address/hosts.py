"""Hosts and ports as text: IPv4, IPv6 with zones, names in any script, numbers of ports, CIDs of vsock.

What is checked here is how they are written. Nothing is looked up. A fault is a ValueError with one clause; the grammar
puts the caret under it.
"""

from __future__ import annotations

DIGITS = "0123456789"
HEX = "0123456789ABCDEFabcdef"
NAME = "abcdefghijklmnopqrstuvwxyz0123456789-_."
IN_A_ZONE_NEVER = "[]%/?&# "

VSOCK_CIDS = {"hypervisor": 0, "local": 1, "host": 2, "any": 0xFFFFFFFF}
"""Names of vsock context identifiers, as in vsock(7)."""

VSOCK_NAMES = {number: name for name, number in VSOCK_CIDS.items()}


def read_port(text: str, most: int = 65535) -> int:
    """Return a port's number.

    Raises:
        ValueError: it is not a number of 0 to `most`.
    """
    if text.strip(DIGITS):
        if text.lstrip("-+").strip(DIGITS):
            raise ValueError(
                f'port must be a number, 0 to {most}: names of services such as "{text}" are not looked up'
            )
        raise ValueError(f"port must be 0 to {most}")
    port = int(text)
    if port > most:
        raise ValueError(f"port must be 0 to {most}")
    return port


def read_cid(text: str) -> str:
    """Return a vsock context identifier as it is written: a known one by its name.

    Raises:
        ValueError: it is neither a known name nor a number of 32 bits.
    """
    name = text.lower()
    if name in VSOCK_CIDS:
        return name
    if text.strip(DIGITS) or int(text) > 0xFFFFFFFF:
        raise ValueError("the CID must be any, local, host, hypervisor, or a number, 0 to 4294967295")
    number = int(text)
    return VSOCK_NAMES.get(number) or str(number)


def read_name(text: str) -> str:
    """Return an IPv4 address or a host's name, in small letters; a name in another script as IDNA writes it (RFC 3490).

    Raises:
        ValueError: it is neither.
    """
    host = text.lower()
    if not host.isascii():
        host = _ascii(text)
    if host.strip(NAME):
        wrong = next(character for character in host if character not in NAME)
        raise ValueError(
            f'a host cannot hold "{wrong}"' if wrong.isprintable() else "a host cannot hold such a character"
        )
    if len(host) > 253 + host.endswith("."):
        raise ValueError("a host's name is at most 253 characters long")
    labels = host.removesuffix(".").split(".")
    if not labels[-1].strip(DIGITS) and labels[-1]:
        # A name cannot end in a number (RFC 1123, section 2.1): this can only be meant for an IPv4 address.
        if ipv4_number(host) is None:
            raise ValueError("an IPv4 address is four numbers, 0 to 255, without leading zeros")
        return host
    for label in labels:
        if not label:
            raise ValueError("a part of the host's name is empty")
        if len(label) > 63:
            raise ValueError("a part of a host's name is at most 63 characters long")
    return host


def _ascii(text: str) -> str:
    try:
        # The codec loads tables of Unicode: only a name that needs them pays.
        return text.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise ValueError("this is no host's name in any script") from error


def read_bracketed(text: str) -> str:
    """Return an IPv6 address in its shortest form (RFC 5952), with its zone if it has one.

    A zone comes after % (RFC 4007) or after %25 (RFC 6874); %25 and digits alone are a zone's number.

    Args:
        text: what stands between the brackets.

    Raises:
        ValueError: it is no IPv6 address.
    """
    address, percent, zone = text.partition("%")
    groups = ipv6_groups(address)
    if groups is None:
        raise ValueError("brackets hold an IPv6 address, and this is none")
    if not percent:
        return write_ipv6(groups)
    if zone.startswith("25") and zone[2:].strip(DIGITS):
        zone = zone[2:]
    if not zone:
        raise ValueError("the zone after % is empty")
    if not zone.isascii() or not zone.isprintable() or any(character in zone for character in IN_A_ZONE_NEVER):
        raise ValueError("the zone after % must be the name or number of a network interface")
    return f"{write_ipv6(groups)}%{zone}"


def write_bracketed(host: str) -> str:
    """Return an IPv6 address and its zone as they stand between brackets."""
    address, percent, zone = host.partition("%")
    if zone.startswith("25") and zone[2:].strip(DIGITS):
        zone = "25" + zone
    return address + percent + zone


def ipv4_number(text: str) -> int | None:
    """Return an IPv4 address as a number, or None where it is none."""
    parts = text.split(".")
    if len(parts) != 4:
        return None
    number = 0
    for part in parts:
        # Leading zeros are octal to some programs and decimal to others: they are an address to neither here.
        if not part or part.strip(DIGITS) or len(part) > 3 or (part[0] == "0" and part != "0") or int(part) > 255:
            return None
        number = number << 8 | int(part)
    return number


def ipv6_groups(text: str) -> list[int] | None:
    """Return the eight groups of an IPv6 address without a zone, or None where it is none (RFC 4291, section 2.2)."""
    if text == "::1":
        return [0, 0, 0, 0, 0, 0, 0, 1]
    front, gap, back = text.partition("::")
    before = _groups(front, last=not gap)
    after = _groups(back, last=True)
    if before is None or after is None:
        return None
    missing = 8 - len(before) - len(after)
    if missing < 1 if gap else missing != 0:
        return None
    return before + [0] * missing + after


def _groups(text: str, *, last: bool) -> list[int] | None:
    """Return the groups between two ends, the last of which may be an IPv4 address."""
    if not text:
        return []
    groups = []
    parts = text.split(":")
    if last and "." in parts[-1]:
        number = ipv4_number(parts.pop())
        if number is None:
            return None
        tail = [number >> 16, number & 0xFFFF]
    else:
        tail = []
    for part in parts:
        if not part or len(part) > 4 or part.strip(HEX):
            return None
        groups.append(int(part, 16))
    return groups + tail


def write_ipv6(groups: list[int]) -> str:
    """Return an IPv6 address in its one canonical form (RFC 5952)."""
    if groups[:6] == [0, 0, 0, 0, 0, 0xFFFF]:
        return f"::ffff:{groups[6] >> 8}.{groups[6] & 255}.{groups[7] >> 8}.{groups[7] & 255}"
    gap, longest = 8, 1
    start = 0
    while start < 8:
        end = start
        while end < 8 and groups[end] == 0:
            end += 1
        if end - start > longest:
            gap, longest = start, end - start
        start = end + 1
    words = [f"{group:x}" for group in groups]
    if gap == 8:
        return ":".join(words)
    return ":".join(words[:gap]) + "::" + ":".join(words[gap + longest :])
