"""What `wiretalk --help` says, made of the tables. Nothing is imported here that a bare interpreter has not loaded."""

from __future__ import annotations

from wiretalk.cli.commands import COMMANDS, TOPICS

EXAMPLES = (
    ("wiretalk connect tcp://pi.local:8888", "talk to a server"),
    ("wiretalk listen :8888", "wait for peers, and talk to them"),
    ("wiretalk send udp://pi.local:5000 hello", "send one message, print the answer"),
)


def overview() -> str:
    """Return the whole text."""
    lines = [
        "wiretalk makes programs talk over sockets, and shows what they say.",
        "",
        "usage: wiretalk COMMAND ADDRESS …",
        "",
        "commands:",
        *table((name, summary) for name, (_, summary) in COMMANDS.items()),
        "",
        "examples:",
        *table(EXAMPLES),
        "",
        "wiretalk COMMAND --help says more of a command; wiretalk help TOPIC of these:",
        *table((name, summary) for name, (_, summary) in TOPICS.items()),
    ]
    return "\n".join(lines) + "\n"


def table(rows: Iterable[tuple[str, str]], margin: str = "  ", gap: int = 2) -> list[str]:
    """Return lines of two columns; what is too long for the first has a line of its own."""
    listed = list(rows)
    width = min(max((len(first) for first, _ in listed), default=0), WIDEST)
    lines = []
    for first, second in listed:
        if len(first) > width:
            lines.append(f"{margin}{first}")
            lines.append(f"{margin}{'':{width + gap}}{second}")
        else:
            lines.append(f"{margin}{first:{width + gap}}{second}".rstrip())
    return lines


WIDEST = 42
"""The widest first column of a table of help, in characters."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
