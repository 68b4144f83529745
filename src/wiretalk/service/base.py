"""What a service is, and what several of them share. No service itself lives here.

The rules of this room: a service speaks bytes, or what the codec of the address makes of its bytes; it works over every
scheme; it holds nothing of a conversation beyond the session's own variables.
"""

from __future__ import annotations

from wiretalk.errors import TimedOutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.address.access import Access
    from wiretalk.layer import Layering
    from wiretalk.limits import Limits
    from wiretalk.runtime import Connection, Conversation, Server

    Told = Callable[[Conversation, str, dict[str, Any], str], None]


class Service:
    """What a server does with its conversations: a session a connection, or a reply a message.

    Attributes:
        name: as in `SERVICES`.
        session: a coroutine function of one connection, for `serve(…, session)`; None where there is a reply.
        reply: a function of one message, for `serve(…, reply=)`, in either face; None where there is a session.
        framing: what cuts byte streams into messages unless the user or the address says otherwise.
        told: who is told of what happens within conversations: the conversation, a word for the event, its facts, and a
            sentence that says them; None: nobody.
    """

    __slots__ = ("framing", "name", "reply", "session", "told")

    def __init__(
        self,
        name: str,
        *,
        session: Callable[[Connection], Awaitable[None]] | None = None,
        reply: Callable[[Any], Any] | None = None,
        framing: str = "raw",
    ) -> None:
        self.name = name
        self.session = session
        self.reply = reply
        self.framing = framing
        self.told: Told | None = None

    def serve(
        self,
        addresses: str | Address | Iterable[str | Address],
        *,
        framing: str | None = None,
        codec: str | None = None,
        limits: Limits | None = None,
        layers: Sequence[Layering] = (),
        access: Access | None = None,
        max_accepted: int | None = None,
        on_open: Callable[[Conversation], None] | None = None,
        on_close: Callable[[Conversation], None] | None = None,
    ) -> Server:
        """Return a server of this service, not yet started: `async with service.serve(…) as server`.

        Args:
            framing: None: the service's own.

        The other arguments are those of `wiretalk.serve`.

        Raises:
            UsageError: a framing or codec is wrong.
            AddressError: an address is wrong.
        """
        from wiretalk.runtime import serve

        return serve(
            addresses,
            self.session,
            reply=self.reply,
            framing=framing or self.framing,
            codec=codec,
            limits=limits,
            layers=layers,
            access=access,
            max_accepted=max_accepted,
            on_open=on_open,
            on_close=on_close,
        )

    def introduce(self, addresses: Iterable[str]) -> list[str]:  # noqa: ARG002  # for those who have something to say
        """Return lines to be told once these addresses are listened on."""
        return []

    def __repr__(self) -> str:
        return f"<Service {self.name}>"


def unframed(connection: Connection) -> bool:
    """Return whether no framing cuts this connection's messages, so that line ends are part of what is said."""
    return connection.address.kind != "stream" or connection.plan.framing.startswith("raw")


def as_value(connection: Connection, payload: bytes) -> Any:
    """Return what `send` takes for these bytes: themselves, or the codec's value of them.

    Raises:
        CodecError: the codec cannot say this; it is our doing.
    """
    decode = connection.plan.decode
    if decode is None:
        return payload
    from wiretalk.errors import CodecError

    try:
        return decode(payload)
    except CodecError as error:
        raise CodecError(f"what was to be sent does not suit the codec: {error.reason}", by="us") from None


async def answer_requests(connection: Connection, answer: Callable[[], bytes]) -> None:
    """Answer each datagram that a peer has sent, and leave: what comes later is another conversation.

    So nothing of the peer is remembered, and no number of peers can use up the room for them.
    """
    await connection.receive()
    while True:
        await connection.send(as_value(connection, answer()))
        try:
            await connection.receive(timeout_s=0)
        except TimedOutError:
            return
