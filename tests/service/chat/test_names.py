"""What may be a name, and when two are the same."""

from __future__ import annotations

import pytest

from wiretalk.limits import CHAT_NAME_CHARACTERS
from wiretalk.service.chat.names import RefusedNameError, checked, key


@pytest.mark.parametrize(
    "name", ["ada", "Ada_L.-2", "grüße", "Ярослав", "名前", "हिन्दी", "a" * CHAT_NAME_CHARACTERS, "7"]
)
def test_names_of_every_script(name):
    assert checked(name, "nick") == name


def test_what_looks_the_same_is_spelt_the_same():
    assert checked("u\u0308mit", "nick") == "\u00fcmit"
    assert checked("ａｄａ", "nick") == "ada"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "a nick has at least one letter"),
        ("a" * (CHAT_NAME_CHARACTERS + 1), "a nick has at most 24 letters, and this one 25"),
        ("a" * 5000, "a nick has at most 24 letters, and this one 5000"),
        ("a b", "a nick is letters, digits and - _ ., without spaces"),
        ("a\x1b[31m", "without spaces"),
        ("a\u202eb", "without spaces"),
        ("<ada>", "without spaces"),
        ("q\u0300\u0300\u0300", "without spaces"),
        ("\u0300a", "without spaces"),
        ("-\u0300", "without spaces"),
        ("\ud800", "without spaces"),
    ],
)
def test_what_is_no_name(name, reason):
    with pytest.raises(RefusedNameError) as told:
        checked(name, "nick")
    assert reason in str(told.value)


@pytest.mark.parametrize(("one", "other"), [("Ada", "ada"), ("STRASSE", "straße"), ("ΣΑΣ", "σας")])
def test_case_does_not_tell_names_apart(one, other):
    assert key(one) == key(other)
