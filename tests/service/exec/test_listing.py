"""The file of commands: what it may say, and what is told of a wrong one before anybody is let in."""

from __future__ import annotations

import pytest

from wiretalk.errors import UsageError
from wiretalk.limits import EXEC_FILE_BYTES
from wiretalk.service.exec.listing import commands_of, read
from wiretalk.service.exec.running import Manner

USUAL = Manner(timeout_s=60, max_output_bytes=1000, variables={"A": "b"}, errors="none")


def listed(tmp_path, text):
    file = tmp_path / "commands.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return commands_of(read(file), USUAL, "commands.toml")


def test_what_a_file_may_say(tmp_path):
    made = listed(
        tmp_path,
        f"""
        [commands.disk]
        description = "how full a file system is"
        run = ["df", "-h", "{{path}}"]
        arguments.path = "/[a-z/]{{0,40}}"
        timeout = "5s"
        output = "64KiB"
        directory = "{tmp_path}"
        [commands.plain]
        run = ["true"]
        [commands.endless]
        run = ["true"]
        timeout = "never"
        output = "never"
        [commands.numbers]
        run = ["true"]
        timeout = 1.5
        output = 10
        """,
    )
    assert list(made) == ["disk", "plain", "endless", "numbers"]
    disk, plain = made["disk"], made["plain"]
    assert disk.fill(["/tmp"]) == ["df", "-h", "/tmp"]
    assert disk.description == "how full a file system is"
    assert (disk.manner.timeout_s, disk.manner.max_output_bytes, disk.manner.directory) == (5, 65536, str(tmp_path))
    assert (disk.manner.variables, disk.manner.errors) == ({"A": "b"}, "none")
    assert (plain.manner.timeout_s, plain.manner.max_output_bytes, plain.manner.directory) == (60, 1000, None)
    assert (made["endless"].manner.timeout_s, made["endless"].manner.max_output_bytes) == (None, None)
    assert (made["numbers"].manner.timeout_s, made["numbers"].manner.max_output_bytes) == (1.5, 10)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "commands.toml: there are no commands; write [commands.NAME]"),
        ("commands = 1", "commands.toml: there are no commands"),
        ("[command.x]", "commands.toml: command says nothing here; write [commands.NAME]"),
        ("[commands.x", "is no TOML: "),
        (b"\xff", "is no TOML: "),
        ("[commands.x]", "commands.toml: [commands.x] needs run, a list of texts"),
        ('[commands.x]\nrun = "df"', "[commands.x] needs run, a list of texts"),
        ("[commands.x]\nrun = [1]", "[commands.x] needs run, a list of texts"),
        ("[commands]\nx = 1", "[commands.x] is no table"),
        ('[commands."a b"]\nrun = ["true"]', "[commands.a b] is no name: letters, digits"),
        ('[commands.help]\nrun = ["true"]', "[commands.help] is answered by the service itself"),
        ('[commands.x]\nrun = ["nosuchprogram"]', "[commands.x] there is no program nosuchprogram; is it installed"),
        ('[commands.x]\nrun = ["./true"]', "[commands.x] there is no program ./true"),
        ('[commands.x]\nrun = ["/etc/passwd"]', "[commands.x] there is no program /etc/passwd"),
        ('[commands.x]\nrun = ["true", "a\\u0000b"]', "[commands.x] has a NUL in run"),
        ('[commands.x]\nrun = ["true"]\ntimeuot = 1', "[commands.x] has a key timeuot, which says nothing; did you"),
        ('[commands.x]\nrun = ["true"]\nzzz = 1', "which says nothing; there are description, run"),
        ('[commands.x]\nrun = ["true"]\ntimeout = "soon"', '[commands.x] timeout: "soon" is not a duration'),
        ('[commands.x]\nrun = ["true"]\ntimeout = 0', "[commands.x] a program's time must be above 0, not 0"),
        ('[commands.x]\nrun = ["true"]\ntimeout = true', "[commands.x] timeout is no quantity"),
        ('[commands.x]\nrun = ["true"]\noutput = -1', "[commands.x] output: "),
        ('[commands.x]\nrun = ["true"]\noutput = 0', "[commands.x] a program's output must be 1 byte or more, not 0"),
        ('[commands.x]\nrun = ["true"]\noutput = nan', "[commands.x] output: "),
        ('[commands.x]\nrun = ["true"]\ndirectory = "/none"', "[commands.x] there is no directory /none"),
        ('[commands.x]\nrun = ["true"]\ndescription = "a\\nb"', "[commands.x] description must be one line of text"),
        ('[commands.x]\nrun = ["true"]\narguments = "x"', "[commands.x] arguments must give each argument a pattern"),
        ('[commands.x]\nrun = ["true"]\narguments.a = 1', "[commands.x] arguments must give each argument a pattern"),
        ('[commands.x]\nrun = ["true"]\narguments."a b" = "x"', "[commands.x] arguments: a b is no name"),
        ('[commands.x]\nrun = ["df", "{p}"]\narguments.p = "["', "[commands.x] the pattern of p is none: "),
        (b"#" * (EXEC_FILE_BYTES + 1), "is longer than 1MiB"),
    ],
)
def test_what_it_may_not_say(tmp_path, text, sentence):
    with pytest.raises(UsageError) as raised:
        listed(tmp_path, text)
    assert sentence in str(raised.value).replace(str(tmp_path) + "/", "")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read(tmp_path / "none")


def test_a_program_is_looked_for_where_it_will_run(tmp_path):
    (tmp_path / "prog").write_text("#!/bin/sh\n")
    (tmp_path / "prog").chmod(0o755)
    said = {"commands": {"x": {"run": ["./prog"], "directory": str(tmp_path)}}}
    assert commands_of(said, USUAL)["x"].program == "./prog"
    found = Manner(timeout_s=1, max_output_bytes=1, variables={"PATH": str(tmp_path)})
    assert commands_of({"commands": {"x": {"run": ["prog"]}}}, found)["x"].program == "prog"
    with pytest.raises(UsageError, match="there is no program prog"):
        commands_of({"commands": {"x": {"run": ["prog"]}}}, USUAL)
