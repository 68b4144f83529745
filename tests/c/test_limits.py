"""The limits in C are those of `wiretalk.limits`, which says why each is what it is; so are the words for failures."""

from __future__ import annotations

import re

import pytest

from wiretalk import errors, limits
from wiretalk.version import __version__

from .building import C

NUMBERS = {
    name: int(value) * int(factor or 1)
    for path in sorted(C.glob("src/**/*.[ch]"))
    for name, value, factor in re.findall(
        r"^  ([A-Z_]+) = (\d+)(?: \* (\d+))?,?(?: +/\*.*)?$", path.read_text(encoding="utf-8"), re.MULTILINE
    )
}
"""Every number that c/src gives a name to in an enum."""

SAME = {
    "WTI_CONNECT_TIMEOUT_MS": limits.CONNECT_TIMEOUT_S,
    "WTI_ATTEMPT_DELAY_MS": limits.ATTEMPT_DELAY_S,
    "WTI_CLOSE_TIMEOUT_MS": limits.CLOSE_TIMEOUT_S,
    "WTI_LINGER_MS": limits.LINGER_S,
    "WTI_BACKLOG": limits.BACKLOG,
    "WTI_READ_BYTES": limits.READ_BYTES,
    "SOCKOPT_KEEPALIVE_IDLE_S": limits.KEEPALIVE_IDLE_S,
    "SOCKOPT_KEEPALIVE_INTERVAL_S": limits.KEEPALIVE_INTERVAL_S,
    "SOCKOPT_KEEPALIVE_PROBES": limits.KEEPALIVE_PROBES,
    "SOCKOPT_USER_TIMEOUT_S": limits.USER_TIMEOUT_S,
    "WTI_MAX_CONNECTIONS": limits.MAX_CONNECTIONS,
    "WTI_SEND_BUFFER": limits.SEND_BUFFER_BYTES,
    "WTI_IDLE_MS": limits.IDLE_TIMEOUT_S,
    "WTI_DRAIN_MS": limits.DRAIN_S,
    "WTI_MAX_UDP_PEERS": limits.MAX_UDP_PEERS,
    "WTI_UDP_PEER_IDLE_MS": limits.UDP_PEER_IDLE_S,
    "WTI_ACCEPT_RETRY_MS": limits.ACCEPT_RETRY_S,
    "WTI_ACCEPTS_A_WAKE": limits.ACCEPTS_A_WAKE,
    "WTI_DATAGRAMS_A_WAKE": limits.DATAGRAMS_A_WAKE,
    "WTI_DATAGRAM_HELD_MS": limits.DATAGRAM_HELD_S,
}


@pytest.mark.parametrize("name", SAME)
def test_a_limit_is_pythons(name):
    assert NUMBERS[name] == SAME[name] * (1000 if name.endswith("_MS") else 1)


def test_the_version_and_the_sizes_of_the_header_are_pythons():
    header = (C / "include/wiretalk.h").read_text(encoding="utf-8")
    assert f'#define WT_VERSION "{__version__}"\n' in header
    assert "#define WT_MAX_MESSAGE ((size_t)1 << 20) " in header
    assert limits.MAX_MESSAGE_BYTES == 1 << 20
    assert f"#define WT_ADDRESS_BYTES {limits.MAX_ADDRESS_BYTES} " in header


def test_the_words_for_failures_are_pythons():
    words = dict(re.findall(r'\{(WT_E\w+), "([a-z-]+)"', (C / "src/error.c").read_text(encoding="utf-8")))
    own = {"WT_EROOM", "WT_EMEMORY"}
    assert {word for name, word in words.items() if name not in own} <= set(errors.EXIT_STATUS)
