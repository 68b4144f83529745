"""What the probers of datagrams share: sending, and the errors that come of it."""

from __future__ import annotations

import errno
import os

from wiretalk.transport.ip.trouble import trouble_words
from wiretalk.transport.oserrors import explain
from wiretalk.transport.probing.hearing import hear_error
from wiretalk.transport.probing.news import News

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from wiretalk.transport.candidate import Candidate
    from wiretalk.transport.probing.hearing import Report
    from wiretalk.transport.probing.stamps import Stamps

    Whose = Callable[[bytes], int | None]
    """Returns the number of the probe that an error quotes the beginning of; None: not ours."""

QUOTED_BYTES = 256
"""Read of what an error quotes; who is asked about is told at its beginning."""


def post(sock: socket.socket, data: bytes, candidate: Candidate, stamps: Stamps, sequence: int) -> News | None:
    """Send a datagram and note when; return what went wrong, where our own system does not send it."""
    try:
        # Right before it is sent: what comes between counts as time on the way.
        stamps.sent(sequence)
        sock.sendmsg([data], [], 0, None if candidate.connected else candidate.sockaddr)
    except OSError as error:
        return unsent(error, candidate, sequence)
    return None


def unsent(error: OSError, candidate: Candidate, sequence: int) -> News:
    """Return the news that our own system did not send a probe."""
    told = explain(error, str(candidate), "send")
    reason = getattr(told, "reason", "") or str(told)
    if error.errno == errno.EMSGSIZE:
        reason = "it is larger than the way carries"
    return News("unsent", sequence, words=reason, how=told.how)


def errors(sock: socket.socket, stamps: Stamps, whose: Whose) -> list[News]:
    """Return what the socket's queue of errors says of probes.

    Reading the queue to its end also takes back the error that the next send would raise for a probe before it.
    """
    found = []
    while (heard := hear_error(sock, QUOTED_BYTES)) is not None:
        report = heard.report
        sequence = whose(heard.data)
        # Of what our own system says, the send that it is about has told.
        if report is not None and report.version and sequence is not None:
            found.append(of_report(report, sequence, stamps.rtt_s(sequence, heard.arrived_ns)))
    return found


def of_report(report: Report, sequence: int, rtt_s: float | None) -> News:
    """Return the news that an error of ICMP is."""
    kind, words = trouble_words(report.version, report.kind, report.code, report.info)
    return News(kind, sequence, report.offender, rtt_s, words=words)


def of_code(code: int, candidate: Candidate, sequence: int, rtt_s: float | None) -> News:
    """Return the news that an error of the socket is, where the system does not say who told it."""
    if code == errno.ECONNREFUSED:
        return News("closed", sequence, candidate_host(candidate), rtt_s, words="Destination Port Unreachable")
    news = unsent(OSError(code, os.strerror(code)), candidate, sequence)
    return News("unreachable", sequence, "", rtt_s, words=news.words, how=news.how)


def candidate_host(candidate: Candidate) -> str:
    """Return the IP address of a candidate, as text."""
    from wiretalk.transport.names import host_of

    return host_of(candidate.sockaddr)
