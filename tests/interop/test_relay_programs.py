"""rsync through a relay to a program: no server of it runs, and nobody else has opened a socket."""

from __future__ import annotations

import filecmp
import os
import random
import shutil
import sys

import pytest

from .conftest import ENVIRONMENT, wait_until


@pytest.fixture
def tree(tmp_path):
    """A directory with a few files."""
    there = tmp_path / "there"
    (there / "deep" / "down").mkdir(parents=True)
    choose = random.Random(5)
    for number in range(12):
        (there / "deep" / f"file{number}").write_bytes(choose.randbytes(choose.randint(0, 200_000)))
    (there / "deep" / "down" / "größe").write_text("€", encoding="utf-8")
    return there


def same(one, other):
    """Whether two directories hold the same."""
    compared = filecmp.dircmp(one, other)
    files = [name for name in compared.common_files if filecmp.cmp(one / name, other / name, shallow=False)]
    return (
        not compared.left_only
        and not compared.right_only
        and set(files) == set(compared.common_files)
        and all(same(one / name, other / name) for name in compared.common_dirs)
    )


@pytest.fixture
def daemon(shell_at, require, host, tree, tmp_path):
    """rsync's daemon, run for each connection by a relay: where the relay listens."""
    require(shutil.which("rsync"), "rsync is not installed")
    settings = tmp_path / "rsyncd.conf"
    who = f"uid = {os.getuid()}\ngid = {os.getgid()}\n"
    settings.write_text(f"use chroot = no\n{who}[files]\npath = {tree}\nread only = no\n", encoding="utf-8")
    return shell_at("relay", f"tcp://{host}:0", f"exec:rsync --server --daemon --config={settings} .")


def test_rsync_from_its_daemon(peer, daemon, tree, host, tmp_path):
    got = tmp_path / "got"
    rsync = peer(["rsync", "-r", f"rsync://{host}:{daemon.port}/files/", str(got)])
    assert rsync.wait() == 0, rsync.err
    assert same(tree, got)


def test_rsync_to_its_daemon_and_only_what_has_changed(peer, daemon, tree, host, tmp_path):
    mine = tmp_path / "mine"
    first = peer(["rsync", "-rt", f"rsync://{host}:{daemon.port}/files/", str(mine)])
    assert first.wait() == 0, first.err
    (mine / "deep" / "new").write_text("new\n")
    second = peer(["rsync", "-rti", f"{mine}/", f"rsync://{host}:{daemon.port}/files/"])
    assert second.wait() == 0, second.err
    assert "deep/new" in second.out
    assert "file1" not in second.out
    assert same(tree, mine)


def test_rsync_connects_by_a_relay(peer, daemon, tree, host, tmp_path):
    """A relay in place of `socat - TCP:%H:873`."""
    got = tmp_path / "got"
    command = f"{sys.executable} -m wiretalk relay - tcp://%H:{daemon.port}"
    rsync = peer(["rsync", "-r", f"rsync://{host}/files/", str(got)], env=ENVIRONMENT | {"RSYNC_CONNECT_PROG": command})
    assert rsync.wait() == 0, rsync.err
    assert same(tree, got)


def test_a_relay_as_the_remote_shell_of_rsync(peer, tree, tmp_path):
    got = tmp_path / "got"
    script = tmp_path / "remote"
    script.write_text(f'#!/bin/sh\nshift\nexec {sys.executable} -m wiretalk relay - "exec:$*?shell"\n')
    script.chmod(0o700)
    rsync = peer(["rsync", "-r", "-e", str(script), f"anywhere:{tree}/", str(got)])
    assert rsync.wait() == 0, rsync.err
    assert same(tree, got)


def test_a_program_for_each_that_comes(shell_at, as_client, host):
    relay = shell_at("relay", f"tcp://{host}:0", "exec:tr a-z A-Z", "-v")
    clients = [as_client(name, host, relay.port) for name in ("nc", "socat")]
    for number, client in enumerate(clients):
        client.say(f"client {number}\n")
        client.end_input()
    for number, client in enumerate(clients):
        assert client.wait() == 0
        assert client.out == f"CLIENT {number}\n"


@pytest.mark.parametrize("name", ["nc", "ncat"])
def test_a_program_that_has_left_ends_both_sides(shell_at, as_client, host, name):
    """Nobody takes what the client could still say; it is not left waiting."""
    relay = shell_at("relay", f"tcp://{host}:0", "exec:echo bye", "--once")
    client = as_client(name, host, relay.port)
    client.wait_for("bye\n")
    assert relay.wait() == 0


def test_a_terminal_for_each_that_comes(shell_at, as_client, host):
    relay = shell_at("relay", f"tcp://{host}:0", "pty:sh", "-v")
    client = as_client("socat", host, relay.port)
    client.say("tty && echo $((6 * 7))\n")
    client.wait_for("/dev/pts/", "42")
    client.say("exit\n")
    relay.wait_for("finished", where="err")
    client.end_input()
    assert client.wait() == 0


def test_a_log_to_whoever_comes(shell_at, as_client, host, tmp_path):
    log = tmp_path / "log"
    log.write_text("before\n")
    relay = shell_at("relay", f"tcp://{host}:0", f"file:{log}?follow")
    client = as_client("nc", host, relay.port)
    client.wait_for("before\n")
    with open(log, "a", encoding="ascii") as more:
        more.write("after\n")
    client.wait_for("after\n")


def test_a_serial_line_on_the_network(shell_at, peer, as_client, host, tmp_path):
    pytest.importorskip("serial")
    line = str(tmp_path / "line")
    device = peer(["socat", f"pty,raw,echo=0,link={line}", "-"])
    wait_until(lambda: os.path.exists(line))
    relay = shell_at("relay", f"tcp://{host}:0", f"serial:{line}?baud=9600")
    client = as_client("nc", host, relay.port)
    client.say("AT\r\n")
    device.wait_for("AT\r\n")
    device.say("OK\r\n")
    client.wait_for("OK\r\n")
