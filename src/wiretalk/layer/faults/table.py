"""Every fault by name, and where it lives. The faults themselves are loaded on first use."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.layer.faults.stage import Stage

HERE = "wiretalk.layer.faults"

FAULTS: dict[str, tuple[str, str]] = {
    "latency": ("latency:Latency", "each piece arrives later, in its order"),
    "bandwidth": ("bandwidth:Bandwidth", "no more than so many bytes a second"),
    "slice": ("slice:Slice", "each write is cut into pieces of 1 to N bytes"),
    "stall": ("stall:Stall", "nothing passes any more, and what comes is held back"),
    "reset": ("reset:Reset", "the connection breaks off (RST)"),
    "close": ("close:Close", "the connection is closed in good order"),
    "half_close": ("half_close:HalfClose", "one direction ends, and the other goes on"),
    "slow_close": ("slow_close:SlowClose", "the end arrives later"),
    "limit": ("limit:Limit", "the connection is closed after so many bytes"),
    "corrupt": ("corrupt:Corrupt", "bits are flipped, or bytes replaced"),
    "loss": ("loss:Loss", "pieces are lost"),
    "duplicate": ("duplicate:Duplicate", "pieces arrive more than once"),
    "reorder": ("reorder:Reorder", "pieces arrive after those that were sent behind them"),
    "blackhole": ("blackhole:Blackhole", "all that is sent is lost, and nothing is closed"),
    "refuse": ("refuse:Refuse", "the connection is reset at once after it was accepted"),
}
"""Where each fault lives, and one line of help."""


def load(name: str) -> type[Stage]:
    """Return the class of a fault of the table."""
    module, _, kind = FAULTS[name][0].partition(":")
    loaded: type[Stage] = getattr(__import__(f"{HERE}.{module}", fromlist=(kind,)), kind)
    return loaded
