"""The dump: one line for 16 bytes, offsets that count on in each direction."""

from __future__ import annotations

from wiretalk.cli.hexdump import Dump


def test_a_line_has_direction_offset_digits_and_text():
    assert Dump().lines("<", b"hello\n") == (
        "< 00000000  68 65 6c 6c 6f 0a                                  |hello.|\n"
    )


def test_lines_are_as_hexdump_c_writes_them():
    dump = Dump()
    assert dump.lines(">", bytes(range(0x61, 0x61 + 18))) == (
        "> 00000000  61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70   |abcdefghijklmnop|\n"
        "> 00000010  71 72                                              |qr|\n"
    )


def test_offsets_count_on_in_each_direction():
    dump = Dump()
    dump.lines(">", b"abc")
    assert dump.lines("<", b"x").startswith("< 00000000  78 ")
    assert dump.lines(">", b"y").startswith("> 00000003  79 ")


def test_what_is_no_ascii_is_a_dot():
    assert dump_text(b"\x00\x1f\x20\x7e\x7f\x80\xff") == "|.. ~...|"


def test_an_empty_message_has_a_line():
    assert Dump().lines("<", b"").split() == ["<", "00000000", "||"]


def dump_text(data):
    return Dump().lines("<", data).rstrip("\n").rpartition("  ")[2]
