"""Which transport carries a connected socket: chosen by the kind of its address, for servers and clients alike."""

from __future__ import annotations

import asyncio

from wiretalk.transport.datagram import DatagramEnd, DatagramTransport
from wiretalk.transport.packet import PacketTransport
from wiretalk.transport.stream import StreamTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from wiretalk.conversing import Plan
    from wiretalk.runtime.connection import Connection
    from wiretalk.runtime.replying import ReplyConversation
    from wiretalk.transport import Candidate
    from wiretalk.transport.datagram import DatagramSink
    from wiretalk.transport.tls import TlsContext


def carry(
    sock: socket.socket, conversation: Connection | ReplyConversation, secure: TlsContext | None
) -> StreamTransport:
    """Give a conversation the transport of its connected socket. The caller starts it.

    Args:
        sock: a connected, non-blocking stream or packet socket; the transport owns it from now on.
        conversation: who is told what comes.
        secure: what the TLS connections of the address share; None for none.
    """
    loop = asyncio.get_running_loop()
    plan, peer = conversation.plan, conversation.peer
    transport: StreamTransport
    if plan.address.kind == "packet":
        transport = PacketTransport(loop, sock, conversation, peer, plan.limits.max_message_bytes)
    elif secure is None:
        transport = StreamTransport(loop, sock, conversation, peer)
    else:
        from wiretalk.transport.tls import TlsEngine
        from wiretalk.transport.tlsstream import TlsTransport

        timeout_s = plan.limits.tls_handshake_timeout_s
        transport = TlsTransport(loop, sock, conversation, peer, TlsEngine(secure, peer), timeout_s)
    conversation.attach(transport)
    return transport


def carry_datagrams(sock: socket.socket, connection: Connection, candidate: Candidate) -> None:
    """Give a client's connection the transport of its own datagram socket. The caller starts it.

    Args:
        sock: connected to the candidate, or, for a group, not: then anybody may answer.
        connection: who is told what comes.
        candidate: whom to send to.
    """
    loop = asyncio.get_running_loop()
    maximum = connection.plan.limits.max_message_bytes
    shared = DatagramTransport(loop, sock, connection, connection.peer, maximum)  # type: ignore[arg-type]  # its end, next
    end = DatagramEnd(shared, connection, None if candidate.connected else candidate.sockaddr, owns=True)
    shared.sink = end
    connection.attach(end)


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
