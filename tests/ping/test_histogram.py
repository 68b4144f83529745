"""Counts in steps, and what is drawn of them."""

import random
from itertools import pairwise

import pytest

from wiretalk.ping import Histogram


def made(*seconds):
    histogram = Histogram()
    for one in seconds:
        histogram.add(one)
    return histogram


def test_nothing():
    assert (made().total, made().rows(10), made().percentile(50)) == (0, [], 0.0)


def test_rows_hold_every_count_and_join():
    draw = random.Random(7)
    times = [draw.lognormvariate(-7, 1) for _ in range(1000)]
    rows = made(*times).rows(12)
    assert 1 < len(rows) <= 12
    assert sum(count for _, _, count in rows) == 1000
    for (_, high, _), (low, _, _) in pairwise(rows):
        assert high == low
    for low, high, count in rows[:-1]:
        assert count == pytest.approx(sum(low <= one < high for one in times), abs=2)


def test_one_slow_answer_does_not_hide_the_fast():
    rows = made(0.0003, 0.0004, 0.0005, 0.0006, 0.5).rows(12)
    assert sum(count for low, high, count in rows if low < 0.001) == 4
    assert len([row for row in rows if row[2]]) >= 3


def test_all_alike_is_one_row():
    ((low, high, count),) = made(0.001, 0.001).rows(12)
    assert low <= 0.001 <= high
    assert count == 2


@pytest.mark.parametrize("percent", [1, 50, 90, 99, 100])
def test_percentiles_are_right_to_a_step(percent):
    times = [one / 1000 for one in range(1, 1001)]
    assert made(*times).percentile(percent) == pytest.approx(percent / 100, rel=0.03)


def test_however_short_or_long_they_are_counted():
    histogram = made(0.0, 1e-12, 1e9, -1.0)
    assert histogram.total == 4
    assert sum(count for _, _, count in histogram.rows(5)) == 4
    assert len(histogram._counts) == 2
