"""What comes of a probe, and what sends probes. Records; nothing is opened here."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    class Prober(Protocol):
        """What asks one host, over one protocol. Nothing of it blocks.

        Attributes:
            host: the IP address that is asked, as text.
        """

        host: str

        def send(self, sequence: int, ttl: int | None = None) -> list[News]:
            """Send a probe.

            Args:
                sequence: its number; each is one above the last.
                ttl: how many hops it may go; None: as the ones before.

            Returns:
                What is known at once, of this probe or of others.
            """
            ...

        def watched(self) -> Iterable[tuple[int, int]]:
            """Return the file descriptors to wait for, each with what `select.poll` is to wait for."""
            ...

        def read(self, ready: Iterable[int]) -> list[News]:
            """Return what has come, of the file descriptors that have something."""
            ...

        def forget(self, sequence: int) -> None:
            """No longer wait for what comes of a probe, where that costs something."""
            ...

        def close(self) -> None:
            """Close all sockets."""
            ...


HOW = {
    "answer": "finished",
    "refused": "refused",
    "closed": "refused",
    "expired": "unreachable",
    "unreachable": "unreachable",
    "redirected": "unreachable",
    "too-big": "limit",
    "strange": "malformed",
}
"""The word of `errors.EXIT_STATUS` for each kind of news; what the system itself says has its own."""


class News:
    """What came of a probe.

    Args:
        kind: "answer"; "refused" (the host itself says no: TCP's RST); "closed" (by ICMP: nobody has that port);
            "expired" (the hops ran out on the way), "unreachable", "too-big", "redirected" (it goes on another way);
            "strange" (the peer says something that it was not asked); "unsent" (our own system says no).
        sequence: the probe's number.
        source: the IP address of who says so; "" where it is our own system.
        rtt_s: seconds since the probe was sent; None where that is not known any more.
        size_bytes: of what came, as `ping` counts it.
        ttl: hops left of what came; None where the system does not tell.
        intact: whether what came back is what was sent.
        words: what became of it, where it is no answer.
        how: the word of `errors.EXIT_STATUS`.
    """

    __slots__ = ("how", "intact", "kind", "rtt_s", "sequence", "size_bytes", "source", "ttl", "words")

    def __init__(
        self,
        kind: str,
        sequence: int,
        source: str = "",
        rtt_s: float | None = None,
        *,
        size_bytes: int = 0,
        ttl: int | None = None,
        intact: bool = True,
        words: str = "",
        how: str = "",
    ) -> None:
        self.kind = kind
        self.sequence = sequence
        self.source = source
        self.rtt_s = rtt_s
        self.size_bytes = size_bytes
        self.ttl = ttl
        self.intact = intact
        self.words = words
        self.how = how or HOW[kind]

    def __repr__(self) -> str:
        return f"News({self.kind!r}, {self.sequence}, {self.source!r}, {self.rtt_s}, words={self.words!r})"
