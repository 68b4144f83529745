"""What a server does with its conversations, ready made.

    make("echo").serve("tcp://:7")                     an `asyncio` server, as `wiretalk.serve` returns it
    make("reply", greet="hello", close_on=["exit"])

One service a file; `base` says what a service is, `table` finds one by name. Nothing in this room opens an address,
prints, or knows of a command line.
"""

from wiretalk.service.base import Service
from wiretalk.service.table import SERVICES, make

__all__ = ["SERVICES", "Service", "make"]
