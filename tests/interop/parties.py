"""Servers that echo and clients that say things, in both languages and on each of their faces.

A server is started once for many addresses, and tells how each of its conversations ended. A client's `say(address,
messages)` gives the answers, and how the conversation ended, in one word.
"""

from __future__ import annotations

import asyncio
import subprocess
import threading
from pathlib import Path

import wiretalk
import wiretalk.blocking

HERE = Path(__file__).parent
PATIENCE_S = 60
WINDOW_BYTES = 16000
WINDOW_MESSAGES = 50
"""So much may be on its way, lest both sides wait for each other to read, or the system drop datagrams."""


class Endings:
    """How the conversations of a server ended, by the name of the peer."""

    def __init__(self):
        self._how = {}
        self._changed = threading.Condition()

    def note(self, peer, how):
        with self._changed:
            self._how[peer] = how
            self._changed.notify_all()

    def of(self, peer):
        """Wait until the conversation with a peer has ended; return how, in one word."""
        with self._changed:
            assert self._changed.wait_for(lambda: peer in self._how, PATIENCE_S), f"{peer} not among {self._how}"
            return self._how.pop(peer)


class CServer:
    """One of echo_serve.c and echo_accept.c.

    Args:
        path: the program.
        addresses: where it serves.
    """

    def __init__(self, path, addresses):
        self.endings = Endings()
        self.told = ""
        self._process = subprocess.Popen([path, *addresses], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addresses = [self._next() for _ in addresses]
        self._readers = [threading.Thread(target=self._read), threading.Thread(target=self._read_errors)]
        for reader in self._readers:
            reader.start()

    def _next(self):
        line = self._process.stdout.readline()
        if not line.startswith("listening on "):
            self._process.kill()
            raise AssertionError(f"it does not listen: {line}{self._process.communicate()[1]}")
        return line.split()[2]

    def _read(self):
        for line in self._process.stdout:
            _, peer, how = line.split()
            self.endings.note(peer, how)

    def _read_errors(self):
        self.told = self._process.stderr.read()

    def close(self):
        """Stop it as a service is stopped; `told` is all that it told on standard error, as the sanitizers would."""
        self._process.terminate()
        try:
            status = self._process.wait(PATIENCE_S)
        finally:
            self._process.kill()
            for reader in self._readers:
                reader.join()
            self._process.stdout.close()
            self._process.stderr.close()
        assert status == 0, self.told


class Loop:
    """A loop of asyncio's in a thread of its own."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def call(self, coroutine):
        """Run a coroutine to its end, and return what it returns."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE_S)

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()


class AsyncioServer:
    """An echo on wiretalk's asyncio face.

    Args:
        loop: the loop that it runs in.
        addresses: where it serves.
    """

    told = ""

    def __init__(self, loop, addresses):
        self.endings = Endings()
        self._loop = loop
        loop.call(self._start(addresses))

    async def _start(self, addresses):
        self._server = wiretalk.serve(
            addresses,
            reply=lambda message: message,
            on_close=lambda conversation: self.endings.note(conversation.peer, conversation.ending.how),
        )
        await self._server.__aenter__()
        self.addresses = list(self._server.addresses)

    def close(self):
        self._loop.call(self._server.__aexit__(None, None, None))


class BlockingServer:
    """An echo on wiretalk's blocking face.

    Args:
        addresses: where it serves.
    """

    told = ""

    def __init__(self, addresses):
        self.endings = Endings()
        self._server = wiretalk.blocking.serve(
            addresses,
            self._session,
            on_close=lambda conversation: self.endings.note(conversation.peer, conversation.ending.how),
        )
        self._server.__enter__()
        self.addresses = list(self._server.addresses)

    @staticmethod
    def _session(connection):
        for message in connection:
            connection.send(message)

    def close(self):
        self._server.__exit__(None, None, None)


class CClient:
    """say.c.

    Args:
        path: the program.
    """

    def __init__(self, path):
        self._process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, address, messages):
        words = [address, *(message.hex() or "-" for message in messages)]
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"it left, with status {self._process.wait(PATIENCE_S)}"
        *answers, how = line.split()
        return [b"" if answer == "-" else bytes.fromhex(answer) for answer in answers], how

    def close(self):
        self._process.stdin.close()
        try:
            assert self._process.wait(PATIENCE_S) == 0
        finally:
            self._process.kill()
            self._process.stdout.close()


class Window:
    """What a client has sent and received: whether it should listen first, and when all was answered.

    Args:
        address: says whether messages may come in other pieces.
    """

    def __init__(self, address):
        self.answers = []
        self._raw = "framing=raw" in address
        self._messages = self._bytes = self._answered = 0

    def sent(self, message):
        self._messages += 1
        self._bytes += len(message)

    def received(self, answer):
        self.answers.append(answer)
        self._answered += len(answer)

    @property
    def all_answered(self):
        return self._answered == self._bytes if self._raw else len(self.answers) == self._messages

    def full(self, message):
        """Whether an answer should be received before this is sent."""
        if self.all_answered:
            return False
        if not self._raw and self._messages - len(self.answers) >= WINDOW_MESSAGES:
            return True
        return self._bytes - self._answered + len(message) > WINDOW_BYTES


def has_end(address):
    """Whether conversations have an end there: datagrams have none."""
    return not address.startswith(("udp", "unixgram"))


class AsyncioClient:
    """A client on wiretalk's asyncio face.

    Args:
        loop: the loop that it runs in.
    """

    def __init__(self, loop):
        self._loop = loop

    def say(self, address, messages):
        return self._loop.call(self._say(address, messages))

    @staticmethod
    async def _say(address, messages):
        window = Window(address)
        try:
            async with wiretalk.connect(address) as server:
                for message in messages:
                    while window.full(message):
                        window.received(await server.receive(timeout_s=PATIENCE_S))
                    await server.send(message)
                    window.sent(message)
                while not window.all_answered:
                    window.received(await server.receive(timeout_s=PATIENCE_S))
                if has_end(address):
                    await server.half_close()
                    window.received(await server.receive(timeout_s=PATIENCE_S))
        except wiretalk.WiretalkError as error:
            return window.answers, error.how
        return window.answers, "finished"

    def close(self):
        """Nothing is open between conversations."""


class BlockingClient:
    """A client on wiretalk's blocking face."""

    @staticmethod
    def say(address, messages):
        window = Window(address)
        try:
            with wiretalk.blocking.connect(address) as server:
                for message in messages:
                    while window.full(message):
                        window.received(server.receive(timeout_s=PATIENCE_S))
                    server.send(message)
                    window.sent(message)
                while not window.all_answered:
                    window.received(server.receive(timeout_s=PATIENCE_S))
                if has_end(address):
                    server.half_close()
                    window.received(server.receive(timeout_s=PATIENCE_S))
        except wiretalk.WiretalkError as error:
            return window.answers, error.how
        return window.answers, "finished"

    def close(self):
        """Nothing is open between conversations."""


class Parties:
    """All servers, each at the same addresses, and all clients; each is started when it is first asked for.

    Args:
        compile_c: what compiles a C program.
        addresses: makes the list of addresses of a server, given a directory of its own.
        directory: where those are made.
    """

    def __init__(self, compile_c, addresses, directory):
        self._compile_c = compile_c
        self._addresses = addresses
        self._directory = directory
        self._open = {}
        self._loop = Loop()

    def server(self, name):
        if name not in self._open:
            directory = self._directory / name[-8:]
            directory.mkdir()
            addresses = self._addresses(directory)
            if name.startswith("c-"):
                path = self._compile_c([HERE / "c" / f"echo_{name[2:]}.c"])
                self._open[name] = CServer(path, addresses)
            else:
                made = {
                    "asyncio": lambda: AsyncioServer(self._loop, addresses),
                    "blocking": lambda: BlockingServer(addresses),
                }
                self._open[name] = made[name]()
        return self._open[name]

    def client(self, name):
        key = f"{name} client"
        if key not in self._open:
            made = {
                "c": lambda: CClient(self._compile_c([HERE / "c" / "say.c"])),
                "asyncio": lambda: AsyncioClient(self._loop),
                "blocking": BlockingClient,
            }
            self._open[key] = made[name]()
        return self._open[key]

    def close(self):
        """End them all, and fail where one did not end well."""
        failed = []
        for name, one in self._open.items():
            try:
                one.close()
            except AssertionError as error:
                failed.append(f"{name}: {error}")
        self._loop.close()
        assert not failed, "\n".join(failed)
