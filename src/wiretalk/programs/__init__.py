"""Small programs that talk: clients and servers, in C and in Python, written for one address.

`Wanted` is what somebody asks for, checked; `files` makes the program and what belongs beside it, `store` puts it into
a directory. The programs themselves are in `templates/`, put together of parts; no socket is opened here.
"""

from __future__ import annotations

from wiretalk.programs.storing import store
from wiretalk.programs.wanted import LANGUAGES, ROLES, Wanted
from wiretalk.programs.writing import files

__all__ = ["LANGUAGES", "ROLES", "Wanted", "files", "store"]
