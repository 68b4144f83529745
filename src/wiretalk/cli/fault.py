"""`wiretalk fault`: look at faults and connections of what runs, and change them."""

from __future__ import annotations

from wiretalk.cli import options
from wiretalk.cli.controlling import add_token, token
from wiretalk.cli.output import tell, write_out
from wiretalk.cli.overview import table
from wiretalk.cli.parser import value
from wiretalk.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from typing import Any

    from wiretalk.cli.parser import Parser
    from wiretalk.control import Client

ACTIONS = {
    "list": "the relays and their faults",
    "add": "FAULT…: add faults, as --fault has them",
    "set": "NAME KEY=VALUE…: change a fault",
    "remove": "NAME…: remove faults",
    "connections": "the open connections",
    "cut": "NUMBER…, or all: cut connections",
    "reset": "remove all faults, and bring all relays up",
    "create": "NAME LISTEN UPSTREAM: make a relay",
    "up": "let a relay listen again",
    "down": "let a relay refuse all, and close what is open",
    "delete": "take a relay away",
}
"""What can be asked for, with its words."""

DESCRIPTION = "\n".join(
    (
        "Look at faults and connections of what runs with --control ADDRESS, or of wiretalk control, and change them.",
        "",
        "actions:",
        *table(ACTIONS.items()),
    )
)

EXAMPLES = (
    ("wiretalk fault :8474 list", "what there is"),
    ("wiretalk fault :8474 add down:latency=200ms,jitter=50ms", "answers come later"),
    ("wiretalk fault :8474 set latency_downstream delay=1s", "and later still"),
    ("wiretalk fault :8474 cut 3", "connection 3 is reset"),
    ("wiretalk fault unix:/tmp/control.sock reset", "all is well again"),
)

HOW = ("reset", "close")


def build(parser: Parser) -> None:
    """Add the words and options."""
    options.add_address(parser, "where it is controlled: what --control said")
    parser.add_argument("action", metavar="ACTION", type=value(_known), help="one of the actions above")
    parser.add_argument("words", metavar="WORD", nargs="*", help="what the action needs")
    parser.add_argument(
        "-p", "--proxy", metavar="NAME", help="which of the relays; needed where there are several (list tells them)"
    )
    parser.add_argument("--fault-name", metavar="NAME", help="add: what the fault is called")
    parser.add_argument(
        "--how", metavar="HOW", choices=HOW, default="reset", help="cut: by reset (the default), or close"
    )
    add_token(parser, "--token")
    options.add_timeout(parser)
    options.add_json(parser, "print what the control answers")


def run(arguments: Namespace) -> int:
    """Ask, and show the answer."""
    least, most = WORDS[arguments.action]
    count = len(arguments.words)
    if count < least or (most is not None and count > most):
        shape = ACTIONS[arguments.action].partition(":")[0] if least else "no more words"
        raise UsageError(
            "", reason=f"{arguments.action} takes {shape}", hint="wiretalk fault --help shows what there is"
        )
    if arguments.fault_name is not None and (arguments.action != "add" or count != 1):
        raise UsageError("", reason="--fault-name is for adding one fault")
    prepared = PREPARED.get(arguments.action, list)(arguments.words)
    from wiretalk.control import Client

    client = Client(arguments.address, token=token(arguments), timeout_s=arguments.timeout)
    answers = DOERS[arguments.action](client, arguments, prepared)
    if not answers:
        tell(NOTHING[arguments.action])
    if arguments.json:
        import json

        write_out("".join(f"{json.dumps(answer)}\n" for answer in answers if answer is not None).encode())
    else:
        show = SHOWN.get(arguments.action, toxic_lines)
        write_out("".join(f"{line}\n" for answer in answers for line in show(answer)).encode())
    return 0


def _known(name: str) -> str:
    if name not in ACTIONS:
        from wiretalk.spelling import did_you_mean

        hint = did_you_mean(name, ACTIONS) or f"there are {', '.join(ACTIONS)}"
        raise UsageError("", reason=f'there is no action "{name}"', hint=hint)
    return name


# the words


def faults(words: list[str]) -> list[str]:
    """Check faults before anybody is asked, so that a mistake is shown with a caret."""
    from wiretalk.layer.faults import parse

    for word in words:
        parse(word)
    return words


def settings(words: list[str]) -> list[str]:
    """Check that values are KEY=VALUE."""
    for word in words[1:]:
        if not word.partition("=")[2]:
            raise UsageError(
                word, reason=f'"{word}" is no KEY=VALUE', hint="write it like delay=200ms", length=len(word)
            )
    return words


def numbers(words: list[str]) -> list[str]:
    """Check numbers of connections."""
    for word in words:
        if word != "all" and not (word.isascii() and word.isdigit()):
            raise UsageError("", reason=f'"{word}" is no number of a connection', hint="connections lists them")
    return words


# asking


def which(client: Client, arguments: Namespace) -> str:
    """Return the name of the relay that is meant.

    Raises:
        UsageError: it is not said, and there is not just one.
    """
    if arguments.proxy is not None:
        name: str = arguments.proxy
        return name
    names = list(client.ask("GET", "proxies"))
    if len(names) != 1:
        hint = f"say --proxy NAME: there are {', '.join(names)}" if names else "make one: create NAME LISTEN UPSTREAM"
        raise UsageError("", reason="there is no relay" if not names else "there are several relays", hint=hint)
    return str(names[0])


def ask_list(client: Client, arguments: Namespace, _words: list[str]) -> list[Any]:
    """List the relays, or one."""
    if arguments.proxy is not None:
        return [client.ask("GET", "proxies", arguments.proxy)]
    return list(client.ask("GET", "proxies").values())


def ask_add(client: Client, arguments: Namespace, words: list[str]) -> list[Any]:
    """Add faults."""
    name = which(client, arguments)
    named = {} if arguments.fault_name is None else {"name": arguments.fault_name}
    return [client.ask("POST", "proxies", name, "toxics", body={"fault": word, **named}) for word in words]


def ask_set(client: Client, arguments: Namespace, words: list[str]) -> list[Any]:
    """Change a fault."""
    attributes: dict[str, Any] = {}
    for word in words[1:]:
        key, _, text = word.partition("=")
        attributes[key] = text
    toxicity = attributes.pop("toxicity", None)
    body = {"attributes": attributes} | ({} if toxicity is None else {"toxicity": toxicity})
    return [client.ask("PATCH", "proxies", which(client, arguments), "toxics", words[0], body=body)]


def ask_remove(client: Client, arguments: Namespace, words: list[str]) -> list[Any]:
    """Remove faults."""
    name = which(client, arguments)
    return [client.ask("DELETE", "proxies", name, "toxics", word) for word in words]


def ask_connections(client: Client, arguments: Namespace, _words: list[str]) -> list[Any]:
    """List the connections."""
    return list(client.ask("GET", "proxies", which(client, arguments), "connections"))


def ask_cut(client: Client, arguments: Namespace, words: list[str]) -> list[Any]:
    """Cut connections."""
    name = which(client, arguments)
    query = f"how={arguments.how}"
    paths = [() if word == "all" else (word,) for word in words]
    return [client.ask("DELETE", "proxies", name, "connections", *path, query=query) for path in paths]


def ask_reset(client: Client, _arguments: Namespace, _words: list[str]) -> list[Any]:
    """Remove all faults, and bring all up."""
    return [client.ask("POST", "reset")]


def ask_create(client: Client, _arguments: Namespace, words: list[str]) -> list[Any]:
    """Make a relay."""
    name, listen, upstream = words
    return [client.ask("POST", "proxies", body={"name": name, "listen": listen, "upstream": upstream})]


def ask_up(client: Client, arguments: Namespace, _words: list[str]) -> list[Any]:
    """Bring a relay up."""
    return [client.ask("POST", "proxies", which(client, arguments), body={"enabled": True})]


def ask_down(client: Client, arguments: Namespace, _words: list[str]) -> list[Any]:
    """Take a relay down."""
    return [client.ask("POST", "proxies", which(client, arguments), body={"enabled": False})]


def ask_delete(client: Client, arguments: Namespace, _words: list[str]) -> list[Any]:
    """Take a relay away."""
    return [client.ask("DELETE", "proxies", which(client, arguments))]


# showing


def proxy_lines(proxy: Any) -> list[str]:
    """Return a relay and its faults as lines."""
    state = "" if proxy["enabled"] else " (down)"
    first = f"{proxy['name']}: {proxy['listen']} → {proxy['upstream']}{state}"
    return [first, *(f"  {line}" for toxic in proxy["toxics"] for line in toxic_lines(toxic))]


def toxic_lines(toxic: Any) -> list[str]:
    """Return a fault as a line; toxiproxy's own server does not say it as we write it."""
    if toxic is None:
        return []
    text = toxic.get("fault")
    if text is None:
        values = ",".join(f"{name}={value}" for name, value in toxic["attributes"].items())
        text = f"{toxic['stream']}:{toxic['type']},{values},toxicity={toxic['toxicity']}"
    return [f"{toxic['name']}: {text}"]


def connection_lines(one: Any) -> list[str]:
    """Return a connection as a line."""
    there = f" → {one['upstream']}" if one["upstream"] else ""
    passed = ", ".join(f"{sign} {one['bytes'][way]} B" for way, sign in (("up", "→"), ("down", "←")))
    held = sum(one["held_bytes"].values())
    waiting = f", {held} B held" if held else ""
    return [f"{one['connection']}: {one['peer']}{there}, {one['age_s']:.1f} s, {passed}{waiting}"]


WORDS: dict[str, tuple[int, int | None]] = {
    "list": (0, 0),
    "add": (1, None),
    "set": (2, None),
    "remove": (1, None),
    "connections": (0, 0),
    "cut": (1, None),
    "reset": (0, 0),
    "create": (3, 3),
    "up": (0, 0),
    "down": (0, 0),
    "delete": (0, 0),
}
"""How many words each action takes; None: any number."""

NOTHING = {"list": "there is no relay", "connections": "nobody is connected"}
"""What is told where there is nothing to show."""

PREPARED: dict[str, Callable[[list[str]], list[str]]] = {"add": faults, "set": settings, "cut": numbers}

DOERS: dict[str, Callable[[Client, Namespace, list[str]], list[Any]]] = {
    "list": ask_list,
    "add": ask_add,
    "set": ask_set,
    "remove": ask_remove,
    "connections": ask_connections,
    "cut": ask_cut,
    "reset": ask_reset,
    "create": ask_create,
    "up": ask_up,
    "down": ask_down,
    "delete": ask_delete,
}

SHOWN: dict[str, Callable[[Any], list[str]]] = {
    "list": proxy_lines,
    "create": proxy_lines,
    "up": proxy_lines,
    "down": proxy_lines,
    "connections": connection_lines,
}
