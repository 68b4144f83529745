"""The door of the room: the tables are there without being loaded for everybody."""

from __future__ import annotations

import pytest

from wiretalk import address


def test_the_tables():
    assert address.OPTIONS["ttl"].kind == "integer"
    assert repr(address.OPTIONS["ttl"]) == "Option('ttl')"
    assert repr(address.SCHEMES["tcp"]) == "Scheme('tcp')"
    assert address.Option is type(address.OPTIONS["ttl"])
    assert set(address.__all__) <= {*dir(address), "OPTIONS", "Option"}


def test_what_is_not_there():
    with pytest.raises(AttributeError, match="has no attribute 'resolve'"):
        _ = address.resolve
