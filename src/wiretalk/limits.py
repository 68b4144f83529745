"""Every limit there is, by name, with its unit and its reason; and the record that carries a server's own.

Numbers only. A limit that is not written here does not exist; code elsewhere names one of these.
"""

from __future__ import annotations

KIB = 1024
MIB = 1024 * KIB

MAX_MESSAGE_BYTES = 1 * MIB
"""A message larger than this ends its conversation: a peer cannot make us hold more."""

READ_BYTES = 64 * KIB
"""Asked of the kernel in one read. Larger reads gain little and cost an allocation each."""

FILE_BYTES_A_WAKE = 1 * MIB
"""Asked of the kernel in one sendfile: a fast reader of a large file must not keep others waiting."""

FILE_STRETCH_BYTES = 256 * MIB
"""Of a file that is being sent, as much counts as unsent at once: 32-bit machines count no further than 2 GiB."""

SEND_BUFFER_BYTES = 256 * KIB
"""Unsent bytes of one connection at which `send` waits and a `reply` server stops reading."""

QUEUE_MESSAGES = 1024
"""Messages waiting for a slow session, above which its connection is not read."""

QUEUE_BYTES = 256 * KIB
"""Bytes read for a slow session that has not caught up, above which its connection is not read."""

REPLY_BATCH = 16
"""Answers a `reply` server gathers before it looks at what it has still to send."""

MAX_CONNECTIONS = 10_000
"""Open connections of one server, all its addresses together; at it, accepting stops."""

BACKLOG = 4096
"""Connections the kernel may hold ready before they are accepted."""

MAX_UDP_PEERS = 4096
"""UDP peers with a session at once: a sender of forged addresses cannot fill memory."""

UDP_PEER_IDLE_S = 60.0
"""A UDP peer silent for so long is forgotten: UDP has no other ending."""

ECHO_PEERS = 4096
"""ICMP: peers whose latest request is remembered; the longest silent are forgotten, and answered with number 0."""

DATAGRAMS_A_WAKE = 64
"""Datagrams taken from one socket before others get their turn."""

DATAGRAMS_HELD = 64
"""Datagrams held back for one Unix peer whose queue is full; further ones are dropped and told."""

DATAGRAM_HELD_S = 2.0
"""A Unix peer that makes no room for so long loses the datagrams held for it."""

ANSWERS_S = 1.0
"""Relaying: a side that knows no half-close is listened to after the other's end until it is silent for so long."""

GONE_LOOK_S = 2.0
"""Relaying: a peer that has finished is not read any more, so it is looked so often whether it has gone altogether."""

CHILD_GRACE_S = 1.0
"""A program whose peer has gone may take so long to end by itself, and so long again after SIGTERM, before SIGKILL."""

CHILD_LOOK_S = 0.05
"""Between two looks at a program where the system does not tell when one ends."""

FOLLOW_LOOK_S = 0.1
"""Between two looks at a file that is followed."""

SPARE_PIPES = 16
"""Relaying: empty pipes kept for the next bytes that the kernel is to move."""

EARLY_DATAGRAMS = 64
"""Relaying: datagrams of one peer kept until the other side is there; further ones are dropped."""

EARLY_BYTES = 256 * KIB
"""Relaying: their bytes together."""

PROXY_HEADER_BYTES = 4 * KIB
"""The longest PROXY header that is taken, with what it tells besides addresses; a longer one is refused."""

PROXY_ANSWER_BYTES = 16 * KIB
"""The longest answer of an HTTP proxy to CONNECT, its header lines together."""

FAULT_FLIGHT_BYTES = 16 * MIB
"""Faults: bytes of one direction of a connection that a delay may hold, as on a long way: 1 Gbit/s for 130 ms."""

FAULT_QUEUE_BYTES = 256 * KIB
"""Faults: bytes of one direction that may wait for a slow link, or a stalled one, before the sender is not read."""

TOKEN_BYTES = KIB
"""The longest secret that a service asks of its peers."""

PRESENCE_S = 2
"""Working for a peer that has finished and may have left: between two looks, and between two probes."""

PRESENCE_PROBES = 3
"""Probes unanswered before such a peer counts as gone."""

EXEC_RUNNING = 32
"""Exec: programs that run at once; who comes then is told."""

EXEC_SESSION_S = 3600.0
"""Exec: how long a program that has a connection to itself may run."""

EXEC_SESSION_BYTES = 1024 * MIB
"""Exec: output of such a program; it is ended when it says more."""

EXEC_COMMAND_S = 60.0
"""Exec: how long a listed command may run."""

EXEC_COMMAND_BYTES = 16 * MIB
"""Exec: output of a listed command; it is ended when it says more."""

EXEC_TOKEN_S = 10.0
"""Exec: how long a peer may take to say the token."""

EXEC_REQUEST_BYTES = 4 * KIB
"""Exec: a request, a command's name and its arguments."""

EXEC_ARGUMENT_CHARACTERS = 256
"""Exec: one argument; a longer one is refused before its pattern is looked at."""

EXEC_PATTERN_WAYS = 1_000_000
"""Exec: ways in which a pattern may try to match one argument; a pattern with more is refused, as it could hang us."""

EXEC_REFUSALS = 16
"""Exec: refused requests after which a connection is closed."""

EXEC_PIECE_BYTES = 16 * KIB
"""Exec: output in one message of an answer; a longer line comes in parts."""

EXEC_DATAGRAM_BYTES = 1200
"""Exec: one datagram of an answer; so much passes everywhere in one piece (RFC 9000, section 14)."""

EXEC_LOOK_S = 0.25
"""Exec: between two looks whether the peer is still there."""

EXEC_COMPLAINTS = 1000
"""Exec: lines of a program's standard error that are logged; further ones are dropped."""

EXEC_COMPLAINT_BYTES = KIB
"""Exec: such a line is cut after so much."""

EXEC_FILE_BYTES = MIB
"""Exec: the file of commands."""

CONTROL_HEAD_BYTES = 16 * KIB
"""Control: the head of a request, its target and headers together."""

CONTROL_HEADERS = 64
"""Control: headers of a request."""

CONTROL_BODY_BYTES = MIB
"""Control: the body of a request or an answer; a list of 4,000 relays fits."""

CONTROL_REQUEST_S = 15.0
"""Control: how long a request may take to come, from its first byte to its last."""

CONTROL_ANSWER_S = 25.0
"""Control: how long doing what a request asks for may take."""

CONTROL_IDLE_S = 60.0
"""Control: how long a connection is kept open for the next request."""

CONTROL_CONNECTIONS = 64
"""Control: connections open at once."""

CONTROL_PROXIES = 1024
"""Control: relays made by it, at once."""

CONTROL_FAULTS = 128
"""Control: faults of one relay; each is in the way of every byte."""

CONTROL_NAME_BYTES = 255
"""Control: the name of a relay or a fault."""

PING_INTERVAL_S = 1.0
"""Ping: between two probes, unless told: what everybody's ping does."""

PING_LEAST_INTERVAL_S = 0.002
"""Ping: between two probes at least; more would be a flood."""

PING_TIMEOUT_S = 4.0
"""Ping: a probe unanswered for so long is lost; longer than any way on Earth takes, or by satellite."""

PING_LINGER_S = 0.2
"""Ping: when it is stopped, how long answers on their way are waited for: twice the longest so far, but no longer."""

PING_BYTES = 56
"""Ping: the payload of a probe, unless told: 64 bytes with ICMP's header."""

PING_MOST_BYTES = 65_507
"""Ping: the largest payload, which IPv4 carries in fragments."""

PING_REMEMBERED = 32 * KIB
"""Ping: probes whose answers are known for theirs; half of the 16 bits that number them, so none is mistaken."""

PING_OPEN = 512
"""Ping: connections tried at once over TCP; each is a file descriptor, of which many systems give 1,024."""

PING_HOPS = 30
"""Ping: how far a way is followed, unless told."""

PING_PROBES_A_HOP = 3
"""Ping: probes sent to each hop of a way, unless told."""

PING_FLIGHT = 16
"""Ping: probes of a way awaited at once; so silent hops cost their time together."""

PING_TRACE_PAUSE_S = 0.01
"""Ping: between two probes of a way, unless told: routers answer a few at a time."""

PING_NAME_S = 1.0
"""Ping: how long the name of a hop may take to be found before it is told without."""

CHAT_NAME_CHARACTERS = 24
"""Chat: the name of a member or a room."""

CHAT_TEXT_BYTES = 4 * KIB
"""Chat: the text that is said at once; a longer one is refused."""

CHAT_HISTORY = 20
"""Chat: messages kept of each room, and told to who joins it."""

CHAT_ROOMS = 100
"""Chat: rooms at once; with their history they are what a chat remembers."""

CHAT_TOLD_MEMBERS = 100
"""Chat: in a room of more members nobody is told who comes and goes: that would be more than is said."""

CHAT_SHOWN_NAMES = 200
"""Chat: names listed of a room; the others are counted."""

CHAT_BATCH_EVENTS = 256
"""Chat: what a room is told at once leaves in one write a member, at most so many events."""

CHAT_TURN_LINES = 64
"""Chat: lines of one member done before others get their turn."""

CHAT_STUCK_S = 30.0
"""Chat: a member for which something waits, and that takes not a byte of it for so long, is dropped."""

HTTP_HEAD_BYTES = 16 * KIB
"""http: the head of a request, its target and headers together."""

HTTP_HEADERS = 64
"""http: headers of a request."""

HTTP_HEAD_S = 15.0
"""http: how long the head of a request may take to come, from its first byte to its last."""

HTTP_IDLE_S = 60.0
"""http: how long a connection is kept open for the next request."""

HTTP_STALL_S = 30.0
"""http: how long a peer may send nothing of a body that it has announced, or take nothing of an answer."""

HTTP_BODY_BYTES = 64 * KIB
"""http: the body of a request that has no use for one, and is dropped."""

HTTP_UPLOAD_BYTES = 1024 * MIB
"""http: the longest file that is taken, unless told."""

HTTP_RANGES = 16
"""http: ranges of one request; where there are more, the whole file is sent."""

HTTP_DEPTH = 64
"""http: directories one below the other; each is open while a request is on its way through them."""

HTTP_LINKS = 32
"""http: symbolic links on the way of one request; they may lead in a circle."""

HTTP_LISTED = 10_000
"""http: entries of a directory that are listed."""

HTTP_GZIP_BYTES = 1 * MIB
"""http: the longest answer that is packed on the spot; a longer file can be packed beforehand."""

HTTP_GZIP_LEAST_BYTES = 512
"""http: the shortest answer that is packed: below, it would hardly become shorter."""

HTTP_THREADS = 4
"""http: answers that are packed, or directories that are listed, at once."""

HTTP_JOINED_BYTES = 64 * KIB
"""http: a file of this size or less leaves in one write with its head; a larger one is moved by the kernel."""

HTTP_HELD_BYTES = 64 * MIB
"""http: listings and packed texts on their way to all peers together; further ones are refused until they have gone."""

HTTP_LINGER_S = 2.0
"""http: how long a peer is listened to that is still sending what has been refused, so that it sees why."""

IDLE_TIMEOUT_S = 3600.0
"""A served connection on which nothing passes for so long is ended."""

CONNECT_TIMEOUT_S = 10.0
"""The whole of connecting: resolving, every attempt, and TLS."""

ATTEMPT_DELAY_S = 0.25
"""Head start of one address over the next while connecting (RFC 8305, section 5)."""

TLS_HANDSHAKE_TIMEOUT_S = 10.0
"""A peer that connects and then does not finish its TLS handshake is dropped."""

WS_HANDSHAKE_BYTES = 64 * KIB
"""WebSocket: a request, or the answer to ours, that is longer than this is refused: headers without an end."""

WS_ANSWER_S = 1.0
"""WebSocket: a peer that has closed is sent what it is owed for so long, then our close frame; browsers wait 2 s."""

WS_PIECE_BYTES = 4 * KIB
"""WebSocket: compressed bytes unpacked at once, since they may become a thousand times as many."""

SWEEP_MOST_S = 15.0
"""The longest pause between two looks for idle connections."""

ACCEPTS_A_WAKE = 128
"""Connections accepted from one socket before others get their turn."""

DRAIN_S = 5.0
"""Stopping: how long open conversations may take to end by themselves."""

CLOSE_TIMEOUT_S = 5.0
"""Closing: how long the peer may take to accept the bytes still unsent."""

LINGER_S = 0.15
"""Closing on a peer that has not finished: how long it is listened to, so that no reset can overtake our last bytes."""

KEEPALIVE_IDLE_S = 60
"""A silent TCP connection is probed after so long (TCP_KEEPIDLE)."""

KEEPALIVE_INTERVAL_S = 10
"""Between two probes (TCP_KEEPINTVL)."""

KEEPALIVE_PROBES = 6
"""Probes unanswered before the peer counts as dead (TCP_KEEPCNT)."""

USER_TIMEOUT_S = 120
"""Sent TCP data unacknowledged for so long: the peer is dead (TCP_USER_TIMEOUT, RFC 5482)."""

RETRY_FIRST_S = 0.1
"""Reconnecting: the first pause. Each next one doubles, with jitter."""

RETRY_MOST_S = 30.0
"""Reconnecting: the longest pause."""

ACCEPT_RETRY_S = 0.5
"""Out of file descriptors: the pause before accepting is tried again."""

MAX_THREADS = 256
"""Threads, so connections at once, of a blocking server."""

MAX_ADDRESS_BYTES = 4096
"""The text of an address."""


class Limits:
    """The limits of one server or connection, each with a default.

    Args:
        max_connections: connections open at once, over all addresses of a server.
        max_message_bytes: one message, in bytes; either way.
        send_buffer_bytes: unsent bytes at which `send` waits.
        queue_messages: messages waiting for a slow session before its peer is not read.
        idle_timeout_s: seconds without a byte either way before a connection is ended; None: never.
        tls_handshake_timeout_s: seconds a TLS handshake may take.
        max_udp_peers: UDP peers remembered at once.
        udp_peer_idle_s: seconds after which a silent UDP peer is forgotten.
        drain_s: seconds open conversations may take to end when the server stops.

    Raises:
        ValueError: a limit is not a positive number.
    """

    __slots__ = (
        "drain_s",
        "idle_timeout_s",
        "max_connections",
        "max_message_bytes",
        "max_udp_peers",
        "queue_messages",
        "send_buffer_bytes",
        "tls_handshake_timeout_s",
        "udp_peer_idle_s",
    )

    def __init__(
        self,
        *,
        max_connections: int = MAX_CONNECTIONS,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
        send_buffer_bytes: int = SEND_BUFFER_BYTES,
        queue_messages: int = QUEUE_MESSAGES,
        idle_timeout_s: float | None = IDLE_TIMEOUT_S,
        tls_handshake_timeout_s: float = TLS_HANDSHAKE_TIMEOUT_S,
        max_udp_peers: int = MAX_UDP_PEERS,
        udp_peer_idle_s: float = UDP_PEER_IDLE_S,
        drain_s: float = DRAIN_S,
    ) -> None:
        self.max_connections = max_connections
        self.max_message_bytes = max_message_bytes
        self.send_buffer_bytes = send_buffer_bytes
        self.queue_messages = queue_messages
        self.idle_timeout_s = idle_timeout_s
        self.tls_handshake_timeout_s = tls_handshake_timeout_s
        self.max_udp_peers = max_udp_peers
        self.udp_peer_idle_s = udp_peer_idle_s
        self.drain_s = drain_s
        for name in self.__slots__:
            value = getattr(self, name)
            if value is None and name == "idle_timeout_s":
                continue
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not (value > 0 or (value == 0 and name == "drain_s")):
                raise ValueError(f"{name} must be a positive number, not {value!r}")

    def but(self, **changes: float | None) -> Limits:
        """Return these limits with some of them changed."""
        return Limits(**{name: getattr(self, name) for name in self.__slots__} | changes)

    def __repr__(self) -> str:
        return f"Limits({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"
