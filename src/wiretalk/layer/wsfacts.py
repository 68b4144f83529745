"""What a WebSocket handshake agreed on, as a record and its sentence; nothing is decided here."""

from __future__ import annotations


class WebSocketFacts:
    """What a WebSocket handshake agreed on.

    Args:
        path: what the client asked for, with its query, as it stood in the request ("/chat?room=1").
        subprotocol: what was agreed on; "" where nothing was.
        origin: the web page that the client says to come from; "" where it names none.
        compressed: messages may be compressed.
    """

    __slots__ = ("compressed", "origin", "path", "subprotocol")

    def __init__(self, path: str, *, subprotocol: str = "", origin: str = "", compressed: bool = False) -> None:
        self.path = path
        self.subprotocol = subprotocol
        self.origin = origin
        self.compressed = compressed

    def as_dict(self) -> dict[str, str | bool]:
        """Return the fields for JSON."""
        return {
            "path": self.path,
            "subprotocol": self.subprotocol,
            "origin": self.origin,
            "compressed": self.compressed,
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WebSocketFacts) and self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        return hash(tuple(self.as_dict().values()))

    def __repr__(self) -> str:
        return f"WebSocketFacts({', '.join(f'{name}={value!r}' for name, value in self.as_dict().items())})"

    def __str__(self) -> str:
        words = [f"WebSocket {self.path}"]
        if self.subprotocol:
            words.append(f"subprotocol {self.subprotocol}")
        if self.origin:
            words.append(f"from {self.origin}")
        if self.compressed:
            words.append("compressed")
        return ", ".join(words)
