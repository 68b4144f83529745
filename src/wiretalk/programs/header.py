"""What a program says of itself in its first comment: what it is, how it is run, and what may be at the other end."""

from __future__ import annotations

from wiretalk.framing import FRAMINGS
from wiretalk.programs.otherside import commands, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.programs.wanted import Wanted


def header_lines(wanted: Wanted) -> list[str]:
    """Return the lines of the comment, without what makes them one."""
    where = shown(str(wanted.address.but(options={})))
    run = _run(wanted)
    if wanted.server:
        lines = [f"{wanted.file}: answers each message that comes to {where}; see answer().", ""]
        usage = [(run, "Ctrl-C ends it")]
    else:
        lines = [f"{wanted.file}: sends each line of its input to {where}, and prints the answers.", ""]
        usage = [
            (run, "what you type; Ctrl-D says that you have finished"),
            (f"seq 3 | {_program(wanted)}", "what comes through a pipe"),
            (f"{_program(wanted)} hello 'how are you'", "these messages"),
        ]
    width = max(len(command) for command, _ in usage) + 4
    lines += [f"    {command:{width}}{what}" for command, what in usage]
    lines += ["", "The other end, to try it at once; or a program to begin with:", ""]
    lines += [f"    {command}" for command in commands(wanted)]
    return [*lines, "", _messages(wanted), *_needs(wanted)]


def _program(wanted: Wanted) -> str:
    return f"./{wanted.role}" if wanted.language == "c" else f"python3 {wanted.file}"


def _run(wanted: Wanted) -> str:
    return f"make && {_program(wanted)}" if wanted.language == "c" else _program(wanted)


def _messages(wanted: Wanted) -> str:
    if not wanted.framing:
        return "A message arrives whole, or not at all: it needs no framing."
    known = wanted.framing if wanted.framing in FRAMINGS else wanted.framing.partition(":")[0] + ":"
    summary = next(summary for name, (_, summary) in FRAMINGS.items() if name.startswith(known))
    return f"A message on the wire ({wanted.framing}): {summary}"


def _needs(wanted: Wanted) -> list[str]:
    name = wanted.role
    if wanted.language == "python":
        return (
            ["It needs Python alone, 3.11 or newer."] if wanted.plain else ["It needs wiretalk: pip install wiretalk"]
        )
    if wanted.plain:
        threads = "-pthread " if wanted.server and not wanted.datagrams else ""
        return [f"It needs POSIX alone: cc -std=c99 {threads}-o {name} {name}.c"]
    return [
        f"It needs wiretalk.c beside it: cc -std=c99 -o {name} {name}.c wiretalk.c",
        "The manual is wiretalk.h.",
    ]


def every_interface(wanted: Wanted) -> str:
    """Return what is to be said of a plain server's address that names no host."""
    # The library sees to it that an answer leaves from the address that was asked.
    return "every interface; name one, or answers may leave from another" if wanted.datagrams else "every interface"
