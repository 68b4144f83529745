"""What every test may ask for."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def require():
    """Skip the test where this machine lacks what it needs: `require(condition, reason)`.

    Where WIRETALK_REQUIRE_PEERS=1 says that the machine has everything, lacking something fails the test.
    """

    def check(condition: object, reason: str) -> None:
        if condition:
            return
        if os.environ.get("WIRETALK_REQUIRE_PEERS") == "1":
            pytest.fail(f"{reason} (and WIRETALK_REQUIRE_PEERS=1 says that nothing may be missing)")
        pytest.skip(reason)

    return check
