"""`python -m wiretalk`: the same as `wiretalk`."""

from __future__ import annotations

import sys

from wiretalk.cli import main

if __name__ == "__main__":
    sys.exit(main())
