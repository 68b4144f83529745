"""What a TLS handshake agreed on, as a record and its sentence; nothing is decided here."""

from __future__ import annotations


class TlsFacts:
    """What a TLS handshake agreed on.

    Args:
        version: "TLSv1.3" or "TLSv1.2".
        cipher: the cipher suite, OpenSSL's name for it.
        bits: the strength of its key.
        alpn: the application protocol agreed on; "" where none was.
        sni: the host name the client asked for; "" where it named none.
        peer_subject: whose certificate the peer showed ("CN=pi.local"); "" where it showed none.
        peer_fingerprint: SHA-256 of that certificate, 64 hexadecimal digits; "" where there was none.
        session_reused: an earlier session was resumed.
        insecure: the peer's certificate was not checked, because `insecure` said so.
    """

    __slots__ = (
        "alpn",
        "bits",
        "cipher",
        "insecure",
        "peer_fingerprint",
        "peer_subject",
        "session_reused",
        "sni",
        "version",
    )

    def __init__(
        self,
        version: str,
        cipher: str,
        bits: int,
        *,
        alpn: str = "",
        sni: str = "",
        peer_subject: str = "",
        peer_fingerprint: str = "",
        session_reused: bool = False,
        insecure: bool = False,
    ) -> None:
        self.version = version
        self.cipher = cipher
        self.bits = bits
        self.alpn = alpn
        self.sni = sni
        self.peer_subject = peer_subject
        self.peer_fingerprint = peer_fingerprint
        self.session_reused = session_reused
        self.insecure = insecure

    def as_dict(self) -> dict[str, str | int | bool]:
        """Return the fields for JSON."""
        return {
            "version": self.version,
            "cipher": self.cipher,
            "bits": self.bits,
            "alpn": self.alpn,
            "sni": self.sni,
            "peer_subject": self.peer_subject,
            "peer_fingerprint": self.peer_fingerprint,
            "session_reused": self.session_reused,
            "insecure": self.insecure,
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TlsFacts) and self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        return hash(tuple(self.as_dict().values()))

    def __repr__(self) -> str:
        return f"TlsFacts({', '.join(f'{name}={value!r}' for name, value in self.as_dict().items())})"

    def __str__(self) -> str:
        words = [f"{self.version} {self.cipher} ({self.bits} bits)"]
        if self.alpn:
            words.append(f"ALPN {self.alpn}")
        if self.sni:
            words.append(f"SNI {self.sni}")
        if self.session_reused:
            words.append("resumed")
        if self.peer_fingerprint:
            words.append(f"peer {self.peer_subject or '(no subject)'} sha256:{self.peer_fingerprint}")
        if self.insecure:
            words.append("peer not checked (insecure)")
        return ", ".join(words)
