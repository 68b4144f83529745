"""The documentation's tables hold what the program's own tables hold: nothing more, less or else.

A comment before a table says which one it is: <!-- table: schemes -->. The columns that are known here are compared;
more may follow. A test that fails prints the table as it should be.
"""

from __future__ import annotations

import ast
import inspect
import re
from itertools import pairwise

import pytest

from wiretalk import errors, limits
from wiretalk.address import OPTIONS, SCHEMES
from wiretalk.cli.commands import COMMANDS
from wiretalk.cli.fault import ACTIONS
from wiretalk.cli.topics import STATUSES, written
from wiretalk.codec import CODECS
from wiretalk.control.routes import ROUTES
from wiretalk.control.toxics import TOXICS
from wiretalk.framing import FRAMINGS
from wiretalk.layer.faults.fault import COMMON, parameters_of
from wiretalk.layer.faults.table import FAULTS, load
from wiretalk.service import SERVICES
from wiretalk.units import format_duration, format_size

from .conftest import ROOT

HEADER = (ROOT / "c/include/wiretalk.h").read_text(encoding="utf-8")
ANY_LINES = re.MULTILINE | re.DOTALL
WORDS_IN_C = (ROOT / "c/src/error.c").read_text(encoding="utf-8")


def code(text):
    return f"`{text}`".replace("|", "\\|")


def plain(text):
    return text.replace("|", "\\|")


def quantity(name, value):
    if value is None:
        return "never"
    if name.lower().endswith("bytes"):
        return format_size(value)
    if name.lower().endswith("_s"):
        return format_duration(value)
    return f"{value:,}"


def schemes():
    return [[code(scheme.example), plain(scheme.summary)] for scheme in SCHEMES.values()]


def forms():
    return [
        [code(scheme.form), scheme.kind, code(scheme.example), plain(scheme.summary)] for scheme in SCHEMES.values()
    ]


def framings():
    return [[code(name), plain(summary)] for name, (_, summary) in FRAMINGS.items()]


def codecs():
    return [[code(name), plain(summary)] for name, (_, summary) in CODECS.items()]


def commands():
    return [[code(f"wiretalk {name}"), plain(summary)] for name, (_, summary) in COMMANDS.items()]


def services():
    return [[code(name), plain(summary)] for name, (_, summary) in SERVICES.items()]


def options():
    """Return the options; where it says tcp, tcp4 and tcp6 have them too."""
    rows = []
    for option in OPTIONS.values():
        theirs = list(option.schemes)
        values = option.range if option.high or option.choices else ""
        everywhere = set(theirs) == set(SCHEMES)
        for name in ("tcp", "udp"):
            if {f"{name}4", f"{name}6"} <= set(theirs):
                theirs = [one for one in theirs if one not in {f"{name}4", f"{name}6"}]
        where = "all" if everywhere else ", ".join(theirs)
        rows.append([code(option.form), where, plain(values), plain(option.summary)])
    return rows


def server_limits():
    told = dict(re.findall(r"^ {4}([a-z_]+): (.*)\.$", inspect.cleandoc(limits.Limits.__doc__), re.MULTILINE))
    parameters = inspect.signature(limits.Limits).parameters
    assert told.keys() == parameters.keys()
    return [
        [code(name), quantity(name, parameter.default), plain(told[name])] for name, parameter in parameters.items()
    ]


def constants():
    """Return what else `limits` names, with the docstring of each."""
    own = {name.upper() for name in limits.Limits.__slots__}
    rows = []
    body = ast.parse(inspect.getsource(limits)).body
    for assigned, after in pairwise(body):
        if isinstance(assigned, ast.Assign) and isinstance(after, ast.Expr):
            name = assigned.targets[0].id
            if name not in own:
                told = " ".join(after.value.value.split())
                rows.append([code(name), quantity(name, getattr(limits, name)), plain(told)])
    return rows


def faults():
    """Return every fault: how it is written, its own parameters, what `p` is for, and what happens."""
    rows = []
    for name, (_, summary) in FAULTS.items():
        stage = load(name)
        own = [
            code(f"{one.name}={one.form}")
            for one in parameters_of(stage).values()
            if one.name not in COMMON and one.name != stage.main
        ]
        each = "connection" if stage.once else "piece" if name != "slow_close" else "end"
        rows.append([code(written(name)), ", ".join(own), each, plain(summary)])
    return rows


def exit_statuses():
    return [[str(number), code(how), plain(STATUSES[how])] for how, number in errors.EXIT_STATUS.items()]


def error_classes():
    """Return every error, with the word for it and what one sentence says of it."""
    rows = []
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.WiretalkError):
            rows.append([code(name), code(kind.how), plain(kind.__doc__.split("\n")[0].rstrip("."))])
    return rows


def c_codes():
    """Return the codes of wiretalk.h; where Python has an exit status for the same word, it is the same."""
    words = dict(re.findall(r'\{(WT_E\w+), "([a-z-]+)"', WORDS_IN_C))
    rows = []
    for name, value, remark in re.findall(r"^  (WT_E\w+) = (-\d+),? +/\* (.*?) \*/$", HEADER, ANY_LINES):
        told = " ".join(remark.split())
        assert errors.EXIT_STATUS.get(words[name], -int(value)) == -int(value), name
        rows.append([code(name), value, code(words[name]), plain(told)])
    assert len(rows) == len(words)
    return rows


C_LIMITS = {
    "max_message": "MAX_MESSAGE_BYTES",
    "connect_timeout_ms": "CONNECT_TIMEOUT_S",
    "close_timeout_ms": "CLOSE_TIMEOUT_S",
    "max_connections": "MAX_CONNECTIONS",
    "send_buffer": "SEND_BUFFER_BYTES",
    "idle_timeout_ms": "IDLE_TIMEOUT_S",
    "drain_ms": "DRAIN_S",
    "max_udp_peers": "MAX_UDP_PEERS",
    "udp_peer_idle_ms": "UDP_PEER_IDLE_S",
}
"""What Python's `limits` calls the limits of wt_options."""

IN_WORDS = {"WT_MAX_MESSAGE": 1 << 20, "256 KiB": 256 << 10, "one hour": 3_600_000}


def c_limits():
    """Return the limits in wt_options, with the default that the header tells, which is Python's too."""
    options = HEADER.partition("typedef struct wt_options {")[2].partition("} wt_options;")[0]
    rows = []
    for name, remark in re.findall(r"^  (?:int|size_t) (\w+); +/\* (.*?) \*/$", options, ANY_LINES):
        what, _, rest = " ".join(remark.split()).partition("; 0: ")
        usual = rest.partition(". ")[0]
        in_c = IN_WORDS[usual] if usual in IN_WORDS else int(usual.replace(",", ""))
        in_python = getattr(limits, C_LIMITS[name])
        assert in_c == (in_python * 1000 if name.endswith("_ms") else in_python), name
        rows.append([code(name), usual, code(C_LIMITS[name]), plain(what)])
    assert len(rows) == len(C_LIMITS)
    return rows


def actions():
    return [[code(name), plain(summary)] for name, summary in ACTIONS.items()]


def routes():
    """Return what can be asked of a control; names stand for the stars of its paths, in their order."""
    rows = []
    for methods, path, handler in ROUTES:
        names = iter(("{proxy}", "{number}" if "connections" in path else "{toxic}"))
        named = re.sub(r"\*", lambda _, names=names: next(names), path)
        rows.append(
            [" ".join(code(method) for method in methods.split()), code(named), plain(handler.__doc__.rstrip("."))]
        )
    return rows


def toxics():
    return [
        [code(kind.name), ", ".join(code(name) for name in kind.defaults()), code(kind.kind)]
        for kind in TOXICS.values()
    ]


TABLES = {
    "c codes": c_codes,
    "c limits": c_limits,
    "actions": actions,
    "routes": routes,
    "toxics": toxics,
    "schemes": schemes,
    "forms": forms,
    "framings": framings,
    "codecs": codecs,
    "commands": commands,
    "services": services,
    "options": options,
    "limits": server_limits,
    "constants": constants,
    "faults": faults,
    "exit statuses": exit_statuses,
    "errors": error_classes,
}


def tables(page):
    """Yield the name and the rows of each table that says which one it is."""
    lines = page.text.split("\n")
    for number, line in enumerate(lines):
        named = re.fullmatch(r"<!-- table: (.*) -->", line)
        if named:
            rows = []
            for row in lines[number + 3 :]:
                if not row.startswith("|"):
                    break
                rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]])
            yield named.group(1), rows


def test_every_table_holds_what_the_program_has(page):
    for name, rows in tables(page):
        wanted = TABLES[name]()
        width = len(wanted[0])
        right = "\n".join(f"| {' | '.join(row)} |" for row in wanted)
        assert [row[:width] for row in rows] == wanted, f"{page}: the table of {name} should be\n{right}"


def test_every_table_of_the_program_is_in_the_documentation(pages):
    assert {name for page in pages for name, _ in tables(page)} == set(TABLES)


@pytest.mark.parametrize("name", ["schemes", "framings", "codecs", "commands", "limits"])
def test_the_readme_has_it(name, pages):
    assert name in dict(tables(pages[0]))


def test_the_tree_of_errors_is_the_programs_own(pages):
    python = next(page for page in pages if page.path.name == "python.md")
    tree = next(block.lines for block in python.blocks if block.text.startswith("WiretalkError\n"))
    assert [line.strip() for line in tree] == [line.strip() for line in errors.__doc__.split("\n\n")[1].split("\n")]
