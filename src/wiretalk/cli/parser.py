"""One command's words into its arguments: argparse, with help that shows examples and errors that say what to do."""

from __future__ import annotations

import argparse
import os

from wiretalk.cli.commands import COMMANDS
from wiretalk.cli.output import write_out
from wiretalk.cli.overview import table
from wiretalk.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn


# Help is in English. Looking for a translation of each of argparse's own words would cost more than reading the words.
argparse._ = str  # type: ignore[attr-defined]  # gettext, under the name that argparse gives it

HELP_AT = 30
"""The column at which an option's help begins."""

WIDTHS = (60, 120)
"""The narrowest and the widest help, in columns."""


class Help(argparse.HelpFormatter):
    """Help as wide as the terminal: paragraphs are filled, and tables (with a margin) left as they are."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=HELP_AT, width=_width())

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        from textwrap import fill

        return "\n\n".join(
            part
            if "\n  " in part
            else fill(part, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
            for part in text.split("\n\n")
        )

    def _format_action_invocation(self, action: argparse.Action) -> str:
        return _joined(super()._format_action_invocation(action))


def _joined(text: str) -> str:
    """Return text of help in which an optional value stands right behind its option, as it is to be written."""
    return text.replace(" [=", "[=")


def _width() -> int:
    try:
        columns = os.get_terminal_size(1).columns
    except (OSError, ValueError):
        columns = 100
    return max(WIDTHS[0], min(columns, WIDTHS[1]) - 1)


class WrongValueError(Exception):
    """Carries a UsageError through argparse, which would word it anew (it takes any ValueError for its own)."""

    def __init__(self, error: UsageError) -> None:
        super().__init__(error)
        self.error = error


class Parser(argparse.ArgumentParser):
    """The parser of one command.

    Args:
        name: the command.
        description: what its help says first.
        examples: pairs of a command line and what it does.
    """

    def __init__(self, name: str, description: str, examples: tuple[tuple[str, str], ...]) -> None:
        super().__init__(
            prog=f"wiretalk {name}",
            description=description,
            allow_abbrev=False,
            formatter_class=Help,
            epilog="\n".join(["examples:", *table(examples)]),
        )
        # Newer versions of argparse colour by themselves; our text is one piece with the examples.
        self.color = False
        self.examples = examples
        self.without_value: dict[str, str] = {}
        self._after_dashes: tuple[str, str] | None = None

    def optional_value(self, *names: str, metavar: str, default: str, **settings: Any) -> None:
        """Add an option that may stand alone: `--retry`, or `--retry=5`. The word after it is never its value.

        Args:
            names: its names.
            metavar: what its value is called.
            default: the text that it stands for when it stands alone.
            settings: as for `add_argument`.
        """
        self.add_argument(*names, metavar=f"[={metavar}]", **settings)
        self.without_value.update(dict.fromkeys(names, default))

    def take_after_dashes(self, destination: str, shown: str) -> None:
        """Keep the words after `--` as they are, as a list of their own; None where there is no `--`.

        Args:
            destination: where they are kept.
            shown: what stands for them in help.
        """
        self._after_dashes = destination, shown

    def read(self, words: list[str]) -> argparse.Namespace:
        """Return the arguments that the words say.

        Raises:
            UsageError: the words are wrong.
        """
        end = words.index("--") if "--" in words else len(words)
        alone = self.without_value
        spelt = [f"{word}={alone[word]}" if word in alone else word for word in words[:end]]
        if self._after_dashes is None:
            spelt += words[end:]
        try:
            arguments, rest = self.parse_known_intermixed_args(spelt)
        except WrongValueError as wrong:
            raise wrong.error from None
        if rest:
            raise self._one_too_many(rest[0])
        if self._after_dashes is not None:
            setattr(arguments, self._after_dashes[0], words[end + 1 :] if end < len(words) else None)
        return arguments

    def _one_too_many(self, word: str) -> UsageError:
        if not word.startswith("-") or word == "-":
            return UsageError("", reason=f'"{word}" is one word too many', hint=self._see())
        from wiretalk.spelling import did_you_mean

        name = word.partition("=")[0]
        hint = did_you_mean(name, self.option_names()) or self._see()
        return UsageError("", reason=f'there is no option "{name}"', hint=hint)

    def option_names(self) -> list[str]:
        """Return the names of all options, in the order in which help shows them."""
        return [name for action in self._actions for name in action.option_strings]

    def options(self) -> list[argparse.Action]:
        """Return the options, in the order in which help shows them."""
        return [action for action in self._actions if action.option_strings]

    def positionals(self) -> list[argparse.Action]:
        """Return the words that are no options, in their order."""
        return [action for action in self._actions if not action.option_strings]

    def _see(self) -> str:
        return f"{self.prog} --help shows what there is"

    def format_help(self) -> str:
        """Return all of the help."""
        text = _joined(super().format_help())
        if self._after_dashes is None:
            return text
        usage, _, rest = text.partition("\n\n")
        indent = " " * len(f"usage: {self.prog} ")
        return f"{usage}\n{indent}[-- {self._after_dashes[1]}]\n\n{rest}"

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found wrong, in our words where it has common ones."""
        missing = message.removeprefix("the following arguments are required: ")
        if missing != message:
            raise UsageError("", reason=f"{missing} is missing", hint=f"write it like: {self.examples[0][0]}")
        raise UsageError("", reason=message.removeprefix("argument "), hint=self._see())


def value(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a reader of a value for `add_argument(type=…)` whose ValueError reaches the user as it is worded."""

    def reader(text: str) -> Any:
        try:
            return read(text)
        except UsageError as error:
            raise WrongValueError(error) from None
        except ValueError as error:
            raise WrongValueError(UsageError("", reason=str(error))) from None

    return reader


def make_parser(name: str) -> tuple[Parser, Any]:
    """Return a command's parser and its module."""
    module = __import__(COMMANDS[name][0], fromlist=("run",))
    parser = Parser(name, module.DESCRIPTION, module.EXAMPLES)
    module.build(parser)
    return parser, module


def run_command(name: str, words: list[str]) -> int:
    """Run a command; return its exit status.

    Raises:
        UsageError: its words are wrong.
    """
    parser, module = make_parser(name)
    if any(word in {"-h", "--help"} for word in words[: words.index("--") if "--" in words else None]):
        # Before anything else is looked at: help must come however wrong the rest is.
        write_out(parser.format_help().encode())
        return 0
    status: int = module.run(parser.read(words))
    return status
