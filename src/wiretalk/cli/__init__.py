"""The shell face: `wiretalk COMMAND …`. A door: `main` is what the console script and `python -m wiretalk` call."""

from __future__ import annotations

from wiretalk.cli.entry import main

__all__ = ["main"]
