"""What the shell face prints: data to standard output, all else to standard error. Nothing here decides what to say."""

from __future__ import annotations

import os


def complain(sentence: str) -> None:
    """Tell an error, on standard error."""
    tell(f"wiretalk: {sentence}")


def tell(sentence: str) -> None:
    """Tell something on standard error, whole lines in one write; where nobody can hear it, it is not told."""
    data = memoryview(f"{sentence}\n".encode(errors="backslashreplace"))
    try:
        while data:
            data = data[os.write(2, data) :]
    except OSError:
        # Standard error is closed or full: there is no other place to say so.
        pass


def write_out(data: bytes | memoryview) -> None:
    """Write bytes to standard output, all of them, at once.

    Raises:
        BrokenPipeError: who read it has left.
        OSError: anything else, with "standard output" as its file.
    """
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(1, rest) :]
        except BrokenPipeError:
            raise
        except BlockingIOError:
            _wait_for_room()
        except OSError as error:
            raise OSError(error.errno, error.strerror, "standard output") from None


def _wait_for_room() -> None:
    """Wait until standard output takes more: somebody who shares it has made it non-blocking."""
    from select import select

    select([], [1], [])


def colours(stream: int = 1) -> bool:
    """Whether to colour what is written to a file descriptor: a terminal that can, and nobody has said no.

    Source: https://no-color.org
    """
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb" and os.isatty(stream)


def on_terminal() -> bool:
    """Whether a person types to us and reads us: standard input and output are both a terminal."""
    return os.isatty(0) and os.isatty(1)
