"""Limits: every one has a name and a default, and a number that is none is refused."""

from __future__ import annotations

import pytest

from wiretalk import limits
from wiretalk.limits import Limits

NAMES = Limits.__slots__


def test_every_constant_is_a_positive_number():
    numbers = {name: value for name, value in vars(limits).items() if name.isupper() and name != "TYPE_CHECKING"}
    assert len(numbers) > 20
    assert all(value > 0 for value in numbers.values())


def test_the_defaults():
    made = Limits()
    assert made.max_message_bytes == limits.MAX_MESSAGE_BYTES == 1024 * 1024
    assert made.max_connections == limits.MAX_CONNECTIONS
    assert made.idle_timeout_s == limits.IDLE_TIMEOUT_S


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_told(name):
    assert getattr(Limits(**{name: 7}), name) == 7
    changed = Limits(drain_s=3).but(**{name: 7})
    assert getattr(changed, name) == 7
    assert changed.drain_s == (7 if name == "drain_s" else 3)
    assert f"{name}=7" in repr(changed)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrong", [-1, "7", None, 0])
def test_what_is_no_limit(name, wrong):
    if (name, wrong) in {("idle_timeout_s", None), ("drain_s", 0)}:
        assert getattr(Limits(**{name: wrong}), name) == wrong
        return
    with pytest.raises(ValueError, match=f"{name} must be a positive number, not {wrong!r}"):
        Limits(**{name: wrong})
    with pytest.raises(ValueError, match=name):
        Limits().but(**{name: wrong})


def test_there_is_no_other():
    with pytest.raises(TypeError, match="max_messages"):
        Limits(max_messages=1)
