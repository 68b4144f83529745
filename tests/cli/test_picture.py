"""The histogram in bars: what is drawn, and how it is taken off again."""

from __future__ import annotations

import os

import pytest

from wiretalk.cli import picture
from wiretalk.cli.picture import Picture, bar, lines, terminal_size
from wiretalk.ping import Ledger
from wiretalk.transport.probing import News


@pytest.fixture
def ledger():
    """A ledger with 8 fast answers, 1 slow one, and a probe without any."""
    made = Ledger(1.0)
    for rtt_s in [0.0003] * 4 + [0.0004] * 4 + [0.02]:
        made.sent(0.0)
        made.heard(News("answer", made.transmitted, "10.0.0.1", rtt_s))
    made.sent(0.0)
    return made


@pytest.mark.parametrize(
    ("width", "drawn"), [(0, ""), (0.01, "▏"), (0.5, "▌"), (1, "█"), (2.25, "██▎"), (2.97, "███"), (3, "███")]
)
def test_bars(width, drawn):
    assert bar(width) == drawn


def test_what_is_drawn(ledger):
    drawn = lines(ledger, 60, 3)
    assert drawn == [
        "0.297 –  1.22 ms " + "█" * 39 + " 8",
        " 1.22 –  5.04 ms 0",
        " 5.04 –  20.7 ms ████▉ 1",
        "10 sent, 9 received, 10% lost, p50 0.403 ms, p90 20.0 ms, p9",
    ] or (len(drawn), max(map(len, drawn))) == (4, 59)
    assert sum(int(line.split()[-1]) for line in drawn[:-1]) == 9
    assert drawn[-1].startswith("10 sent, 9 received, 10% lost, p50 0.4")


@pytest.mark.parametrize("columns", [1, 10, 20, 21, 40, 79, 300])
@pytest.mark.parametrize("rows", [1, 2, 12])
def test_it_fits(ledger, columns, rows):
    drawn = lines(ledger, columns, rows)
    assert len(drawn) <= rows + 1
    assert all(len(line) < max(20, columns) for line in drawn)


def test_nothing_has_come():
    assert lines(Ledger(1.0), 80, 12) == ["0 sent, 0 received, 0% lost"]


class Clock:
    now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture
def screen(monkeypatch, capfd):
    """What is written to either stream since the last look, a clock, and the terminal's size."""

    class Screen:
        clock = Clock()
        size = (60, 24)

        @staticmethod
        def written():
            return tuple(capfd.readouterr())

    made = Screen()
    monkeypatch.setattr(picture, "time", made.clock)
    monkeypatch.setattr(picture, "terminal_size", lambda: made.size)
    return made


def test_lines_scroll_above_it(ledger, screen):
    drawn = Picture(ledger, live=True)
    drawn.print("one\n")
    out, first = screen.written()
    assert out == "one\n"
    assert first.count("\n") == len(lines(ledger, 60, 12))
    assert "\x1b" not in first
    # What comes right after waits for the next drawing.
    drawn.print("two\n")
    assert screen.written() == ("", "")
    screen.clock.now = 1.0
    drawn.print("three\n")
    out, second = screen.written()
    assert out == "two\nthree\n"
    height = first.count("\n")
    assert second == f"\r\x1b[{height}A\x1b[J{first}"


def test_it_is_drawn_anew_when_something_has_changed(ledger, screen):
    drawn = Picture(ledger, live=True)
    drawn.print("")
    height = screen.written()[1].count("\n")
    screen.clock.now = 1.0
    drawn.print("")
    assert screen.written() == ("", "")
    # A narrower terminal has broken the lines that were too long for it.
    screen.size = (30, 24)
    drawn.print("")
    _, narrow = screen.written()
    gone_up = int(narrow.partition("A")[0].rpartition("[")[2])
    assert gone_up > height
    assert all(len(line) < 30 for line in narrow.partition("J")[2].splitlines())
    screen.clock.now = 2.0
    ledger.sent(0.0)
    drawn.print("")
    assert "11 sent" in screen.written()[1]


def test_a_low_terminal_has_fewer_rows(ledger, screen):
    screen.size = (60, 6)
    Picture(ledger, live=True).print("")
    assert screen.written()[1].count("\n") == 3


def test_elsewhere_it_is_drawn_once_at_the_end(ledger, screen):
    drawn = Picture(ledger, live=False)
    drawn.print("one\n")
    drawn.print("")
    assert screen.written() == ("one\n", "")
    drawn.finish()
    out, told = screen.written()
    assert out == ""
    assert told.splitlines() == lines(ledger, 80, 12)


def test_where_it_cannot_be_seen_nothing_is_lost(ledger, capfd, monkeypatch):
    def full(fd, data):
        raise OSError

    drawn = Picture(ledger, live=False)
    drawn.print("one\n")
    monkeypatch.setattr(os, "write", full)
    drawn.finish()
    monkeypatch.undo()
    assert capfd.readouterr() == ("one\n", "")


def test_the_size_of_the_terminal(monkeypatch):
    def none(_):
        raise OSError

    monkeypatch.setattr(os, "get_terminal_size", none)
    assert terminal_size() == (80, 24)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((0, 0)))
    assert terminal_size() == (80, 24)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((100, 50)))
    assert terminal_size() == (100, 50)
