"""A browser, curl and the websockets package's own command talk with what `wiretalk` serves and relays."""

from __future__ import annotations

import sys

import pytest

PAGE = """<!doctype html><meta charset="utf-8"><script>
async function talk(url, protocols, said) {
  const told = {messages: []};
  return new Promise((over) => {
    const socket = new WebSocket(url, protocols);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { told.protocol = socket.protocol; told.extensions = socket.extensions; said(socket); };
    socket.onmessage = (event) => {
      const binary = typeof event.data !== "string";
      told.messages.push(binary ? "bytes " + Array.from(new Uint8Array(event.data)) : event.data);
      if (event.data === "last") socket.close(1000, "enough");
    };
    socket.onclose = (event) => { told.code = event.code; told.clean = event.wasClean; over(told); };
  });
}
async function all() {
  const told = {};
  told.echo = await talk("URL", ["other", "echo"], (socket) => {
    socket.send("grüße");
    socket.send("");
    socket.send(new Uint8Array([0, 254, 255]));
    socket.send("x".repeat(200000));
    socket.send("last");
  });
  told.echo.messages[3] = (told.echo.messages[3] || "").length;
  told.refused = await talk("URL", ["unheard"], () => {});
  told.closed = await talk("URL", ["echo"], (socket) => { socket.send("a"); socket.send("b"); socket.close(); });
  told.elsewhere = await talk("URL/nothing", ["echo"], () => {});
  await fetch("/told", {method: "POST", body: JSON.stringify(told)});
}
all();
</script>"""


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_a_browser_and_an_echo(shell_at, chromium, page, host, scheme):
    pytest.importorskip("websockets")
    options = f"subprotocol=echo&origin={page.origin}" + ("&self_signed" if scheme == "wss" else "")
    server = shell_at("serve", "echo", f"{scheme}://{host}:0/talk?{options}", "-v")
    page.text = PAGE.replace("URL", f"{scheme}://{host}:{server.port}/talk")
    chromium(page.origin, "--ignore-certificate-errors")
    told = page.told()
    assert told["echo"] == {
        "protocol": "echo",
        "extensions": told["echo"]["extensions"],
        "messages": ["grüße", "", "bytes 0,254,255", 200_000, "last"],
        "code": 1000,
        "clean": True,
    }
    assert told["echo"]["extensions"].startswith("permessage-deflate")
    assert told["closed"]["clean"] is True
    for name in ("refused", "elsewhere"):
        assert (told[name]["code"], told[name]["clean"], told[name]["messages"]) == (1006, False, [])
    assert server.interrupt() == 130


def test_a_page_of_another_origin_is_refused(shell_at, chromium, page, host):
    pytest.importorskip("websockets")
    server = shell_at("serve", "echo", f"ws://{host}:0/talk?origin=https://good.example", "-v")
    page.text = PAGE.replace("URL", f"ws://{host}:{server.port}/talk")
    chromium(page.origin)
    assert {one["code"] for one in page.told().values()} == {1006}
    assert f"its Origin is '{page.origin}', which is not let in (403)" in server.wait_for("403", where="err")


def test_curl_is_told_what_this_is(shell_at, peer, host):
    pytest.importorskip("websockets")
    server = shell_at("serve", "echo", f"ws://{host}:0/talk")
    asked = peer(["curl", "-s", "-i", f"http://{host}:{server.port}/talk"])
    assert asked.wait() == 0
    assert asked.out.startswith("HTTP/1.1 426 Upgrade Required")
    assert "this is a WebSocket" in asked.out
    asked = peer(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"http://{host}:{server.port}/"])
    assert (asked.wait(), asked.out) == (0, "404")


@pytest.fixture
def their_client(program):
    """The package's own interactive client."""
    pytest.importorskip("websockets")

    def start(address):
        return program([sys.executable, "-m", "websockets", address])

    return start


def test_the_packages_command_and_listen(shell_at, their_client, host):
    server = shell_at("listen", f"ws://{host}:0")
    client = their_client(f"ws://{host}:{server.port}")
    client.wait_for("Connected to")
    client.say("hello from there\n")
    server.wait_for("hello from there\n")
    server.say("hello from here\n")
    client.wait_for("hello from here")
    client.end_input()
    assert client.wait() == 0


def test_both_shells(shell_at, shell, host):
    pytest.importorskip("websockets")
    server = shell_at("listen", f"ws://{host}:0/a%20b?subprotocol=x")
    client = shell("connect", "-v", f"ws://{host}:{server.port}/a b?subprotocol=y,x")
    client.wait_for("WebSocket /a%20b, subprotocol x, compressed", where="err")
    client.say("grüße\nsecond\n")
    server.wait_for("grüße\nsecond\n")
    server.say("answer\n")
    client.wait_for("answer\n")
    client.end_input()
    server.end_input()
    assert client.wait() == 0
    assert server.wait() == 0


@pytest.mark.parametrize("far", ["tcp://{}:0?framing=line", "udp://{}:0", "ws://{}:0/x", "unix:{path}?framing=line"])
def test_a_relay_from_websocket_to_anything(shell_at, shell, host, far, tmp_path):
    pytest.importorskip("websockets")
    server = shell_at("serve", "reply", "--reply", "heard {message}", far.format(host, path=tmp_path / "s"))
    options = "?framing=line" if "framing" in far else ""
    relay = shell_at("relay", f"ws://{host}:0/in", server.address + options)
    client = shell("connect", f"ws://{host}:{relay.port}/in", "--wait", "2s")
    client.say("one\nzwei grüße\n")
    client.wait_for("heard one\nheard zwei grüße\n")
    client.end_input()
    assert client.wait() == 0


@pytest.mark.parametrize("near", ["tcp://{}:0?framing=line", "udp://{}:0"])
def test_a_relay_from_anything_to_websocket(shell_at, shell, host, near):
    pytest.importorskip("websockets")
    server = shell_at("serve", "reply", "--reply", "heard {message}", f"ws://{host}:0/out")
    relay = shell_at("relay", near.format(host), f"ws://{host}:{server.port}/out")
    address = relay.address.partition("?")[0] + ("?framing=line" if "tcp" in near else "")
    client = shell("connect", address, "--wait", "2s")
    client.say("one\nzwei grüße\n")
    client.wait_for("heard one\nheard zwei grüße\n")
    client.end_input()
    assert client.wait() == 0


def test_a_server_that_is_no_websocket(shell_at, shell, host):
    pytest.importorskip("websockets")
    server = shell_at("serve", "reply", "--greet", "220 mail.example", f"tcp://{host}:0?framing=line")
    client = shell("send", f"ws://{host}:{server.port}/", "x")
    assert client.wait() == 3
    assert "no WebSocket there: did not receive a valid HTTP response" in client.err


@pytest.mark.parametrize("words", [["serve", "echo", "ws://127.0.0.1:0"], ["send", "wss://127.0.0.1:9/", "x"]])
def test_without_the_package_the_command_is_told(program, words):
    lines = "import sys; sys.modules['websockets'] = None; from wiretalk.cli import main; sys.exit(main())"
    told = program([sys.executable, "-c", lines, *words])
    assert told.wait() == 16
    assert (
        f"the scheme {words[-1 if words[0] == 'serve' else 1].partition(':')[0]} needs the package websockets"
        in told.err
    )
    assert "pip install 'wiretalk[ws]'" in told.err
