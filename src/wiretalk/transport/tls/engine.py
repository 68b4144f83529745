"""TLS between bytes and bytes: ciphertext in, plaintext out, and the other way. One engine for each connection.

Sans-IO: no socket, loop or clock here, so the asyncio and the blocking face share it. Contexts, and what the options
of an address mean, are in `context`; OpenSSL's errors become ours in `faults`.
"""

from __future__ import annotations

import ssl

from wiretalk.ending import Ending
from wiretalk.errors import ClosedError, RefusedError, ResetError, WiretalkError
from wiretalk.transport.tls import clienthello, faults
from wiretalk.transport.tls.certificate import fingerprint, read_certificate
from wiretalk.transport.tls.facts import TlsFacts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.transport.tls.context import TlsContext

RECORD_BYTES = 16 * 1024
"""The most plaintext that one record holds (RFC 8446, section 5.1)."""

PIECE_BYTES = RECORD_BYTES
"""OpenSSL's memory buffers never shrink: what is large goes through them in such pieces."""

ALERT_RECORD = 0x15
HANDSHAKE_RECORD = 0x16
NO_APPLICATION_PROTOCOL = b"\x15\x03\x03\x00\x02\x02\x78"
"""The fatal alert of RFC 7301, section 3.2, before there are keys."""


class TlsEngine:
    """One end of one TLS connection.

    After `start`, and after every `feed`, `write` and `half_close`, whether it raised or not, send what `outgoing`
    gives. Memory: what one `feed` or `write` was given, and one record.

    Args:
        context: what the connections of this address share.
        peer: the peer as text, for errors.

    Attributes:
        handshaken: the handshake is done; from now on `write` may be called.
        peer_finished: the peer said that it sends no more (close_notify).
        fault: the error that ended this connection, or None. Set too when `feed` had plaintext to give from before
            the fault: the next `feed` or `feed_eof` raises it.
    """

    __slots__ = (
        "_ciphertext",
        "_context",
        "_facts",
        "_half_closed",
        "_head",
        "_hello",
        "_incoming",
        "_object",
        "_outgoing",
        "fault",
        "handshaken",
        "peer",
        "peer_finished",
    )

    def __init__(self, context: TlsContext, peer: str) -> None:
        self.peer = peer
        self.handshaken = False
        self.peer_finished = False
        self.fault: WiretalkError | None = None
        self._context = context
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.context.wrap_bio(
            self._incoming, self._outgoing, context.server_side, context.server_hostname
        )
        self._ciphertext: list[bytes] = []
        self._half_closed = False
        self._head = b""  # the first bytes that came
        self._hello: clienthello.ClientHello | None = None
        self._facts: TlsFacts | None = None

    def start(self) -> None:
        """Begin: a client's hello is then in `outgoing`; a server waits for one."""
        if not self._context.server_side:
            self._handshake()

    def outgoing(self) -> bytes:
        """Return the ciphertext to send now, b"" if there is none."""
        if not self._ciphertext:
            return self._outgoing.read()
        self._ciphertext.append(self._outgoing.read())
        ciphertext = b"".join(self._ciphertext)
        self._ciphertext.clear()
        return ciphertext

    def feed(self, ciphertext: bytes) -> bytes:
        """Take bytes from the peer.

        Returns:
            The plaintext they complete, b"" if none.

        Raises:
            NotTrustedError: one side does not trust the other, or they have nothing in common.
            MalformedError: this is not TLS, or broken TLS.
            ResetError: the peer broke the connection off with an alert.
            All of them again at every later call. An alert that tells the peer why is in `outgoing`.
        """
        if self.fault is not None:
            raise self.fault
        plaintext: list[bytes] = []
        try:
            for begin in range(0, len(ciphertext), PIECE_BYTES):
                self._take(ciphertext[begin : begin + PIECE_BYTES], plaintext)
        except WiretalkError:
            if not plaintext:
                raise
        return plaintext[0] if len(plaintext) == 1 else b"".join(plaintext)

    def write(self, plaintext: bytes) -> None:
        """Encrypt all of `plaintext`; it is then in `outgoing`.

        Raises:
            ClosedError: after `half_close`.
            RuntimeError: before the handshake is done.
        """
        if self.fault is not None:
            raise self.fault
        if self._half_closed:
            raise ClosedError(self.peer, Ending("closed", "us"))
        if not self.handshaken:
            raise RuntimeError("nothing can be written before the TLS handshake is done")
        with memoryview(plaintext) as view:
            for begin in range(0, len(view), PIECE_BYTES):
                if begin:
                    self._ciphertext.append(self._outgoing.read())
                self._object.write(view[begin : begin + PIECE_BYTES])

    def half_close(self) -> None:
        """Tell the peer that we send no more (close_notify); what it sends is still read.

        Nothing, before the handshake is done, after a fault and the second time.
        """
        if self._half_closed or not self.handshaken or self.fault is not None:
            return
        self._half_closed = True
        self._send_close_notify()

    def feed_eof(self) -> None:
        """Take note that nothing more comes from the peer.

        Raises:
            ResetError: it had not said that it was finished (close_notify): somebody may have cut the stream short.
            RefusedError: we are the client, and it left during the handshake.
        """
        if self.fault is None and not self.peer_finished:
            if self.handshaken:
                reason = "the stream ended without TLS's close_notify: it may have been cut short"
                self.fault = ResetError(self.peer, Ending("reset", "peer", reason=reason))
            elif self._context.server_side:
                reason = "it left during the TLS handshake"
                self.fault = ResetError(self.peer, Ending("reset", "peer", reason=reason))
            else:
                reason = "the peer closed the connection during the TLS handshake; does it speak TLS?"
                self.fault = RefusedError(self.peer, reason)
        if self.fault is not None:
            raise self.fault

    @property
    def facts(self) -> TlsFacts | None:
        """What the handshake agreed on; None before it is done."""
        if self._facts is None and self.handshaken:
            name, _protocol, bits = self._object.cipher() or ("", "", 0)
            der = self._object.getpeercert(binary_form=True)
            hello = self._hello.server_name if self._hello else ""
            self._facts = TlsFacts(
                self._object.version() or "",
                name,
                bits,
                alpn=self._object.selected_alpn_protocol() or "",
                sni=hello if self._context.server_side else self._sent_name(),
                peer_subject=_subject(der) if der else "",
                peer_fingerprint=fingerprint(der) if der else "",
                session_reused=bool(self._object.session_reused),
                insecure=self._context.insecure,
            )
        return self._facts

    def _sent_name(self) -> str:
        name = self._context.server_hostname or ""
        return "" if ":" in name or name.replace(".", "").isdecimal() else name

    def _examine(self, ciphertext: bytes) -> None:
        """Look at the first bytes for what OpenSSL does not tell: another protocol, or what a client offers."""
        begin = not self._head
        if self._context.server_side and self._hello is None:
            self._head += ciphertext
            self._examine_hello()
        elif len(self._head) < 6:
            self._head += ciphertext[:6]
        if begin and self._head and self._head[0] not in {ALERT_RECORD, HANDSHAKE_RECORD}:
            self._fail(faults.not_tls(self._situation(), ciphertext))
        if not self._context.server_side and self._head[5:6] == b"\x01" and self._head[0] == HANDSHAKE_RECORD:
            self._fail(faults.echoed(self._situation()))

    def _examine_hello(self) -> None:
        """Refuse a client that offers only application protocols we do not have: Python would let it pass."""
        try:
            self._hello = clienthello.read_client_hello(self._head)
            if self._hello is None and len(self._head) > clienthello.MOST_BYTES:
                raise ValueError("too long")
        except ValueError:
            self._hello = clienthello.ClientHello("", ())  # OpenSSL will say what is wrong
        if self._hello is None:
            return
        self._head = self._head[:6]
        offered, ours = self._hello.alpn, self._context.alpn
        if offered and ours and not set(offered) & set(ours):
            self._ciphertext.append(NO_APPLICATION_PROTOCOL)
            reason = f"the client offers the application protocols {', '.join(offered)}; here it is {', '.join(ours)}"
            self._fail(faults.distrust(self._situation(), reason, by="us"))

    def _handshake(self) -> bool:
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLZeroReturnError:
            self.feed_eof()  # a close_notify in the handshake is as good as leaving
        except ssl.SSLError as error:
            self._fail(faults.explain_tls(error, self._situation()), error)
        self._check_agreement()
        self.handshaken = True
        return True

    def _check_agreement(self) -> None:
        """Refuse a server that is not the pinned one, or that chose none of our application protocols."""
        context = self._context
        if context.server_side:
            return
        reason = ""
        if context.pin:
            theirs = fingerprint(self._object.getpeercert(binary_form=True) or b"")
            if theirs != context.pin:
                reason = f"the server's certificate is sha256:{theirs}, not the one that fingerprint= names"
        if not reason and context.alpn and self._object.selected_alpn_protocol() is None:
            reason = f"the server chose none of the application protocols {', '.join(context.alpn)}; leave out alpn="
        if reason:
            self._send_close_notify()
            self._fail(faults.distrust(self._situation(), reason, by="us"))

    def _take(self, ciphertext: bytes, plaintext: list[bytes]) -> None:
        """Take one piece from the peer, and add what it completes to `plaintext`."""
        if self.peer_finished:
            return  # RFC 8446, section 6.1: what comes after the end is ignored
        if not self.handshaken:
            self._examine(ciphertext)
        self._incoming.write(ciphertext)
        if not self.handshaken and not self._handshake():
            return
        read = self._object.read
        try:
            while data := read(RECORD_BYTES):
                plaintext.append(data)
            self.peer_finished = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:  # what Python calls the same when we have finished already
            self.peer_finished = True
        except ssl.SSLError as error:
            self._fail(faults.explain_tls(error, self._situation()), error)

    def _send_close_notify(self) -> None:
        try:
            self._object.unwrap()
        except ssl.SSLError:
            # It is sent. What OpenSSL misses is the peer's own, which may come later: it finds nothing or, right after
            # a handshake that we refuse, data.
            pass

    def _situation(self) -> faults.Situation:
        low, high = self._context.context.minimum_version, self._context.context.maximum_version
        names = [version.name.removeprefix("TLSv").replace("_", ".") for version in (low, high)]
        return faults.Situation(
            self.peer,
            server_side=self._context.server_side,
            handshaken=self.handshaken,
            answered=self._head[:1] == bytes([HANDSHAKE_RECORD]),
            name=self._context.server_hostname or "",
            versions=" to ".join(dict.fromkeys(names)),
            own_certificate=bool(self._context.fingerprint),
            chain=_unverified_chain(self._object),
        )

    def _fail(self, fault: WiretalkError, cause: Exception | None = None) -> None:
        self.fault = fault
        raise fault from cause


def _subject(der: bytes) -> str:
    try:
        return read_certificate(der).subject
    except ValueError:
        return ""


def _unverified_chain(connection: Any) -> list[bytes]:
    """Return the certificates the peer showed, even where they were refused: they tell the user why.

    Python has this from 3.13 on, and within itself before; where it has it nowhere, the user is told less.
    """
    if hasattr(connection, "get_unverified_chain"):
        return list(connection.get_unverified_chain())
    within: Any = getattr(connection, "_sslobj", None)
    chain = within.get_unverified_chain() if hasattr(within, "get_unverified_chain") else None
    return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in chain or ()]
