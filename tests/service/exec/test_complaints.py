"""What a program says on standard error, as the log has it."""

from __future__ import annotations

import pytest

from wiretalk.limits import EXEC_COMPLAINT_BYTES, EXEC_COMPLAINTS
from wiretalk.service.exec.complaints import Complaints, shown


@pytest.fixture
def logged(caplog):
    return lambda: [record.getMessage() for record in caplog.records]


def test_lines_whole_however_they_come(logged):
    complaints = Complaints("peer: prog")
    for piece in (b"o", b"ne\ntw", b"o\nthree", b""):
        complaints.take(piece)
    assert logged() == ["peer: prog: one", "peer: prog: two", "peer: prog: three"]


def test_a_line_without_end_is_not_kept(logged):
    complaints = Complaints("p")
    for _ in range(100):
        complaints.take(b"x" * 1000)
        assert len(complaints._held) <= EXEC_COMPLAINT_BYTES + 1
    complaints.take(b"")
    assert logged() == [f"p: {'x' * EXEC_COMPLAINT_BYTES}…"]


def test_so_many_lines_and_no_more(logged):
    complaints = Complaints("p")
    complaints.take(b"x\n" * (EXEC_COMPLAINTS + 100))
    complaints.take(b"more\n")
    assert len(logged()) == EXEC_COMPLAINTS + 1
    assert logged()[-1] == "p: it goes on complaining, and is not heard any more"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"as it is \xc3\xa4", "as it is ä"),
        (b"\x1b[2Jcleared\x07", "\ufffd[2Jcleared\ufffd"),
        (b"\xff", "\ufffd"),
        (b"a\tb\r", "a b"),
    ],
)
def test_nothing_that_a_terminal_obeys(line, text):
    assert shown(line) == text
