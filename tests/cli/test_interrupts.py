"""Signals are heard whenever they come."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from wiretalk.cli import interrupts


@pytest.fixture
def signals():
    """Give back what signals do afterwards."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, interrupts.WAKING)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    os.close(signal.set_wakeup_fd(-1))
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def threads(monkeypatch):
    """The threads that it starts, seen by coverage."""
    started = []

    def start(function, arguments):
        started.append(threading.Thread(target=function, args=arguments, daemon=True))
        started[-1].start()

    monkeypatch.setattr(interrupts, "start_new_thread", start)
    return started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_an_interrupt_and_the_main_thread_is_woken(signals, threads, monkeypatch, number):
    woken = threading.Event()
    monkeypatch.setattr(interrupts, "_woken", lambda *_: woken.set())
    monkeypatch.setattr(interrupts, "WAKE_AFTER_S", (0,))
    interrupts.hear_signals()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
        threading.Event().wait(60)
    assert woken.wait(60)
    os.close(signal.set_wakeup_fd(-1))
    threads[0].join(60)
    assert not threads[0].is_alive()
    # For the fixture, which closes it.
    signal.set_wakeup_fd(os.open(os.devnull, os.O_WRONLY | os.O_NONBLOCK))


def test_being_woken_is_all():
    assert interrupts._woken(1, None) is None


def test_what_was_ignored_stays_so():
    program = (
        "import signal; from wiretalk.cli.interrupts import hear_signals; hear_signals(); "
        "print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN, signal.getsignal(signal.SIGTERM) is signal.SIG_IGN)"
    )
    done = subprocess.run(
        ["sh", "-c", 'trap "" HUP; exec "$0" -c "$1"', sys.executable, program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "True False\n"
