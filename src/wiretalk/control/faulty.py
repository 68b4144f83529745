"""What has faults and connections, under its name, in toxiproxy's words. Relays are in `relayed`."""

from __future__ import annotations

from wiretalk.control.messages import Refusal, bad_body
from wiretalk.control.toxics import TYPES, as_attributes, as_text, new_fault
from wiretalk.errors import UsageError
from wiretalk.limits import CONTROL_FAULTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from wiretalk.control.toxics import ToxicType
    from wiretalk.layer.faults import Fault, FaultSet
    from wiretalk.layer.faults.layer import FaultLayer


class Faulty:
    """What has faults and connections: a server, a client, a relay.

    Args:
        name: its own.
        net: its faults.
        listen: returns where it listens, as text.
        upstream: whom it goes to, as text; for a server, what answers.
    """

    def __init__(self, name: str, net: FaultSet, listen: Callable[[], str], upstream: str) -> None:
        self.name = name
        self.net = net
        self.upstream = upstream
        self._listen = listen
        # The types of toxics that were asked for by a type of toxiproxy's.
        self._types: dict[str, ToxicType] = {}

    @property
    def listen(self) -> str:
        """Where it listens."""
        return self._listen()

    @property
    def enabled(self) -> bool:
        """Whether it listens."""
        return True

    def as_dict(self) -> dict[str, Any]:
        """Return it as toxiproxy shows a proxy."""
        return {
            "name": self.name,
            "listen": self.listen,
            "upstream": self.upstream,
            "enabled": self.enabled,
            "toxics": self.toxics(),
        }

    def totals(self) -> dict[str, int] | None:
        """Return what has passed, by the names of `relay.ledger.SUMMED`; None: nobody counts it."""
        return None

    # being up and down

    async def update(self, fields: dict[str, Any]) -> None:
        """Change where it listens, whom it goes to, and whether it does.

        Raises:
            Refusal: it cannot be.
        """
        for name in ("listen", "upstream", "enabled"):
            if name in fields and fields[name] != getattr(self, name):
                raise Refusal(400, f'"{self.name}" is no relay: its {name} cannot be changed')

    async def enable(self) -> None:
        """Listen (again)."""

    async def remove(self) -> None:
        """Take it down for good.

        Raises:
            Refusal: it cannot be.
        """
        raise Refusal(400, f'"{self.name}" is no relay: it cannot be deleted')

    # faults

    def toxics(self) -> list[dict[str, Any]]:
        """Return its faults as toxiproxy shows toxics."""
        return [self._shown(fault) for fault in self.net.faults]

    def toxic(self, name: str) -> dict[str, Any]:
        """Return one of them.

        Raises:
            Refusal: there is none.
        """
        return self._shown(self._fault(name))

    def _fault(self, name: str) -> Fault:
        for fault in self.net.faults:
            if fault.name == name:
                return fault
        raise Refusal(404, "toxic not found")

    def _type(self, fault: Fault) -> ToxicType:
        return self._types.get(fault.name) or TYPES[fault.kind]

    def _shown(self, fault: Fault) -> dict[str, Any]:
        kind = self._type(fault)
        return {
            "name": fault.name,
            "type": kind.name,
            "stream": fault.stream,
            "toxicity": fault.toxicity,
            "attributes": kind.show(fault),
            "fault": as_text(fault),
        }

    def add(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Add a fault, and return it.

        Raises:
            Refusal: it is none, or there is one of that name.
        """
        if len(self.net.faults) >= CONTROL_FAULTS:
            raise Refusal(409, f"there are {CONTROL_FAULTS} faults already, as many as may be")
        fault, kind = new_fault(fields)
        if any(one.name == fault.name for one in self.net.faults):
            raise Refusal(409, "toxic already exists")
        self._types[fault.name] = kind
        self.net.add(fault)
        return self._shown(fault)

    def change(self, name: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Change values of a fault, and return it.

        Raises:
            Refusal: there is none, or a value is wrong; nothing has been changed.
        """
        fault = self._fault(name)
        try:
            values, without = self._type(fault).read(as_attributes(fields.get("attributes")), fault)
            if fields.get("toxicity") is not None:
                values["toxicity"] = fields["toxicity"]
            self.net.change(name, values)
        except UsageError as error:
            raise bad_body(str(error)) from None
        if without:
            for parameter in without:
                fault.values.pop(parameter, None)
            self.net.change(name, {})
        return self._shown(fault)

    def take_away(self, name: str) -> None:
        """Remove a fault.

        Raises:
            Refusal: there is none.
        """
        fault = self._fault(name)
        closing = self._type(fault).closing
        numbers = [number for number, layer in self.net.connections.items() if closing and has_lost_by(layer, fault)]
        self._types.pop(name, None)
        self.net.remove(name)
        for number in numbers:
            self.net.cut(number, "close")

    def clear(self) -> None:
        """Remove all faults."""
        for fault in self.net.faults:
            self.take_away(fault.name)

    # connections

    def conversations(self) -> list[dict[str, Any]]:
        """Return its open connections."""
        return [connection(layer) for layer in self.net.connections.values()]

    def connection(self, number: str) -> dict[str, Any]:
        """Return one of them. Raises: as `layer`."""
        return connection(self.layer(number))

    def layer(self, number: str) -> FaultLayer:
        """Return the layer of a connection.

        Raises:
            Refusal: there is none.
        """
        layer = self.net.connections.get(int(number)) if number.isascii() and number.isdigit() else None
        if layer is None:
            raise Refusal(404, "connection not found")
        return layer

    def cut(self, layers: Iterable[FaultLayer], how: str) -> None:
        """Cut connections.

        Args:
            how: "reset" or "close".

        Raises:
            Refusal: there is no such way.
        """
        try:
            for layer in list(layers):
                self.net.cut(layer.number, how)
        except UsageError as error:
            raise Refusal(400, str(error)) from None


def connection(layer: FaultLayer) -> dict[str, Any]:
    """Return the facts of a connection."""
    other = getattr(layer.conversation, "other", None)
    return layer.as_dict() | {"upstream": None if other is None else other.peer}


def has_lost_by(layer: FaultLayer, fault: Fault) -> bool:
    """Return whether what a connection said may have been lost by a fault."""
    return any(stage.fault is fault and stage.chosen for lane in layer.lanes.values() for stage in lane.stages)
