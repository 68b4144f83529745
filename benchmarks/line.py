"""Lines, 16 in flight: messages found, handed over one by one, and answered in one write."""

from statistics import median

from echo import Comparison

TITLE = "Line echo: 64 B, 50 connections, 16 in flight"
SERVERS = {
    "readline": ("readline_echo",),
    "wiretalk session": ("wiretalk_session", "line"),
    "wiretalk reply=": ("wiretalk_reply", "line"),
    "split, call, join": ("split_protocol",),
    "bare Protocol": ("bare_protocol",),
}


def measure(settings):
    found = Comparison(settings, SERVERS, connections=50, size=64, depth=16, framing="line")
    targets = [
        found.rate_target("wiretalk reply=", "readline", 10),
        found.rate_target("wiretalk reply=", "bare Protocol", 0.9),
        found.rate_target("wiretalk session", "readline", 4),
    ]
    floor = median(found.ratios("split, call, join", "bare Protocol", "rate"))
    remark = (
        f"splitting, one call a message and joining, and nothing else, leave {floor:.2f} of the bare Protocol's rate"
    )
    return found.outcome(targets, remark)
