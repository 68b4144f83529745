"""A server on TCP, UDP and a Unix socket together, and three ways to talk to it. `make demo` runs this.

The server is `wiretalk serve reply`, a process of its own. To it talk an asyncio program, a blocking program, and the
shell. Every answer is compared with what it should be; the exit status is 0 only if all of them were right.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from typing import IO

import wiretalk
import wiretalk.blocking

SERVE = ["serve", "reply", "--reply", "server rec: {message}", "--close-on", "quit"]
WIRETALK = [sys.executable, "-m", "wiretalk"]
PATIENCE_S = 20
MOST_S = 50
"""The whole demo takes about two seconds; past this, something hangs and is stopped."""


class Transcript:
    """Print who said what to whom and what came back, and remember whether it was right."""

    def __init__(self) -> None:
        self.right = 0
        self.wrong = 0

    def title(self, text: str) -> None:
        print(f"\n{text}")

    def exchange(self, address: str, said: str, answer: str, wanted: str) -> None:
        good = answer == wanted
        self.right += good
        self.wrong += not good
        scheme = address.partition(":")[0]
        print(f"  {scheme:5} → {said:24} ← {answer}" + ("" if good else f"     WRONG, expected: {wanted}"))


async def talk_asyncio(address: str, said: str) -> list[str]:
    """Send a message and the closing word; return the answer, and what else came before the server's end."""
    async with wiretalk.connect(address, framing="line", codec="text") as connection:
        await connection.send(said)
        heard = [await connection.receive(timeout_s=PATIENCE_S)]
        await connection.send("quit")
        if connection.address.kind == "stream":
            heard += [message async for message in connection]
    return heard


def talk_blocking(address: str, said: str) -> list[str]:
    """Do the same, without a loop."""
    with wiretalk.blocking.connect(address, framing="line", codec="text") as connection:
        connection.send(said)
        heard = [connection.receive(timeout_s=PATIENCE_S)]
        connection.send("quit")
        if connection.address.kind == "stream":
            heard += list(connection)
    return heard


def talk_shell(address: str, said: str) -> str:
    """Run `wiretalk send`; return what it prints."""
    command = [*WIRETALK, "send", address, said]
    ran = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", timeout=PATIENCE_S, check=False)
    return ran.stdout.removesuffix("\n") if ran.returncode == 0 else f"exit status {ran.returncode}"


async def all_at_once(addresses: list[str], said: str) -> list[list[str]]:
    return await asyncio.gather(*(talk_asyncio(address, said) for address in addresses))


def addresses_told(told: IO[str], count: int) -> list[str]:
    """Read and show what the server tells until it has told where it listens."""
    addresses: list[str] = []
    while len(addresses) < count:
        line = told.readline()
        if not line:
            raise SystemExit("the server did not start")
        print(f"  {line.rstrip()}")
        if line.startswith("listening on "):
            addresses.append(line.split()[2])
    return addresses


def converse(addresses: list[str], transcript: Transcript) -> None:
    transcript.title("Python, asyncio: wiretalk.connect, to all three at once")
    said = "grüß dich"
    for address, heard in zip(addresses, wiretalk.run(all_at_once(addresses, said)), strict=True):
        transcript.exchange(address, said, ", ".join(heard), f"server rec: {said}")

    transcript.title("Python, blocking: wiretalk.blocking.connect")
    said = "guten Tag"
    for address in addresses:
        transcript.exchange(address, said, ", ".join(talk_blocking(address, said)), f"server rec: {said}")

    transcript.title("Shell: wiretalk send ADDRESS MESSAGE")
    said = "hello from the shell"
    for address in addresses:
        transcript.exchange(address, said, talk_shell(address, said), f"server rec: {said}")


def main() -> int:
    transcript = Transcript()
    with tempfile.TemporaryDirectory(prefix="wiretalk-") as folder:
        words = [*SERVE, "tcp://127.0.0.1:0", "udp://127.0.0.1:0", f"unix:{folder}/demo.sock"]
        print(f"$ wiretalk {shlex.join(words)}")
        with subprocess.Popen([*WIRETALK, *words], stderr=subprocess.PIPE, encoding="utf-8") as server:
            watchdog = threading.Timer(MOST_S, server.kill)
            watchdog.start()
            try:
                assert server.stderr is not None
                converse(addresses_told(server.stderr, 3), transcript)
                server.send_signal(signal.SIGTERM)
                for line in server.stderr:
                    print(f"  {line.rstrip()}")
                status = server.wait(PATIENCE_S)
            finally:
                watchdog.cancel()
                server.kill()
        left = os.listdir(folder)
    print(f"\nThe server left with status {status}, and left {', '.join(left) or 'nothing'} behind.")
    print(f"{transcript.right} answers were right" + (f", {transcript.wrong} WRONG" if transcript.wrong else "."))
    return 0 if transcript.right and not transcript.wrong and status == 0 and not left else 1


if __name__ == "__main__":
    sys.exit(main())
