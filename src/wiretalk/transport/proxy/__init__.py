"""What is said on a connection before the conversation begins: to a proxy on the way, and about who is behind one.

The protocols are without I/O (`header`, `socks5`, `httpconnect`); `driving` says them on a socket, without waiting.
They leave on the socket what comes after them, so whatever carries the conversation need not know of them.
"""
