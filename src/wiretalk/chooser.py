"""Whether the accelerator serves this process, or its twins in Python: `speedups` is `wiretalk._speedups`, or None.

The accelerator is the framings of libwiretalk, and the loops around them that a server's time goes to, compiled
from C. It is missing where the package was installed without a C compiler, and passed over where the environment says
WIRETALK_PURE=1. Whoever has a twin there asks here for which of them to take, and nowhere else; both do the same.
"""

from __future__ import annotations

from os import environ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

speedups: ModuleType | None = None
try:
    if environ.get("WIRETALK_PURE", "0") in {"", "0"}:
        from wiretalk import _speedups

        speedups = _speedups
except ImportError:
    # Installed without it.
    pass


def twin(module: str, name: str) -> Any:
    """Return what serves under this name: the accelerator's, or the one in Python, from its module."""
    fast = getattr(speedups, name, None)
    return fast if fast is not None else getattr(__import__(module, fromlist=(name,)), name)
