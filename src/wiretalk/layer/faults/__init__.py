"""Faults: a network that misbehaves exactly as told. Stages in each direction of a connection, one fault a file.

A stage is sans-IO: it takes pieces and ends in order, and passes them on later, changed, or not at all, by a clock, a
timer and a generator that are handed to it. `lane` joins the stages of one direction, `layer` puts two lanes between a
transport and its conversation, and `faultset` is the set of faults of an address, which may change at any time.
Names only; every name is loaded on first use.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.layer.faults.fault import Fault as Fault
    from wiretalk.layer.faults.faultset import FaultSet as FaultSet
    from wiretalk.layer.faults.grammar import parse as parse
    from wiretalk.layer.faults.layer import FaultLayer as FaultLayer
    from wiretalk.layer.faults.log import FaultLog as FaultLog
    from wiretalk.layer.faults.log import read_log as read_log
    from wiretalk.layer.faults.table import FAULTS as FAULTS

_HOMES = {
    "FAULTS": "table",
    "Fault": "fault",
    "FaultLayer": "layer",
    "FaultLog": "log",
    "FaultSet": "faultset",
    "parse": "grammar",
    "read_log": "log",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
