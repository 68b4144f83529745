from __future__ import annotations

import logging

import pytest

from wiretalk.cli.logs import log_to_stderr


@pytest.fixture
def log():
    log = logging.getLogger("wiretalk")
    before = log.handlers[:], log.propagate
    yield log
    log.handlers[:], log.propagate = before


def fail(log):
    try:
        raise ValueError("no such thing")
    except ValueError:
        log.exception("%s: the session failed", "tcp://[::1]:5")


def test_a_record_is_one_plain_line(log, capfd):
    log_to_stderr()
    log.info("nobody wants to know")
    log.warning("%d connections, the limit", 5)
    fail(log)
    assert capfd.readouterr() == (
        "",
        "wiretalk: 5 connections, the limit\nwiretalk: tcp://[::1]:5: the session failed: ValueError: no such thing\n",
    )


def test_a_traceback_is_for_who_asks(log, capfd):
    log_to_stderr(whole=True)
    fail(log)
    told = capfd.readouterr().err
    assert told.startswith("wiretalk: tcp://[::1]:5: the session failed: ValueError: no such thing\nTraceback ")
    assert told.endswith("ValueError: no such thing\n")


def test_a_second_call_replaces_the_first(log, capfd):
    log_to_stderr()
    log_to_stderr()
    log.error("once")
    assert capfd.readouterr().err == "wiretalk: once\n"
