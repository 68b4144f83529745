"""Which channel carries a connected socket: chosen by the kind of its address, for servers and clients alike."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from wiretalk.blocking.channel import Channel
    from wiretalk.blocking.waiting import Bell
    from wiretalk.conversing import Plan
    from wiretalk.transport.tls import TlsContext


def channel_of(
    plan: Plan, sock: socket.socket, peer: str, secure: TlsContext | None, *, accepted: bool, bell: Bell | None = None
) -> Channel:
    """Return the channel of a connected stream or packet socket, which it owns from now on.

    One with TLS or WebSocket on it has still to shake hands (see `shakes_hands`).

    Args:
        plan: how the conversation is held.
        sock: non-blocking.
        peer: the peer's name, for errors.
        secure: what the TLS connections of the address share; None for none.
        accepted: whether the peer has come to us, and not we to it.
        bell: one that is nobody else's; None: a new one.
    """
    if plan.address.kind == "packet":
        from wiretalk.blocking.packet import PacketChannel

        return PacketChannel(sock, peer, plan.limits.max_message_bytes, bell)
    if plan.address.kind == "messages":
        return _websocket(plan, sock, peer, secure, accepted=accepted, bell=bell)
    if secure is not None:
        from wiretalk.blocking.tlschannel import TlsChannel
        from wiretalk.transport.tls import TlsEngine

        return TlsChannel(sock, peer, TlsEngine(secure, peer), bell)
    from wiretalk.blocking.channel import Channel

    return Channel(sock, peer, bell)


def _websocket(
    plan: Plan, sock: socket.socket, peer: str, secure: TlsContext | None, *, accepted: bool, bell: Bell | None
) -> Channel:
    from wiretalk.blocking.wschannel import WsChannel, WssChannel
    from wiretalk.layer.wsengine import engine_of

    engine = engine_of(plan, peer, accepted=accepted)
    ping_s = plan.address.option("ping")
    if secure is None:
        return WsChannel(sock, peer, engine, ping_s=ping_s, bell=bell)
    from wiretalk.transport.tls import TlsEngine

    return WssChannel(sock, peer, TlsEngine(secure, peer), engine, ping_s=ping_s, bell=bell)


def shakes_hands(plan: Plan) -> bool:
    """Return whether its channels shake hands first."""
    return plan.address.secure or plan.address.kind == "messages"
