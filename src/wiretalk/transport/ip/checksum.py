"""The Internet checksum: the one's complement of the one's complement sum of 16-bit words (RFC 1071)."""

from __future__ import annotations


def internet_checksum(data: bytes) -> int:
    """Return the checksum of some bytes; an odd last byte counts as the high half of a word.

    Bytes that hold their own checksum have the checksum 0.

    >>> hex(internet_checksum(bytes.fromhex("0001f203f4f5f6f7")))
    '0x220d'
    """
    if len(data) % 2:
        data += b"\0"
    # 65,536 is 1 modulo 65,535, so the carries may as well be folded in at the end (RFC 1071, section 2).
    total = int.from_bytes(data) % 0xFFFF
    if not total and any(data):
        # Both 0 and 0xFFFF are zero there; a sum that has anything to add never comes to 0.
        total = 0xFFFF
    return 0xFFFF - total
