"""The file of commands: TOML, read and checked as a whole before anybody is let in.

[commands.disk]
description = "how full a file system is"
run = ["df", "-h", "{path}"]
arguments.path = "/[a-z/]{0,40}"
timeout = "5s"
output = "64KiB"
"""

from __future__ import annotations

import os

from wiretalk.errors import UsageError
from wiretalk.limits import EXEC_FILE_BYTES
from wiretalk.service.exec.commands import NAME, Command
from wiretalk.service.exec.running import Manner, check_program
from wiretalk.units import format_size, parse_duration, parse_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

KEYS = ("description", "run", "arguments", "timeout", "output", "directory")
"""What may be said of a command."""

OWN = ("help", "list")
"""What every service of commands answers by itself."""

NEVER = ("never", "none")


def read(path: str | os.PathLike[str]) -> Mapping[str, Any]:
    """Return what a file of commands says.

    Raises:
        UsageError: it cannot be read, or is no TOML.
    """
    import tomllib

    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            data = file.read(EXEC_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError("", reason=f"{name} cannot be read: {error.strerror}") from None
    if len(data) > EXEC_FILE_BYTES:
        raise UsageError("", reason=f"{name} is longer than {format_size(EXEC_FILE_BYTES)}")
    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError("", reason=f"{name} is no TOML: {error}") from None


def commands_of(said: Mapping[str, Any], usual: Manner, where: str = "") -> dict[str, Command]:
    """Return the commands, by name.

    Args:
        said: what the file says.
        usual: how one is run that says nothing else.
        where: the file's name, for errors.

    Raises:
        UsageError: something is wrong; it says where.
    """
    prefix = f"{where}: " if where else ""
    spare = next((key for key in said if key != "commands"), None)
    if spare is not None:
        raise UsageError("", reason=f"{prefix}{spare} says nothing here", hint="write [commands.NAME]")
    listed = said.get("commands")
    if not isinstance(listed, dict) or not listed:
        raise UsageError(
            "", reason=f"{prefix}there are no commands", hint='write [commands.NAME] and run = ["PROGRAM"]'
        )
    made = {}
    for name, table in listed.items():
        try:
            made[name] = _command(name, table, usual)
        except UsageError as error:
            reason = f"{prefix}[commands.{name}] {error.reason}"
            raise UsageError(error.text, error.at, reason, error.hint, error.length) from None
    return made


def _command(name: str, table: Any, usual: Manner) -> Command:
    if not NAME.fullmatch(name):
        raise UsageError("", reason="is no name: letters, digits, - . and _ are")
    if name in OWN:
        raise UsageError("", reason="is answered by the service itself", hint="choose another name")
    if not isinstance(table, dict):
        raise UsageError("", reason="is no table", hint=f"write [commands.{name}]")
    for key in table:
        if key not in KEYS:
            from wiretalk.spelling import did_you_mean

            hint = did_you_mean(key, KEYS) or f"there are {', '.join(KEYS)}"
            raise UsageError("", reason=f"has a key {key}, which says nothing", hint=hint)
    run = table.get("run")
    if not isinstance(run, list) or not run or not all(isinstance(word, str) for word in run):
        raise UsageError("", reason="needs run, a list of texts", hint='write run = ["PROGRAM", "ARGUMENT"]')
    if any("\0" in word for word in run):
        raise UsageError("", reason="has a NUL in run, which no program can be given")
    patterns = _table_of_texts(table, "arguments")
    for one in patterns:
        if not NAME.fullmatch(one):
            raise UsageError("", reason=f"arguments: {one} is no name: letters, digits, - . and _ are")
    manner = Manner(
        timeout_s=_quantity(table, "timeout", parse_duration, usual.timeout_s),
        max_output_bytes=_quantity(table, "output", parse_size, usual.max_output_bytes),
        directory=_text(table, "directory") or usual.directory,
        variables=usual.variables,
        errors=usual.errors,
    )
    command = Command(name, run, patterns, manner, _text(table, "description"))
    check_program(command.program, manner)
    return command


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str) or not (value.isprintable()):
        raise UsageError("", reason=f"{key} must be one line of text")
    return value


def _table_of_texts(table: Mapping[str, Any], key: str) -> dict[str, str]:
    value = table.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise UsageError(
            "", reason=f"{key} must give each argument a pattern", hint=f'write {key}.NAME = "[a-z]{{1,20}}"'
        )
    return value


def _quantity(table: Mapping[str, Any], key: str, parse: Callable[[str], float], usual: Any) -> Any:
    if key not in table:
        return usual
    value = table[key]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UsageError("", reason=f"{key} is no quantity", hint='write a number, or "5s", "64KiB", "never"')
    if value in NEVER:
        return None
    try:
        return parse(str(value))
    except ValueError as error:
        raise UsageError("", reason=f"{key}: {error}") from None
