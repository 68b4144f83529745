"""What a peer can cost us: time in proportion to what it sends, and never more memory than one message of the limit."""

import gc
import time
import tracemalloc

import pytest

from wiretalk.errors import LimitError, MalformedError
from wiretalk.framing import make

KIB = 1024
MIB = 1024 * KIB

# Of each framing, one message of N bytes x, as its peer would send it.
ONE = {
    "raw:utf8": lambda n: b"x" * n,
    "line": lambda n: b"x" * n + b"\r\n",
    "delimiter:0d0a0d0a": lambda n: b"x" * n + b"\r\n\r\n",
    "length:u32be": lambda n: n.to_bytes(4, "big") + b"x" * n,
    "length:varint": lambda n: make("length:varint", n).encode(b"x" * n),
    "netstring": lambda n: b"%d:%b," % (n, b"x" * n),
    "fixed": lambda n: b"x" * n,
    "slip": lambda n: b"\xc0" + b"x" * n + b"\xc0",
    "cobs": lambda n: make("cobs", n).encode(b"x" * n),
}


def made(name, size):
    return make(f"fixed:{size}" if name == "fixed" else name, size)


def cpu_s(name, size, piece):
    """Return the processor time that one message takes, arriving in small pieces."""
    wire = ONE[name](size)
    pieces = [wire[at : at + piece] for at in range(0, len(wire), piece)]
    framing = made(name, size)
    gc.disable()
    start = time.process_time()
    messages = [message for piece in pieces for message in framing.feed(piece)]
    spent = time.process_time() - start
    gc.enable()
    assert b"".join(messages) == b"x" * size
    return spent


@pytest.mark.parametrize("name", ONE)
def test_a_message_byte_by_byte_takes_linear_time(name):
    """Four times the bytes may take four times as long, not sixteen; the least of several runs is what counts."""
    for _ in range(5):
        short = min(cpu_s(name, 48 * KIB, 1) for _ in range(3))
        long = min(cpu_s(name, 192 * KIB, 1) for _ in range(2))
        if long < 8 * short:
            return
    pytest.fail(f"{long:.3f} s for 192 KiB, {short:.3f} s for 48 KiB")


@pytest.mark.parametrize("name", ONE)
def test_a_mebibyte_by_kibibytes_arrives(name):
    assert cpu_s(name, MIB, KIB) < 10


def held_bytes(framing, pieces, most):
    """Return the greatest memory in use while a framing is fed, and the error it ended in."""
    fault = None
    tracemalloc.start()
    try:
        for _ in range(most):
            framing.feed(next(pieces))
    except (LimitError, MalformedError) as error:
        fault = error
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak, fault


def endless(first, piece):
    yield first
    while True:
        yield piece


READ = 64 * KIB
ENDLESS = {
    "line": (b"", b"x" * READ),
    "line:crlf": (b"", b"\r" * READ),
    "delimiter:0d0a": (b"", b"\r" * READ),
    "slip": (b"", b"\xdb\xdc" * (READ // 2)),
    "cobs": (b"", b"\xff" * READ),
    "netstring": (b"", b"1" * READ),
    "length:varint": (b"", b"\xff" * READ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_message_that_never_ends_is_refused_and_costs_no_more_than_the_limit(name):
    pieces = endless(*ENDLESS[name])
    peak, fault = held_bytes(make(name, MIB), pieces, most=40)
    assert fault is not None
    # A bytearray that grows keeps an eighth to spare.
    assert peak < MIB * 9 / 8 + 4 * READ


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ("length:u32be", b"\xff\xff\xff\xff"),
        ("length:u32le", b"\xff\xff\xff\xff"),
        ("length:varint", b"\xff\xff\xff\xff\x0f"),
        ("netstring", b"4294967295:"),
    ],
)
def test_a_count_of_4_gib_is_refused_before_anything_is_kept(spec, count):
    peak, fault = held_bytes(make(spec), iter([count]), most=1)
    assert isinstance(fault, LimitError)
    assert str(fault) == "a message of 4294967295 bytes: the limit max_message_bytes is 1048576"
    assert peak < 64 * KIB


@pytest.mark.parametrize("name", ["slip", "cobs", "raw:utf8", "raw"])
def test_a_stream_of_nothing_but_boundaries_keeps_nothing(name):
    boundary = {"slip": b"\xc0", "cobs": b"\x00"}.get(name, b"")
    framing = make(name)
    assert [message for _ in range(20) for message in framing.feed(boundary * READ)] == []
    assert framing.finish() == []


@pytest.mark.parametrize("name", [name for name in ONE if name != "raw:utf8"])
def test_once_a_message_is_delivered_its_memory_is_let_go(name):
    framing = made(name, MIB)
    wire = ONE[name](MIB)
    pieces = [wire[at : at + READ] for at in range(0, len(wire), READ)]
    tracemalloc.start()
    delivered = sum(len(framing.feed(piece)) for piece in pieces)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert delivered == 1
    assert held < 64 * KIB
