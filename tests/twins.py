"""The accelerator and its twins in Python: a test may have either serve, whatever this process would choose."""

from __future__ import annotations

import contextlib
import importlib.util

from wiretalk import chooser

try:
    from wiretalk import _speedups
except ImportError:
    _speedups = None

KINDS = ("python", "c")


@contextlib.contextmanager
def serving(kind, require):
    """Have the one kind serve whoever asks the chooser within the block."""
    if kind == "c":
        require(_speedups, "the accelerator was not built: that takes CMake and a C compiler")
    before, chooser.speedups = chooser.speedups, _speedups if kind == "c" else None
    try:
        yield chooser.speedups
    finally:
        chooser.speedups = before


def stream_module(kind, require):
    """Return the module `transport.stream` as it is where this kind serves: it chooses once, when it is loaded."""
    spec = importlib.util.find_spec("wiretalk.transport.stream")
    module = importlib.util.module_from_spec(spec)
    with serving(kind, require):
        spec.loader.exec_module(module)
    return module
