"""Make programs talk over sockets, and show what they say.

    async with wiretalk.connect("tcp://pi.local:8888", framing="line", codec="text") as connection:
        await connection.send("hello")
        async for message in connection:
            print(message)

`wiretalk.connect`, `wiretalk.serve` and `wiretalk.run` are for asyncio programs; `wiretalk.blocking` has the same
without `async`. Names are loaded on first use, so that importing this costs next to nothing.
"""

from __future__ import annotations

from wiretalk.version import __version__ as __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address as Address
    from wiretalk.address import parse as parse
    from wiretalk.ending import Ending as Ending
    from wiretalk.errors import AddressError as AddressError
    from wiretalk.errors import ClosedError as ClosedError
    from wiretalk.errors import CodecError as CodecError
    from wiretalk.errors import EndedError as EndedError
    from wiretalk.errors import FinishedError as FinishedError
    from wiretalk.errors import InUseError as InUseError
    from wiretalk.errors import LimitError as LimitError
    from wiretalk.errors import MalformedError as MalformedError
    from wiretalk.errors import MessageError as MessageError
    from wiretalk.errors import MissingPackageError as MissingPackageError
    from wiretalk.errors import NoSuchHostError as NoSuchHostError
    from wiretalk.errors import NotPermittedError as NotPermittedError
    from wiretalk.errors import NotTrustedError as NotTrustedError
    from wiretalk.errors import OpenError as OpenError
    from wiretalk.errors import RefusedError as RefusedError
    from wiretalk.errors import ResetError as ResetError
    from wiretalk.errors import TimedOutError as TimedOutError
    from wiretalk.errors import TruncatedError as TruncatedError
    from wiretalk.errors import UnreachableError as UnreachableError
    from wiretalk.errors import UsageError as UsageError
    from wiretalk.errors import WiretalkError as WiretalkError
    from wiretalk.limits import Limits as Limits
    from wiretalk.runtime import Connection as Connection
    from wiretalk.runtime import Connector as Connector
    from wiretalk.runtime import Conversation as Conversation
    from wiretalk.runtime import Server as Server
    from wiretalk.runtime import connect as connect
    from wiretalk.runtime import run as run
    from wiretalk.runtime import serve as serve

_HOMES = {
    "runtime": ("Connection", "Connector", "Conversation", "Server", "connect", "run", "serve"),
    "address": ("Address", "parse"),
    "limits": ("Limits",),
    "ending": ("Ending",),
    "errors": (
        "AddressError",
        "ClosedError",
        "CodecError",
        "EndedError",
        "FinishedError",
        "InUseError",
        "LimitError",
        "MalformedError",
        "MessageError",
        "MissingPackageError",
        "NoSuchHostError",
        "NotPermittedError",
        "NotTrustedError",
        "OpenError",
        "RefusedError",
        "ResetError",
        "TimedOutError",
        "TruncatedError",
        "UnreachableError",
        "UsageError",
        "WiretalkError",
    ),
}

__all__ = ["__version__", *(name for names in _HOMES.values() for name in names)]  # noqa: PLE0604  # one list of names


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            value = globals()[name] = getattr(import_module(f"wiretalk.{home}"), name)
            return value
    raise AttributeError(f"module 'wiretalk' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
