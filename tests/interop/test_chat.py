"""One room: nc, a page in a browser, a UDP program, a C program and a script on a Unix socket, all at once."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "examples" / "chat" / "page.html"

DRIVEN = """<script>
// What somebody in front of the page does: a name, a word for each thing that is awaited, and then all that is shown.
function type(words) { text.value = words; form.requestSubmit(); }
const until = (condition) => new Promise((done) => {
  const look = setInterval(() => { if (condition()) { clearInterval(look); done(); } }, 20);
});
(async () => {
  await until(() => !text.disabled);
  type("/nick page");
  await until(() => said.textContent.includes("everybody here?"));
  type("page is <b>here</b>");
  await until(() => said.textContent.includes("bye"));
  const lines = [...said.children].map((line) => [line.children[1].textContent, line.lastChild.textContent.trim()]);
  const told = {lines, nick: nick.textContent, html: said.querySelectorAll("li b b").length};
  await fetch("/told", {method: "POST", body: JSON.stringify(told)});
})();
</script></html>"""

UDP_PROGRAM = """
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.settimeout(60)
sock.connect((sys.argv[1], int(sys.argv[2])))
sock.send(b"/nick udp")
while True:
    line = sock.recv(65536).decode()
    print(line, end="", flush=True)
    if line.endswith("everybody here?\\n"):
        sock.send(b"udp is here")
    if line.endswith("> bye\\n"):
        sock.send(b"/quit")
        break
"""


@pytest.fixture
def chat(shell_at, host, tmp_path):
    pytest.importorskip("websockets")
    addresses = (f"tcp://{host}:0", f"ws://{host}:0?codec=json", f"udp://{host}:0", f"unix:{tmp_path}/chat.sock")
    server = shell_at("serve", "chat", *addresses)
    server.wait_for("listening on ", *["listening on "] * 3, "chat.sock", where="err")
    told = [line.split()[2] for line in server.err.splitlines()]
    server.tcp, server.ws, server.udp, server.unix = told
    server.udp_port = server.udp.rpartition(":")[2]
    return server


def heard(text):
    """Return what was said, of the lines of one member."""
    return re.findall(r"^<([\w-]+)> (.*)$", text, re.MULTILINE)


def test_all_in_one_room(chat, peer, program, page, chromium, compile_c, host, tmp_path):
    nc = peer(["nc.openbsd", host, str(chat.port)])
    nc.say("/nick nc\n")
    nc.wait_for("you are nc")
    page.text = PAGE.read_text(encoding="utf-8").replace("</html>", DRIVEN)
    chromium(f"{page.origin}/?{chat.ws.partition('?')[0]}")
    nc.wait_for("is page now")
    udp = program([sys.executable, "-c", UDP_PROGRAM, host, chat.udp_port])
    nc.wait_for("is udp now")
    in_c = program([compile_c([HERE / "board.c"]), f"tcp://{host}:{chat.port}?framing=line"])
    nc.wait_for("is c-program now")
    script = peer(["sh", "-c", f"(echo /nick script; cat) | nc.openbsd -N -U {tmp_path}/chat.sock"])
    nc.wait_for("is script now")

    nc.say("everybody here?\n")
    nc.wait_for("<page> page is <b>here</b>")
    nc.wait_for("<udp> udp is here")
    nc.say("ping\n")
    nc.wait_for("<c-program> pong")
    script.say("script is here\n")
    nc.wait_for("<script> script is here")
    nc.say("bye\n")
    told = page.told()
    nc.wait_for("-- udp has left")
    nc.wait_for("-- c-program has left")
    assert (udp.wait(), in_c.wait()) == (0, 0)
    script.wait_for("<nc> bye")
    script.end_input()
    assert script.wait() == 0

    by_nc = heard(nc.out)
    assert sorted(by_nc) == [
        ("c-program", "pong"),
        ("page", "page is <b>here</b>"),
        ("script", "script is here"),
        ("udp", "udp is here"),
    ]
    # Each has heard all that the others said, once, in one order; nc does not hear itself, and the page does.
    all_ = [("nc", "everybody here?"), *by_nc[:2], ("nc", "ping"), *by_nc[2:], ("nc", "bye")]
    assert [tuple(line) for line in told["lines"] if line[0]] == all_
    assert told["nick"] == "as page"
    assert told["html"] == 0
    for member, name in ((udp, "udp"), (in_c, "c-program"), (script, "script")):
        assert heard(member.out) == [(who, text) for who, text in all_ if who != name]
    assert chat.interrupt() == 130
    assert "Traceback" not in chat.err


def test_our_own_shell_over_two_schemes(chat, shell):
    one = shell("connect", chat.tcp)
    other = shell("connect", chat.udp)
    one.wait_for("-- welcome: you are guest-1, in lobby, alone\n")
    other.say("hello\n")
    one.wait_for("-- guest-2 has joined\n<guest-2> hello\n")
    other.wait_for("-- welcome: you are guest-2, in lobby, with 1 other\n-- what")
    one.end_input()
    assert one.wait() == 0
    other.wait_for("-- guest-1 has left\n")
    assert other.interrupt() == 130


@pytest.mark.parametrize("name", ["telnet", "ncat", "socat"])
def test_each_of_the_usual_clients(chat, as_client, peer, name):
    nc = peer(["nc.openbsd", chat.host, str(chat.port)])
    nc.wait_for("/help")
    theirs = as_client(name, chat.host, chat.port)
    theirs.say("hello\n")
    nc.wait_for("<guest-2> hello\n")
    nc.say("grüße\n")
    theirs.wait_for("<guest-1> grüße")
    theirs.say("/quit\n")
    nc.wait_for("-- guest-2 has left\n")
