"""How texts are put together of parts."""

from __future__ import annotations

import pytest

from wiretalk.programs import templates
from wiretalk.programs.templates import Composer


@pytest.fixture
def parts(tmp_path, monkeypatch):
    monkeypatch.setattr(templates, "HERE", str(tmp_path))

    def write(**files):
        (tmp_path / "x").mkdir()
        for name, text in files.items():
            (tmp_path / "x" / f"{name}.in").write_text(text)
        return Composer("x", {"name": "value"})

    return write


def test_a_name_stands_for_a_value(parts):
    assert parts(a="one $name, two $name\n").whole("a") == "one value, two value\n"


def test_a_name_alone_stands_for_lines_indented_as_it_is(parts):
    assert parts(a="a {\n    $body\n}\n").whole("a", body="one\n\n  two") == "a {\n    one\n\n      two\n}\n"


def test_a_name_alone_for_nothing_leaves_no_line(parts):
    assert parts(a="one\n$body\ntwo\n").whole("a", body="") == "one\ntwo\n"


def test_empty_lines_that_are_left_are_taken_out(parts):
    composer = parts(a="one\n\n\n$body\n\n\ntwo:\n\n$body\n\n  three\n")
    assert composer.whole("a", body="") == "one\n\n\ntwo:\n\n  three\n"


def test_what_parts_include_goes_to_the_head_once_and_in_order(parts):
    composer = parts(
        a="first\n\n$includes\n#include <m.h>\n\n$body\n",
        b="#include <z.h>\n#include <a.h>\n\nint b;\n",
        c="#include <a.h>\n\nint c;\n",
    )
    body = composer.part("b") + "\n" + composer.part("c")
    head = "#include <a.h>\n#include <m.h>\n#include <z.h>\n"
    assert composer.whole("a", body=body) == f"first\n\n{head}\nint b;\nint c;\n"


def test_imports_stand_before_those_from_modules(parts):
    composer = parts(a="$imports\nimport b\n\n$body\n", c="from a import x\nimport c\n\nx\n")
    assert composer.whole("a", body=composer.part("c")) == "import b\nimport c\nfrom a import x\n\nx\n"


def test_a_name_without_a_value_is_a_mistake_of_ours(parts):
    with pytest.raises(KeyError):
        parts(a="$other\n").whole("a")
