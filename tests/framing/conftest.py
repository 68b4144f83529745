"""Every test of this room is run twice: with the framings in Python, and with their twins in C."""

from __future__ import annotations

import pytest

from wiretalk import chooser

try:
    from wiretalk import _speedups
except ImportError:
    _speedups = None


@pytest.fixture(scope="session")
def accelerator(require):
    """The accelerator, whatever the environment says of its use."""
    require(_speedups, "the accelerator was not built: that takes CMake and a C compiler")
    return _speedups


@pytest.fixture(scope="module", params=["python", "c"], autouse=True)
def twin(request):
    """Have the framings in Python serve, and then those of the accelerator."""
    serving = chooser.speedups
    chooser.speedups = request.getfixturevalue("accelerator") if request.param == "c" else None
    yield request.param
    chooser.speedups = serving
