"""`wiretalk new` in the shell: what it writes, prints and refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from wiretalk.cli import main

from .test_startup import HEAVY, modules_after


def names(directory):
    return sorted(path.name for path in directory.iterdir())


def test_a_program_in_c_comes_with_all_it_needs(shell, c_compiler, tmp_path):
    done = shell("new", "c", "client", "tcp://pi.local:8888", "--frame", "line", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == b""
    assert done.stderr.decode().splitlines() == [
        "wrote client.c, Makefile, wiretalk.h, wiretalk.c",
        "  run it:         make run",
        "  the other end:  wiretalk serve echo tcp://:8888 --frame line",
    ]
    assert names(tmp_path) == ["Makefile", "client.c", "wiretalk.c", "wiretalk.h"]


def test_a_program_in_python_is_one_file(shell, tmp_path):
    done = shell("new", "python", "server", "tcp://:8888", "--directory", "new one", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.decode().splitlines() == [
        "wrote server.py in new one",
        "  run it:         python3 'new one/server.py'",
        "  the other end:  wiretalk connect tcp://localhost:8888 --frame line",
    ]
    assert names(tmp_path / "new one") == ["server.py"]


@pytest.mark.parametrize("option", ["--print", "-p"])
def test_print_writes_the_program_to_standard_output_and_no_file(option, shell, tmp_path):
    done = shell("new", "c", "server", "udp://:5000", "--plain", option, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(b"/*\n * server.c: ")
    assert done.stdout.endswith(b"}\n")
    assert done.stderr == b""
    assert names(tmp_path) == []


def test_json_names_the_files(shell, tmp_path):
    done = shell("new", "c", "client", ":8888", "--plain", "--json", "-d", "x", cwd=tmp_path)
    assert json.loads(done.stdout) == {
        "directory": str(tmp_path / "x"),
        "program": "client.c",
        "written": ["client.c", "Makefile"],
        "files": ["client.c", "Makefile"],
    }
    assert done.stderr == b""


def test_nothing_is_overwritten(shell, tmp_path):
    (tmp_path / "wiretalk.c").write_text("mine")
    done = shell("new", "c", "client", ":8888", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        b"wiretalk: wiretalk.c is there already; nothing was written; --directory DIR says where else\n"
    )
    assert names(tmp_path) == ["wiretalk.c"]
    assert (tmp_path / "wiretalk.c").read_text() == "mine"


def test_twice_the_same_is_refused_too(shell, tmp_path):
    assert shell("new", "c", "client", ":8888", cwd=tmp_path).returncode == 0
    done = shell("new", "c", "client", ":8888", cwd=tmp_path)
    assert done.returncode == 2
    assert b"client.c is there already" in done.stderr


def test_make_builds_both_programs_of_a_folder(shell, require, c_compiler, program, tmp_path):
    for role, target in (("client", "run"), ("server", "run-server")):
        done = shell("new", "c", role, "unix:x.sock", "--plain", cwd=tmp_path)
        assert f"run it:         make {target}\n" in done.stderr.decode()
    make = ["make", "-s", "CFLAGS=-O0 -Werror", f"CC={' '.join(c_compiler)}"]
    assert subprocess.run(make, cwd=tmp_path, capture_output=True, check=False).stderr == b""
    server = program([*make, "run-server"], cwd=tmp_path, start_new_session=True)
    server.wait_for("listening on ", "\n")
    done = subprocess.run([*make, "run-client"], cwd=tmp_path, input=b"one\ntwo\n", capture_output=True, check=True)
    assert done.stdout == b"one\ntwo\n"
    os.killpg(server.process.pid, signal.SIGINT)
    server.wait()
    subprocess.run([*make, "clean"], cwd=tmp_path, check=True)
    assert names(tmp_path) == ["Makefile", "client.c", "server.c"]


def test_make_run_runs_the_only_program(shell, c_compiler, tmp_path):
    assert shell("new", "c", "client", "unix:x.sock", "--plain", cwd=tmp_path).returncode == 0
    make = ["make", "-s", "CFLAGS=-O0", f"CC={' '.join(c_compiler)}", "run"]
    done = subprocess.run(make, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("client: unix:x.sock: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "LANGUAGE, ROLE, ADDRESS is missing; write it like: wiretalk new c client"),
        (["perl", "client", ":1"], 'there is no language "perl"; there are c and python'),
        (["pyhton", "client", ":1"], 'there is no language "pyhton"; did you mean "python"?'),
        (["c", "sever", ":1"], 'there is no role "sever"; did you mean "server"?'),
        (["c", "client", "nonsense"], "nonsense"),
        (["c", "client", ":1", "--frame", "lin"], 'there is no framing "lin"; did you mean "line"?'),
        (["c", "client", "tls://x:1"], "libwiretalk has no tls"),
        (["c", "client", ":1", "--print", "--json"], "not allowed with"),
        (["c", "client", ":1", "--plian"], 'there is no option "--plian"; did you mean "--plain"?'),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(words, said, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["new", *words]) == 2
    assert said in capfd.readouterr().err
    assert names(tmp_path) == []


def test_a_directory_that_cannot_be_is_told(capfd, tmp_path):
    (tmp_path / "file").write_text("")
    assert main(["new", "python", "client", ":1", "-d", f"{tmp_path}/file/x"]) == 1
    assert capfd.readouterr().err == f"wiretalk: {tmp_path}/file/x: Not a directory\n"


def test_printing_a_program_needs_nothing_heavy():
    loaded, out = modules_after("new", "c", "client", "tcp://pi.local:8888", "--print")
    assert out.startswith(b"/*")
    assert loaded.isdisjoint(HEAVY | {"socket"}), loaded.intersection(HEAVY | {"socket"})


def test_help_alone_loads_none_of_it():
    loaded, _ = modules_after("--help")
    assert not any(name.startswith("wiretalk.programs") for name in loaded)


def test_it_is_a_module_too(tmp_path):
    command = [sys.executable, "-m", "wiretalk", "new", "python", "client", "tcp://x:1"]
    assert subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout == b""
    assert names(tmp_path) == ["client.py"]
