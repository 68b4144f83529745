"""The headers and messages of IP itself, as pure functions: bytes to records and back. No socket is opened here."""
