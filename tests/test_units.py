"""Sizes and durations: what people write, and the way back."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretalk import units
from wiretalk.units import format_duration, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("4096", 4096),
        ("1b", 1),
        ("10k", 10 * 1024),
        ("10K", 10 * 1024),
        ("10kB", 10_000),
        ("10KB", 10_000),
        ("64KiB", 65536),
        ("64 KiB", 65536),
        ("1.5MiB", 3 * 2**19),
        ("1m", 2**20),
        ("1MB", 10**6),
        ("2G", 2**31),
        ("2GiB", 2**31),
        ("2gb", 2 * 10**9),
        ("1T", 2**40),
        ("0.1kB", 100),
        ("1.000", 1),
    ],
)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "k", ".5k", "1.", "1.2.3", "-1", "+1", "1e3", "0x10", "1 k b", "1  k", "1 ", " 1", "1q", "٣", "nan"]
)
def test_what_is_no_size(text):
    with pytest.raises(ValueError, match="is not a size: write a number and a unit, like 4096, 64KiB or 1MiB"):
        parse_size(text)


@pytest.mark.parametrize("text", ["0.5", "1.0001k", "0.0001kB"])
def test_part_of_a_byte(text):
    with pytest.raises(ValueError, match=f'"{text}" is not a whole number of bytes'):
        parse_size(text)


def test_a_size_that_is_only_work():
    with pytest.raises(ValueError, match="a size of 5000 digits is too large"):
        parse_size("9" * 5000)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0"),
        (1, "1"),
        (1000, "1000"),
        (1024, "1KiB"),
        (1536, "1536"),
        (2**20, "1MiB"),
        (3 * 2**30, "3GiB"),
        (2**50, "1024TiB"),
    ],
)
def test_sizes_written(size, text):
    assert format_size(size) == text


@settings(deadline=None)
@given(st.integers(0, 2**70))
def test_sizes_come_back(size):
    assert parse_size(format_size(size)) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("10", 10.0),
        ("1.5", 1.5),
        ("10s", 10.0),
        ("10 s", 10.0),
        ("500ms", 0.5),
        ("0.1ms", 0.0001),
        ("100us", 0.0001),
        ("100µs", 0.0001),
        ("5NS", 5e-9),
        ("2m", 120.0),
        ("2min", 120.0),
        ("1.5h", 5400.0),
        ("1d", 86400.0),
    ],
)
def test_durations(text, seconds):
    found = parse_duration(text)
    assert found == seconds
    assert isinstance(found, float)


@pytest.mark.parametrize(
    "text", ["", "s", ".5s", "1.s", "1..2", "-1s", "1e3", "inf", "nan", "1m30s", "1 m s", "5 ", "1w"]
)
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="is not a duration: write a number and a unit, like 10s, 500ms or 2m"):
        parse_duration(text)


def test_a_duration_without_end():
    with pytest.raises(ValueError, match="is too long a duration"):
        parse_duration("9" * 400)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.0, "0s"),
        (1, "1s"),
        (1.5, "1.5s"),
        (60, "1m"),
        (90, "90s"),
        (7200, "2h"),
        (86400, "1d"),
        (0.5, "500ms"),
        (0.0005, "500us"),
        (0.25e-6, "250ns"),
        (1e22, "10000000000000000000000s"),
    ],
)
def test_durations_written(seconds, text):
    assert format_duration(seconds) == text


@settings(deadline=None)
@given(st.floats(0, 1e300, allow_subnormal=True))
def test_durations_come_back(seconds):
    assert parse_duration(format_duration(seconds)) == seconds


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(units) == (0, 4)
