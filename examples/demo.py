"""A server on TCP, UDP and a Unix socket together, and all the ways to talk to it. `make demo` runs this.

The server is `wiretalk serve reply`, a process of its own. To it talk an asyncio program, a blocking program, the shell
and, where there is a C compiler, a program in C. Then a server in C takes its place. Every answer is compared with what
it should be; the exit status is 0 only if all of them were right.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING

import wiretalk
import wiretalk.blocking

if TYPE_CHECKING:
    from collections.abc import Callable

SERVE = ["serve", "reply", "--reply", "server rec: {message}", "--close-on", "quit"]
WIRETALK = [sys.executable, "-m", "wiretalk"]
PATIENCE_S = 20
MOST_S = 50
"""A server is needed for about two seconds; past this, something hangs and is stopped."""

ROOT = Path(__file__).resolve().parent.parent
IN_C = ROOT / "examples" / "unix_and_ip"
ROOMS = ("", "framing", "address", "connection", "server")
"""The rooms of libwiretalk, from the lowest floor upwards."""


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


async def talk_asyncio(address: str, said: str, closing: str = "") -> list[str]:
    """Send a message and the closing word; return the answer, and what else came before the server's end."""
    async with wiretalk.connect(address, framing="line", codec="text") as connection:
        await connection.send(said)
        heard = [await connection.receive(timeout_s=PATIENCE_S)]
        if closing:
            await connection.send(closing)
            if connection.address.kind == "stream":
                heard += [message async for message in connection]
    return heard


def talk_blocking(address: str, said: str, closing: str = "") -> list[str]:
    """Do the same, without a loop."""
    with wiretalk.blocking.connect(address, framing="line", codec="text") as connection:
        connection.send(said)
        heard = [connection.receive(timeout_s=PATIENCE_S)]
        if closing:
            connection.send(closing)
            if connection.address.kind == "stream":
                heard += list(connection)
    return heard


def talk_by(command: list[str], address: str, said: str) -> str:
    """Run a program that takes an address and a message; return what it prints."""
    words = [*command, address, said]
    ran = subprocess.run(words, stdout=subprocess.PIPE, encoding="utf-8", timeout=PATIENCE_S, check=False)
    return ran.stdout.removesuffix("\n") if ran.returncode == 0 else f"exit status {ran.returncode}"


async def all_at_once(addresses: list[str], said: str, closing: str = "") -> list[list[str]]:
    return await asyncio.gather(*(talk_asyncio(address, said, closing) for address in addresses))


def compile_c(folder: str) -> list[str]:
    """Return a client and a server in C, made there with all of libwiretalk in them; nothing without a compiler."""
    compiler = shlex.split(os.environ.get("CC", "")) or ["cc"]
    if not shutil.which(compiler[0]):
        return []
    library = Path(folder, "library.c")
    sources = [path for room in ROOMS for path in sorted((ROOT / "c" / "src" / room).glob("*.c"))]
    included = "".join(f'#include "{path}"\n' for path in sources)
    library.write_text(f"#define WTI_AMALGAMATION\n{included}", encoding="utf-8")
    made = [os.path.join(folder, name) for name in ("client", "server")]
    flags = ["-std=c99", "-pthread", f"-I{ROOT / 'c/include'}", f"-I{ROOT / 'c/src'}"]
    commands = [["-c", str(library), "-o", f"{library}.o"]]
    commands += [[str(IN_C / f"{os.path.basename(path)}.c"), f"{library}.o", "-o", path] for path in made]
    for words in commands:
        if subprocess.run([*compiler, *flags, *words], check=False).returncode != 0:
            raise SystemExit(f"{compiler[0]} does not compile the programs in C")
    return made


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


def converse(addresses: list[str], transcript: Transcript, c_client: str) -> None:
    """Talk to the server in Python, which says `server rec: …` and ends a conversation at `quit`."""
    transcript.title("Python, asyncio: wiretalk.connect, to all three at once")
    said = "grüß dich"
    for address, heard in zip(addresses, wiretalk.run(all_at_once(addresses, said, "quit")), strict=True):
        transcript.exchange(address, said, ", ".join(heard), f"server rec: {said}")

    transcript.title("Python, blocking: wiretalk.blocking.connect")
    said = "guten Tag"
    for address in addresses:
        transcript.exchange(address, said, ", ".join(talk_blocking(address, said, "quit")), f"server rec: {said}")

    transcript.title("Shell: wiretalk send ADDRESS MESSAGE")
    said = "hello from the shell"
    for address in addresses:
        transcript.exchange(address, said, talk_by([*WIRETALK, "send"], address, said), f"server rec: {said}")

    if c_client:
        transcript.title("C: wt_connect, wt_send, wt_recv (examples/unix_and_ip/client.c)")
        said = "hello from C"
        for address in addresses:
            transcript.exchange(address, said, talk_by([c_client], address, said), f"server rec: {said}")


def converse_with_c(addresses: list[str], transcript: Transcript, c_client: str) -> None:
    """Talk to the server in C, which says `heard over SCHEME: …`."""

    def compare(address: str, said: str, heard: str) -> None:
        transcript.exchange(address, said, heard, f"heard over {address.partition(':')[0]}: {said}")

    transcript.title("Python, asyncio, to the server in C")
    said = "grüß dich, C"
    for address, heard in zip(addresses, wiretalk.run(all_at_once(addresses, said)), strict=True):
        compare(address, said, ", ".join(heard))

    transcript.title("Python, blocking, to the server in C")
    said = "guten Tag, C"
    for address in addresses:
        compare(address, said, ", ".join(talk_blocking(address, said)))

    transcript.title("Shell, to the server in C")
    said = "hello, C"
    for address in addresses:
        compare(address, said, talk_by([*WIRETALK, "send"], address, said))

    transcript.title("C, to the server in C")
    said = "hello from C to C"
    for address in addresses:
        compare(address, said, talk_by([c_client], address, said))


def serve(command: list[str], shown: str, talk: Callable[[list[str]], None]) -> int:
    """Start a server, talk to it where it tells that it listens, and end it; return its exit status."""
    print(f"$ {shown}")
    # Python tells on standard error where it listens, the program in C on standard output.
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8") as server:
        watchdog = threading.Timer(MOST_S, server.kill)
        watchdog.start()
        try:
            assert server.stdout is not None
            talk(addresses_told(server.stdout, 3))
            server.send_signal(signal.SIGTERM)
            for line in server.stdout:
                print(f"  {line.rstrip()}")
            return server.wait(PATIENCE_S)
        finally:
            watchdog.cancel()
            server.kill()


def left_in(folder: str, status: int) -> bool:
    """Tell how a server left; return whether in good order."""
    left = os.listdir(folder)
    print(f"\nThe server left with status {status}, and left {', '.join(left) or 'nothing'} behind.")
    return status == 0 and not left


def main() -> int:
    transcript = Transcript()
    with tempfile.TemporaryDirectory(prefix="wiretalk-") as programs, tempfile.TemporaryDirectory() as folder:
        addresses = ["tcp://127.0.0.1:0", "udp://127.0.0.1:0", f"unix:{folder}/demo.sock"]
        made = compile_c(programs)
        c_client, c_server = made or ("", "")
        words = [*SERVE, *addresses]
        shown = f"wiretalk {shlex.join(words)}"
        status = serve([*WIRETALK, *words], shown, lambda told: converse(told, transcript, c_client))
        good = left_in(folder, status)
        if c_server:
            shown = f"examples/unix_and_ip/server {shlex.join(addresses)}        (in C)"
            print()
            status = serve([c_server, *addresses], shown, lambda told: converse_with_c(told, transcript, c_client))
            good = left_in(folder, status) and good
        else:
            print("There is no C compiler here (cc, or what CC names), so the programs in C are left out.")
    print(f"{transcript.right} answers were right" + (f", {transcript.wrong} WRONG" if transcript.wrong else "."))
    return 0 if transcript.right and not transcript.wrong and good else 1


if __name__ == "__main__":
    sys.exit(main())
