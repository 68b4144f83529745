"""A codec by its name, and what is said of a name that is none."""

import doctest
import subprocess
import sys

import pytest

from wiretalk.codec import CODECS, Codec, make, table
from wiretalk.errors import CodecError, MissingPackageError, UsageError

SPECS = ["bytes", "text", "json", "msgpack", "struct:>HHI", "hex"]


def test_the_examples_of_the_docstrings():
    failed, tried = doctest.testmod(table)
    assert (failed, tried > 0) == (0, True)


@pytest.mark.parametrize("spec", SPECS)
def test_a_codec_says_what_it_is(spec):
    codec = make(spec)
    assert isinstance(codec, Codec)
    assert codec.spec == spec
    assert repr(codec) == f"<{type(codec).__name__} {spec}>"


@pytest.mark.parametrize("shape", CODECS)
def test_every_codec_has_a_line_of_help(shape):
    where, words = CODECS[shape]
    assert where.startswith("wiretalk.codec.")
    assert 0 < len(words) <= 60
    assert not words.endswith(".")
    assert any(spec.partition(":")[0] == shape.partition(":")[0] for spec in SPECS)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("jsn", 'there is no codec "jsn"; did you mean "json"?\n  jsn\n  ^^^'),
        ("xml", 'there is no codec "xml"; there are bytes, text, json, msgpack, struct, hex\n  xml\n  ^^^'),
        ("", 'there is no codec ""; there are bytes, text, json, msgpack, struct, hex'),
        ("json:x", "json takes nothing after it; write json\n  json:x\n      ^^"),
        ("struct", "struct needs a format; it is written like struct:>HHI\n  struct\n        ^"),
        ("struct:", "struct needs a format; it is written like struct:>HHI\n  struct:\n         ^"),
        (
            "struct:FMT",
            """\
no format of a record: bad char in struct format; it is written like struct:>HHI
  struct:FMT
         ^^^""",
        ),
        (
            "struct:é",
            """\
no format of a record: it has characters that are not ASCII; it is written like struct:>HHI
  struct:é
         ^""",
        ),
    ],
)
def test_a_wrong_name_is_shown_with_what_would_be_right(spec, words):
    with pytest.raises(UsageError) as wrong:
        make(spec)
    assert str(wrong.value) == words


def test_a_missing_package_is_told_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "msgpack", None)
    monkeypatch.delitem(sys.modules, "wiretalk.codec.messagepack", raising=False)
    for _ in range(2):
        with pytest.raises(MissingPackageError) as missing:
            make("msgpack")
        assert str(missing.value) == (
            "the msgpack codec needs the package msgpack; install it with: pip install 'wiretalk[msgpack]'"
        )


WRONG_TYPE = {
    "bytes": ("text", "the codec bytes takes bytes, not str 'text'"),
    "text": (b"bytes", "the codec text takes text (str), not bytes b'bytes'"),
    "hex": (255, "the codec hex takes hexadecimal digits (str), not int 255"),
}


@pytest.mark.parametrize("spec", WRONG_TYPE)
def test_a_value_of_the_wrong_type_is_our_fault(spec):
    value, sentence = WRONG_TYPE[spec]
    with pytest.raises(CodecError) as fault:
        make(spec).encode(value)
    assert str(fault.value) == sentence
    assert (fault.value.by, fault.value.how) == ("us", "codec")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "NoneType"),
        (True, "bool True"),
        (1.5, "float 1.5"),
        (10**5000, "int"),
        (b"x" * 61, "bytes"),
        ([1, 2], "list"),
    ],
    ids=["None", "True", "1.5", "long number", "long bytes", "list"],
)
def test_a_value_is_shown_where_it_is_short(value, shown):
    with pytest.raises(CodecError) as fault:
        make("text").encode(value)
    assert str(fault.value) == f"the codec text takes text (str), not {shown}"


def test_the_room_is_entered_without_its_codecs():
    program = """if True:
        import sys
        import wiretalk.codec
        loaded = [name for name in sys.modules if name.startswith("wiretalk.codec.")]
        print(*sorted(loaded))
        wiretalk.codec.make("text")
        heavy = {"asyncio", "ssl", "socket", "typing", "dataclasses", "inspect", "enum", "re", "json", "struct"}
        print(*sorted(heavy & set(sys.modules)))
    """
    source = table.__file__.rpartition("/wiretalk/")[0]
    command = [sys.executable, "-S", "-c", program]
    shown = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": source}, check=True)
    assert shown.stdout == "wiretalk.codec.base wiretalk.codec.table\n\n"
