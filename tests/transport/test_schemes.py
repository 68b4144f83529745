"""Which module opens which scheme."""

import pytest

from wiretalk.address import SCHEMES, parse
from wiretalk.errors import AddressError
from wiretalk.transport import listen, resolve
from wiretalk.transport.schemes import FAMILIES, family_of


@pytest.mark.parametrize("scheme", FAMILIES)
def test_every_module_of_the_table_has_what_a_family_offers(scheme):
    family = family_of(parse(SCHEMES[scheme].example if scheme != "stdio" else "-"))
    assert callable(family.candidates)
    assert callable(family.open_socket)
    assert callable(family.listen)


def test_the_table_has_the_schemes_that_are_opened():
    assert set(FAMILIES) == {name for name, scheme in SCHEMES.items() if scheme.opened}


@pytest.mark.parametrize("scheme", [name for name, scheme in SCHEMES.items() if not scheme.opened])
@pytest.mark.parametrize("opening", [resolve, listen])
def test_a_scheme_that_comes_later_is_refused_in_one_sentence(scheme, opening):
    text = SCHEMES[scheme].example
    with pytest.raises(AddressError) as caught:
        opening(parse(text))
    first, shown, carets = str(caught.value).splitlines()
    assert first.startswith(f"{scheme}: is not opened by this version; it opens tcp, ")
    assert shown == f"  {text}"
    assert carets == "  " + "^" * len(scheme)
