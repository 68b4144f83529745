"""Which module opens which scheme."""

import pytest

from wiretalk.address import SCHEMES, parse
from wiretalk.transport.schemes import FAMILIES, family_of


@pytest.mark.parametrize("scheme", FAMILIES)
def test_every_module_of_the_table_has_what_a_family_offers(scheme):
    family = family_of(parse(SCHEMES[scheme].example if scheme != "stdio" else "-"))
    assert callable(family.candidates)
    assert callable(family.open_socket)
    assert callable(family.listen)


def test_every_scheme_has_one():
    assert set(FAMILIES) == set(SCHEMES)
