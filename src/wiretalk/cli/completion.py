"""`wiretalk completion`: a completion script for a shell, made from the same tables as the commands themselves.

The scripts are static: completing a word starts no Python.
"""

from __future__ import annotations

from wiretalk.cli.commands import COMMANDS, TOPICS
from wiretalk.cli.output import write_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from wiretalk.cli.parser import Parser

DESCRIPTION = """\
Print a completion script: commands, their options, schemes, framings, codecs and services.

Load it where the shell starts; it needs nothing but the shell.
"""

EXAMPLES = (
    ('eval "$(wiretalk completion bash)"', "in ~/.bashrc"),
    ("wiretalk completion zsh > ~/.zfunc/_wiretalk", "with fpath+=~/.zfunc before compinit in ~/.zshrc"),
    ("wiretalk completion fish > ~/.config/fish/completions/wiretalk.fish", "for fish"),
)

SHELLS = ("bash", "zsh", "fish")


def build(parser: Parser) -> None:
    """Add the words of the command."""
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help="bash, zsh or fish")


def run(arguments: Namespace) -> int:
    """Print the script."""
    from wiretalk.cli import completionscripts

    write_out(getattr(completionscripts, arguments.shell)(words()).encode())
    return 0


class Option:
    """One option of a command.

    Attributes:
        names: how it is written.
        help: one line.
        value: "" where it takes no value, else the name of a list of `Words.lists`, "file", or "any".
        optional: whether its value, if any, stands behind an equals sign only.
    """

    __slots__ = ("help", "names", "optional", "value")

    def __init__(self, names: list[str], what: str, value: str, *, optional: bool) -> None:
        self.names = names
        self.help = what
        self.value = value
        self.optional = optional


class Command:
    """One command: what it takes.

    Attributes:
        name: the command.
        summary: one line.
        options: its options.
        positionals: for each of its words in turn, the name of a list or "any"; the last goes on.
    """

    __slots__ = ("name", "options", "positionals", "summary")

    def __init__(self, name: str, summary: str, options: list[Option], positionals: list[str]) -> None:
        self.name = name
        self.summary = summary
        self.options = options
        self.positionals = positionals


class Words:
    """All that can be completed.

    Attributes:
        commands: the commands, in the order of help.
        lists: words by kind, each with one line of help.
    """

    __slots__ = ("commands", "lists")

    def __init__(self, commands: list[Command], lists: dict[str, list[tuple[str, str]]]) -> None:
        self.commands = commands
        self.lists = lists


VALUES = {"frame": "framings", "codec": "codecs"}
"""Options whose values are of a list, by their destination."""

POSITIONALS = {
    "address": ["addresses"],
    "addresses": ["addresses"],
    "target": ["addresses"],
    "messages": ["any"],
    "action": ["actions"],
    "words": ["any"],
    "service": ["services"],
    "shell": ["shells"],
    "language": ["languages"],
    "role": ["roles"],
}
"""What a command's words are, by their destination."""


def words() -> Words:
    """Gather what can be completed from the tables."""
    from wiretalk.address import SCHEMES
    from wiretalk.cli.fault import ACTIONS
    from wiretalk.cli.parser import make_parser
    from wiretalk.codec import CODECS
    from wiretalk.framing import FRAMINGS
    from wiretalk.programs import LANGUAGES, ROLES
    from wiretalk.service import SERVICES

    commands = []
    for name, (_, summary) in COMMANDS.items():
        parser, _ = make_parser(name)
        positionals = [POSITIONALS[action.dest][0] for action in parser.positionals()]
        commands.append(Command(name, summary, list(_options(parser)), positionals))
    commands.append(Command("help", "say more of a command or a topic", [], ["topics"]))
    lists = {
        "addresses": [(_opening(form.form), form.summary) for form in SCHEMES.values()],
        "framings": [(_typed(name), summary) for name, (_, summary) in FRAMINGS.items()],
        "codecs": [(_typed(name), summary) for name, (_, summary) in CODECS.items()],
        "services": [(name, summary) for name, (_, summary) in SERVICES.items()],
        "languages": list(LANGUAGES.items()),
        "roles": list(ROLES.items()),
        "actions": list(ACTIONS.items()),
        "shells": [(name, f"a script for {name}") for name in SHELLS],
        "topics": [(name, summary) for table in (COMMANDS, TOPICS) for name, (_, summary) in table.items()],
    }
    return Words(commands, lists)


def _options(parser: Parser) -> Iterator[Option]:
    for action in parser.options():
        takes = action.nargs != 0
        value = VALUES.get(action.dest, "any") if takes else ""
        optional = any(name in parser.without_value for name in action.option_strings)
        yield Option(list(action.option_strings), one_line(action.help or ""), value, optional=optional)


def one_line(text: str) -> str:
    """Return help as a completion shows it: without what is in brackets."""
    return text.partition(" (")[0].replace("\n", " ")


def _opening(form: str) -> str:
    """Return the part of an address that can be completed: what stands before the user's own words."""
    begin, mark, _ = form.partition("://")
    if mark:
        return begin + mark
    return form.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _typed(shape: str) -> str:
    """Return of "fixed:N" what can be completed: "fixed:"."""
    name, colon, value = shape.partition(":")
    return f"{name}:" if colon and value.isupper() else shape
