"""valgrind finds no fault in the C examples: no byte is read before it is written, none lost, no socket left open."""

from __future__ import annotations

import re
import shutil
import signal

import pytest

from .conftest import ENVIRONMENT, EXAMPLES

VALGRIND = ["valgrind", "--error-exitcode=99", "--leak-check=full", "--track-fds=yes"]
THREADED = ["--errors-for-leak-kinds=definite"]
"""For a server that ends while threads of its own are there: what belongs to them seems possibly lost."""

# Each: the server and its arguments, the client and its, what is typed there.
CONVERSATIONS = {
    "greeting": ("greeting/server tcp://127.0.0.1:0", "greeting/client {0} Zoe", ""),
    "greeting over a Unix socket": ("greeting/server unix:{path}/s", "greeting/client {0} Zoe", ""),
    "thanks": ("thanks/server tcp://127.0.0.1:0", "thanks/client {0}", ""),
    "echo": ("echo/server tcp://127.0.0.1:0", "echo/client {0}", ""),
    "answering": ("answering/server tcp://127.0.0.1:0", "answering/client {0}", "hello\nworld"),
    "many_clients": ("many_clients/server tcp://127.0.0.1:0 2", "many_clients/client {0} 5", ""),
    "udp lines": ("udp/receiver udp://127.0.0.1:0", "udp/sender {0}", "hello\nworld"),
    "udp answers": ("udp/server udp://127.0.0.1:0", "udp/client {0} one two", ""),
    "udp both": ("udp/receiver udp://127.0.0.1:0", "udp/both {0}", "hello\nworld"),
    "udp records": ("udp/record_receiver udp://127.0.0.1:0", "udp/record_sender {0} 3", ""),
    "tcp records": ("udp/record_receiver tcp://127.0.0.1:0", "udp/record_sender {0} 3", ""),
    "unix and ip": (
        "unix_and_ip/server tcp://127.0.0.1:0 unix:{path}/s unixgram:{path}/g udp://127.0.0.1:0",
        "unix_and_ip/client {number} one two",
        "",
    ),
    "addresses": ("addresses/server tcp://127.0.0.1:0", "addresses/client {0}", ""),
}


@pytest.fixture
def watched(program, compile_c, require):
    """Start a C example under valgrind."""
    require(shutil.which("valgrind"), "valgrind is not installed")

    def start(words):
        name, *arguments = words.split()
        path = compile_c([EXAMPLES / f"{name}.c"], sanitize=False)
        more = THREADED if name == "answering/server" else []
        return program([*VALGRIND, *more, str(path), *arguments], env=ENVIRONMENT)

    return start


def check(one, statuses):
    """See that a program has left, well, and that valgrind has told of nothing."""
    assert one.wait() in statuses, one.err
    assert "ERROR SUMMARY: 0 errors" in one.err
    if "terminating with default action" in one.err:
        # It has no handler of its own, so the system closes what is open.
        return
    opened = re.findall(r"Open (?:file descriptor|AF_\w+ socket) (\d+).*\n(.*)", one.err)
    assert not [which for which, more in opened if int(which) > 2 and "inherited from parent" not in more], one.err


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_valgrind_finds_nothing(watched, tmp_path, name):
    served, said, typed = CONVERSATIONS[name]
    served = served.format(path=tmp_path)
    server = watched(served)
    server.wait_for(*("listening on ", "\n") * served.count(":/"))
    addresses = [line.split()[2] for line in server.out.splitlines() if line.startswith("listening on ")]
    for words in [said.format(number=address) for address in addresses] if "number" in said else [said]:
        client = watched(words.format(*addresses))
        client.say(typed)
        client.end_input()
        check(client, {0})
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
    # Those without a handler end as the system ends them.
    check(server, {0, -signal.SIGTERM})
