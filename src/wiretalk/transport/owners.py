"""Which process has an address, as far as /proc tells. Reads; never fails; takes a bounded time."""

from __future__ import annotations

import os
import socket
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from wiretalk.address import Address

SEARCH_S = 0.5
"""The longest that looking for the process may take: it only makes an error's sentence better."""

COMMAND_CHARACTERS = 60
"""How much of the process's command line is shown."""

_LISTEN = "0A"
"""The state of a TCP socket that listens, in /proc/net/tcp (TCP_LISTEN). UDP has no such state."""


def owner_of(address_text: str) -> str:
    """Return who has an address: "python3 server.py (pid 123)", "user www-data", or "" where nobody tells."""
    from wiretalk.address import parse
    from wiretalk.errors import AddressError

    try:
        address = parse(address_text)
        found, relative = (
            _unix_inodes(address) if address.scheme.startswith("unix") else (_port_inodes(address), frozenset())
        )
        if not found:
            return ""
        pid = _pid_with(found, relative, address.path)
        if pid is None:
            return _user(next(iter(found.values())))
        return "this process itself" if pid == os.getpid() else f"{_command(pid)} (pid {pid})"
    except (AddressError, OSError, ValueError):
        # No /proc, or one that looks otherwise: then it is not told.
        return ""


def path_of(address_text: str) -> str | None:
    """Return the path of a Unix address, None where it is no such address."""
    from wiretalk.address import parse
    from wiretalk.errors import AddressError

    try:
        return parse(address_text).path
    except AddressError:
        return None


def _port_inodes(address: Address) -> dict[str, int | None]:
    """Return the sockets, by inode, that have the port on an address that overlaps; with their users."""
    if address.port is None or address.scheme == "vsock":
        return {}
    protocol = "udp" if address.scheme.startswith("udp") else "tcp"
    wanted = _hexadecimal(address.host)
    listening: dict[str, int | None] = {}
    others: dict[str, int | None] = {}
    for table in (protocol, protocol + "6"):
        for fields in rows(f"/proc/net/{table}"):
            local, _, port = fields[1].rpartition(":")
            # Inode 0: closed by its process, and only lingering.
            if int(port, 16) == address.port and fields[9] != "0" and _overlap(local, wanted):
                (listening if fields[3] == _LISTEN else others)[fields[9]] = int(fields[7])
    return listening or others


def _unix_inodes(address: Address) -> tuple[dict[str, int | None], set[str]]:
    """Return the sockets, by inode, that are bound to a path, and which of them were bound by a relative one.

    The kernel tells a name as it was bound, so a relative one says nothing before its process's directory is known.
    """
    path = address.path
    names = {path} if address.abstract else {path, os.path.abspath(path)}
    bound = {fields[6]: fields[7] for fields in rows("/proc/net/unix") if len(fields) > 7 and fields[7] in names}
    return dict.fromkeys(bound), {inode for inode, name in bound.items() if not name.startswith(("/", "@"))}


def rows(table: str) -> list[list[str]]:
    """Return the fields of each line of one of the system's tables of sockets; [] where there is no such table."""
    try:
        with open(table, encoding="utf-8", errors="surrogateescape") as file:
            return [line.rstrip("\n").split(None, 7 if table.endswith("unix") else -1) for line in file][1:]
    except OSError:
        return []


def _hexadecimal(host: str) -> str:
    """Return a host as /proc/net writes it, in 32-bit words of this machine's byte order; "" for every interface."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            packed = socket.inet_pton(family, host.partition("%")[0])
        except OSError:
            continue
        words = [packed[at : at + 4] for at in range(0, len(packed), 4)]
        return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    return ""


def _overlap(one: str, other: str) -> bool:
    return one == other or not one.strip("0") or not other.strip("0")


def _pid_with(inodes: dict[str, int | None], relative: AbstractSet[str] = frozenset(), path: str = "") -> int | None:
    """Return a process that holds one of these sockets; None where it may not be seen or takes too long to find.

    The relative ones are held to be bound to `path` only by a process in whose directory that is the path meant here.
    """
    links = {f"socket:[{inode}]": inode for inode in inodes}
    give_up = time.monotonic() + SEARCH_S
    for pid in [str(os.getpid()), *filter(str.isdigit, os.listdir("/proc"))]:
        try:
            with os.scandir(f"/proc/{pid}/fd") as entries:
                for entry in entries:
                    inode = links.get(os.readlink(entry.path))
                    if inode and (inode not in relative or os.path.samefile(f"/proc/{pid}/cwd/{path}", path)):
                        return int(pid)
        except OSError:
            # Gone, or another user's, or in a directory that has no such path.
            continue
        if time.monotonic() > give_up:
            return None
    return None


def _command(pid: int) -> str:
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        raw = file.read(4096)
    words = raw.replace(b"\0", b" ").decode(errors="replace").strip()
    shown = "".join(character if character.isprintable() else "?" for character in words)
    return shown if len(shown) <= COMMAND_CHARACTERS else shown[: COMMAND_CHARACTERS - 1] + "…"


def _user(number: int | None) -> str:
    if number is None:
        return ""
    import pwd

    try:
        return f"a process of the user {pwd.getpwuid(number).pw_name}"
    except KeyError:
        return f"a process of the user {number}"
