"""Write c/src/columns.c: which characters take no column of a terminal, one or two, and which do not show at all.

    python c/tools/columns.py > c/src/columns.c

The tables of Unicode are those of the Python that runs this; the file says which. Nothing is written by hand there.
"""

# ruff: noqa: INP001  # a program that stands alone

from __future__ import annotations

import sys
from unicodedata import combining, east_asian_width, unidata_version

NARROW, HIDDEN, COMBINING, WIDE = range(4)

HEAD = """\
/* columns.c: which characters show on a terminal, and how wide, by Unicode {version}. Written by c/tools/columns.py;
   change that. */
#include "characters.h"

/* Where each stretch of like characters begins, and in the lowest two bits how they look. */
static const uint32_t columns_begin[] = {{
"""

TAIL = """\
};

WTI_PRIVATE int wti_look(uint32_t code) {
  size_t low = 0;
  size_t high = sizeof columns_begin / sizeof columns_begin[0];
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (columns_begin[middle] >> 2 <= code) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return (int)(columns_begin[low] & 3);
}
"""


def look(number: int) -> int:
    """Return how a character shows."""
    character = chr(number)
    if not character.isprintable():
        return HIDDEN
    if combining(character):
        return COMBINING
    return WIDE if east_asian_width(character) in "WF" else NARROW


def source() -> str:
    """Return the text of the file."""
    before = -1
    words = []
    for number in range(sys.maxunicode + 1):
        now = look(number)
        if now != before:
            words.append(f"0x{number << 2 | now:X},")
            before = now
    lines = [""]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > 118:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "  ") + word
    return HEAD.format(version=unidata_version) + "\n".join(lines) + "\n" + TAIL


if __name__ == "__main__":
    sys.stdout.write(source())
