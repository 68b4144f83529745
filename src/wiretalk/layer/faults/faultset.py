"""`FaultSet`: the faults of an address, live, and its connections. What a fault does is in its stage.

It is a layering: it is given to `layers=` as it is. Every call is made by the thread of the event loop.
"""

from __future__ import annotations

import time
from random import Random, SystemRandom

from wiretalk.errors import UsageError
from wiretalk.layer.faults.fault import Fault
from wiretalk.layer.faults.grammar import parse
from wiretalk.layer.faults.layer import FaultLayer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from wiretalk.conversing import Conversation
    from wiretalk.layer.faults.lane import Lane
    from wiretalk.layer.faults.log import Script
    from wiretalk.layer.faults.stage import Stage

MAX_SEED = 2**32


class FaultSet:
    """Faults, in the order in which bytes pass them, and the connections that have them.

    Args:
        faults: as text or as `Fault`.
        seed: of all that is left to chance; None: one is drawn.
        log: called with a record (see `log`) of every fault applied; more can be appended to `logs`.
        script: a log to be replayed: the same faults at the same offsets of the same connections.

    Attributes:
        seed: as above; to be told, so that a run can be repeated.
        connections: the open connections, by number; the first is 1.
        logs: who is told of every fault applied.

    Raises:
        UsageError: a fault is none.
    """

    def __init__(
        self,
        faults: Iterable[str | Fault] = (),
        *,
        seed: int | None = None,
        log: Callable[[dict[str, Any]], None] | None = None,
        script: Script | None = None,
    ) -> None:
        self.seed = SystemRandom().randrange(MAX_SEED) if seed is None else seed
        self.logs = [] if log is None else [log]
        self.connections: dict[int, FaultLayer] = {}
        self._faults: list[Fault] = []
        self._script = script
        self._last = 0
        if script is not None:
            for name, kind, direction in script.faults:
                self._faults.append(Fault(kind, name=name, direction=direction, values=_any_values(kind)))
        for fault in faults:
            self.add(fault)

    def __call__(self, conversation: Conversation) -> FaultLayer:
        """Return the layer of one conversation (see `layer.base.Layering`)."""
        return FaultLayer(self, conversation)

    # faults

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults, in their order."""
        return tuple(self._faults)

    def fault(self, name: str) -> Fault:
        """Return a fault by its name.

        Raises:
            UsageError: there is none of that name.
        """
        for fault in self._faults:
            if fault.name == name:
                return fault
        from wiretalk.spelling import did_you_mean

        names = [fault.name for fault in self._faults]
        hint = did_you_mean(name, names) or (f"there are {', '.join(names)}" if names else "there is none at all")
        raise UsageError("", reason=f'no fault is called "{name}"', hint=hint)

    def add(self, fault: str | Fault) -> Fault:
        """Add a fault behind the others, to the open connections too, and return it.

        Raises:
            UsageError: it is none, or its name is another's.
        """
        made = parse(fault) if isinstance(fault, str) else fault
        names = {one.name for one in self._faults}
        if not made.name:
            made.name = next(name for name in _names(made.kind) if name not in names)
        elif made.name in names:
            raise UsageError("", reason=f'there is a fault called "{made.name}" already', hint="change or remove it")
        self._faults.append(made)
        for layer in list(self.connections.values()):
            layer.added(made)
        return made

    def change(self, name: str, values: dict[str, Any]) -> Fault:
        """Change values of a fault, in the open connections too; what is held is held by the new ones.

        Raises:
            UsageError: there is no such fault or parameter, or a value is wrong; nothing has been changed.
        """
        fault = self.fault(name)
        fault.change(values)
        for layer in list(self.connections.values()):
            layer.changed(fault)
        return fault

    def remove(self, name: str) -> Fault:
        """Remove a fault, from the open connections too; what it holds passes at once.

        Raises:
            UsageError: there is none of that name.
        """
        fault = self.fault(name)
        self._faults.remove(fault)
        for layer in list(self.connections.values()):
            layer.removed(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults."""
        for fault in self.faults:
            self.remove(fault.name)

    # connections

    def cut(self, number: int, how: str = "reset") -> None:
        """Cut a connection.

        Args:
            number: its number.
            how: "reset" (RST), or "close" (in good order).

        Raises:
            UsageError: there is no such connection, or way.
        """
        layer = self.connections.get(number)
        if layer is None:
            raise UsageError("", reason=f"there is no connection {number}")
        if how not in {"reset", "close"}:
            raise UsageError("", reason=f'a connection is cut by reset or close, not "{how}"')
        layer.cut(how)

    def opened(self, layer: FaultLayer) -> int:
        """Take in a connection that has opened; return its number."""
        self._last += 1
        self.connections[self._last] = layer
        return self._last

    def over(self, layer: FaultLayer) -> None:
        """Let go of a connection that is over."""
        self.connections.pop(layer.number, None)

    # stages

    def make(self, fault: Fault, lane: Lane, number: int) -> Stage:
        """Return the stage of a fault in one direction of one connection, with a generator of its own."""
        random = Random(f"{self.seed}/{number}/{lane.direction}/{fault.name}")  # noqa: S311  # to be repeated, no secret
        script = None
        if self._script is not None and (fault.name, fault.kind) in {(one[0], one[1]) for one in self._script.faults}:
            script = self._script.events(number, lane.direction, fault.name)
        return fault.stage(fault, lane, random, script)

    def record(self, layer: FaultLayer, direction: str, stage: Stage, decision: dict[str, Any], length: int) -> None:
        """Tell the logs that a fault is applied."""
        if not self.logs:
            return
        record = {
            "time": round(time.time(), 6),
            "connection": layer.number,
            "peer": layer.peer,
            "direction": direction,
            "offset": stage.offset,
            "message": stage.number,
            "length": length,
            "fault": stage.fault.kind,
            "name": stage.fault.name,
            "place": self._faults.index(stage.fault) if stage.fault in self._faults else len(self._faults),
            "parameters": decision,
        }
        for log in self.logs:
            log(record)

    def __repr__(self) -> str:
        return f"<FaultSet seed={self.seed} {', '.join(map(str, self._faults)) or 'without faults'}>"


def _names(kind: str) -> Iterable[str]:
    """Yield names for a fault: its type, then with numbers."""
    yield kind
    number = 2
    while True:
        yield f"{kind}_{number}"
        number += 1


def _any_values(kind: str) -> dict[str, Any]:
    """Return values for what a fault must be told, for one that is told by a log what to do."""
    from wiretalk.layer.faults.fault import parameters_of
    from wiretalk.layer.faults.table import load

    return {
        parameter.name: 1
        for parameter in parameters_of(load(kind)).values()
        if parameter.default is None and not parameter.optional
    }
