"""Names of members and of rooms: what one may be, and when two are the same. Text only."""

from __future__ import annotations

import unicodedata

from wiretalk.limits import CHAT_NAME_CHARACTERS

GUEST = "guest-"
"""What automatic names begin with, and no chosen one does: so the next one is always free."""

PUNCTUATION = "-_."

MOST_MARKS = 2
"""Combining marks on one letter: as many as scripts need, and not enough to paint over the lines around."""


class RefusedNameError(Exception):
    """A name that cannot be; the sentence says why."""


def checked(text: str, what: str) -> str:
    """Return a name as it is to be shown.

    Letters and digits of any script, and `-_.`; in one spelling (NFKC), so that what looks the same to Unicode is.

    Args:
        text: as it was typed.
        what: what it names: "nick", "room".

    Raises:
        RefusedNameError: it is empty, too long, or holds something else.
    """
    # Of a text of any length only so much is looked at as a name could be of.
    name = unicodedata.normalize("NFKC", text[: 4 * CHAT_NAME_CHARACTERS])
    if not name:
        raise RefusedNameError(f"a {what} has at least one letter")
    if len(name) > CHAT_NAME_CHARACTERS:
        raise RefusedNameError(
            f"a {what} has at most {CHAT_NAME_CHARACTERS} letters, and this one {max(len(name), len(text))}"
        )
    marks = MOST_MARKS
    for character in name:
        if character.isalnum():
            marks = 0
        elif unicodedata.category(character)[0] == "M" and marks < MOST_MARKS:
            marks += 1
        elif character in PUNCTUATION:
            marks = MOST_MARKS
        else:
            raise RefusedNameError(f"a {what} is letters, digits and {' '.join(PUNCTUATION)}, without spaces")
    return name


def key(name: str) -> str:
    """Return what is the same for names that may not be there together: upper and lower case do not tell them apart."""
    return unicodedata.normalize("NFKC", name.casefold())
