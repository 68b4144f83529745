"""`Relay`: join what comes to one address with another. Which is listened on, and the whole's beginning and end.

What passes between two sides is in `end` and `messages`; who is joined with whom, in `joining`.
"""

from __future__ import annotations

import asyncio
from collections import deque

from wiretalk.address import Address, parse
from wiretalk.conversing import Plan
from wiretalk.errors import AddressError, UsageError
from wiretalk.limits import CONNECT_TIMEOUT_S, Limits
from wiretalk.relay.joining import Dialling, Meeting, dial, end_type
from wiretalk.relay.ledger import Ledger
from wiretalk.runtime.dialling import Dialler, silent
from wiretalk.runtime.serving import CLOSE_GRACE_S, Serving

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType
    from typing import Self

    from wiretalk.address.access import Access
    from wiretalk.layer import Layering
    from wiretalk.relay.end import End
    from wiretalk.runtime import Conversation
    from wiretalk.runtime.handling import Handling


class Relay:
    """Join every conversation at some addresses with one at another: enter it with `async with`.

    The first addresses are listened on where their scheme can listen, and the last is connected to, once for each that
    comes; the options `listen` and `connect` of an address say otherwise. Where both are listened on, those who come
    are joined in their order; where both are connected to, there is one joint, and the relay stops when it has ended.

    Between two byte streams bytes pass as they are. As soon as either side has messages (datagrams, WebSocket, or a
    `framing=` in its address), messages pass, framed anew on each side, and translated where both name a codec.

    Args:
        near: one address or several.
        far: the address that they are joined with.
        limits: of each side; `send_buffer_bytes` bounds what waits each way.
        layers: what stands before each of the near sides, nearest to the peer first (faults).
        access: who may come to what is listened on; None: everybody.
        timeout_s: seconds for connecting to an address; None: no limit.
        retries: how often to try again when it cannot be connected to; -1: for ever.
        max_joined: stop after so many joints; None: never.
        on_join: called with the near and the far side when they are joined.
        on_part: called with the near and the far side when both are over.
        trace: called with a line for each step of connecting.

    Attributes:
        ledger: what is joined now, and the sums of all that was.

    Raises:
        UsageError, AddressError: the words are wrong.
    """

    def __init__(
        self,
        near: str | Address | Iterable[str | Address],
        far: str | Address,
        *,
        limits: Limits | None = None,
        layers: Sequence[Layering] = (),
        access: Access | None = None,
        timeout_s: float | None = CONNECT_TIMEOUT_S,
        retries: int = 0,
        max_joined: int | None = None,
        on_join: Callable[[End, End], None] | None = None,
        on_part: Callable[[End, End], None] | None = None,
        trace: Callable[[str], None] = silent,
    ) -> None:
        self._limits = limits or Limits(idle_timeout_s=None)
        several = [near] if isinstance(near, str | Address) else list(near)
        self._near = [self._plan(one, layers) for one in several]
        self._far = self._plan(far, ())
        if not self._near:
            raise UsageError("", reason="a relay needs at least one address on each side")
        self._retries = retries
        self._timeout_s = timeout_s
        self._trace = trace
        # Who is dialled for each that comes, where somebody is.
        self._gone_to: Dialler | None = None
        # The two sides where both are connected to, as long as they are open.
        self._bridge: set[Conversation] = set()
        self._over = asyncio.Event()
        self._stopped = asyncio.Event()
        self.ledger = Ledger(on_join, on_part)
        self.servings: list[Serving] = []
        listening = [plan for plan in self._near if listens(plan.address, by_itself=True)]
        dialled = [plan for plan in self._near if plan not in listening]
        far_listens = listens(self._far.address, by_itself=False)
        if len(dialled) > 1 or (dialled and listening):
            raise UsageError("", reason="several addresses are joined with one only where they are listened on")

        def serving(plans: list[Plan], handling: Handling) -> Serving:
            return Serving(plans, handling, self._limits, access=access, max_accepted=max_joined)

        if listening and far_listens:
            waiting: deque[tuple[Meeting, End]] = deque()
            self.servings = [
                serving(listening, Meeting(self._far, waiting, self.ledger.join)),
                serving([self._far], Meeting(listening[0], waiting, lambda far, near: self.ledger.join(near, far))),
            ]
        elif listening or far_listens:
            comes, gone_to = (listening, self._far) if listening else ([self._far], dialled[0])
            self._gone_to = self._dialler(gone_to)
            self.servings = [serving(comes, Dialling(self._gone_to, retries, self.ledger.join))]

    def _plan(self, address: str | Address, layers: Sequence[Layering]) -> Plan:
        address = parse(address) if isinstance(address, str) else address
        return Plan(address, None, None, self._limits, layers=layers)

    def _dialler(self, plan: Plan) -> Dialler:
        return Dialler(plan, timeout_s=self._timeout_s, trace=self._trace)

    @property
    def joined(self) -> int:
        """How many joints there have been."""
        return self.ledger.joined

    def totals(self) -> dict[str, int]:
        """Return the sums over all joints so far; see `Ledger.totals`."""
        return self.ledger.totals()

    @property
    def addresses(self) -> list[str]:
        """The addresses listened on, with the ports the system gave and without options, as text."""
        return [address for serving in self.servings for address in serving.addresses]

    @property
    def families(self) -> list[str]:
        """What each of the addresses is of; see `Serving.families`."""
        return [family for serving in self.servings for family in serving.families]

    @property
    def fingerprints(self) -> list[str]:
        """SHA-256 fingerprints of the certificates made on the spot."""
        return [one for serving in self.servings for one in serving.fingerprints]

    @property
    def connections(self) -> set[Conversation]:
        """The near sides that are open now."""
        bridge = {near for near, _ in self.ledger.joints} if self._bridge else set()
        return bridge.union(*(serving.connections for serving in self.servings))

    async def start(self) -> Self:
        """Listen on what is to be listened on; with nothing to listen on, connect both sides and join them.

        Raises: as `wiretalk.serve`, or as `wiretalk.connect` does when it is opened.
        """
        try:
            if self._gone_to is not None:
                await self._gone_to.prepare()
            for serving in self.servings:
                await serving.start()
            if not self.servings:
                await self._start_bridge()
        except BaseException:
            await self.close(drain_s=0)
            raise
        return self

    async def _start_bridge(self) -> None:
        kind = end_type(self._near[0], self._far)
        one = await dial(self._dialler(self._near[0]), kind, self._retries, self._keep_bridge)
        try:
            other = await dial(self._dialler(self._far), kind, self._retries, self._keep_bridge)
        except BaseException:
            one.abort()
            raise
        self.ledger.join(one, other)

    def _keep_bridge(self, end: Conversation) -> None:
        """One side of the only joint has opened, or is over."""
        if end.ending is None:
            self._bridge.add(end)
            return
        self._bridge.discard(end)
        if not self._bridge:
            self._over.set()
            self._stopped.set()

    def stop(self) -> None:
        """Let `serve_forever` return. Callable from a signal handler."""
        self._stopped.set()

    async def serve_forever(self) -> None:
        """Wait until `stop` is called, `max_joined` joints have ended, or the only joint has."""
        waits = [asyncio.ensure_future(serving.serve_forever()) for serving in self.servings]
        waits.append(asyncio.ensure_future(self._stop_asked()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _stop_asked(self) -> None:
        await self._stopped.wait()

    async def close(self, *, drain_s: float | None = None) -> None:
        """Stop accepting, let what is joined end, then close what is left.

        Args:
            drain_s: how long it may take, in seconds; None: `limits.drain_s`.
        """
        self._stopped.set()
        await asyncio.gather(*(serving.close(drain_s=drain_s) for serving in self.servings))
        if self._bridge:
            await self._close_bridge(self._limits.drain_s if drain_s is None else drain_s)

    async def _close_bridge(self, drain_s: float) -> None:
        if drain_s and await self._bridge_over(drain_s):
            return
        for end in list(self._bridge):
            end.hang_up()
        if not await self._bridge_over(CLOSE_GRACE_S):
            for end in list(self._bridge):
                end.abort()

    async def _bridge_over(self, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await self._over.wait()
        except TimeoutError:
            return False
        return True

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close(drain_s=0 if kind is not None and issubclass(kind, asyncio.CancelledError) else None)


def listens(address: Address, *, by_itself: bool) -> bool:
    """Return whether an address is listened on: as its options say, or else by itself where its scheme can.

    Raises:
        AddressError: it is to be listened on, and cannot.
    """
    if address.option("listen"):
        if not address.listens:
            at = address.text.find("listen", address.text.find("?"))
            raise AddressError(address.text, at, f"{address.scheme} cannot be listened on", length=len("listen"))
        return True
    return by_itself and address.listens and not address.option("connect")
