"""The line being typed and the lines before it, where readline is the one we know, another one, or none."""

from __future__ import annotations

import os
import stat
import threading

import pytest

from wiretalk.cli import editing
from wiretalk.cli.editing import Editor, history_path

NONE = "raise ImportError"

LIBEDIT = """
import glob, importlib.util, sysconfig
(path,) = glob.glob(sysconfig.get_path("stdlib") + "/lib-dynload/readline.*.so")
spec = importlib.util.spec_from_file_location("readline", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
globals().update({name: value for name, value in vars(module).items() if name != "append_history_file"})
__doc__ = "like libedit"
__file__ = path
"""


def read_line(sock):
    data = b""
    while not data.endswith(b"\n"):
        data += sock.recv(1)
    return data


def interrupted_typist(typed, served, tmp_path, module):
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "readline.py").write_text(module)
    go, heard = threading.Event(), []

    def interrupt(sock):
        go.wait(60)
        sock.sendall(b"meanwhile\n")
        heard.append(read_line(sock))

    server = served(interrupt)
    one = typed("connect", server.address, PYTHONPATH=str(tmp_path / "modules"))
    one.wait_for("> ")
    one.type("half")
    one.wait_for("half")
    go.set()
    one.wait_for("meanwhile", "> ")
    return one, server, heard


def test_without_readline_all_works_but_editing(typed, served, tmp_path):
    one, server, heard = interrupted_typist(typed, served, tmp_path, NONE)
    one.type(" and half\n")
    assert one.wait()[0] == 0
    server.wait()
    assert heard == [b"half and half\n"]
    assert not (tmp_path / "state").exists()


def test_with_another_readline_the_line_is_written_again(typed, served, tmp_path, require):
    import glob
    import sysconfig

    require(glob.glob(sysconfig.get_path("stdlib") + "/lib-dynload/readline.*.so"), "no module readline to dress up")
    one, server, heard = interrupted_typist(typed, served, tmp_path, LIBEDIT)
    one.wait_for("half")
    one.type(" and half\n")
    assert one.wait()[0] == 0
    server.wait()
    assert heard == [b"half and half\n"]
    assert (tmp_path / "state" / "wiretalk" / "history").read_text().endswith("half and half\n")


def test_a_terminal_without_editing_knows_nothing_of_the_line():
    editor = Editor()
    assert editor.typed() == ("", "")
    assert not editor.redraw()
    editor.keep()
    assert not editor.edits


def test_a_library_that_keeps_its_names_is_none():
    assert editing._library(os) is None


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        ({"XDG_STATE_HOME": "/state", "HOME": "/home/me"}, "/state/wiretalk/history"),
        ({"XDG_STATE_HOME": "", "HOME": "/home/me"}, "/home/me/.local/state/wiretalk/history"),
    ],
)
def test_the_history_is_where_such_things_are(monkeypatch, environment, path):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert history_path() == path


def test_a_history_that_cannot_be_kept_is_forgotten(typed, served, tmp_path):
    (tmp_path / "state").write_text("a file where a folder should be")
    one = typed("connect", served(read_line).address)
    one.wait_for("> ")
    one.type("x\n")
    status, shown = one.wait()
    assert status == 0
    assert "Error" not in shown


def test_a_history_is_kept_short_and_to_its_owner(typed, served, tmp_path):
    path = tmp_path / "state" / "wiretalk" / "history"
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"{number}\n" for number in range(editing.MAX_LINES)))
    path.chmod(0o600)
    one = typed("connect", served(read_line).address)
    one.wait_for("> ")
    one.type("the last\n")
    assert one.wait()[0] == 0
    lines = path.read_text().splitlines()
    assert (len(lines), lines[0], lines[-1]) == (editing.MAX_LINES, "1", "the last")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
