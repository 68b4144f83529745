"""`wiretalk listen` on a terminal: what is typed goes to all peers or to one, what they say appears above it.

The server runs in an event loop in a thread of its own; the main thread has the terminal.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading

from wiretalk.cli import options
from wiretalk.cli.awaiting import LoopClosedError, Once, ask, tell
from wiretalk.cli.controlling import controlled
from wiretalk.cli.gathering import Gathering
from wiretalk.cli.output import colours
from wiretalk.cli.screen import Voice, short_name
from wiretalk.cli.serving import WAIT_UNTOLD_S, announce
from wiretalk.cli.terminal import Interrupted, Terminal
from wiretalk.errors import EXIT_STATUS, LimitError, MessageError
from wiretalk.runtime import run, serve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

    from wiretalk.cli.gathering import Peer
    from wiretalk.cli.manner import Manner
    from wiretalk.layer import Layering

COMMANDS = {
    "/peers": "list those who are here",
    "/close N": "say no more to peer N: it sees the end of what we say",
    "/help": "this",
    "/quit": "leave, as Ctrl-C does",
}

HELP = """\
what is typed goes to all who are here; what begins with @2 and a space, to peer 2 alone
{commands}
a line that is to begin with / or @ has it twice; Ctrl-D finishes what you say, Ctrl-C leaves"""

FULL_PAUSE_S = 0.02
"""While the terminal shows what it has: the pause between two looks whether it takes more."""


def host(manner: Manner, arguments: Namespace, *, once: bool, layers: Sequence[Layering] = ()) -> int:
    """Listen until the user leaves; return the exit status.

    Raises:
        WiretalkError: it could not listen.
    """
    return Host(manner, arguments, once=once, layers=layers).hold()


class Host:
    """A gathering at a terminal. It is the gathering's report."""

    def __init__(self, manner: Manner, arguments: Namespace, *, once: bool, layers: Sequence[Layering] = ()) -> None:
        self._manner = manner
        self._layers = layers
        self._arguments = arguments
        self._max_accepted = 1 if once else None
        self._coloured = colours()
        self._voices: dict[int, Voice] = {}
        self._started = Once()
        # Waited for in place of the thread itself, whose `join` does not bear to be interrupted.
        self._ended = Once()
        self._failure: BaseException | None = None
        self._terminal = Terminal(history=arguments.history)
        self._loop: asyncio.AbstractEventLoop = None  # type: ignore[assignment]  # made by its thread, before all else
        self._gathering = Gathering(self, replies=arguments.replies, alone=False, once=once)
        self._thread = threading.Thread(target=self._run, name="wiretalk-server", daemon=True)

    # the main thread

    def hold(self) -> int:
        """See `host`."""
        status = 0
        try:
            self._thread.start()
            self._started.wait()
            if self._failure is None:
                self._type()
        except Interrupted:
            # It has ended by itself.
            pass
        except KeyboardInterrupt:
            status = EXIT_STATUS["interrupted"]
        finally:
            status = self._leave() or status
        failure = self._failure or self._gathering.failure
        if failure is not None:
            raise failure
        return status or self._gathering.exit_status

    def _type(self) -> None:
        terminal = self._terminal
        while True:
            try:
                line = terminal.read_line()
            except UnicodeDecodeError as error:
                terminal.show(f"not sent: what was typed is not {error.encoding}")
                continue
            if line is None:
                break
            for one in line.split("\n"):
                try:
                    self._take(one)
                except (MessageError, LimitError) as error:
                    terminal.show(f"not sent: {error}")
        self._call(self._gathering.finish)
        if self._gathering.peers and self._manner.address.kind != "datagram":
            terminal.show("we have finished; waiting for the peers to do so (Ctrl-C leaves)")
            self._tell(self._gathering.server.stop_accepting)
            self._ended.wait()

    def _take(self, line: str) -> None:
        first, _, rest = line.partition(" ")
        if first.startswith(("//", "@@")):
            self._say(line[1:])
        elif first.startswith("@") and first[1:].isdecimal():
            self._say(rest, int(first[1:]))
        elif first == "/quit":
            raise KeyboardInterrupt
        elif first == "/help":
            rows = "\n".join(f"{name:9} {what}" for name, what in COMMANDS.items())
            self._terminal.show(HELP.format(commands=rows))
        elif first == "/peers":
            self._terminal.show(self._call(self._listed))
        elif first == "/close":
            self._close(rest.strip())
        elif first.startswith("/"):
            self._terminal.show(f"there is no command {first}; /help lists them; to say it, write /{first}")
        else:
            self._say(line)

    def _say(self, line: str, number: int | None = None) -> None:
        message = self._manner.typed(line.encode(errors="surrogateescape"))
        if number is None:
            if not self._call(self._gathering.say_to_all, [message]):
                self._terminal.show("not sent: nobody is here")
            return
        peer = self._gathering.peers.get(number)
        if peer is None:
            self._terminal.show(f"not sent: there is no peer {number}; /peers lists them")
        else:
            self._call(self._gathering.say, peer, [message])

    def _close(self, number: str) -> None:
        peer = self._gathering.peers.get(int(number)) if number.isdecimal() else None
        if peer is None:
            self._terminal.show("say which peer, like /close 2; /peers lists them")
        else:
            self._call(self._gathering.dismiss, peer)

    def _call(self, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> Any:
        try:
            return ask(self._loop, function, *arguments)
        except LoopClosedError:
            # The thread is leaving, and about to say so.
            raise Interrupted from None

    def _tell(self, call: Callable[[], object]) -> None:
        with contextlib.suppress(LoopClosedError):
            tell(self._loop, call)

    def _leave(self) -> int:
        """Stop accepting, let conversations end, and return 130 if the user had no patience for that."""
        status = 0
        try:
            if not self._ended.happened:
                self._tell(self._gathering.server.stop)
                self._ended.wait(WAIT_UNTOLD_S)
            if not self._ended.happened:
                count = len(self._gathering.peers)
                those = "one conversation" if count == 1 else f"{count} conversations"
                self._terminal.show(f"waiting for {those} to end; Ctrl-C again leaves now")
                self._ended.wait()
        except KeyboardInterrupt:
            status = EXIT_STATUS["interrupted"]
            self._tell(self._gathering.abort)
            self._ended.wait()
        finally:
            self._terminal.close()
        return status

    # the loop's thread

    def _run(self) -> None:
        try:
            run(self._serve())
        except BaseException as error:  # noqa: BLE001  # raised again by the main thread
            self._failure = error
        finally:
            self._ended.happen()
            self._started.happen()
            self._terminal.end()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        arguments, gathering = self._arguments, self._gathering
        server = gathering.server = serve(
            self._manner.address,
            gathering.session,
            framing=self._manner.wire(for_reading=True),
            limits=options.server_limits(arguments),
            layers=self._layers,
            access=options.access(arguments),
            max_accepted=self._max_accepted,
            on_close=gathering.closed,
        )
        async with controlled(arguments, self._layers, "listen", lambda: server.addresses, ""), server:
            announce(server)
            self._started.happen()
            patience = None
            if arguments.timeout is not None:
                waiting = gathering.leave_unless_somebody_comes(arguments.timeout, str(self._manner.address))
                patience = self._loop.create_task(waiting)
            await server.serve_forever()
            if patience is not None:
                patience.cancel()
            # There is nothing more to be said by us, so peers need not wait for it.
            await gathering.finish()

    async def _listed(self) -> str:
        rows = []
        for peer in self._gathering.peers.values():
            facts = peer.connection.as_dict()
            rows.append(
                f"{peer.number:3}  {facts['peer']}  {facts['messages_received']} in, {facts['messages_sent']} out, "
                f"{facts['age_s']:.0f} s" + (", has finished" if peer.finished else "")
            )
        return "\n".join(rows) or "nobody is here"

    # the gathering's report, in the loop's thread

    def _name(self, peer: Peer) -> str:
        return f"{peer.number} {short_name(peer.connection.peer)}"

    def opened(self, peer: Peer) -> None:
        """See `gathering.Report`."""
        name = self._name(peer)
        self._voices[peer.number] = Voice(name, self._manner.words, peer.number - 1 if self._coloured else None)
        tls = peer.connection.tls
        self._show(f"{name} is here" + (f" ({tls})" if tls is not None else ""))

    async def heard(self, peer: Peer, message: bytes) -> None:
        """See `gathering.Report`."""
        voice = self._voices[peer.number]
        text = voice.message(message) if self._manner.whole else voice.piece(message)
        while text and self._terminal.full:  # noqa: ASYNC110  # what it waits for is another thread's
            await asyncio.sleep(FULL_PAUSE_S)
        if text:
            self._show(text)

    def _show(self, text: str) -> None:
        self._terminal.show(text)

    def unfinished(self, peer: Peer) -> bool:
        """See `gathering.Report`."""
        return self._voices[peer.number].unfinished

    def quiet(self, peer: Peer) -> None:
        """See `gathering.Report`."""
        self._show(self._voices[peer.number].rest())

    def cut(self, peer: Peer, rest: bytes) -> None:
        """See `gathering.Report`."""
        self._show(self._voices[peer.number].message(rest))

    def said(self, peer: Peer, messages: list[bytes]) -> None:
        """See `gathering.Report`: what was typed is to be seen already."""

    def finished(self, peer: Peer) -> None:
        """See `gathering.Report`."""
        if self.unfinished(peer):
            self.quiet(peer)
        self._show(f"{self._name(peer)} has finished; it still hears you (/close {peer.number} ends it)")

    def ended(self, peer: Peer) -> None:
        """See `gathering.Report`."""
        if self.unfinished(peer):
            self.quiet(peer)
        del self._voices[peer.number]
        self._show(f"{self._name(peer)}: {peer.connection.ending}")
