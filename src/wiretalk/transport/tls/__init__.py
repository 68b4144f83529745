"""TLS: a context for each address, an engine for each connection. Sans-IO, so that both faces share it.

    context = client_context(address)               or server_context(address); once, it reads files
    engine = TlsEngine(context, "tls://pi.local:443")
    engine.start()
    send(engine.outgoing())                         after every call
    plaintext = engine.feed(ciphertext)

Whoever imports this loads ssl; only those who speak TLS do.
"""

from wiretalk.transport.tls.context import TlsContext, client_context, server_context
from wiretalk.transport.tls.engine import TlsEngine
from wiretalk.transport.tls.facts import TlsFacts

__all__ = ["TlsContext", "TlsEngine", "TlsFacts", "client_context", "server_context"]
