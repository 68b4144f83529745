"""The names of hosts, asked for aside: a name server that is slow holds up nothing."""

from __future__ import annotations

from threading import Thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Names:
    """Names by IP address.

    Args:
        look_up: returns the name of an address, "" where it has none; it may block.
    """

    def __init__(self, look_up: Callable[[str], str]) -> None:
        self._look_up = look_up
        self._names: dict[str, str | None] = {}

    def ask(self, host: str) -> None:
        """Have the name of an address looked up, unless it has been."""
        if host not in self._names:
            self._names[host] = None
            # Nothing can interrupt the resolver; a thread that never ends does not hold up the exit.
            Thread(target=self._answer, args=(host,), name="wiretalk-name", daemon=True).start()

    def _answer(self, host: str) -> None:
        self._names[host] = self._look_up(host)

    def know(self, hosts: Iterable[str]) -> bool:
        """Whether it is known of all of these what they are called, or that they have no name."""
        return all(self._names.get(host) is not None for host in hosts)

    def name(self, host: str) -> str:
        """Return the name of an address; "" where it has none, or none is known."""
        return self._names.get(host) or ""
