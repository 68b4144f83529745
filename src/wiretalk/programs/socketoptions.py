"""The options of an address that are one call of the system each, for programs without a library. A table, and lines.

No socket is opened or set here: these are lines of other programs.
"""

from __future__ import annotations

from wiretalk.limits import KEEPALIVE_IDLE_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.programs.wanted import Wanted

ONE = {
    "nodelay": ("IPPROTO_TCP", "TCP_NODELAY", "small messages leave at once"),
    "keepalive": ("SOL_SOCKET", "SO_KEEPALIVE", "a silent peer is asked now and then whether it is there"),
    "sndbuf": ("SOL_SOCKET", "SO_SNDBUF", "the system's buffer for what is sent"),
    "rcvbuf": ("SOL_SOCKET", "SO_RCVBUF", "the system's buffer for what comes"),
    "broadcast": ("SOL_SOCKET", "SO_BROADCAST", "may send to a broadcast address"),
}
"""Options that are the same for both versions of IP: level, name, and why."""

BOTH = {
    "ttl": ("IP_TTL", "IPV6_UNICAST_HOPS", "hops a packet may go"),
    "tos": ("IP_TOS", "IPV6_TCLASS", "the type of service"),
}
"""Options with a name for IPv4 and one for IPv6."""


class Setting:
    """One call of setsockopt.

    Attributes:
        level, name: as C names them; for IPv4, where `name6` is not "".
        name6: the name for IPv6.
        value: a number.
        why: a few words.
        optional: whether not every system has it.
    """

    __slots__ = ("level", "name", "name6", "optional", "value", "why")

    def __init__(self, level: str, name: str, value: int, why: str, *, name6: str = "", optional: bool = False) -> None:
        self.level = level
        self.name = name
        self.name6 = name6
        self.value = value
        self.why = why
        self.optional = optional


def settings(wanted: Wanted) -> list[Setting]:
    """Return what a program has to set: wiretalk's own defaults, and what the address says."""
    options = dict(wanted.address.options)
    if wanted.address.scheme.startswith("tcp"):
        options = {"nodelay": True, "keepalive": True} | options
    if "dscp" in options:
        options["tos"] = int(options.pop("dscp")) << 2
    made = []
    for name, value in options.items():
        if name in ONE:
            level, constant, why = ONE[name]
            made.append(Setting(level, constant, _number(name, value), why))
        elif name in BOTH:
            constant, constant6, why = BOTH[name]
            made.append(Setting("IPPROTO_IP", constant, int(value), why, name6=constant6))
        if name == "keepalive" and value is not False:
            idle_s = KEEPALIVE_IDLE_S if value is True else int(value)
            made.append(Setting("IPPROTO_TCP", "TCP_KEEPIDLE", idle_s, "after so many seconds", optional=True))
    return made


def needs_family(wanted: Wanted) -> bool:
    """Whether setting them depends on the version of IP."""
    return any(one.name6 for one in settings(wanted))


def _number(name: str, value: object) -> int:
    """Return the number that the system is told; of keepalive, whether there is any."""
    return int(value is not False) if name == "keepalive" else int(str(int(value)))  # type: ignore[call-overload]


def in_c(wanted: Wanted) -> list[str]:
    """Return the lines of a C function's body."""
    lines = []
    for one in settings(wanted):
        call = f"setsockopt(sock, {one.level}, {one.name}, &(int){{{one.value}}}, sizeof(int))"
        if one.name6:
            call6 = f"setsockopt(sock, IPPROTO_IPV6, {one.name6}, &(int){{{one.value}}}, sizeof(int))"
            lines += [
                f"/* {one.why} */",
                "failed |= family == AF_INET6",
                f"              ? {call6}",
                f"              : {call};",
            ]
        elif one.optional:
            lines += [f"#ifdef {one.name} /* {one.why} */", f"failed |= {call};", "#endif"]
        else:
            lines += [f"/* {one.why} */", f"failed |= {call};"]
    return lines


def in_python(wanted: Wanted) -> list[str]:
    """Return the lines of a Python function's body."""
    lines = []
    for one in settings(wanted):
        lines.append(f"# {one.why[0].upper()}{one.why[1:]}.")
        call = f"sock.setsockopt(socket.{one.level}, socket.{one.name}, {one.value})"
        if one.name6:
            call6 = f"sock.setsockopt(socket.IPPROTO_IPV6, socket.{one.name6}, {one.value})"
            lines += ["if family == socket.AF_INET6:", f"    {call6}", "else:", f"    {call}"]
        elif one.optional:
            lines += [f'if hasattr(socket, "{one.name}"):', f"    {call}"]
        else:
            lines.append(call)
    return lines
