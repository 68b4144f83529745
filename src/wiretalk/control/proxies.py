"""All that is controlled, by name: what a command has taken in, and the relays that are asked for.

Every call is made by the thread of the event loop.
"""

from __future__ import annotations

import asyncio

from wiretalk.control.messages import Refusal, as_object, bad_body, missing
from wiretalk.control.places import listening, read_address
from wiretalk.control.relayed import RelayProxy
from wiretalk.control.toxics import checked_name
from wiretalk.errors import UsageError, WiretalkError
from wiretalk.layer.faults import FaultSet
from wiretalk.limits import CONTROL_PROXIES
from wiretalk.relay.relay import Relay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.control.faulty import Faulty
    from wiretalk.runtime import Conversation

    Log = Callable[[dict[str, Any]], None]

NETWORK = frozenset(["tcp", "tcp4", "tcp6", "tls", "ws", "wss", "udp", "udp4", "udp6", "vsock"])
"""What anybody who may come to this machine's loopback may have joined."""

FILES = frozenset({"cert", "key", "ca"})
"""Options that name files of ours."""


class Proxies:
    """What is controlled, by name.

    Args:
        trusted: whether who comes is one of us (it has the token, or may open the file of the socket): then any address
            may be joined. Otherwise programs, files and Unix sockets may not: who comes could do by them what only we
            may.
        seed: of all faults; None: one is drawn for each relay.
        log: called with a record of every fault applied by the relays made here (see `layer.faults.log`), and with the
            name of its relay in it, `proxy`.
    """

    def __init__(self, *, trusted: bool = False, seed: int | None = None, log: Log | None = None) -> None:
        self.trusted = trusted
        self._seed = seed
        self._log = log
        self._all: dict[str, Faulty] = {}
        # Making and unmaking is done one after another, as it was asked for.
        self._turn = asyncio.Lock()

    def __iter__(self) -> Iterator[Faulty]:
        return iter(self._all.values())

    def take(self, proxy: Faulty) -> None:
        """Take in what somebody else has made."""
        self._all[proxy.name] = proxy

    def get(self, name: str) -> Faulty:
        """Return one of them.

        Raises:
            Refusal: there is none.
        """
        if name not in self._all:
            raise Refusal(404, "proxy not found")
        return self._all[name]

    # asked for

    async def create(self, fields: dict[str, Any]) -> Faulty:
        """Make a relay.

        Raises:
            Refusal: it cannot be, or there is one of that name.
        """
        async with self._turn:
            made = self._made(fields)
            if made.name in self._all:
                raise Refusal(409, "proxy already exists")
            await self._begin(made, fields)
            return made

    def _made(self, fields: dict[str, Any], where: str = "", *, trusted: bool = False) -> RelayProxy:
        name = fields.get("name")
        if not name:
            raise missing(f"name{where}")
        if not fields.get("upstream"):
            raise missing(f"upstream{where}")
        if not isinstance(fields.get("enabled", True), bool | None):
            raise bad_body("enabled is true or false")
        near = listening(fields.get("listen") or "")
        far = read_address(fields["upstream"], "upstream")
        for address, what in ((near, "listen"), (far, "upstream")):
            self.permit(address, what, trusted=trusted)
        net = FaultSet(seed=self._seed, log=self._log_of(name))
        try:
            return RelayProxy(checked_name(name, "name"), [near], far, net, _relay, upstream=fields["upstream"])
        except UsageError as error:
            raise bad_body(str(error)) from None

    def _log_of(self, name: str) -> Log | None:
        log = self._log
        return None if log is None else lambda record: log({"proxy": name, **record})

    def permit(self, address: Address, what: str, *, trusted: bool = False) -> None:
        """Check that who comes may have an address joined.

        Raises:
            Refusal: not so.
        """
        if address.scheme == "stdio":
            raise Refusal(403, f"{what}: standard input and output are ours")
        named = FILES.intersection(address.options)
        if self.trusted or trusted or (address.scheme in NETWORK and not named):
            return
        thing = f"{address.scheme}:" if address.scheme not in NETWORK else f"{min(named)}="
        raise Refusal(
            403,
            f"{what}: {thing} may be asked for only with a --control-token, or on the file of a Unix socket, since "
            "anybody on this machine can come to this address",
        )

    async def _begin(self, made: RelayProxy, fields: dict[str, Any]) -> None:
        if len(self._all) >= CONTROL_PROXIES:
            raise Refusal(409, f"there are {CONTROL_PROXIES} proxies already, as many as may be")
        if fields.get("enabled") is not False:
            await started(made)
        self._all[made.name] = made

    async def populate(self, value: Any, *, trusted: bool = False) -> tuple[list[Faulty], Refusal | None]:
        """Make relays, or replace those that are not so already; return them, and what went wrong on the way.

        Args:
            trusted: as of the whole, for this once.

        Raises:
            Refusal: one of them cannot be; none has been made.
        """
        if not isinstance(value, list):
            raise bad_body("it is to be a list of proxies")
        async with self._turn:
            all_fields = [as_object(one) for one in value]
            made = [self._made(fields, f" at proxy {at}", trusted=trusted) for at, fields in enumerate(all_fields, 1)]
            done: list[Faulty] = []
            for one, fields in zip(made, all_fields, strict=True):
                try:
                    done.append(await self._put(one, fields))
                except Refusal as refusal:
                    return done, refusal
            return done, None

    async def _put(self, made: RelayProxy, fields: dict[str, Any]) -> Faulty:
        there = self._all.get(made.name)
        if there is not None:
            if made.same_as(there):
                if fields.get("enabled") is not None:
                    await self._updated(there, {"enabled": fields["enabled"]})
                return there
            await there.remove()
            del self._all[made.name]
        await self._begin(made, fields)
        return made

    async def update(self, name: str, fields: dict[str, Any]) -> Faulty:
        """Change a relay.

        Raises:
            Refusal: there is none, or it cannot be.
        """
        async with self._turn:
            there = self.get(name)
            for what in ("listen", "upstream"):
                if fields.get(what) and fields[what] != getattr(there, what):
                    self.permit(read_address(fields[what], what), what)
            await self._updated(there, fields)
            return there

    async def _updated(self, there: Faulty, fields: dict[str, Any]) -> None:
        try:
            await there.update(fields)
        except UsageError as error:
            raise bad_body(str(error)) from None
        except WiretalkError as error:
            raise Refusal(500, str(error)) from None

    async def delete(self, name: str) -> None:
        """Take a relay down for good.

        Raises:
            Refusal: there is none.
        """
        async with self._turn:
            await self.get(name).remove()
            del self._all[name]

    async def reset(self) -> None:
        """Bring all up, and remove all faults.

        Raises:
            Refusal: one cannot be brought up.
        """
        async with self._turn:
            for one in self:
                await started(one)
                one.clear()

    async def close(self, *, drain_s: float | None = None) -> None:
        """Take down what is up.

        Args:
            drain_s: how long open conversations may take to end, in seconds; None: as the limits of each say.
        """
        async with self._turn:
            await asyncio.gather(*(one.close(drain_s=drain_s) for one in self if isinstance(one, RelayProxy)))

    @property
    def connections(self) -> set[Conversation]:
        """The connections of all relays."""
        return {each for one in self if isinstance(one, RelayProxy) for each in one.connections}


async def started(proxy: Faulty) -> None:
    """Bring one up.

    Raises:
        Refusal: it cannot be.
    """
    try:
        await proxy.enable()
    except WiretalkError as error:
        raise Refusal(500, str(error)) from None


def _relay(near: list[Address], far: Address, net: FaultSet) -> Relay:
    return Relay(near, far, layers=[net])
