"""The table of commands: where each lives, and one line of help. Strings alone; a command is loaded when it is run.

A command is a module with

- `build(parser)`, which adds its options to a `wiretalk.cli.parser.Parser`,
- `run(arguments)`, which does it and returns the exit status,
- `DESCRIPTION`, what its help says first, and `EXAMPLES`, three or more pairs of a command line and what it does.
"""

from __future__ import annotations

COMMANDS: dict[str, tuple[str, str]] = {
    "listen": ("wiretalk.cli.listen", "wait for peers; type to all of them, read each"),
    "connect": ("wiretalk.cli.connect", "talk to one; pipes when it is not a terminal"),
    "send": ("wiretalk.cli.send", "one-shot: send, print the answers, leave"),
    "serve": ("wiretalk.cli.serve", "answer with a ready-made service"),
    "relay": ("wiretalk.cli.relay", "join any two addresses"),
    "fault": ("wiretalk.cli.fault", "look at faults and connections of what runs, and change them"),
    "control": ("wiretalk.cli.control", "run relays that are made and changed over HTTP (toxiproxy's API)"),
    "ping": ("wiretalk.cli.ping", "ask whether a host answers, how fast, and which way leads there"),
    "new": ("wiretalk.cli.new", "write a matching client or server, in C or in Python"),
    "completion": ("wiretalk.cli.completion", "print a completion script for bash, zsh or fish"),
}
"""Every command, in the order in which help shows them."""

TOPICS: dict[str, tuple[str, str]] = {
    "addresses": ("wiretalk.cli.topics:addresses", "the schemes, and the options an address may have"),
    "framings": ("wiretalk.cli.topics:framings", "what makes messages of a byte stream"),
    "codecs": ("wiretalk.cli.topics:codecs", "what makes values of messages"),
    "faults": ("wiretalk.cli.topics:faults", "how a network misbehaves as told, and what the faults are"),
    "exit-status": ("wiretalk.cli.topics:exit_status", "the number for each way in which a conversation can end"),
}
"""What `wiretalk help` explains besides the commands."""
