"""A relay that can be taken down and brought back while what runs it waits for its end."""

from __future__ import annotations

import asyncio

from wiretalk.control.faulty import Faulty
from wiretalk.control.messages import bad_body
from wiretalk.control.places import bare, listening, read_address, settled, shown
from wiretalk.relay.ledger import SUMMED
from wiretalk.relay.relay import Relay, listens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.layer.faults import FaultSet
    from wiretalk.relay.ledger import Ledger
    from wiretalk.runtime import Conversation

    Maker = Callable[[list[Address], Address, FaultSet], Relay]


class RelayProxy(Faulty):
    """A relay that can be taken down and brought back, elsewhere if need be; its faults and their seed stay.

    It can be run as a relay is: started, waited for, stopped and closed.

    Args:
        name: its name.
        near: where it listens, one address or several.
        far: whom it goes to.
        net: its faults.
        make: makes the relay, of these.
        upstream: the same, as it is to be shown; "": as the address says.
    """

    def __init__(
        self, name: str, near: list[Address], far: Address, net: FaultSet, make: Maker, *, upstream: str = ""
    ) -> None:
        super().__init__(name, net, self._where, upstream or bare(far))
        self.relay: Relay | None = None
        self._near = near
        self._far = far
        self._make = make
        # Where it listened last, while it is down.
        self._place = bare(near[0])
        self._past = dict.fromkeys(SUMMED, 0)
        self._joined = 0
        self._last = make(near, far, net)
        self._changed = asyncio.Event()
        self._stopped = asyncio.Event()

    def _where(self) -> str:
        return self._place

    @property
    def enabled(self) -> bool:
        """See Faulty."""
        return self.relay is not None

    def same_as(self, other: Faulty) -> bool:
        """Return whether another listens at the same address, for the same."""
        if not isinstance(other, RelayProxy) or other.upstream != self.upstream:
            return False
        return other._near == self._near or other.listen == self.listen

    # as a relay (see cli.serving.Stoppable)

    @property
    def addresses(self) -> list[str]:
        """See Relay."""
        return self.relay.addresses if self.relay is not None else []

    @property
    def families(self) -> list[str]:
        """See Relay."""
        return self.relay.families if self.relay is not None else []

    @property
    def fingerprints(self) -> list[str]:
        """See Relay."""
        return self.relay.fingerprints if self.relay is not None else []

    @property
    def connections(self) -> set[Conversation]:
        """The near sides that are open now, also while it is being closed."""
        return self._last.connections

    @property
    def ledger(self) -> Ledger:
        """See Relay; the last one's, while it is down."""
        return self._last.ledger

    @property
    def joined(self) -> int:
        """How many joints there have been, over all."""
        return self._joined + self._last.joined

    def totals(self) -> dict[str, int]:
        """Return the sums over all joints so far; see `Ledger.totals`."""
        now = self._last.totals()
        return {what: self._past[what] + now[what] for what in SUMMED}

    async def start(self) -> RelayProxy:
        """Listen. Raises: as `Relay.start`."""
        if self.relay is None:
            relay = self._make(self._near, self._far, self.net)
            await relay.start()
            self._joined = self.joined
            self._past = self.totals()
            self.relay = self._last = relay
            if listens(self._near[0], by_itself=True):
                self._place = shown(relay.addresses)
                self._near = [settled(self._near[0], self._place), *self._near[1:]]
            self._changed.set()
        return self

    def stop(self) -> None:
        """See Relay."""
        self._stopped.set()
        self._changed.set()

    async def serve_forever(self) -> None:
        """Wait until `stop` is called, or the relay stops by itself; while it is down, wait for it to be up again."""
        while not self._stopped.is_set():
            self._changed.clear()
            relay = self.relay
            waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._changed.wait())]
            if relay is not None:
                waits.append(asyncio.ensure_future(relay.serve_forever()))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
            if relay is not None and waits[1].done() and not waits[1].cancelled() and self.relay is relay:
                return

    async def close(self, *, drain_s: float | None = None) -> None:
        """See Relay."""
        self.stop()
        self.relay = None
        # Once more where closing it in good order was given up.
        await self._last.close(drain_s=drain_s)

    # being up and down

    async def enable(self) -> None:
        """See Faulty."""
        await self.start()

    async def disable(self) -> None:
        """Stop listening, and close all connections at once."""
        relay, self.relay = self.relay, None
        self._changed.set()
        if relay is not None:
            for number in list(self.net.connections):
                self.net.cut(number, "close")
            await relay.close(drain_s=0)

    async def update(self, fields: dict[str, Any]) -> None:
        """See Faulty."""
        enabled = fields.get("enabled", self.enabled)
        if not isinstance(enabled, bool):
            raise bad_body("enabled is true or false")
        near, far = fields.get("listen") or self.listen, fields.get("upstream") or self.upstream
        if (near, far) != (self.listen, self.upstream):
            moved = ([listening(near)] if near != self.listen else self._near, read_address(far, "upstream"))
            # Made for nothing, so that what is wrong is told before anything is down.
            self._make(*moved, self.net)
            await self.disable()
            if near != self.listen:
                self._place = bare(moved[0][0])
            self._near, self._far = moved
            self.upstream = far
        if not enabled:
            await self.disable()
        elif not self.enabled:
            await self.enable()

    async def remove(self) -> None:
        """See Faulty."""
        await self.disable()
