"""Every test of this room is run twice: with the framings in Python, and with their twins in C."""

from __future__ import annotations

import pytest

from ..twins import KINDS, serving


@pytest.fixture(scope="session")
def accelerator(require):
    """The accelerator, whatever the environment says of its use."""
    with serving("c", require) as speedups:
        return speedups


@pytest.fixture(scope="module", params=KINDS, autouse=True)
def twin(request, require):
    """Have the framings in Python serve, and then those of the accelerator."""
    with serving(request.param, require):
        yield request.param
