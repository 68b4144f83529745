"""Sizes and durations as people write them, and back. Numbers and text; nothing here waits or allocates by them.

What `format_…` writes, `parse_…` reads back to the same number, exactly.
"""

from __future__ import annotations

SIZES = {
    "": 1,
    "b": 1,
    "k": 1024,
    "kib": 1024,
    "kb": 1000,
    "m": 1024**2,
    "mib": 1024**2,
    "mb": 1000**2,
    "g": 1024**3,
    "gib": 1024**3,
    "gb": 1000**3,
    "t": 1024**4,
    "tib": 1024**4,
    "tb": 1000**4,
}
"""Units of size, as GNU tools read them: k and KiB are 1024, kB is 1000. Case does not count."""

DURATIONS: dict[str, tuple[int, int]] = {
    "": (1, 1),
    "ns": (1, 1_000_000_000),
    "us": (1, 1_000_000),
    "µs": (1, 1_000_000),
    "ms": (1, 1000),
    "s": (1, 1),
    "m": (60, 1),
    "min": (60, 1),
    "h": (3600, 1),
    "d": (86400, 1),
}
"""Units of time in seconds, as a factor and a divisor: dividing by 1000 is exact where multiplying by 0.001 is not."""

DIGITS = "0123456789"

MAX_DIGITS = 100
"""Digits of a size. Far beyond any; more would only be work."""


def parse_size(text: str) -> int:
    """Return the number of bytes that a text names.

    Args:
        text: a number, with decimals or without, and a unit or none: 4096, 64KiB, 1.5MiB, 10k, 10kB.

    Raises:
        ValueError: it is no size, or not a whole number of bytes.

    >>> parse_size("64KiB"), parse_size("10kB"), parse_size("1.5k")
    (65536, 10000, 1536)
    """
    whole, decimals, unit = _split(text)
    factor = SIZES.get(unit.lower())
    if factor is None or not whole:
        raise ValueError(f'"{text}" is not a size: write a number and a unit, like 4096, 64KiB or 1MiB')
    if len(whole + decimals) > MAX_DIGITS:
        raise ValueError(f"a size of {len(whole + decimals)} digits is too large")
    # In integers, so that no size is rounded on its way.
    scale: int = 10 ** len(decimals)
    size, rest = divmod(int(whole + decimals) * factor, scale)
    if rest:
        raise ValueError(f'"{text}" is not a whole number of bytes')
    return size


def format_size(size_bytes: int) -> str:
    """Return a short text for a size of 0 or more: whole KiB, MiB, GiB or TiB where it is so many, else bytes.

    >>> format_size(65536), format_size(1000)
    ('64KiB', '1000')
    """
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        factor = SIZES[unit.lower()]
        if size_bytes and size_bytes % factor == 0:
            return f"{size_bytes // factor}{unit}"
    return str(size_bytes)


def parse_duration(text: str) -> float:
    """Return the number of seconds that a text names.

    Args:
        text: a number, with decimals or without, and a unit: ns us ms s m h d. Without a unit it is seconds.

    Raises:
        ValueError: it is no duration, or larger than a float holds.

    >>> parse_duration("500ms"), parse_duration("2m"), parse_duration("1.5")
    (0.5, 120.0, 1.5)
    """
    whole, decimals, unit = _split(text)
    scale = DURATIONS.get(unit) or DURATIONS.get(unit.lower())
    if scale is None or not whole:
        raise ValueError(f'"{text}" is not a duration: write a number and a unit, like 10s, 500ms or 2m')
    factor, divisor = scale
    seconds = float(f"{whole}.{decimals or 0}") * factor / divisor
    if seconds == float("inf"):
        raise ValueError(f'"{text}" is too long a duration')
    return seconds


def format_duration(seconds: float) -> str:
    """Return a short text for a duration of 0 or more: whole d, h, m or s, or ms, us or ns below a second.

    >>> format_duration(0.5), format_duration(120), format_duration(1.5)
    ('500ms', '2m', '1.5s')
    """
    if seconds >= 1:
        for unit in ("d", "h", "m"):
            factor = DURATIONS[unit][0]
            if seconds % factor == 0:
                return f"{seconds // factor:.0f}{unit}"
    else:
        for unit in ("ms", "us", "ns"):
            divisor = DURATIONS[unit][1]
            count = round(seconds * divisor)
            if count and count / divisor == seconds:
                return f"{count}{unit}"
    # 1074 decimals write any float exactly; most need few, and repr knows the shortest.
    text = repr(float(seconds))
    if "e" in text:
        text = f"{seconds:.1074f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "s"


def _split(text: str) -> tuple[str, str, str]:
    """Return the digits before the point, those after it, and the unit; no digits where it is no number."""
    unit = text.lstrip(DIGITS + ".")
    number = text[: len(text) - len(unit)]
    whole, point, decimals = number.partition(".")
    if "." in decimals or (point and not decimals):
        return "", "", ""
    return whole, decimals, unit.removeprefix(" ") if unit != " " else unit
