"""chat: rooms over any scheme, and across schemes at once.

`names`, `cleaning`, `events`, `hall` and `commands` are the chat itself, without bytes or connections; `forms`,
`outlet` and `delivery` bring to members what they are told; `service` makes members of connections.
"""

from wiretalk.service.chat.service import make

__all__ = ["make"]
