"""What can be asked for of something that has faults, and the answers, without a socket."""

from __future__ import annotations

import pytest

from wiretalk.control.proxies import Proxies
from wiretalk.control.routes import ROUTES, Routes
from wiretalk.limits import CONTROL_FAULTS
from wiretalk.version import __version__

WEB = {"name": "web", "listen": "127.0.0.1:8080", "upstream": "echo", "enabled": True, "toxics": []}


async def test_the_version_is_that_of_the_api(routed):
    reply = await routed("GET", "/version")
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.value == {"version": "2.12.0", "server": f"wiretalk {__version__}"}


async def test_proxies_are_listed_and_shown(routed):
    assert (await routed("GET", "/proxies")).value == {"web": WEB}
    assert (await routed("GET", "/proxies/web")).value == WEB


async def test_the_life_of_a_toxic(routed):
    asked = {"type": "latency", "attributes": {"latency": 1000}}
    there = {
        "name": "latency_downstream",
        "type": "latency",
        "stream": "downstream",
        "toxicity": 1.0,
        "attributes": {"latency": 1000, "jitter": 0},
        "fault": "down:latency=1s",
    }
    reply = await routed("POST", "/proxies/web/toxics", asked)
    assert (reply.status, reply.value) == (200, there)
    assert str(routed.net.faults[0]) == "down:latency=1s"
    assert (await routed("GET", "/proxies/web/toxics")).value == [there]
    assert (await routed("GET", "/proxies/web/toxics/latency_downstream")).value == there
    assert (await routed("GET", "/proxies/web")).value["toxics"] == [there]

    for method, latency in (("POST", 200), ("PATCH", 300)):
        changed = {"attributes": {"latency": latency}, "toxicity": 0.5}
        reply = await routed(method, "/proxies/web/toxics/latency_downstream", changed)
        assert reply.status == 200
        assert reply.value["attributes"] == {"latency": latency, "jitter": 0}
        assert reply.value["toxicity"] == 0.5

    reply = await routed("DELETE", "/proxies/web/toxics/latency_downstream")
    assert (reply.status, reply.body) == (204, b"")
    assert routed.net.faults == ()


async def test_what_is_wrong_changes_nothing(routed):
    await routed("POST", "/proxies/web/toxics", {"type": "latency", "attributes": {"latency": 10}})
    at = "/proxies/web/toxics/latency_downstream"
    before = (await routed("GET", at)).value
    wrong = (
        {"attributes": {"latency": 5, "jitter": "x"}},
        {"toxicity": 7, "attributes": {"latency": 5}},
        {"attributes": 3},
        [],
    )
    for value in wrong:
        reply = await routed("POST", at, value)
        assert reply.status == 400
        assert reply.value["error"].startswith("bad request body: ")
        assert (await routed("GET", at)).value == before


async def test_nothing_may_become_something_and_again_nothing(routed):
    await routed("POST", "/proxies/web/toxics", {"type": "timeout", "attributes": {"timeout": 0}})
    at = "/proxies/web/toxics/timeout_downstream"
    for timeout in (100, 0):
        reply = await routed("POST", at, {"attributes": {"timeout": timeout}})
        assert reply.value["attributes"] == {"timeout": timeout}
    assert "close" not in routed.net.faults[0].values


async def test_faults_of_the_command_are_shown_too(routed):
    routed.net.add("up:latency=50ms,after=5s")
    routed.net.add("blackhole")
    latency, blackhole = (await routed("GET", "/proxies/web/toxics")).value
    assert (latency["name"], latency["type"], latency["stream"]) == ("latency", "latency", "upstream")
    assert latency["attributes"] == {"latency": 50, "jitter": 0, "after": 5000}
    assert (blackhole["type"], blackhole["stream"], blackhole["attributes"]) == ("blackhole", "both", {})


async def test_reset_removes_all_faults(routed):
    routed.net.add("latency=50ms")
    assert (await routed("POST", "/reset")).status == 204
    assert routed.net.faults == ()


@pytest.mark.parametrize(
    ("method", "path", "value", "status", "error"),
    [
        ("GET", "/proxies/nix", None, 404, "proxy not found"),
        ("POST", "/proxies/nix", {}, 404, "proxy not found"),
        ("DELETE", "/proxies/nix", None, 404, "proxy not found"),
        ("GET", "/proxies/nix/toxics", None, 404, "proxy not found"),
        ("POST", "/proxies/nix/toxics", {"type": "latency"}, 404, "proxy not found"),
        ("GET", "/proxies/web/toxics/nix", None, 404, "toxic not found"),
        ("POST", "/proxies/web/toxics/nix", {}, 404, "toxic not found"),
        ("DELETE", "/proxies/web/toxics/nix", None, 404, "toxic not found"),
        ("GET", "/proxies/web/connections/1", None, 404, "connection not found"),
        ("DELETE", "/proxies/web/connections/1", None, 404, "connection not found"),
        ("DELETE", "/proxies/web/connections/x", None, 404, "connection not found"),
        ("DELETE", "/proxies/web/connections/²", None, 404, "connection not found"),
        ("POST", "/proxies", {"upstream": "x:1"}, 400, "missing required field: name"),
        ("POST", "/proxies", {"name": "x"}, 400, "missing required field: upstream"),
        ("POST", "/proxies", {"name": 3, "upstream": "x:1"}, 400, "bad request body: the name is to be printable text"),
        ("POST", "/proxies", {"name": "x", "upstream": 3}, 400, "bad request body: upstream is to be text"),
        (
            "POST",
            "/proxies",
            {"name": "x", "upstream": "x:1", "listen": 3},
            400,
            "bad request body: listen is to be text",
        ),
        (
            "POST",
            "/proxies",
            {"name": "x", "upstream": "x:1", "enabled": "yes"},
            400,
            "bad request body: enabled is true or false",
        ),
        ("POST", "/proxies", [], 400, "bad request body: it is to be a JSON object"),
        ("POST", "/proxies", b"", 400, "bad request body: there is none"),
        ("POST", "/proxies", {"name": "web", "upstream": "x:1"}, 409, "proxy already exists"),
        ("POST", "/populate", {}, 400, "bad request body: it is to be a list of proxies"),
        ("POST", "/populate", [{}], 400, "missing required field: name at proxy 1"),
        ("POST", "/populate", [1], 400, "bad request body: it is to be a JSON object"),
        ("POST", "/proxies/web", {"enabled": False}, 400, '"web" is no relay: its enabled cannot be changed'),
        ("POST", "/proxies/web", {"listen": ":1"}, 400, '"web" is no relay: its listen cannot be changed'),
        ("DELETE", "/proxies/web", None, 400, '"web" is no relay: it cannot be deleted'),
        ("DELETE", "/proxies/web/connections?how=gently", None, 204, ""),
    ],
)
async def test_errors_are_toxiproxys(routed, method, path, value, status, error):
    reply = await routed(method, path, value)
    assert reply.status == status
    if error:
        assert reply.value == {"error": error, "status": status}


async def test_there_may_not_be_two_of_a_name(routed):
    asked = {"type": "latency", "attributes": {"latency": 1000}}
    await routed("POST", "/proxies/web/toxics", asked)
    reply = await routed("POST", "/proxies/web/toxics", asked)
    assert (reply.status, reply.value["error"]) == (409, "toxic already exists")


async def test_faults_are_bounded(routed):
    for number in range(CONTROL_FAULTS):
        reply = await routed("POST", "/proxies/web/toxics", {"type": "loss", "name": f"{number}"})
        assert reply.status == 200
    reply = await routed("POST", "/proxies/web/toxics", {"type": "loss", "name": "more"})
    assert reply.status == 409
    assert str(CONTROL_FAULTS) in reply.value["error"]


@pytest.mark.parametrize(
    "path", ["/", "/nix", "/proxies/", "/proxies//toxics", "/proxies/web/nix", "/proxies/web/toxics/a/b", "/../proxies"]
)
async def test_other_paths_are_none(routed, path):
    reply = await routed("GET", path)
    assert (reply.status, reply.value) == (404, {"error": f"there is no {path}", "status": 404})


@pytest.mark.parametrize(("method", "path", "allowed"), [("PUT", "/proxies", "GET, POST"), ("GET", "/reset", "POST")])
async def test_other_methods_are_told_which_there_are(routed, method, path, allowed):
    reply = await routed(method, path)
    assert (reply.status, reply.headers["allow"]) == (405, allowed)
    assert reply.value["error"] == f"{path} has no {method}"


@pytest.mark.parametrize(
    "headers",
    [
        {"user_agent": "Mozilla/5.0 (X11; Linux x86_64)"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
    ],
)
@pytest.mark.parametrize(("methods", "path", "_"), ROUTES)
async def test_web_pages_may_not_ask(routed, headers, methods, path, _):
    for method in methods.split():
        reply = await routed(method, path.replace("*", "web"), **headers)
        assert reply.status == 403
        assert "not allowed" in reply.value["error"]


@pytest.mark.parametrize(("methods", "path", "_"), ROUTES)
async def test_a_token_is_wanted_everywhere(routed, methods, path, _):
    routed.routes = Routes(Proxies(), "open sesame")
    for method in methods.split():
        for header in (
            {},
            {"authorization": "Bearer wrong"},
            {"authorization": "Basic open sesame"},
            {"authorization": ""},
        ):
            reply = await routed(method, path, **header)
            assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")


async def test_the_token_opens(routed):
    routed.routes = Routes(Proxies(), "öffne dich")
    assert (await routed("GET", "/proxies", authorization="bearer  öffne dich ")).value == {}


async def test_names_may_be_anything_that_can_be_printed(routed):
    await routed("POST", "/proxies/web/toxics", {"type": "loss", "name": "a/b ü"})
    routed_path = ("proxies", "web", "toxics", "a/b ü")
    from wiretalk.control.messages import Request

    answer = await routed.routes.answer(Request("GET", routed_path, {}, {}, b""))
    assert answer.status == 200


async def test_what_does_not_count_has_no_metrics(routed):
    reply = await routed("GET", "/metrics")
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert b"web" not in reply.body
    assert b"# TYPE toxiproxy_proxy_received_bytes_total counter\n" in reply.body
