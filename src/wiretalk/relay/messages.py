"""One side of a joint in which messages pass: cut out of what comes, and framed anew for the other side.

A message that cannot be carried is dropped whole, reported and counted; never cut.
"""

from __future__ import annotations

from wiretalk.errors import LimitError, MessageError, OpenError
from wiretalk.relay.end import End

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.conversing import Plan


def carries_messages(*plans: Plan) -> bool:
    """Return whether messages pass between these sides, rather than bytes as they are."""
    return any(plan.address.kind != "stream" or "framing" in plan.address.options for plan in plans)


def line_of(message: bytes) -> bytes:
    """Return a whole message as a line's: without the one LF, or CR LF, that nc and socat send with what is typed.

    The line that it becomes ends in one anyway, so nothing is lost by it.
    """
    return message.removesuffix(b"\n").removesuffix(b"\r") if message.endswith(b"\n") else message


class MessageEnd(End):
    """One side of a joint that carries messages."""

    __slots__ = ()

    splices = False

    def data(self, data: bytes) -> bytes | None:
        """See `transport.loop.Sink`."""
        other = self.other
        if other is None:
            self._keep_early(data)
            return None
        try:
            messages = self._framing.feed(data)
        except (MessageError, LimitError) as error:
            # Nobody can tell where the next message would begin.
            self._pass_on(error.messages)
            self.report(f"{error}; the conversation is ended")
            self._set_failed(error)
            return None
        if messages:
            self._pass_on(messages)
        return None

    def _set_failed(self, error: MessageError | LimitError) -> None:
        # The messages that were whole still reach the other side, so that one ends in good order.
        self._spares_other = True
        self._transport.abort(error)

    def end(self) -> None:
        """See `transport.loop.Sink`."""
        if self.other is not None:
            self._finish()
        super().end()

    def _pass_end(self) -> None:
        if self._early_end:
            self._finish()
        super()._pass_end()

    def _finish(self) -> None:
        try:
            self._pass_on(self._framing.finish())
        except MessageError as error:
            self.report(f"{error}; it is not passed on")

    def _pass_on(self, messages: list[bytes]) -> None:
        """Give whole messages to the other side."""
        self.messages_received += len(messages)
        other = self.other
        if other is None:
            return
        decode, encode = self.plan.decode, other.plan.encode
        ends_lines = self.plan.address.kind != "stream" and other.plan.framing.startswith("line")
        translates = decode is not None and encode is not None and self.plan.codec_name != other.plan.codec_name
        for message in messages:
            try:
                payload = encode(decode(message)) if translates else message  # type: ignore[misc]  # both are, then
                other._transport.write(other._framing.encode(line_of(payload) if ends_lines else payload))
            except (MessageError, LimitError, OpenError) as error:
                other.dropped += 1
                other.report(f"a message of {len(message)} bytes from {self.peer} cannot be carried: {error}")
            else:
                other.messages_sent += 1
