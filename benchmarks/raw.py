"""Raw echo, 64 bytes, one message in flight: what wiretalk adds to a read and a write."""

from echo import Comparison

TITLE = "Raw echo: 64 B, 50 connections, 1 in flight"
SERVERS = {
    "bare Protocol": ("bare_protocol",),
    "wiretalk reply=": ("wiretalk_reply", "raw"),
}


def measure(settings):
    found = Comparison(settings, SERVERS, connections=50, size=64, depth=1, framing="raw")
    return found.outcome([found.cpu_target("wiretalk reply=", "bare Protocol", 1.1)])
