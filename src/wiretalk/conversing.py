"""What every conversation has in both faces: how it is held (framing, codec, limits), its facts, and its end.

No loop, no thread, no socket: who waits, and how, is decided by the faces, `runtime` and `blocking`, which share this.
"""

from __future__ import annotations

import time

from wiretalk import codec as codecs
from wiretalk import framing as framings
from wiretalk.ending import Ending
from wiretalk.errors import (
    ClosedError,
    CodecError,
    LimitError,
    MalformedError,
    MissingPackageError,
    OpenError,
    RefusedError,
    UnreachableError,
    WiretalkError,
)
from wiretalk.framing.base import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from logging import Logger
    from typing import Any, Protocol

    from wiretalk.address import Address
    from wiretalk.codec import Codec
    from wiretalk.framing import Framing
    from wiretalk.layer.wsfacts import WebSocketFacts
    from wiretalk.limits import Limits
    from wiretalk.transport.tls import TlsFacts

    class Carrier(Protocol):
        """What a conversation's facts ask of whatever carries its bytes."""

        @property
        def backlog_bytes(self) -> int: ...
        @property
        def bytes_received(self) -> int: ...
        @property
        def bytes_sent(self) -> int: ...
        @property
        def tls(self) -> TlsFacts | None: ...
        def abort(self, error: WiretalkError | None = None, /) -> None: ...


UDP_PAYLOAD_BYTES = 65507
"""The longest UDP payload over IPv4 (RFC 768: 65,535 less the headers)."""


class WholeMessages:
    """The framing of a transport whose messages are messages already: nothing to do, and a limit to hold.

    Args:
        max_message_bytes: the limit.
        empty: whether there are empty messages.
        text: whether all messages have to be UTF-8.
    """

    __slots__ = ("_empty", "_text", "max_message_bytes", "spec")

    def __init__(self, max_message_bytes: int, *, empty: bool, text: bool = False) -> None:
        self.spec = "datagram"
        self.max_message_bytes = max_message_bytes
        self._empty = empty
        self._text = text

    def feed(self, data: bytes) -> list[bytes]:
        """Return the one message."""
        return [data]

    def finish(self) -> list[bytes]:
        """Return nothing: no message is ever cut."""
        return []

    def encode(self, message: bytes) -> bytes:
        """Return the message, if it can be sent whole.

        Raises:
            LimitError: it is over the limit.
            MalformedError: it is empty, where an empty message cannot be told from the end; or no text, where all are.
            TypeError: it is no bytes.
        """
        # What is more than bytes stays so: WebSocket marks its binary messages.
        message = message if isinstance(message, bytes) else as_bytes(message)
        if len(message) > self.max_message_bytes:
            raise LimitError("max_message_bytes", self.max_message_bytes, f"a message of {len(message)} bytes", by="us")
        if not message and not self._empty:
            raise MalformedError("an empty message cannot be sent here: it would be taken for the end", by="us")
        if self._text:
            try:
                message.decode()
            except UnicodeDecodeError as error:
                raise MalformedError(f"opcode=text sends UTF-8, and this is none: {error.reason}", by="us") from None
        return message

    def encode_all(self, messages: list[bytes]) -> bytes:
        """Return one message: there is no way to send more in one write.

        Raises:
            MalformedError: there is not exactly one.
        """
        if len(messages) != 1:
            raise MalformedError("one datagram carries one message", by="us")
        return self.encode(messages[0])


class Plan:
    """How conversations at one address are held: framing, codec and limits, checked once and used for each.

    Args:
        address: the address; its own `framing`, `codec` and `max_message` options win over the arguments, since they
            are about this address alone.
        framing: a framing's specification for byte streams; None: raw.
        codec: a codec's specification; None: bytes.
        limits: the limits.
        layers: what stands between the transport and each conversation, nearest to the peer first.
        dialled: whether it is we who go to the peer, as a client does; layers that know directions go by it.

    Raises:
        UsageError: a framing or codec is unknown.
        MissingPackageError: the codec's package, or the scheme's, is not installed.
    """

    __slots__ = ("address", "codec", "codec_name", "decode", "dialled", "encode", "framing", "layers", "limits")

    def __init__(
        self,
        address: Address,
        framing: str | None,
        codec: str | None,
        limits: Limits,
        *,
        layers: Sequence[Callable[[Conversation], Any]] = (),
        dialled: bool = False,
    ) -> None:
        self.address = address
        self.dialled = dialled
        self.layers = tuple(layers)
        maximum = address.option("max_message")
        self.limits = limits.but(max_message_bytes=maximum) if maximum else limits
        self.codec: Codec | None = codecs.make(address.option("codec") or codec or "bytes")
        self.codec_name = self.codec.spec
        spec = address.option("framing") or framing or "raw"
        if self.codec.spec == "text" and spec == "raw":
            # A character must not be cut in two, and only the framing knows what is still to come.
            spec = "raw:utf8"
        if self.codec.spec == "bytes":
            self.codec = None
        self.decode = self.codec.decode if self.codec is not None else None
        self.encode = self.codec.encode if self.codec is not None else None
        self.framing = spec
        if address.kind == "messages":
            _need_websockets(address)
        framings.make(spec, self.limits.max_message_bytes)

    def new_framing(self) -> Framing | WholeMessages:
        """Return the framing of one new conversation."""
        if self.address.kind == "stream":
            return framings.make(self.framing, self.limits.max_message_bytes)
        maximum = self.limits.max_message_bytes
        if self.address.scheme.startswith("udp"):
            maximum = min(maximum, UDP_PAYLOAD_BYTES)
        text = self.address.option("opcode") == "text"
        return WholeMessages(maximum, empty=self.address.kind != "packet", text=text)


def on_bytes(reply: Callable[[Any], Any], plan: Plan) -> Callable[[bytes], bytes | None]:
    """Return `reply` as a function of bytes: with the plan's codec around it, or as it is where there is none."""
    decode, encode = plan.decode, plan.encode
    if decode is None or encode is None:
        return reply

    def answer(message: bytes) -> bytes | None:
        value = reply(decode(message))
        return None if value is None else encode(value)

    return answer


def told(error: Exception, why: str, peer: str, log: Logger) -> WiretalkError:
    """Return the error that an interrupted answering ends in; log what is the user's own.

    Args:
        error, why: as `framing.answering.Owner` is told them.
        peer: the peer's name.
        log: where to.
    """
    if why == "reply":
        if isinstance(error, CodecError):
            return error
        log.error("%s: the reply function failed; the connection is ended", peer, exc_info=error)
        return WiretalkError("the reply function failed")
    if why == "answer" or not isinstance(error, WiretalkError):
        log.error("%s: an answer cannot be sent: %s; the connection is ended", peer, error)
        return WiretalkError(f"an answer cannot be sent: {error}")
    return error


def _need_websockets(address: Address) -> None:
    """Raise MissingPackageError where the package for WebSocket is missing, before anything is opened."""
    try:
        import websockets  # noqa: F401  # a light door, whose rooms open when they are used
    except ImportError:
        raise MissingPackageError("websockets", "ws", f"the scheme {address.scheme}") from None


def agreed(conversation: Conversation) -> str:
    """Return what WebSocket agreed on, to be told after what TLS did; "" without WebSocket."""
    facts = conversation.websocket
    return f", {facts}" if facts is not None else ""


def leaving_for(error: WiretalkError) -> str:
    """Return why a conversation is left that its handler ends with this error; see `Conversation.leaving`."""
    if isinstance(error, CodecError) and error.by == "peer":
        return "codec"
    return "failed" if error.by == "us" and not isinstance(error, ClosedError) else ""


def together(address: str, errors: list[WiretalkError]) -> WiretalkError:
    """Return one error for several failed attempts: the most telling kind, with what happened to each.

    What happened to all of them is said once.
    """
    reasons = {error.reason for error in errors if isinstance(error, OpenError)}
    if len(errors) > 1 and len(reasons) == 1 and all(type(error) is type(errors[0]) for error in errors):
        tried = " and ".join(getattr(error, "address", "") for error in errors)
        return type(errors[0])(address, f"{reasons.pop()} (tried {tried})")
    for kind in (RefusedError, UnreachableError):
        if all(isinstance(error, kind) for error in errors):
            return kind(address, "; ".join(str(error) for error in errors))
    refusals = [error for error in errors if not isinstance(error, UnreachableError)]
    first = (refusals or errors)[0]
    if isinstance(first, OpenError):
        return type(first)(address, "; ".join(str(error) for error in errors))
    return first


class Conversation:
    """One conversation's facts and its end.

    Attributes:
        address: the address that was listened on or connected to.
        peer: the peer's address, as text.
        local: our own address, as text.
        ending: how it ended, or None while it goes on.
        leaving: why we end it, for those peers that can be told: "" (we are done), "stopping" (the server is), "codec"
            (its messages are no values) or "failed" (what handles it).
    """

    __slots__ = (
        "_framing",
        "_keeper",
        "_mark_bytes",
        "_mark_time",
        "_opened_at",
        "_transport",
        "ending",
        "leaving",
        "local",
        "peer",
        "plan",
    )

    def __init__(self, plan: Plan, peer: str, local: str, keeper: Callable[[Any], None] | None = None) -> None:
        self.plan = plan
        self.peer = peer
        self.local = local
        self.ending: Ending | None = None
        self.leaving = ""
        self._framing = plan.new_framing()
        self._keeper = keeper
        self._opened_at = time.monotonic()
        # Bytes passed at the last look for idle connections, and when that was.
        self._mark_bytes = 0
        self._mark_time = self._opened_at
        self._transport: Carrier = None  # type: ignore[assignment]  # given by attach, before anything else

    # Each kind of conversation counts where it costs least.

    @property
    def messages_received(self) -> int:
        """Messages received so far."""
        return 0

    @property
    def messages_sent(self) -> int:
        """Messages sent so far."""
        return 0

    def attach(self, transport: Carrier) -> None:
        """Take the transport; it is started by who made it."""
        self._transport = transport

    @property
    def address(self) -> Address:
        """The address that was listened on or connected to."""
        return self.plan.address

    @property
    def age_s(self) -> float:
        """Seconds since it was opened."""
        return time.monotonic() - self._opened_at

    @property
    def bytes_received(self) -> int:
        """Bytes received so far, framing included, TLS's own not."""
        return self._transport.bytes_received

    @property
    def bytes_sent(self) -> int:
        """Bytes sent so far, framing included, TLS's own not."""
        return self._transport.bytes_sent

    @property
    def unsent_bytes(self) -> int:
        """Bytes given to `send` that the system has not taken yet."""
        return self._transport.backlog_bytes

    @property
    def tls(self) -> TlsFacts | None:
        """What TLS agreed on; None without TLS."""
        return self._transport.tls

    @property
    def websocket(self) -> WebSocketFacts | None:
        """What the WebSocket handshake agreed on; None without WebSocket."""
        facts: WebSocketFacts | None = getattr(self._transport, "websocket", None)
        return facts

    def as_dict(self) -> dict[str, Any]:
        """Return the facts for JSON."""
        tls = self.tls
        websocket = self.websocket
        agreed = {"websocket": websocket.as_dict()} if websocket is not None else {}
        return {
            "peer": self.peer,
            "local": self.local,
            "age_s": round(self.age_s, 6),
            "bytes_received": self.bytes_received,
            "bytes_sent": self.bytes_sent,
            "messages_received": self.messages_received,
            "messages_sent": self.messages_sent,
            "unsent_bytes": self.unsent_bytes,
            "tls": tls.as_dict() if tls is not None else None,
            **agreed,
            "ending": self.ending.as_dict() if self.ending is not None else None,
        }

    def idle_since(self, now: float) -> float:
        """Return the seconds in which not a byte has passed, as seen at the looks so far."""
        passed = self._transport.bytes_received + self._transport.bytes_sent
        if passed != self._mark_bytes:
            self._mark_bytes = passed
            self._mark_time = now
        return now - self._mark_time

    def abort(self, error: WiretalkError | None = None) -> None:
        """End at once: unsent bytes are dropped, a TCP peer sees a reset."""
        self._transport.abort(error)

    def _set_ending(self, error: WiretalkError | None, by: str) -> None:
        unsent = self._transport.backlog_bytes
        if error is None:
            self.ending = Ending("finished", by, unsent_bytes=unsent)
            return
        told = getattr(error, "ending", None)
        if isinstance(told, Ending):
            told.unsent_bytes = max(told.unsent_bytes, unsent)
            self.ending = told
            return
        reason = getattr(error, "reason", "")
        self.ending = Ending(error.how, error.by, getattr(error, "wait", ""), unsent, reason)

    def __repr__(self) -> str:
        state = f"ended: {self.ending}" if self.ending is not None else "open"
        return f"<{type(self).__name__} {self.local} ↔ {self.peer}, {state}>"
