r"""A function between what comes in and what goes out: bytes to messages, messages to answers, answers to bytes.

    Answering(make("line"), bytes.upper, owner).answer(b"one\ntwo\nthr")   -> b"ONE\nTWO\n"

This is where a server's time goes, so its twin in C (src/speedups/answering.c) goes the whole way without a list of
messages or of answers. Sans-IO, as all of this room: when to send, to wait or to end is the owner's to decide.
"""

from __future__ import annotations

from wiretalk.errors import LimitError, MessageError
from wiretalk.limits import READ_BYTES, REPLY_BATCH

WHOLE = "datagram"
"""The `spec` of what stands for a framing where messages are whole as they come."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    Reply = Callable[[bytes], bytes | None]
    Interruption = tuple[bytes, str, Exception | None, list[bytes]]

    class Decoder(Protocol):
        """What is asked of a framing."""

        @property
        def max_message_bytes(self) -> int: ...
        @property
        def spec(self) -> str: ...
        def feed(self, data: bytes, /) -> list[bytes]: ...
        def encode(self, message: bytes, /) -> bytes: ...
        def encode_all(self, messages: list[bytes], /) -> bytes: ...

    class Owner(Protocol):
        """Who is told when the answering is interrupted, and decides how it goes on."""

        def interrupted(self, wire: bytes, why: str, error: Exception | None, rest: list[bytes], /) -> None:
            """Answers could be made so far and no further.

            Args:
                wire: the bytes of the answers so far, which are owed to the peer.
                why: "fault": the stream is broken, by the peer. "reply": the function failed. "answer": what it
                    answered cannot be sent. "": nothing is wrong; there are READ_BYTES of answers, and more to come.
                error: the exception; with a `why` of "", the fault that comes behind the rest, or None.
                rest: with a `why` of "", the messages that are still to be answered, for `ask`.
            """


class Answering:
    """The messages of one stream, answered by a function.

    Args:
        framing: the stream's.
        reply: a function of a message that returns the answer, or None for no answer.
        owner: who is told of interruptions.

    Attributes:
        received: messages handed to the function so far.
        sent: answers made ready to be sent so far.
    """

    __slots__ = ("_busy", "_framing", "_owner", "_reply", "received", "sent")

    def __init__(self, framing: Decoder, reply: Reply, owner: Owner) -> None:
        self._framing = framing
        self._reply = reply
        self._owner = owner
        self._busy = False
        self.received = 0
        self.sent = 0

    def answer(self, data: bytes) -> bytes | None:
        """Take bytes as they arrived; return the answers to the messages they complete, as they go out.

        Of many messages, the answers to REPLY_BATCH are made before they are encoded. What goes wrong is told to the
        owner, and so is what would be too much at once; None is returned then, and where there is nothing to send.

        Raises:
            RuntimeError: the function calls this itself: the order of the answers would be lost.
        """
        if self._busy:
            raise RuntimeError("a reply function cannot feed the stream whose message it answers")
        fault: MessageError | LimitError | None = None
        try:
            messages = self._framing.feed(data)
        except (MessageError, LimitError) as error:
            messages, fault = error.messages, error
        if fault is None and len(messages) <= REPLY_BATCH:
            if not messages:
                return None
            wire, why, failure = self._batch(messages)
            if not why:
                return wire or None
            self._owner.interrupted(wire, why, failure, [])
            return None
        wire, why, reason, rest = self.ask(messages, fault)
        if not why and not rest:
            return wire or None
        self._owner.interrupted(wire, why, reason, rest)
        return None

    def ask(self, messages: list[bytes], fault: Exception | None = None) -> Interruption:
        """Return the answers to messages already received, until there are READ_BYTES of them, and what is left.

        Args:
            messages: as `feed` returned them, or the `rest` of an interruption.
            fault: the fault behind them.

        Returns:
            What `Owner.interrupted` takes; a `why` of "" and no rest: all is answered.
        """
        gathered: list[bytes] = []
        size = 0
        for start in range(0, len(messages), REPLY_BATCH):
            wire, why, failure = self._batch(messages[start : start + REPLY_BATCH])
            gathered.append(wire)
            size += len(wire)
            if why:
                return b"".join(gathered), why, failure, []
            if size > READ_BYTES and start + REPLY_BATCH < len(messages):
                return b"".join(gathered), "", fault, messages[start + REPLY_BATCH :]
        return b"".join(gathered), "fault" if fault is not None else "", fault, []

    def _batch(self, messages: list[bytes]) -> tuple[bytes, str, Exception | None]:
        """Return the answers to a few messages, and what went wrong."""
        answers: list[bytes | None] = []
        failure: Exception | None = None
        self._busy = True
        try:
            # A list keeps the answers made before a failing one, which are owed to the peer.
            answers += map(self._reply, messages)
            wire = self._framing.encode_all(answers)  # type: ignore[arg-type]  # None is refused, and left out in _amend
        except Exception as error:  # noqa: BLE001  # whatever a function raises ends its own conversation, nothing else
            failure = error
        finally:
            self._busy = False
        if failure is not None:
            return self._amend(answers, len(messages), failure)
        self.received += len(messages)
        self.sent += len(answers)
        return wire, "", None

    def _amend(self, answers: list[bytes | None], asked: int, error: Exception) -> tuple[bytes, str, Exception | None]:
        """Return what can be sent where there was no answer, one that cannot be sent, or a failure."""
        failed = len(answers) < asked
        self.received += len(answers) + failed
        why = "reply" if failed else ""
        failure = error if failed else None
        parts: list[bytes] = []
        for answer in answers:
            if answer is None:
                continue
            try:
                parts.append(self._framing.encode(answer))
            except Exception as fault:  # noqa: BLE001  # as above
                why, failure = "answer", fault
                break
        self.sent += len(parts)
        return b"".join(parts), why, failure


class RawAnswering(Answering):
    """Answers to a stream without messages: what a read brings is the message, and the answer goes out as it is.

    Only for a limit that no read reaches, so there is nothing to look at.
    """

    __slots__ = ()

    def answer(self, data: bytes) -> bytes | None:
        """See `Answering.answer`."""
        if self._busy or not data:
            return super().answer(data)
        self._busy = True
        try:
            answer = self._reply(data)
        except Exception as error:  # noqa: BLE001  # as above
            self._owner.interrupted(*self._amend([], 1, error), [])
            return None
        finally:
            self._busy = False
        if type(answer) is bytes:
            self.received += 1
            self.sent += 1
            return answer or None
        wire, why, failure = self._amend([answer], 1, TypeError())
        if not why:
            return wire or None
        self._owner.interrupted(wire, why, failure, [])
        return None


class WholeAnswering(Answering):
    """Answers to messages that are whole as they come, one at a time: an empty answer is one too."""

    __slots__ = ()

    def answer(self, data: bytes) -> bytes | None:
        """See `Answering.answer`."""
        if self._busy:
            return super().answer(data)
        self._busy = True
        self.received += 1
        try:
            answer = self._reply(data)
        except Exception as error:  # noqa: BLE001  # as above
            self._owner.interrupted(b"", "reply", error, [])
            return None
        finally:
            self._busy = False
        if answer is None:
            return None
        try:
            wire = self._framing.encode(answer)
        except Exception as error:  # noqa: BLE001  # as above
            self._owner.interrupted(b"", "answer", error, [])
            return None
        self.sent += 1
        return wire


def new_answering(framing: Decoder, reply: Reply, owner: Owner) -> Answering:
    """Return an Answering: the accelerator's, for a framing of its own."""
    from wiretalk.chooser import speedups

    if speedups is not None and isinstance(framing, speedups.FRAMINGS):
        answering: Answering = speedups.Answering(framing, reply, owner)
        return answering
    if framing.spec == WHOLE:
        return WholeAnswering(framing, reply, owner)
    # With TLS a read may bring a record more than was asked for.
    plain = framing.spec == "raw" and framing.max_message_bytes >= 2 * READ_BYTES
    return (RawAnswering if plain else Answering)(framing, reply, owner)
