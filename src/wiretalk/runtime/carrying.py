"""Which transport carries a connected socket: chosen by the kind of its address, for servers and clients alike."""

from __future__ import annotations

import asyncio
import os

from wiretalk.layer.base import stack
from wiretalk.transport.datagram import DatagramEnd, DatagramTransport
from wiretalk.transport.packet import PacketTransport
from wiretalk.transport.stream import StreamTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any

    from wiretalk.conversing import Plan
    from wiretalk.runtime.conversation import Conversation
    from wiretalk.transport import Candidate
    from wiretalk.transport.datagram import DatagramSink
    from wiretalk.transport.tls import TlsContext


def carry(
    sock: socket.socket, conversation: Conversation, secure: TlsContext | None, *, accepted: bool
) -> StreamTransport:
    """Give a conversation the transport of its connected socket. The caller starts it.

    Args:
        sock: a connected, non-blocking stream or packet socket; the transport owns it from now on.
        conversation: who is told what comes.
        secure: what the TLS connections of the address share; None for none.
        accepted: whether the peer has come to us, and not we to it.
    """
    loop = asyncio.get_running_loop()
    plan, peer = conversation.plan, conversation.peer

    def transport(sink: Any) -> StreamTransport:
        if plan.address.kind == "packet":
            return PacketTransport(loop, sock, sink, peer, plan.limits.max_message_bytes)
        if secure is None and conversation.splices and hasattr(os, "splice") and getattr(sock, "splices", True):
            from wiretalk.transport.splicing import SplicingTransport

            return SplicingTransport(loop, sock, sink, peer)
        if not plan.address.listens:
            from wiretalk.transport.lonestream import LoneTransport

            return LoneTransport(loop, sock, sink, peer)
        if secure is None:
            return StreamTransport(loop, sock, sink, peer)
        from wiretalk.transport.tls import TlsEngine
        from wiretalk.transport.tlsstream import TlsTransport

        return TlsTransport(loop, sock, sink, peer, TlsEngine(secure, peer), plan.limits.tls_handshake_timeout_s)

    layers = plan.layers
    if plan.address.kind == "messages":
        from wiretalk.layer.websocket import layering

        layers = (layering(accepted=accepted), *layers)
    return stack(conversation, layers, transport)  # type: ignore[no-any-return]  # what `transport` returns


def carry_datagrams(sock: socket.socket, connection: Conversation, candidate: Candidate) -> None:
    """Give a client's connection the transport of its own datagram socket. The caller starts it.

    Args:
        sock: connected to the candidate, or, for a group, not: then anybody may answer.
        connection: who is told what comes.
        candidate: whom to send to.
    """
    loop = asyncio.get_running_loop()
    maximum = connection.plan.limits.max_message_bytes
    whom = None if candidate.connected else candidate.sockaddr

    def transport(sink: Any) -> DatagramEnd:
        shared = DatagramTransport(loop, sock, sink, connection.peer, maximum)
        shared.sink = end = DatagramEnd(shared, sink, whom, owns=True)
        return end

    stack(connection, connection.plan.layers, transport)


def shared_datagrams(sock: socket.socket, sink: DatagramSink, local: str, plan: Plan) -> DatagramTransport:
    """Return the transport of a server's datagram socket, which all its peers share.

    Args:
        sock: bound, non-blocking.
        sink: who is told what comes, and from whom.
        local: our own address, as text.
        plan: codec and limits.
    """
    maximum = plan.limits.max_message_bytes
    if plan.address.scheme == "unixgram":
        from wiretalk.transport.unixdatagram import UnixDatagramTransport

        return UnixDatagramTransport(asyncio.get_running_loop(), sock, sink, local, maximum)
    return DatagramTransport(asyncio.get_running_loop(), sock, sink, local, maximum)
