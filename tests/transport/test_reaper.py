"""The one thread that waits for all programs: it reaps them, ends their groups, and leaves when there is none."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from wiretalk.transport import reaper

WAIT_S = 20


def until(condition):
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "it never came to be so"
        time.sleep(0.002)


def state(number):
    """The letter of a process's state; "" where there is none."""
    try:
        with open(f"/proc/{number}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def lives(number):
    """Whether a process runs (a zombie does not)."""
    return state(number) not in ("", "Z")


class Started:
    def __init__(self, script, **settings):
        self.statuses = []
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True, **settings
        )
        self.ward = reaper.watch(self.process, self.statuses.append)

    def line(self):
        return self.process.stdout.readline().decode().strip()

    def close(self):
        self.process.stdout.close()
        with contextlib.suppress(ProcessLookupError):
            if self.ward in reaper._wards:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.ward.leave(at_once=True)
        until(lambda: self.ward not in reaper._wards)


@pytest.fixture
def start(monkeypatch):
    monkeypatch.setattr(reaper, "CHILD_GRACE_S", 0.1)
    started = []

    def begin(script, **settings):
        started.append(Started(script, **settings))
        return started[-1]

    yield begin
    for one in started:
        one.close()


def reaper_threads():
    return [thread for thread in threading.enumerate() if thread.name == "wiretalk-reaper"]


def test_its_status_is_told_once(start):
    one = start("exit 7")
    until(lambda: one.statuses)
    assert one.statuses == [7]
    assert one.ward.status == 7
    assert not os.path.exists(f"/proc/{one.process.pid}")


@pytest.mark.parametrize("descriptors", [True, False], ids=["pidfd", "looks"])
def test_many_have_one_thread_and_leave_nothing(start, monkeypatch, descriptors):
    if not descriptors:
        monkeypatch.delattr(os, "pidfd_open")
    before = len(os.listdir("/proc/self/fd"))
    many = [start("read line") for _ in range(20)]
    assert len(reaper_threads()) == 1
    for one in many:
        one.ward.leave(at_once=True)
    until(lambda: all(one.statuses for one in many))
    assert {status for one in many for status in one.statuses} <= {-signal.SIGTERM, 1}
    for one in many:
        one.process.stdout.close()
    until(lambda: not reaper_threads())
    assert len(os.listdir("/proc/self/fd")) <= before


def test_given_time_it_ends_by_itself(start, monkeypatch):
    monkeypatch.setattr(reaper, "CHILD_GRACE_S", WAIT_S)
    one = start("echo up; exec sleep 0.05")
    assert one.line() == "up"
    one.ward.leave(at_once=False)
    until(lambda: one.statuses)
    assert one.statuses == [0]
    assert not one.ward.signalled


def test_deaf_to_sigterm_it_is_killed(start):
    one = start("trap '' TERM; echo up; while :; do sleep 0.01; done")
    assert one.line() == "up"
    one.ward.leave(at_once=False)
    until(lambda: one.statuses)
    assert one.statuses == [-signal.SIGKILL]


def test_stopped_it_is_killed(start):
    one = start("kill -STOP $$")
    until(lambda: state(one.process.pid) == "T")
    one.ward.leave(at_once=True)
    until(lambda: one.statuses)
    assert one.statuses == [-signal.SIGKILL]


def test_what_it_has_forked_goes_with_it(start):
    one = start("sleep 100 & echo $!; wait")
    forked = int(one.line())
    one.ward.leave(at_once=True)
    until(lambda: not lives(forked))


@pytest.mark.parametrize("trap", ["", "trap '' TERM;"], ids=["hears", "deaf"])
def test_what_it_has_left_behind_is_ended_when_the_conversation_is(start, trap):
    one = start(f"(trap '' HUP; {trap} while :; do sleep 0.01; done) & echo $!")
    forked = int(one.line())
    until(lambda: one.statuses)
    assert lives(forked)
    one.ward.leave(at_once=False)
    until(lambda: not lives(forked))
    until(lambda: one.ward not in reaper._wards)


def test_a_number_given_away_is_not_signalled(start, monkeypatch):
    one = start("(trap '' HUP; while :; do sleep 0.01; done) & echo $!")
    forked = int(one.line())
    until(lambda: one.statuses)
    monkeypatch.setattr(reaper, "_lives", lambda number: True)
    one.ward.leave(at_once=True)
    until(lambda: one.ward not in reaper._wards)
    assert lives(forked)
    os.kill(forked, signal.SIGKILL)


def test_killed_from_outside(start):
    one = start("echo up; exec sleep 100")
    assert one.line() == "up"
    os.kill(one.process.pid, signal.SIGKILL)
    until(lambda: one.statuses)
    assert one.statuses == [-signal.SIGKILL]
    assert not one.ward.signalled


def test_those_that_may_not_be_signalled_are_somebody(start, monkeypatch):
    one = start("echo up; read line", stdin=subprocess.PIPE)
    assert one.line() == "up"

    def denied(*_):
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(os, "killpg", denied)
        patch.setattr(os, "kill", denied)
        assert one.ward.signal(signal.SIGTERM)
        assert reaper._lives(1)
    one.process.stdin.close()


def test_no_selector_to_be_had(monkeypatch):
    def none():
        raise OSError(24, "Too many open files")

    until(lambda: not reaper_threads())
    before = os.listdir("/proc/self/fd")
    monkeypatch.setattr(reaper.selectors, "DefaultSelector", none)
    with pytest.raises(OSError, match="Too many"):
        reaper.watch(None, print)
    assert os.listdir("/proc/self/fd") == before


SCRIPT = """
    import os, subprocess, sys
    from wiretalk.transport import reaper

    process = subprocess.Popen(["/bin/sh", "-c", "trap 'exit 5' TERM; echo up; while :; do sleep 0.01; done"],
        stdout=subprocess.PIPE, start_new_session=True)
    process.stdout.readline()
    ward = reaper.watch(process, lambda status: print("reaped", status, flush=True))
"""


def run(script):
    program = textwrap.dedent(SCRIPT) + textwrap.dedent(script)
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.splitlines()


def test_nobody_outlives_us():
    assert run("") == ["reaped 5"]


def test_a_process_forked_off_leaves_the_programs_alone():
    told = run(
        """
        child = os.fork()
        if not child:
            other = subprocess.Popen(["/bin/true"], start_new_session=True)
            import threading
            over = threading.Event()
            reaper.watch(other, lambda status: (print("other", status, flush=True), over.set()))
            over.wait(20)
            sys.exit()
        os.waitpid(child, 0)
        print("still", process.poll(), flush=True)
        """
    )
    assert told == ["other 0", "still None", "reaped 5"]
