"""http: a directory over HTTP/1.1.

- `exchange` is HTTP itself, sans-IO; `messages`, what is asked and answered; `session` has them over a connection.
- `target` reads what a request names, `beneath` opens it, and nothing outside the directory.
- `conditions`, `ranges`, `contenttypes` and `gzipped` say what of a file is sent, and how; `listing` shows a directory.
- `getting` and `putting` are what can be done; `permits`, who may.
- `service` is the whole.

Names only.
"""

from wiretalk.service.http.service import HttpService, make

__all__ = ["HttpService", "make"]
