"""The logger of this face, loaded when there is something to say: most programs that connect never log."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger


def log() -> Logger:
    """Return the logger "wiretalk"."""
    from logging import getLogger

    return getLogger("wiretalk")
