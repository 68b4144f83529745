"""The accelerator beside its twins in Python: reading and writing messages, each framing, small messages to large."""

import random
import time
from statistics import geometric_mean

import harness
from report import Outcome, Target
from wiretalk import chooser
from wiretalk.framing import make
from wiretalk.limits import MIB, READ_BYTES

TITLE = "Framing: the accelerator against Python, one process, no socket"
SPECS = [
    "raw", "line", "line:crlf", "delimiter:0d0a", "length:u8", "length:u16be", "length:u32be", "length:varint",
    "netstring", "fixed", "slip", "cobs",
]  # fmt: skip
SIZES = {"16 B": 16, "256 B": 256, "64 KiB": 64 * 1024}
MOST = {"length:u8": 255, "length:u16be": 65535}
"""Where the count ends, messages of one size less are measured: 256 B stands for 255, 64 KiB for 65,535."""

BURST = 16
"""Small messages come and go so many at a time, as under the other benchmarks' load; large ones four at a time."""

TURN_S = 0.002


def messages_of(spec, size):
    """Return what is sent: text where text is meant, else any bytes; no two alike."""
    chance = random.Random(f"{spec} {size}")
    if spec.startswith(("line", "delimiter")):
        return [bytes(chance.choices(range(0x20, 0x7F), k=size)) for _ in range(BURST if size < 4096 else 4)]
    return [chance.randbytes(size) for _ in range(BURST if size < 4096 else 4)]


def twins(spec, size):
    """Return the framing in Python and the accelerator's."""
    serving = chooser.speedups
    made = []
    for chooser.speedups in (None, serving):
        made.append(make(f"fixed:{size}" if spec == "fixed" else spec, MIB))
    chooser.speedups = serving
    return made


def seconds(call, repeat):
    begin = time.perf_counter()
    for _ in range(repeat):
        call()
    return (time.perf_counter() - begin) / repeat


def compare(calls, turns):
    """Return the least time of each call in turns one after the other: what others disturb takes longer, never less."""
    repeats = [max(1, int(TURN_S / min(seconds(call, 3) for _ in range(3)))) for call in calls]
    taken = [[seconds(call, repeat) for call, repeat in zip(calls, repeats, strict=True)] for _ in range(turns)]
    return [min(column) for column in zip(*taken, strict=True)]


def reading(framing, messages):
    wire = framing.encode_all(messages)
    pieces = [wire[at : at + READ_BYTES] for at in range(0, len(wire), READ_BYTES)]
    if len(pieces) == 1:
        (whole,) = pieces
        return lambda: framing.feed(whole)

    def read():
        for piece in pieces:
            framing.feed(piece)

    return read


def writing(framing, messages):
    return lambda: framing.encode_all(messages)


def measure(settings):
    if chooser.speedups is None:
        raise harness.BenchmarkError("there is no accelerator here: install CMake and a C compiler, and wiretalk again")
    turns = settings.rounds * settings.processes
    found = {}
    for spec in SPECS:
        for label, size in SIZES.items():
            size = min(size, MOST.get(spec, size))  # noqa: PLW2901  # what the count can count
            if spec == "length:u8" and label == "64 KiB":
                continue
            messages = messages_of(spec, size)
            for way, what in (("feed", reading), ("encode", writing)):
                calls = [what(framing, messages) for framing in twins(spec, size)]
                slow, fast = (taken * 1e6 / len(messages) for taken in compare(calls, turns))
                found[spec, way, label] = {"python_us": slow, "accelerator_us": fast, "ratio": slow / fast}
    keys = [(way, label) for way in ("feed", "encode") for label in SIZES]
    head = ["framing", *(f"{way} {label}" for way, label in keys)]
    rows = [[spec, *(cell(found.get((spec, *key))) for key in keys)] for spec in SPECS]
    ratios = [one["ratio"] for one in found.values()]
    targets = [Target("accelerator: speed / Python, over all of these", [geometric_mean(ratios)], 1, at_least=True)]
    remarks = ["µs a message with the accelerator, and how many times as long it takes in Python"]
    raw = [{"framing": spec, "way": way, "size": label} | one for (spec, way, label), one in found.items()]
    return Outcome(head, rows, targets, remarks, {"accelerator": raw})


def cell(one):
    return f"{one['accelerator_us']:.3f} {one['ratio']:5.1f} ×" if one else "–"
