"""Options that several commands have: how their values are read, and what becomes of them."""

from __future__ import annotations

from argparse import Namespace

import pytest

from wiretalk.address import parse
from wiretalk.cli import options
from wiretalk.cli.parser import Parser
from wiretalk.errors import UsageError
from wiretalk.limits import Limits


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (options.size, "64KiB", 65536),
        (options.duration, "500ms", 0.5),
        (options.pause, "0", 0),
        (options.duration_or_never, "never", None),
        (options.duration_or_never, "2s", 2),
        (options.pause_or_never, "forever", None),
        (options.pause_or_never, "0", 0),
        (options.count, "7", 7),
        (options.count_or_none, "0", 0),
        (options.framing, "length:u8", "length:u8"),
        (options.codec, "struct:>H", "struct:>H"),
    ],
)
def test_values_are_read(read, text, value):
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (options.size, "0"),
        (options.size, "much"),
        (options.duration, "0"),
        (options.duration, "-1"),
        (options.duration_or_never, "soon"),
        (options.count, "0"),
        (options.count, "-1"),
        (options.count, "²"),
        (options.count_or_none, "x"),
        (options.framing, "lin"),
        (options.codec, "jsn"),
        (options.address, "tpc://:1"),
    ],
)
def test_what_is_no_value_is_refused(read, text):
    with pytest.raises(ValueError, match=r"."):
        read(text)


def test_the_limits_of_a_server_are_those_it_is_told():
    parser = Parser("try", "", (("wiretalk try", ""),))
    options.add_server_limits(parser)
    assert repr(options.server_limits(parser.read([]))) == repr(Limits())
    words = (
        "--max-message 1KiB --drain 0 --idle never --max-connections 2 --max-udp-peers 3 --udp-peer-idle 4s "
        "--send-buffer 5KiB --queue 6 --tls-timeout 7s"
    )
    limits = options.server_limits(parser.read(words.split()))
    assert {name: getattr(limits, name) for name in limits.__slots__} == {
        "max_connections": 2,
        "max_message_bytes": 1024,
        "send_buffer_bytes": 5120,
        "queue_messages": 6,
        "idle_timeout_s": None,
        "tls_handshake_timeout_s": 7,
        "max_udp_peers": 3,
        "udp_peer_idle_s": 4,
        "drain_s": 0,
    }


def test_framing_and_codec_are_said_once():
    end = parse("tcp://:1?framing=line&codec=json")
    assert options.said_once(Namespace(frame=None, codec=None), end) == ("line", "json")
    assert options.said_once(Namespace(frame="line", codec="json"), end) == ("line", "json")
    assert options.said_once(Namespace(frame="slip", codec="hex"), parse("tcp://:1")) == ("slip", "hex")
    assert options.said_once(Namespace(frame=None, codec=None), parse("tcp://:1")) == (None, None)
    with pytest.raises(UsageError, match="--codec hex contradicts codec=json in the address; say it once"):
        options.said_once(Namespace(frame=None, codec="hex"), end)
