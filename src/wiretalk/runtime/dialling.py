"""Dial: resolve, connect, TLS, each with its own time, for whatever kind of conversation is to be held.

What the conversation is, and whether it is dialled again, is decided above.
"""

from __future__ import annotations

import asyncio

from wiretalk.conversing import agreed
from wiretalk.errors import TimedOutError, UsageError, WiretalkError
from wiretalk.limits import CONNECT_TIMEOUT_S
from wiretalk.runtime.aside import aside
from wiretalk.runtime.attempts import connect_first
from wiretalk.runtime.carrying import carry, carry_datagrams
from wiretalk.runtime.ready import ready
from wiretalk.transport import check, local_name, resolve, shown, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any, TypeVar

    from wiretalk.conversing import Plan
    from wiretalk.runtime.conversation import Conversation
    from wiretalk.transport import Candidate
    from wiretalk.transport.proxy.header import Proxied
    from wiretalk.transport.tls import TlsContext

    Kind = TypeVar("Kind", bound=Conversation)
    Make = Callable[[Plan, str, str, asyncio.Future[None]], Kind]


def silent(_: str) -> None:
    """Trace nothing."""


class Dialler:
    """Open conversations at one address, one at a time or many.

    Args:
        plan: whom to talk to, and how.
        timeout_s: seconds for all of connecting; None: no limit.
        resolve_timeout_s: seconds for resolving the name alone.
        connect_timeout_s: seconds for connecting alone. TLS has `limits.tls_handshake_timeout_s`.
        trace: called with a line for each step on the way.

    Raises:
        UsageError: a time is not above 0.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        timeout_s: float | None = CONNECT_TIMEOUT_S,
        resolve_timeout_s: float | None = None,
        connect_timeout_s: float | None = None,
        trace: Callable[[str], None] = silent,
    ) -> None:
        self.plan = plan
        self.trace = trace
        self._timeout_s = timeout_s
        self._resolve_timeout_s = resolve_timeout_s
        self._connect_timeout_s = connect_timeout_s
        self._tls: TlsContext | None = None
        if timeout_s is not None and timeout_s <= 0:
            raise UsageError("", reason=f"timeout_s must be above 0, not {timeout_s:g}")

    async def prepare(self) -> None:
        """Find what is wrong with the address itself, before anybody has come who would have to wait for it.

        Raises:
            AddressError: an option is for listening, or TLS cannot be had so.
            MissingPackageError: the scheme's package is not installed.
            OpenError: a file that TLS needs cannot be read.
        """
        address = self.plan.address
        check(address)
        if address.secure and self._tls is None:
            from wiretalk.transport.tls import client_context

            # Reading the system's authorities takes a while, so not in the loop's thread, and once.
            self._tls = await aside(client_context, address)

    async def dial(self, make: Make[Kind], proxied: Proxied | None = None) -> Kind:
        """Return a conversation that has opened.

        Args:
            make: makes it, of the plan, the peer's name, our own, and a future that is to be set when it has opened,
                or to the error when it cannot.
            proxied: for whom it is, where the address says to send a PROXY header; None: for ourselves.

        Raises:
            RefusedError, UnreachableError, NoSuchHostError, NotPermittedError, NotTrustedError: see each.
            TimedOutError: a step took too long; its `wait` says which.
        """
        step = "resolve"
        told_step: list[str] = []
        address = self.plan.address
        try:
            async with asyncio.timeout(self._timeout_s):
                # Before anything is opened, so that a wrong file is told first.
                await self.prepare()
                async with asyncio.timeout(self._resolve_timeout_s):
                    candidates = await aside(resolve, address)
                self.trace(f"resolved {shown(address)}: {', '.join(map(str, candidates))}")
                step = "connect"
                async with asyncio.timeout(self._connect_timeout_s):
                    sock, candidate = await connect_first(candidates, self.trace)
                step = "proxy"
                await self._preface(sock, proxied)
                step = "tls-handshake"
                return await self._begin(sock, candidate, make, told_step)
        except TimeoutError as error:
            if isinstance(error, WiretalkError):
                raise
            step = told_step[0] if told_step else step
            own = {"resolve": self._resolve_timeout_s, "connect": self._connect_timeout_s}.get(step)
            raise TimedOutError(shown(address), step, own if own is not None else self._timeout_s) from None

    async def _preface(self, sock: socket.socket, proxied: Proxied | None) -> None:
        """Say on a connected socket what comes before all else; close it if that fails."""
        address = self.plan.address
        if not (address.option("via") or address.option("send_proxy")):
            return
        from wiretalk.transport.proxy.driving import Drive
        from wiretalk.transport.proxy.way import prefaces

        try:
            drive = Drive(sock, prefaces(address, sock, proxied))
            while (need := drive.step()) is not None:
                await ready(sock, need)
        except BaseException:
            sock.close()
            raise

    async def _begin(self, sock: socket.socket, candidate: Candidate, make: Make[Kind], told_step: list[str]) -> Kind:
        """Make the conversation on a connected socket; with TLS and WebSocket, wait for the handshake.

        The step that it was in when that failed is put into `told_step`, where it was not TLS's.
        """
        plan = self.plan
        opening = asyncio.get_running_loop().create_future()
        local = local_name(sock, plan.address)
        peer = told(plan.address) if plan.address.option("via") else str(candidate)
        conversation = make(plan, peer, local, opening)
        if plan.address.kind == "datagram":
            carry_datagrams(sock, conversation, candidate)
        else:
            carry(sock, conversation, self._tls, accepted=False)
        conversation.start()
        try:
            await opening
        except BaseException:
            if plan.address.kind == "messages" and (self._tls is None or conversation.tls is not None):
                told_step.append("websocket-handshake")
            conversation.abort()
            raise
        tls: Any = conversation.tls
        self.trace(f"connected {local} to {peer}" + (f", {tls}" if tls is not None else "") + agreed(conversation))
        return conversation
