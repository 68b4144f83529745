"""The loop that `run` chooses."""

from __future__ import annotations

import asyncio
import sys

import wiretalk
from wiretalk.runtime.running import loop_factory


async def kind_of_loop():
    return type(asyncio.get_running_loop()).__module__


def test_uvloop_where_it_is_installed():
    assert wiretalk.run(kind_of_loop()).startswith("uvloop")


def test_asyncio_where_it_is_not(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop_factory() is asyncio.new_event_loop
    assert wiretalk.run(kind_of_loop()).startswith("asyncio")


def test_asyncio_where_it_is_asked_for(monkeypatch):
    monkeypatch.setenv("WIRETALK_LOOP", "asyncio")
    assert wiretalk.run(kind_of_loop()).startswith("asyncio")
