"""What routers say, in the words that people know."""

import pytest

from wiretalk.transport.ip.trouble import trouble_words


@pytest.mark.parametrize(
    ("version", "kind", "code", "info", "expected"),
    [
        (4, 11, 0, 0, ("expired", "Time to live exceeded")),
        (4, 11, 1, 0, ("unreachable", "Frag reassembly time exceeded")),
        (4, 3, 0, 0, ("unreachable", "Destination Net Unreachable")),
        (4, 3, 1, 0, ("unreachable", "Destination Host Unreachable")),
        (4, 3, 3, 0, ("closed", "Destination Port Unreachable")),
        (4, 3, 4, 1300, ("too-big", "Frag needed and DF set (mtu = 1300)")),
        (4, 3, 4, 0, ("too-big", "Frag needed and DF set")),
        (4, 3, 13, 0, ("unreachable", "Packet filtered")),
        (4, 3, 99, 0, ("unreachable", "Destination Unreachable, code 99")),
        (4, 5, 1, 0, ("redirected", "Redirect")),
        (4, 12, 0, 0, ("unreachable", "Parameter problem")),
        (4, 4, 0, 0, ("unreachable", "ICMP type 4, code 0")),
        (6, 3, 0, 0, ("expired", "Time exceeded: Hop limit")),
        (6, 3, 1, 0, ("unreachable", "Frag reassembly time exceeded")),
        (6, 1, 0, 0, ("unreachable", "Destination unreachable: No route")),
        (6, 1, 4, 0, ("closed", "Destination unreachable: Port unreachable")),
        (6, 1, 99, 0, ("unreachable", "Destination unreachable: code 99")),
        (6, 2, 0, 1280, ("too-big", "Packet too big: mtu=1280")),
        (6, 4, 1, 0, ("unreachable", "Parameter problem")),
        (6, 100, 7, 0, ("unreachable", "ICMPv6 type 100, code 7")),
    ],
)
def test_words(version, kind, code, info, expected):
    assert trouble_words(version, kind, code, info) == expected
