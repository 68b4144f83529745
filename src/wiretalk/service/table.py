"""Every service by name, and how one is made from its name. The services themselves are loaded on first use."""

from __future__ import annotations

from wiretalk.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.service.base import Service

SERVICES: dict[str, tuple[str, str]] = {
    "echo": ("wiretalk.service.echo", "sends back what it is sent (RFC 862)"),
    "discard": ("wiretalk.service.discard", "takes everything and answers nothing (RFC 863)"),
    "chargen": ("wiretalk.service.chargen", "sends lines of characters, as fast as they are taken (RFC 864)"),
    "daytime": ("wiretalk.service.daytime", "tells date and time, and closes (RFC 867)"),
    "exec": ("wiretalk.service.exec", "runs a program for each connection, or the listed command that a peer names"),
    "http": ("wiretalk.service.http", "serves a directory over HTTP/1.1, and takes files from who knows the token"),
    "reply": ("wiretalk.service.reply", "greets, answers each message from a template, closes on a word"),
    "chat": ("wiretalk.service.chat", "rooms for people and programs to talk in, over all addresses together"),
}
"""Where each service lives, and one line of help."""


def make(name: str, **options: Any) -> Service:
    """Make the service that `name` names.

    Args:
        name: a name of SERVICES.
        options: the service's own; see the `make` of its module.

    Raises:
        UsageError: there is no such service, or an option's value is wrong.
        TypeError: the service has no such option.

    >>> import wiretalk, wiretalk.service
    >>> async def hello():
    ...     service = wiretalk.service.make("reply", reply="you said {message}")
    ...     async with service.serve("tcp://127.0.0.1:0") as server:
    ...         async with wiretalk.connect(server.addresses[0], framing="line", codec="text") as connection:
    ...             await connection.send("hello")
    ...             return await connection.receive()
    >>> wiretalk.run(hello())
    'you said hello'
    """
    entry = SERVICES.get(name)
    if entry is None:
        from wiretalk.spelling import did_you_mean

        hint = did_you_mean(name, SERVICES) or f"there are {', '.join(SERVICES)}"
        raise UsageError(name, 0, f'there is no service "{name}"', hint, len(name))
    service: Service = __import__(entry[0], fromlist=("make",)).make(**options)
    return service
