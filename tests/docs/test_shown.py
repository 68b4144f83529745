"""Everything that the documentation shows is so: every command and every Python block runs, and prints what is shown.

`…` stands for what differs from run to run: within a line for some characters, alone in a line for any lines.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import textwrap
import threading
import time
from pathlib import Path

import pytest
from tests.compiling import find_compiler

from .built import lay_out_examples, lay_out_repository
from .conftest import ROOT, RUN
from .fragment_c import clone, compile_shown
from .place import Place, has_ipv6, may_ping
from .running import PATIENCE_S, Running
from .terminal import Terminal

HERE = Path(__file__).parent
LISTENS = re.compile(r"wiretalk (serve|listen|relay)\b")
PINGS = re.compile(r"icmp://|wiretalk ping [^|\n]*[ :](127\.0\.0\.1|localhost)$", re.MULTILINE)
PIN = re.compile(r"sha256:[0-9a-f]{64}")
WITHOUT_IPV6 = ((" and IPv6", "(?: and IPv6)?"), ("(IPv6)", r"\(IPv4\)"), ("[::1]", r"(?:\[::1\]|127\.0\.0\.1)"))
"""What is shown, and the pattern of what is told instead on a machine without IPv6."""
TOOLS = ("curl", "ps", "nc", "ncat", "socat", "telnet", "openssl", "make", "cc", "cmake")
TOOLS += ("arm-linux-gnueabihf-gcc", "qemu-arm")


def test_every_block_is_run_or_says_why_not(page):
    for block in page.blocks:
        if block.language in RUN or block.value("file") or block.value("from") or block.not_run:
            continue
        if "output" not in block.words:
            assert block.language in {"", "text"}, f"{block.where}: {block.language} is not run, and does not say why"
            shown = [line for line in block.lines if re.match(r"(\$|>>>|wiretalk|pip|make|python) ", line)]
            assert not shown, f"{block.where}: a picture holds a command: {shown}"


def test_few_blocks_are_not_run(page):
    assert sum(bool(block.not_run) for block in page.blocks) <= 2


def test_every_excerpt_is_in_its_file(page):
    for block in page.blocks:
        if block.value("from"):
            lines = (ROOT / block.value("from")).read_text(encoding="utf-8").split("\n")
            for piece in pieces_of(block.lines):
                begins = [at for at in range(len(lines)) if dedented(lines[at : at + len(piece)]) == dedented(piece)]
                assert begins, f"{block.where}: not in {block.value('from')}:\n" + "\n".join(piece)
                # What follows stands behind it.
                lines = lines[begins[0] + len(piece) :]


def test_section(section, require):
    for tool in TOOLS:
        used = any(re.search(rf"^\$ (.*\| *)?{tool}\b", block.text, re.MULTILINE) for block in section.blocks)
        require(not used or shutil.which(tool), f"{tool} is not there")
    laid_out = any(block.words & {"examples", "repository"} for block in section.blocks)
    built = laid_out and any("build/" in block.text for block in section.blocks)
    require(not built or find_compiler(), "there is no C compiler")
    fragments = any(block.language == "c" and not block.value("from") for block in section.blocks)
    require(not fragments or (shutil.which("cc") and shutil.which("make")), "there is no C compiler, cc, or no make")
    require(os.path.exists("/proc/net/tcp"), "who listens is read from /proc")
    pings = any(PINGS.search(block.text) for block in section.blocks if block.language in RUN and not block.not_run)
    require(not pings or may_ping(), "the system lets us send no ICMP")
    if not has_ipv6() and any("tcp6://" in block.text for block in section.blocks):
        pytest.skip("this machine has no IPv6, and the section is about it")
    scenario = Scenario(section)
    try:
        scenario.run()
        scenario.conclude()
    finally:
        scenario.close()


class Scenario:
    """One section, run from its first block to its last."""

    def __init__(self, section):
        self._section = section
        self._place = Place([block.text for block in section.blocks])
        self._background = []
        self._ends = {}
        self._dialogues = []
        self._printed = ""

    def run(self):
        for block in self._section.blocks:
            if block.not_run:
                continue
            for name, value in block.values:
                if name == "server":
                    self._start(self._own(value))
                elif name == "clone":
                    clone(self._place.path(value))
            texts = [one.text for one in self._section.blocks if not one.value("from")]
            if "examples" in block.words:
                lay_out_examples(self._place.path("."), texts)
            if "repository" in block.words:
                lay_out_repository(self._place.path("."), texts)
            if block.value("from"):
                continue
            if block.value("file"):
                self._place.path(block.value("file")).write_text(self._own(block.text), encoding="utf-8")
            elif "output" in block.words:
                self._compare(block.where, self._own(block.text), self._printed)
            elif block.language == "python":
                self._run_python(block)
            elif block.language == "c":
                self._run_c(block)
            elif block.language == "console":
                self._run_commands(block)

    def _run_python(self, block):
        file = self._place.path(f"fragment{len(os.listdir(self._place.directory))}.py")
        file.write_text(self._own(block.text), encoding="utf-8")
        command = f"python -W error {HERE / 'fragment.py'} {file}"
        if "background" in block.words:
            self._start(command, shown=file.read_text(encoding="utf-8"))
        else:
            self._printed, status = self._ran(command)
            assert status == 0, f"{block.where}: {self._printed}"

    def _run_c(self, block):
        number = len(os.listdir(self._place.directory))
        program = compile_shown(self._own(block.text), self._own(block.value("connected") or ""), self._place, number)
        if "background" in block.words:
            self._start(str(program), shown=self._own(block.text))
        else:
            self._printed, status = self._ran(str(program))
            assert status == 0, f"{block.where}: exit status {status}: {self._printed}"

    def _run_commands(self, block):
        status = 0
        for index, (shown, lines) in enumerate(block.commands):
            command, expected = self._own(shown), self._own("\n".join(lines))
            last = index == len(block.commands) - 1
            if "terminal" in block.words:
                self._hold(command, expected.split("\n"), "background" in block.words)
            elif "background" in block.words and last:
                self._start(command, expected, ends=int(block.value("ends") or 0))
            else:
                assert status == 0 or "$?" in command, f"{block.where}: {shown}: exit status {status}; show it"
                self._printed, status = self._ran(f"(exit {status}); {command}")
                self._compare(f"{block.where}: {shown}", expected, self._printed)
        assert status == 0, f"{block.where}: exit status {status}; show it"

    def _ran(self, command):
        try:
            done = subprocess.run(
                ["bash", "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=PATIENCE_S,
                **self._place.settings,
            )
        except subprocess.TimeoutExpired as late:
            pytest.fail(f"{command}: it does not end; so far: {late.output}")
        return done.stdout.decode(), done.returncode

    def _start(self, command, expected=None, shown="", ends=0):
        running = Running(command, expected, **self._place.settings)
        self._background.append(running)
        self._ends[running] = ends
        if LISTENS.match(command) or (expected or "").startswith("listening on "):
            # It tells when all its addresses are open, and then of its certificate.
            last = "fingerprint=" if "fingerprint=" in (expected or "") else "listening on "
            assert running.wait_for(lambda told: last in told), f"{command}: {running.told}"
        else:
            self._place.wait_for_listener(shown or command, running)

    def _hold(self, command, dialogue, background):
        terminal = Terminal(command, matches, **self._place.settings)
        faults = []

        def hold():
            try:
                terminal.hold(dialogue)
            except BaseException as fault:
                faults.append(fault)

        holder = threading.Thread(target=hold)
        self._dialogues.append((terminal, holder, faults))
        if background:
            # Whoever is to talk to it must find it.
            listening = [line for line in dialogue if line.startswith("listening on ")]
            holder.start()
            until = time.monotonic() + PATIENCE_S
            while listening and "listening on " not in terminal.told:
                assert time.monotonic() < until, f"{command}: {terminal.told}"
                threading.Event().wait(0.01)
        else:
            holder.run()

    def conclude(self):
        """See that what went on beside has told what is shown, and leave in good order."""
        for terminal, holder, faults in self._dialogues:
            if holder.is_alive():
                holder.join()
            assert not faults, faults[0]
            assert terminal.left() in {0, 130}
        for running in self._background:
            if running.expected is not None:
                wanted = running.expected
                assert running.wait_for(lambda told, wanted=wanted: matches(wanted, told)), (
                    f"{running.command} was to tell\n{wanted}\nand told\n{running.told}"
                )
            ends = self._ends[running]
            if ends:
                running.wait()
            status = running.close()
            assert status in ({ends} if ends else {0, -signal.SIGTERM}), (
                f"{running.command}: exit status {status}: {running.told}"
            )
        self._background.clear()

    def close(self):
        """Leave nothing behind, whatever happened."""
        for terminal, holder, _ in self._dialogues:
            terminal.close()
            if holder.is_alive():
                holder.join()
        for running in self._background:
            running.close()
        self._place.close()

    def _compare(self, what, expected, told):
        assert matches(expected, told), f"{what} was to tell\n{expected}\nand told\n{told}"

    def _own(self, text):
        """Return a text as it is here, with the fingerprint that a server has told."""
        pins = [pin for running in self._background for pin in PIN.findall(running.told)]
        text = self._place.own(text)
        return re.sub(r"(?<=fingerprint=)sha256:\w*…", lambda shown: pins[-1] if pins else shown.group(), text)


def pieces_of(lines):
    """Return the runs of lines of an excerpt, which a remark of dots alone tells apart."""
    pieces = [[]]
    for line in lines:
        if line.strip() in {"# …", "/* … */"}:
            pieces.append([])
        else:
            pieces[-1].append(line)
    return [piece for piece in pieces if piece]


def dedented(lines):
    return textwrap.dedent("\n".join(lines))


def matches(expected, told):
    """Whether what was told is what was expected."""
    pattern = []
    for line in expected.rstrip("\n").split("\n"):
        if line == "…":
            pattern.append(r"(?:.*\n)*?")
        else:
            pattern.append(".+?".join(map(re.escape, line.rstrip().split("…"))) + r" *\n")
    wanted = "".join(pattern)
    for shown, instead in () if has_ipv6() else WITHOUT_IPV6:
        wanted = wanted.replace(re.escape(shown), instead)
    return re.fullmatch(wanted, told.rstrip("\n") + "\n") is not None
