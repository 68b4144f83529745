"""The two faces behind one set of plain calls, so that one suite holds both of them to the same contract.

`Face.serve` and `Face.connect` block and return; the asyncio face does its work in a loop of its own, in a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

import wiretalk
import wiretalk.blocking

PATIENCE_S = 30


class AsyncioFace:
    """`wiretalk` on one kind of event loop."""

    def __init__(self, name, loop_factory):
        self.name = name
        self.loop = loop_factory()
        self.threads = ThreadPoolExecutor(64)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE_S)

    def stop(self):
        async def rest():
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.get_running_loop().shutdown_default_executor()

        self.call(rest())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE_S)
        self.loop.close()
        self.threads.shutdown()

    def connect(self, address, **options):
        async def opened():
            return await wiretalk.connect(address, **options)

        return Called(self, self.call(opened()))

    def serve(self, addresses, session=None, **options):
        """Serve a session written with plain calls: it runs in a thread of its own, on this face's connection."""
        if session is not None:

            async def awaited(connection):
                await self.loop.run_in_executor(self.threads, session, Called(self, connection))

            options["session"] = awaited
        server = wiretalk.serve(addresses, **options)
        self.call(server.start())
        return Called(self, server)


class Called:
    """An object of the asyncio face whose coroutine methods are plain calls."""

    def __init__(self, face, inner):
        self._face = face
        self._inner = inner

    def __getattr__(self, name):
        value = getattr(self._inner, name)
        if asyncio.iscoroutinefunction(value):
            return lambda *args, **options: self._face.call(value(*args, **options))
        return value

    def __iter__(self):
        iterator = aiter(self._inner)

        async def step():
            try:
                return await anext(iterator), True
            except StopAsyncIteration:
                return None, False

        while True:
            message, more = self._face.call(step())
            if not more:
                return
            yield message

    def call_in_loop(self, function, *arguments):
        done = Future()

        def run():
            try:
                done.set_result(function(*arguments))
            except BaseException as error:
                done.set_exception(error)

        self._face.loop.call_soon_threadsafe(run)
        return done.result(PATIENCE_S)

    def abort(self):
        self.call_in_loop(self._inner.abort)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(wiretalk.WiretalkError):
            self.close()


class BlockingFace:
    """`wiretalk.blocking`."""

    name = "blocking"

    def connect(self, address, **options):
        return wiretalk.blocking.connect(address, **options)

    def serve(self, addresses, session=None, **options):
        server = wiretalk.blocking.serve(addresses, session, **options)
        return server.start()

    def stop(self):
        pass


def _uvloop():
    try:
        import uvloop
    except ImportError:
        pytest.skip("uvloop has no wheel for this platform")
    return uvloop.new_event_loop()


FACES = {
    "uvloop": lambda: AsyncioFace("uvloop", _uvloop),
    "asyncio": lambda: AsyncioFace("asyncio", asyncio.new_event_loop),
    "blocking": BlockingFace,
}


@pytest.fixture(params=FACES)
def face(request):
    made = FACES[request.param]()
    yield made
    made.stop()


STREAMS = ("tcp", "tcp4", "tcp6", "unix", "abstract", "tls")
MESSAGES = ("udp", "udp4", "udp6", "unixgram", "unixpacket", "ws", "wss", "icmp", "icmp6", "raw")
RAW = ("icmp", "icmp6", "raw")
"""They take root, and a network in which nobody else answers."""


@pytest.fixture(autouse=True)
def _network_of_raw(request):
    """Come before the face, whose threads have the network that their maker has."""
    callspec = getattr(request.node, "callspec", None)
    if callspec is not None and {callspec.params.get("place"), callspec.params.get("message_place")} & set(RAW):
        request.getfixturevalue("own_network")


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    import trustme

    folder = tmp_path_factory.mktemp("tls")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    issued = ca.issue_cert("localhost", "127.0.0.1", "::1")
    issued.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    return folder


class Place:
    """Where a conversation of one scheme is held."""

    def __init__(self, scheme, folder, authority):
        self.scheme = scheme
        self.folder = folder
        self.authority = authority
        self.is_stream = scheme in STREAMS
        self.clients = 0

    @property
    def listening(self):
        if self.scheme in ("tcp6", "udp6"):
            return f"{self.scheme}://[::1]:0"
        if self.scheme in ("tcp", "tcp4", "udp", "udp4", "ws"):
            return f"{self.scheme}://127.0.0.1:0"
        if self.scheme in ("tls", "wss"):
            return f"{self.scheme}://127.0.0.1:0?cert={self.authority}/server.pem"
        if self.scheme == "abstract":
            return f"unix:@wiretalk-test{str(self.folder).replace('/', '-')}"
        if self.scheme in RAW:
            return {"icmp": "icmp://127.0.0.1", "icmp6": "icmp://[::1]", "raw": "raw://127.0.0.2?protocol=253"}[
                self.scheme
            ]
        return f"{self.scheme}:{self.folder}/s"

    def connecting(self, server):
        address = str(server.addresses[0])
        if self.scheme in ("tls", "wss"):
            return f"{address.partition('?')[0]}?ca={self.authority}/ca.pem"
        if self.scheme == "raw":
            # Without ports, two clients are told apart by their addresses alone.
            self.clients += 1
            return f"{address}&bind=127.0.1.{self.clients}"
        return address


@pytest.fixture
def short_folder(tmp_path_factory):
    """A folder whose path leaves room for a socket's name (sun_path holds 107 bytes)."""
    import shutil
    import tempfile

    folder = tempfile.mkdtemp(prefix="wt-")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=STREAMS)
def stream(request, short_folder, authority):
    return Place(request.param, short_folder, authority)


@pytest.fixture(params=STREAMS + MESSAGES)
def place(request, short_folder, authority):
    return Place(request.param, short_folder, authority)


@pytest.fixture(params=MESSAGES)
def message_place(request, short_folder, authority):
    return Place(request.param, short_folder, authority)
