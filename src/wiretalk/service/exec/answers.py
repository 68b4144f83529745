"""How the output and the status of a command are told: in messages of which each but the last is output.

A message of output begins with two bytes: `| ` before a line, whose end is taken off; `+ ` before bytes as they are.
The last message is the status: one word, and what there is to say of it. So output that looks like a status is none.
"""

from __future__ import annotations

from wiretalk.limits import EXEC_DATAGRAM_BYTES, EXEC_PIECE_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.runtime import Connection
    from wiretalk.service.exec.running import Outcome

LINE = b"| "
PART = b"+ "
MARK_BYTES = len(LINE)


class Answer:
    """One answer, whose messages are sent as they come about; see `answer_to` for the kinds.

    Args:
        client: the peer.
        most: how long a message may be, in bytes.
    """

    __slots__ = ("_client", "_most")

    def __init__(self, client: Connection, most: int = EXEC_PIECE_BYTES) -> None:
        self._client = client
        self._most = most - MARK_BYTES

    async def give(self, piece: bytes) -> None:
        """Tell a piece of output."""
        await self._client.send_all([PART + piece[at : at + self._most] for at in range(0, len(piece), self._most)])

    async def finish(self, outcome: Outcome) -> None:
        """Tell what became of it."""
        await self._client.send(str(outcome).encode("utf-8", "replace"))


class Lines(Answer):
    """An answer in lines: what `line` frames cannot hold a line end.

    Args:
        client, most: see `Answer`.
        strips: whether a line cannot end in CR either: readers take one for a part of its end.
    """

    __slots__ = ("_held", "_strips")

    def __init__(self, client: Connection, most: int = EXEC_PIECE_BYTES, *, strips: bool = False) -> None:
        super().__init__(client, most)
        self._held = b""
        self._strips = strips

    async def give(self, piece: bytes) -> None:
        """See `Answer`."""
        await self._send(self._cut(piece))

    async def finish(self, outcome: Outcome) -> None:
        """See `Answer`."""
        held, self._held = self._held, b""
        rest = [self._clean(PART + held)] if held else []
        await self._send([*rest, str(outcome).encode("utf-8", "replace")])

    def _cut(self, piece: bytes) -> list[bytes]:
        """Return the messages that are whole; of the last line as much is held as has no end yet."""
        *lines, held = (self._held + piece).split(b"\n")
        most = self._most
        messages = []
        for line in lines:
            at = 0
            if len(line) > most:
                at = (len(line) - 1) // most * most
                messages += [self._clean(PART + line[one : one + most]) for one in range(0, at, most)]
            messages.append(self._clean(LINE + line[at:]))
        whole = len(held) // most * most
        messages += [self._clean(PART + held[at : at + most]) for at in range(0, whole, most)]
        self._held = held[whole:]
        return messages

    def _clean(self, message: bytes) -> bytes:
        return message.rstrip(b"\r") if self._strips else message

    async def _send(self, messages: list[bytes]) -> None:
        await self._client.send_all(messages)


class Datagrams(Lines):
    """An answer in lines, as many of them in a datagram as have room; the last datagram ends with the status."""

    __slots__ = ("_gathered", "_room")

    def __init__(self, client: Connection, most: int = EXEC_DATAGRAM_BYTES) -> None:
        super().__init__(client, most - 1)
        self._gathered = b""
        self._room = most

    async def _send(self, messages: list[bytes]) -> None:
        for message in messages:
            if self._gathered and len(self._gathered) + len(message) + 1 > self._room:
                await self._flush()
            self._gathered += message + b"\n"

    async def finish(self, outcome: Outcome) -> None:
        """See `Answer`."""
        await super().finish(outcome)
        await self._flush()

    async def _flush(self) -> None:
        gathered, self._gathered = self._gathered, b""
        await self._client.send(gathered)


def answer_to(client: Connection) -> Answer:
    """Return a new answer of the kind that suits the peer's address and framing."""
    kind, framing = client.address.kind, client.plan.framing
    most = max(MARK_BYTES + 1, min(EXEC_PIECE_BYTES, client.plan.limits.max_message_bytes))
    if kind == "datagram":
        return Datagrams(client, min(most, EXEC_DATAGRAM_BYTES))
    if kind == "stream" and framing.startswith("line"):
        return Lines(client, most, strips=framing == "line")
    return Answer(client, min(most, 255) if kind == "stream" and framing == "length:u8" else most)
