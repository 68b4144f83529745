"""Messages with a four-byte count, 16 in flight: as `line`, against `readexactly`."""

from echo import Comparison

TITLE = "length:u32be echo: 64 B, 50 connections, 16 in flight"
SERVERS = {
    "readexactly": ("readexactly_echo",),
    "wiretalk session": ("wiretalk_session", "length:u32be"),
    "wiretalk reply=": ("wiretalk_reply", "length:u32be"),
    "bare Protocol": ("bare_protocol",),
}


def measure(settings):
    found = Comparison(settings, SERVERS, connections=50, size=64, depth=16, framing="u32be")
    return found.outcome(
        [
            found.rate_target("wiretalk reply=", "readexactly", 10),
            found.rate_target("wiretalk reply=", "bare Protocol", 0.9),
            found.rate_target("wiretalk session", "readexactly", 4),
        ]
    )
