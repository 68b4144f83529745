"""Completion scripts, in the shells themselves."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time

import pytest

from wiretalk.cli import main
from wiretalk.cli.commands import COMMANDS, TOPICS
from wiretalk.cli.completion import SHELLS, one_line, words


def script(shell, capfd):
    assert main(["completion", shell]) == 0
    return capfd.readouterr().out


CASES = [
    ("wiretalk ", {*COMMANDS, "help"}),
    ("wiretalk li", {"listen"}),
    ("wiretalk help ex", {"exit-status"}),
    ("wiretalk completion ", set(SHELLS)),
    ("wiretalk connect --fr", {"--frame"}),
    ("wiretalk listen --no", {"--no-history"}),
    ("wiretalk listen --frame net", {"netstring"}),
    ("wiretalk listen -f sl", {"slip"}),
    ("wiretalk send -c js", {"json"}),
    ("wiretalk connect vs", {"vsock://"}),
    ("wiretalk connect --retry vs", {"vsock://"}),
    ("wiretalk connect --timeout 5s vs", {"vsock://"}),
    ("wiretalk serve ec", {"echo"}),
    ("wiretalk fault :8474 conn", {"connections"}),
    ("wiretalk serve echo tcp://:1 vs", {"vsock://"}),
    ("wiretalk serve --once echo vs", {"vsock://"}),
    ("wiretalk new py", {"python"}),
    ("wiretalk new c ser", {"server"}),
    ("wiretalk new c client vs", {"vsock://"}),
    ("wiretalk new --frame net", {"netstring"}),
]


@pytest.mark.parametrize(("line", "expected"), CASES)
def test_bash_completes(line, expected, capfd, tmp_path):
    (tmp_path / "script").write_text(script("bash", capfd))
    asked = 'source "$0"; COMP_LINE=$1; COMP_POINT=${#1}; _wiretalk; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "--norc", "-c", asked, tmp_path / "script", line],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert set(done.stdout.split()) - {"--help", "--version"} == expected
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # The shell breaks words at colons, so what stands before the last is not repeated.
        ("wiretalk listen -f length:u3", {"u32be", "u32le"}),
        ("wiretalk listen --frame=length:u3", {"u32be", "u32le"}),
        ("wiretalk listen --max-connections=", set()),
        ("wiretalk send tcp://:1 x", set()),
        ("wiretalk connect --timeout ", set()),
        ("wiretalk nonsense ", set()),
    ],
)
def test_bash_knows_where_words_break_and_where_nothing_can_be_known(line, expected, capfd, tmp_path):
    test_bash_completes(line, expected, capfd, tmp_path)


def test_bash_completes_the_path_of_a_unix_socket(capfd, tmp_path):
    (tmp_path / "here.sock").touch()
    test_bash_completes(f"wiretalk connect unix:{tmp_path}/he", {f"{tmp_path}/here.sock"}, capfd, tmp_path)


@pytest.mark.parametrize(("line", "expected"), CASES)
def test_fish_completes(line, expected, capfd, require, tmp_path):
    require(shutil.which("fish"), "no fish")
    (tmp_path / "script").write_text(script("fish", capfd))
    asked = f'source {tmp_path / "script"}; complete -C "{line}"'
    done = subprocess.run(
        ["fish", "--no-config", "-c", asked],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=os.environ | {"HOME": str(tmp_path)},
    )
    found = {row.split("\t")[0] for row in done.stdout.splitlines()}
    assert expected <= found
    assert len(found) <= len(expected) + 2
    assert done.stderr == ""


class Zsh:
    """zsh on a terminal, where alone it completes."""

    def __init__(self, path, folder):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe("zsh", ["zsh", "-f", "-i"], os.environ | {"TERM": "dumb", "HOME": str(folder), "PS1": "$ "})
        self.seen = ""
        self.type(f"unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u -D; source {path}\n")
        self.type("LISTMAX=1000; zstyle ':completion:*' list-colors ''; print re''ady\n")
        self.wait_for("ready")

    def type(self, text):
        os.write(self.terminal, text.encode())

    def wait_for(self, text):
        give_up = time.monotonic() + 60
        while text not in self.seen:
            ready, _, _ = select.select([self.terminal], [], [], max(0, give_up - time.monotonic()))
            assert ready, f"{text!r} was not shown, but {self.seen!r}"
            self.seen += os.read(self.terminal, 65536).decode(errors="replace")
        before, _, self.seen = self.seen.partition(text)
        return before

    def complete(self, line):
        """Return the line as it is after a tab."""
        # What is completed is printed by the next command, between two marks.
        self.type(f"{line}\t\x01print -r -- '<\x05>'\n")
        self.wait_for("\n<")
        return self.wait_for(">")

    def close(self):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


@pytest.fixture
def zsh(capfd, require, tmp_path):
    require(shutil.which("zsh"), "no zsh")
    (tmp_path / "script").write_text(script("zsh", capfd))
    one = Zsh(tmp_path / "script", tmp_path)
    yield one
    one.close()


def test_zsh_completes(zsh):
    for line, completed in (
        ("wiretalk li", "wiretalk listen "),
        ("wiretalk help ex", "wiretalk help exit-status "),
        ("wiretalk connect --fr", "wiretalk connect --frame"),
        ("wiretalk listen --frame net", "wiretalk listen --frame netstring "),
        ("wiretalk listen -f length:u32b", "wiretalk listen -f length:u32be "),
        ("wiretalk send -c js", "wiretalk send -c json "),
        ("wiretalk connect vs", "wiretalk connect vsock://"),
        ("wiretalk connect --retry vs", "wiretalk connect --retry vsock://"),
        ("wiretalk serve ec", "wiretalk serve echo "),
        ("wiretalk serve echo vs", "wiretalk serve echo vsock://"),
        ("wiretalk connect unix:scr", "wiretalk connect unix:script "),
    ):
        assert zsh.complete(line).rstrip() == completed.rstrip()


def test_everything_that_can_be_completed_is_there():
    found = words()
    assert [command.name for command in found.commands] == [*COMMANDS, "help"]
    assert {name for name, _ in found.lists["topics"]} == {*COMMANDS, *TOPICS}
    kinds = {kind for command in found.commands for kind in command.positionals}
    kinds |= {option.value for command in found.commands for option in command.options}
    assert kinds - {"", "any"} <= set(found.lists)
    listen = found.commands[0]
    assert [option.names for option in listen.options if option.value == "framings"] == [["-f", "--frame"]]
    retry = [option for option in found.commands[1].options if "--retry" in option.names]
    assert retry[0].optional


def test_help_of_a_completion_is_one_line():
    assert one_line("what it does (default 5s)") == "what it does"
    assert one_line("two\nlines") == "two lines"


def test_another_shell_is_refused(capfd):
    assert main(["completion", "tcsh"]) == 2
    assert "invalid choice: 'tcsh'" in capfd.readouterr().err
