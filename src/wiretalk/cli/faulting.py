"""The options of faults, shared by all verbs that have them; the seed is told, and the log written or replayed."""

from __future__ import annotations

import errno
import os

from wiretalk.cli.output import tell
from wiretalk.cli.parser import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace, _ActionsContainer
    from typing import Any, BinaryIO, Self

    from wiretalk.cli.parser import Parser
    from wiretalk.layer.faults import Fault, FaultSet
    from wiretalk.layer.faults.log import Script


def add_faults(parser: Parser) -> None:
    """Add --fault, --seed, --fault-log and --fault-replay."""
    group = parser.add_argument_group("options of faults (wiretalk help faults)")
    group.add_argument(
        "--fault",
        metavar="FAULT",
        action="append",
        type=value(fault),
        help="let the network misbehave: [up:|down:]NAME[=VALUE][,p=0.1][,after=5s][,for=10s]; may be given several "
        "times, in the order in which bytes pass them",
    )
    group.add_argument(
        "--seed",
        metavar="N",
        type=value(seed),
        help="of all that is left to chance; told, so that a run can be repeated",
    )
    add_fault_log(group)
    group.add_argument(
        "--fault-replay", metavar="FILE", help="do what a --fault-log says: the same faults at the same bytes"
    )


def add_fault_log(parser: _ActionsContainer) -> None:
    """Add --fault-log."""
    parser.add_argument("--fault-log", metavar="FILE", help="write every fault applied to FILE, a JSON object a line")


def fault(text: str) -> Fault:
    """Read a fault."""
    from wiretalk.layer.faults import parse

    return parse(text)


def seed(text: str) -> int:
    """Read a seed: a whole number, 0 or more."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f'"{text}" is not a seed: write a whole number of 0 or more')
    return int(text)


class LogFile:
    """The log of faults applied, a JSON object a line; what cannot be written is told once, and no more is tried.

    Args:
        path: of the file, which is made anew.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self._file: BinaryIO = open(path, "wb", buffering=0)  # noqa: SIM115  # closed by its owner
        self._failed = False

    def __call__(self, record: dict[str, Any]) -> None:
        """Write one record."""
        import json

        if self._failed or self._file.closed:
            return
        line = json.dumps(record).encode() + b"\n"
        try:
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            # The conversations are worth more than their log.
            self._failed = True
            tell(f"the log of faults cannot be written any more: {error}")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Faults:
    """The faults that the options say, and the log while it is written. Enter it with `with` for as long as they last.

    Args:
        arguments: of `add_faults`.
        live: whether there may be faults later, though none are said.

    Attributes:
        net: the faults; None: there are none.

    Raises:
        UsageError: there is a seed or a log and nothing to be left to chance or logged; or a log is none.
        OSError: a file cannot be opened.
    """

    def __init__(self, arguments: Namespace, *, live: bool = False) -> None:
        self.net: FaultSet | None = None
        self._file: LogFile | None = None
        if not (arguments.fault or arguments.fault_replay or live):
            _nothing_to_do(arguments)
            return
        from wiretalk.layer.faults import FaultSet

        script = _script(arguments.fault_replay) if arguments.fault_replay else None
        self.net = FaultSet(arguments.fault or (), seed=arguments.seed, script=script)
        if arguments.fault_log:
            self._file = LogFile(arguments.fault_log)
            self.net.logs.append(self._file)
        tell(f"faults are drawn from --seed {self.net.seed}")

    @property
    def layers(self) -> tuple[FaultSet, ...]:
        """What is given to `layers=`."""
        return () if self.net is None else (self.net,)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _nothing_to_do(arguments: Namespace) -> None:
    for option, what in (("seed", "to be left to chance"), ("fault_log", "to be logged")):
        if getattr(arguments, option) is not None:
            from wiretalk.errors import UsageError

            name = option.replace("_", "-")
            raise UsageError("", reason=f"--{name} without a fault: there is nothing {what}", hint="say --fault FAULT")


def _script(path: str) -> Script:
    from wiretalk.layer.faults import read_log

    with open(path, "rb") as file:
        return read_log(file, path)
