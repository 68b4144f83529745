"""`slice`: each write in pieces of 1 to N bytes."""

from __future__ import annotations


def test_a_write_is_cut_into_pieces_of_one_to_n_bytes(way):
    one = way("slice=5")
    one.put(bytes(range(200)))
    assert one.bytes == bytes(range(200))
    sizes = [len(piece) for piece in one.pieces]
    assert set(sizes[:-1]) == {1, 2, 3, 4, 5}


def test_pieces_have_a_least_size(way):
    one = way("slice=5,min=4")
    one.put(bytes(200))
    assert {len(piece) for piece in one.pieces[:-1]} == {4, 5}


def test_there_is_a_pause_between_pieces(way):
    one = way("slice=1,pause=10ms")
    one.put(b"abc")
    one.end()
    assert one.took() == [(0, b"a")]
    assert one.lane.waiting_bytes == 2
    one.wait(1)
    assert one.took() == [(0.01, b"b"), (0.02, b"c"), (0.02, "end")]
    # The pause is over by now.
    one = way("slice=1,pause=10ms")
    one.put(b"ab")
    one.wait(1)
    one.put(b"cd")
    assert one.arrived[-1] == (1, b"c")


def test_what_is_no_longer_than_the_least_piece_passes(way):
    one = way("slice=10,min=3")
    one.put(b"abc", b"")
    assert one.pieces == [b"abc", b""]
    assert one.records == []


def test_a_datagram_becomes_several(way):
    one = way("slice=4", whole=True)
    one.put(b"0123456789")
    assert len(one.pieces) > 2
    assert one.bytes == b"0123456789"


def test_a_message_ends_with_its_last_piece_alone(way):
    one = way("slice=2", "loss,after=1msg", framing="line")
    one.put(b"hello\nworld\n")
    assert one.bytes == b"hello\n"
