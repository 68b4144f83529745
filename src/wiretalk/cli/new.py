"""`wiretalk new`: write a small, complete program that talks: a client or a server, in C or in Python."""

from __future__ import annotations

import os

from wiretalk.cli import options
from wiretalk.cli.output import tell, write_out
from wiretalk.cli.overview import table
from wiretalk.cli.parser import value
from wiretalk.programs import LANGUAGES, ROLES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from wiretalk.cli.parser import Parser
    from wiretalk.programs import Wanted

DESCRIPTION = "\n".join(
    (
        "Write a small, complete, commented program that talks, and works at once.",
        "",
        "languages:",
        *table(LANGUAGES.items()),
        "",
        "roles:",
        *table(ROLES.items()),
        "",
        "It goes into the current directory, for C with a Makefile and libwiretalk's two files; none is overwritten.",
        "",
        "Any client talks to any server of the same address and framing, and to wiretalk connect, send and serve.",
    )
)

EXAMPLES = (
    ("wiretalk new c client tcp://pi.local:8888", "client.c, a Makefile, wiretalk.h and wiretalk.c"),
    ("wiretalk new python server tcp://:8888", "server.py, for that client"),
    ("wiretalk new c server udp://:5000 --plain", "POSIX sockets, and no library"),
    ("wiretalk new python client :9000 --frame length:u32be --print", "on standard output alone"),
)


def build(parser: Parser) -> None:
    """Add the words and options of the command."""
    parser.add_argument("language", metavar="LANGUAGE", type=value(_one_of("language", LANGUAGES)), help="c or python")
    parser.add_argument("role", metavar="ROLE", type=value(_one_of("role", ROLES)), help="client or server")
    options.add_address(parser, "where it connects to, or listens (wiretalk help addresses)")
    parser.add_argument(
        "-f",
        "--frame",
        metavar="SPEC",
        type=value(options.framing),
        help="what makes messages of the bytes (default line; wiretalk help framings)",
    )
    parser.add_argument(
        "--plain", action="store_true", help="no library: POSIX sockets in C, the standard library in Python"
    )
    parser.add_argument(
        "-d", "--directory", metavar="DIR", help="write the files there; it is made where it is missing"
    )
    either = parser.add_mutually_exclusive_group()
    either.add_argument("-p", "--print", action="store_true", help="print the program, and write no file")
    either.add_argument("-j", "--json", action="store_true", help="print the names of the files as one JSON object")


def _one_of(what: str, names: dict[str, str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            from wiretalk.spelling import did_you_mean

            hint = did_you_mean(text, list(names)) or f"there are {' and '.join(names)}"
            raise ValueError(f'there is no {what} "{text}"; {hint}')
        return text

    return read


def run(arguments: Namespace) -> int:
    """Write the program, or print it."""
    from wiretalk.programs import Wanted, files, store

    wanted = Wanted(arguments.language, arguments.role, arguments.address, frame=arguments.frame, plain=arguments.plain)
    made = files(wanted)
    if arguments.print:
        write_out(made[wanted.file].encode())
        return 0
    directory = arguments.directory or os.curdir
    written = store(made, directory)
    if arguments.json:
        import json

        told = {
            "directory": os.path.abspath(directory),
            "program": wanted.file,
            "written": written,
            "files": list(made),
        }
        write_out(json.dumps(told).encode() + b"\n")
    else:
        _tell(wanted, written, arguments.directory)
    return 0


def _tell(wanted: Wanted, written: list[str], directory: str | None) -> None:
    from wiretalk.programs.otherside import commands, quoted

    where = f" in {directory}" if directory else ""
    tell(f"wrote {', '.join(written)}{where}")
    if wanted.language == "c":
        # Of two programs that share a Makefile, each has a name to run it by.
        target = "run" if "Makefile" in written else f"run-{wanted.role}"
        run = f"make -C {quoted(directory)} {target}" if directory else f"make {target}"
    else:
        run = f"python3 {quoted(os.path.join(directory or '', wanted.file))}"
    tell(f"  run it:         {run}")
    tell(f"  the other end:  {commands(wanted)[0]}")
