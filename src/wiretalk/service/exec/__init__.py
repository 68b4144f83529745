"""exec: a program for each connection, or the listed command that a peer names; never a shell of the peer's words.

`service` says where it may be served, `sessions` holds the conversations, `running` runs one program within its limits,
`commands` is what peers may ask for, `listing` reads that from a file, and `answers` is how they are told.
"""

from wiretalk.service.exec.service import make

__all__ = ["make"]
