"""`Control`: a server of the HTTP API beside what it controls, in the same event loop; and who may come to it."""

from __future__ import annotations

from wiretalk.address import Address, parse
from wiretalk.control.routes import Routes
from wiretalk.control.session import Session
from wiretalk.errors import AddressError, UsageError
from wiretalk.limits import CONTROL_CONNECTIONS, DRAIN_S, Limits
from wiretalk.runtime import serve
from wiretalk.service.guarding import is_loopback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from wiretalk.control.proxies import Proxies
    from wiretalk.runtime import Conversation

DEFAULT_ADDRESS = "tcp://localhost:8474"
"""Where toxiproxy listens, and its clients look for it."""


class Control:
    """Serve the HTTP API: enter it with `async with`.

    Args:
        address: where; on loopback or the file of a Unix socket, unless there is a token.
        proxies: what is controlled.
        token: what every request must bring; None: nothing.
        drain_s: closing: how long open conversations of its relays may take to end, in seconds.

    Attributes:
        server: the server.

    Raises:
        UsageError, AddressError: anybody could come to that address, or nobody can.
    """

    def __init__(
        self, address: str | Address, proxies: Proxies, *, token: str | None = None, drain_s: float = DRAIN_S
    ) -> None:
        address = parse(address) if isinstance(address, str) else address
        check(address, token)
        proxies.trusted = proxies.trusted or token is not None or has_file(address)
        self.proxies = proxies
        self._drain_s = drain_s
        self.server = serve(
            address.but(options={name: value for name, value in address.options.items() if name not in FIXED}),
            Session(Routes(proxies, token)).session(),
            limits=Limits(max_connections=CONTROL_CONNECTIONS),
        )

    @property
    def addresses(self) -> list[str]:
        """Where it listens."""
        return self.server.addresses

    @property
    def families(self) -> list[str]:
        """See `runtime.serving.Serving`."""
        return self.server.families

    @property
    def fingerprints(self) -> list[str]:
        """See `runtime.serving.Serving`."""
        return self.server.fingerprints

    @property
    def connections(self) -> set[Conversation]:
        """The connections of all relays."""
        return self.proxies.connections

    async def start(self) -> Self:
        """Listen. Raises: as `wiretalk.serve` when it is opened."""
        await self.server.start()
        return self

    def stop(self) -> None:
        """Let `serve_forever` return. Callable from a signal handler."""
        self.server.stop()

    async def serve_forever(self) -> None:
        """Wait until `stop` is called."""
        await self.server.serve_forever()

    async def close(self, *, drain_s: float | None = None) -> None:
        """Take all relays down; the control goes last.

        Args:
            drain_s: how long open conversations may take to end, in seconds; None: as said above.
        """
        try:
            await self.proxies.close(drain_s=self._drain_s if drain_s is None else drain_s)
        finally:
            await self.server.close(drain_s=0)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close(drain_s=0)


FIXED = frozenset({"framing", "codec", "max_message"})
"""Options of an address that HTTP has no use for."""


def has_file(address: Address) -> bool:
    """Return whether only those can come who may open a file."""
    return address.scheme == "unix" and not address.abstract


def check(address: Address, token: str | None) -> None:
    """Check where a control may listen.

    Raises:
        UsageError, AddressError: not there.
    """
    if address.kind != "stream" or not address.listens:
        raise AddressError(address.text, 0, f"HTTP cannot be served on {address.scheme}", "use tcp://, tls:// or unix:")
    if token == "":
        raise UsageError("", reason="the token of the control is empty", hint="say one that cannot be guessed")
    if token is None and (address.abstract or not is_loopback(address)):
        raise UsageError(
            "",
            reason=f"anybody could come to {address} and change everything",
            hint="listen on localhost or on a Unix socket's file, or say a --control-token",
        )
