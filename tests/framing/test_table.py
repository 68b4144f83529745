"""A framing by its name, and what is said of a name that is none."""

import doctest
import subprocess
import sys

import pytest

from wiretalk.errors import UsageError
from wiretalk.framing import FRAMINGS, check, make, table


def test_the_examples_of_the_docstrings():
    failed, tried = doctest.testmod(table)
    assert (failed, tried > 0) == (0, True)


@pytest.mark.parametrize("shape", FRAMINGS)
def test_every_framing_has_a_line_of_help(shape):
    where, words = FRAMINGS[shape]
    assert where.startswith("wiretalk.framing.")
    assert 0 < len(words) <= 60
    assert not words.endswith(".")


WRONG = [
    (
        "lines",
        """\
there is no framing "lines"; did you mean "line"?
  lines
  ^^^^^""",
    ),
    (
        "",
        """\
there is no framing ""; there are raw, line, delimiter, length, netstring, fixed, slip, cobs""",
    ),
    (
        "length",
        """\
length needs more; it is written length:u8, length:u16be, length:u16le, length:u32be, length:u32le, length:varint
  length
        ^""",
    ),
    (
        "length:u32",
        """\
length has no "u32"; did you mean "u32be"?
  length:u32
         ^^^""",
    ),
    (
        "line:windows",
        """\
line has no "windows"; it is written line, line:crlf
  line:windows
       ^^^^^^^""",
    ),
    (
        "slip:",
        """\
slip has no ""; it is written slip
  slip:
       ^""",
    ),
    (
        "delimiter",
        """\
delimiter needs more; it is written delimiter:HEX
  delimiter
           ^""",
    ),
    (
        "delimiter:",
        """\
a delimiter has 1 to 16 bytes; it is written like delimiter:0d0a
  delimiter:
            ^""",
    ),
    (
        "delimiter:" + "00" * 17,
        f"""\
a delimiter has 1 to 16 bytes; it is written like delimiter:0d0a
  delimiter:{"00" * 17}
            {"^" * 34}""",
    ),
    (
        "delimiter:0d0",
        """\
a delimiter must be whole bytes; write two digits a byte, like 0a
  delimiter:0d0
            ^^^""",
    ),
    (
        "delimiter:HEX",
        """\
"H" is no hexadecimal digit; a delimiter is written like 0d0a
  delimiter:HEX
            ^""",
    ),
    (
        "fixed:N",
        """\
a size is a number of bytes, 1 or more; it is written like fixed:32
  fixed:N
        ^""",
    ),
    (
        "fixed:0",
        """\
a size is a number of bytes, 1 or more; it is written like fixed:32
  fixed:0
        ^""",
    ),
    (
        "fixed:²",
        """\
a size is a number of bytes, 1 or more; it is written like fixed:32
  fixed:²
        ^""",
    ),
]


@pytest.mark.parametrize(("spec", "words"), WRONG)
def test_a_wrong_name_is_shown_with_what_would_be_right(spec, words):
    for call in (make, check):
        with pytest.raises(UsageError) as wrong:
            call(spec)
        assert str(wrong.value) == words


def test_a_size_over_the_limit_is_wrong_only_where_the_limit_is_known():
    check("fixed:2000000")
    assert make("fixed:2000000", 1 << 21).spec == "fixed:2000000"
    for size in (1048577, 2000000, 10**30, "9" * 5000):
        with pytest.raises(UsageError, match="messages of this size are over the limit; max_message_bytes is 1048576"):
            make(f"fixed:{size}")
    with pytest.raises(UsageError, match="over the limit"):
        check(f"fixed:{10**30}")


@pytest.mark.parametrize("shape", FRAMINGS)
def test_every_right_name_passes(shape):
    check(shape.replace("HEX", "0D0a").replace("N", "32"))


def test_the_room_is_entered_without_its_framings():
    program = """if True:
        import sys
        import wiretalk.framing
        loaded = [name for name in sys.modules if name.startswith("wiretalk.framing.")]
        print(*sorted(loaded))
        wiretalk.framing.make("line")
        heavy = {"asyncio", "ssl", "socket", "typing", "dataclasses", "inspect", "enum", "re", "struct"}
        print(*sorted(heavy & set(sys.modules)))
    """
    shown = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, env=_env(), check=True
    )
    assert shown.stdout == "wiretalk.framing.base wiretalk.framing.table\n\n"


def _env():
    import wiretalk.errors

    return {"PYTHONPATH": wiretalk.errors.__file__.rpartition("/wiretalk/")[0]}
