"""What the errors of ICMP say in words, and what they mean for who asked: RFC 792, 1122, 1812; for IPv6, RFC 4443."""

from __future__ import annotations

_NET, _HOST = "Destination Net", "Destination Host"

_UNREACHABLE_4 = {
    0: f"{_NET} Unreachable",
    1: f"{_HOST} Unreachable",
    2: "Destination Protocol Unreachable",
    3: "Destination Port Unreachable",
    4: "Frag needed and DF set",
    5: "Source Route Failed",
    6: f"{_NET} Unknown",
    7: f"{_HOST} Unknown",
    8: "Source Host Isolated",
    9: f"{_NET} Prohibited",
    10: f"{_HOST} Prohibited",
    11: f"{_NET} Unreachable for Type of Service",
    12: f"{_HOST} Unreachable for Type of Service",
    13: "Packet filtered",
    14: "Precedence Violation",
    15: "Precedence Cutoff",
}

_UNREACHABLE_6 = {
    0: "No route",
    1: "Administratively prohibited",
    2: "Beyond scope of source address",
    3: "Address unreachable",
    4: "Port unreachable",
    5: "Source address failed policy",
    6: "Reject route",
}


def trouble_words(version: int, kind: int, code: int, info: int = 0) -> tuple[str, str]:
    """Return what an error of ICMP is for who asked, and what it says.

    Args:
        version: 4 or 6, of IP.
        kind: the type of the message.
        code: its finer reason.
        info: the MTU that it tells, 0 where it tells none.

    Returns:
        First "expired" (the hops ran out), "closed" (nobody has that port), "too-big", "redirected" (it goes on another
        way) or "unreachable"; then the words.
    """
    return (_of_ipv4 if version == 4 else _of_ipv6)(kind, code, info)


def _of_ipv4(kind: int, code: int, info: int) -> tuple[str, str]:
    if kind == 11:
        return ("expired", "Time to live exceeded") if code == 0 else ("unreachable", "Frag reassembly time exceeded")
    if kind == 3:
        words = _UNREACHABLE_4.get(code, f"Destination Unreachable, code {code}")
        if code == 4:
            return "too-big", f"{words} (mtu = {info})" if info else words
        return "closed" if code == 3 else "unreachable", words
    if kind == 5:
        return "redirected", "Redirect"
    if kind == 12:
        return "unreachable", "Parameter problem"
    return "unreachable", f"ICMP type {kind}, code {code}"


def _of_ipv6(kind: int, code: int, info: int) -> tuple[str, str]:
    if kind == 3:
        return (
            ("expired", "Time exceeded: Hop limit") if code == 0 else ("unreachable", "Frag reassembly time exceeded")
        )
    if kind == 1:
        words = f"Destination unreachable: {_UNREACHABLE_6.get(code, f'code {code}')}"
        return "closed" if code == 4 else "unreachable", words
    if kind == 2:
        return "too-big", f"Packet too big: mtu={info}"
    if kind == 4:
        return "unreachable", "Parameter problem"
    return "unreachable", f"ICMPv6 type {kind}, code {code}"
