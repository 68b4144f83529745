"""Lines, 16 in flight: messages found, handed over one by one, and answered in one write."""

from echo import Comparison

TITLE = "Line echo: 64 B, 50 connections, 16 in flight"
SERVERS = {
    "readline": ("readline_echo",),
    "wiretalk session": ("wiretalk_session", "line"),
    "wiretalk reply=": ("wiretalk_reply", "line"),
    "bare Protocol": ("bare_protocol",),
}


def measure(settings):
    found = Comparison(settings, SERVERS, connections=50, size=64, depth=16, framing="line")
    return found.outcome(
        [
            found.rate_target("wiretalk reply=", "readline", 10),
            found.rate_target("wiretalk reply=", "bare Protocol", 0.7),
            found.rate_target("wiretalk session", "readline", 4),
        ]
    )
