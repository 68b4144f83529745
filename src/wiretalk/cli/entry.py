"""Where the shell face begins and ends: which command, which exit status. Only a bare interpreter's modules are needed.

Everything that can go wrong for a user ends here as one sentence on standard error and a documented exit status; a
traceback is shown only for a mistake of wiretalk's own.
"""

from __future__ import annotations

import os
import sys

from wiretalk.cli.commands import COMMANDS, TOPICS
from wiretalk.cli.output import complain, tell, write_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that the words name; return the exit status.

    Args:
        words: the words after the program's name; None: those the process was given.
    """
    words = sys.argv[1:] if words is None else list(words)
    try:
        _open_standard_descriptors()
        return _guarded(words)
    except KeyboardInterrupt:
        # The second Ctrl-C, or one while nothing was open yet.
        return INTERRUPTED


def _open_standard_descriptors() -> None:
    """Put something in the place of standard descriptors that are closed, or the first socket would be taken for one.

    Reading gives no input, and writing to standard output fails, as it would if it were closed.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is given, and those below it are taken by now.
            os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)


def _guarded(words: list[str]) -> int:
    try:
        return _dispatch(words)
    except BrokenPipeError:
        # Who read our output has had enough (`| head`): that is its right, and no error.
        return 0
    except OSError as error:
        if not isinstance(error, _ours()):
            return _tell_system(error)
        return _tell(error)
    except Exception as error:
        if not isinstance(error, _ours()):
            raise
        return _tell(error)


def _ours() -> type[Exception]:
    from wiretalk.errors import WiretalkError

    return WiretalkError


def _tell(error: Exception) -> int:
    complain(str(error))
    status: int = error.exit_status  # type: ignore[attr-defined]  # a WiretalkError
    return status


def _tell_system(error: OSError) -> int:
    """Tell what the system said of a file or of standard input or output; it has no word of its own."""
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    complain(f"{where}{error.strerror or error}")
    return 1


def _dispatch(words: list[str]) -> int:
    first = words[0] if words else ""
    if not words or first in {"-h", "--help"} or (first == "help" and len(words) == 1):
        from wiretalk.cli.overview import overview

        if not words:
            tell(overview().rstrip())
            return 2
        _print(overview())
        return 0
    if first in {"-V", "--version"}:
        from wiretalk.version import __version__

        _print(f"wiretalk {__version__}\n")
        return 0
    if first == "help":
        return _help(words[1])
    if first not in COMMANDS:
        raise _unknown(first, words)
    from wiretalk.cli.parser import run_command

    return run_command(first, words[1:])


def _print(text: str) -> None:
    write_out(text.encode())


def _help(name: str) -> int:
    if name in COMMANDS:
        from wiretalk.cli.parser import run_command

        return run_command(name, ["--help"])
    if name not in TOPICS:
        from wiretalk.errors import UsageError
        from wiretalk.spelling import did_you_mean

        names = [*COMMANDS, *TOPICS]
        hint = did_you_mean(name, names) or f"there are {', '.join(names)}"
        raise UsageError("", reason=f'there is no help on "{name}"', hint=hint)
    module, _, function = TOPICS[name][0].partition(":")
    _print(getattr(__import__(module, fromlist=(function,)), function)())
    return 0


def _unknown(first: str, words: list[str]) -> Exception:
    from wiretalk.errors import UsageError
    from wiretalk.spelling import did_you_mean

    if first.startswith("-") and first != "-":
        if any(word in COMMANDS for word in words):
            return UsageError("", reason=f"{first} comes before the command", hint="options go after it")
        hint = did_you_mean(first, ["--help", "--version"]) or "a command comes first: wiretalk --help lists them"
        return UsageError("", reason=f'there is no option "{first}"', hint=hint)
    if ":" in first or first == "-":
        hint = f"say what to do with it: wiretalk connect {first}"
        return UsageError("", reason=f'"{first}" is an address, not a command', hint=hint)
    hint = did_you_mean(first, [*COMMANDS, "help"]) or "wiretalk --help lists them"
    return UsageError("", reason=f'there is no command "{first}"', hint=hint)
