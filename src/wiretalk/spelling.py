"""The nearest right word to a wrong one. Words only: who asks composes the sentence and raises the error."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

ENOUGH = 0.6
"""How alike two words must be, 0 to 1: below this a suggestion confuses more than it helps."""


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice most like a word, or None where none is like it.

    Case does not count. Of two choices equally alike, the one that comes first wins.

    >>> nearest("tpc", ["tls", "tcp", "tcp4"])
    'tcp'
    """
    # difflib costs more than all of wiretalk.address; only a mistake pays for it.
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(word.lower())
    best, best_ratio = None, 0.0
    for choice in choices:
        matcher.set_seq1(choice.lower())
        if matcher.real_quick_ratio() < ENOUGH:
            continue
        ratio = matcher.ratio()
        if ratio >= ENOUGH and ratio > best_ratio:
            best, best_ratio = choice, ratio
    return best


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return `did you mean "…"?` with the choice most like a word, or "" where none is like it.

    >>> did_you_mean("tpc", ["tls", "tcp"])
    'did you mean "tcp"?'
    """
    choice = nearest(word, choices)
    return f'did you mean "{choice}"?' if choice is not None else ""
