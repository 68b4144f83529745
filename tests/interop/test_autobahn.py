"""The Autobahn suite judges our WebSocket: it is the client of our server, and the server of our client in both faces.

It needs Python 2.7, so it is there where `.ci/run` could install it: WIRETALK_WSTEST names its command `wstest`.
Long cases (9: performance, 12 and 13: compression) are taken by their first ones.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil

import pytest

import wiretalk
import wiretalk.blocking

GOOD = {"OK", "INFORMATIONAL", "NON-STRICT"}
"""What may be: NON-STRICT is a fault of the suite's peer that is told a little earlier than the suite expects."""
GROUPS = {
    "frames": ["1.*", "2.*", "3.*", "4.*", "5.*"],
    "text": ["6.*"],
    "closing": ["7.*", "10.*"],
    "long": ["9.1.1", "9.1.2", "9.2.1", "9.2.2", "9.3.1", "9.4.1", "9.7.1", "9.8.1"],
    "compressed": [f"{kind}.1" for kind in ("12.1", "12.2", "13.1", "13.3")],
}
EXCEPT = ["1.1.8", "1.2.8", "5.19", "5.20", "6.4.*"]
"""Cases of 65,536 bytes in pieces of 997, and those that wait for seconds: tests/layer has the same without waiting."""
LIMIT = 16 << 20


@pytest.fixture(params=GROUPS)
def suite(request, peer, tmp_path):
    """Run the suite: `suite(mode, **where)`, and `suite.judge()` how it went."""
    command = shutil.which(os.environ.get("WIRETALK_WSTEST", "wstest"))
    if command is None:
        pytest.skip("the Autobahn suite needs Python 2.7, and is not installed")

    def run(mode, **where):
        spec = tmp_path / "spec.json"
        cases = {"cases": GROUPS[request.param], "exclude-cases": EXCEPT, "exclude-agent-cases": {}}
        spec.write_text(json.dumps({"outdir": str(tmp_path / "told"), **cases, **where}))
        return peer([command, "-m", mode, "-s", str(spec), "-u", "0"], cwd=tmp_path)

    def judge():
        (told,) = json.loads((tmp_path / "told" / "index.json").read_text()).values()
        assert len(told) >= 4
        bad = {case: how for case, how in told.items() if not {how["behavior"], how["behaviorClose"]} <= GOOD}
        assert not bad

    run.judge = judge
    return run


def test_our_server(suite, shell_at, host):
    server = shell_at("serve", "echo", f"ws://{host}:0", "--max-message", str(LIMIT))
    done = suite("fuzzingclient", servers=[{"agent": "wiretalk", "url": f"ws://{host}:{server.port}"}])
    assert done.wait() == 0, done.err
    suite.judge()
    assert "Traceback" not in server.err


@pytest.mark.parametrize("suite", ["frames", "compressed"], indirect=True)
def test_a_relay_between(suite, shell_at, host):
    """What is broken is told on this side, and what is whole comes back as it went."""
    server = shell_at("serve", "echo", f"ws://{host}:0", "--max-message", str(LIMIT))
    relay = shell_at("relay", f"ws://{host}:0", server.address, "--max-message", str(LIMIT))
    done = suite("fuzzingclient", servers=[{"agent": "wiretalk", "url": f"ws://{host}:{relay.port}"}])
    assert done.wait() == 0, done.err
    suite.judge()
    assert "Traceback" not in relay.err


@pytest.mark.parametrize("face", ["asyncio", "blocking"])
def test_our_client(suite, listens, place, face):
    host, port = place
    suite("fuzzingserver", url=f"ws://{host}:{port}")
    # It listens on every address, whatever it is told.
    listens(("0.0.0.0", port))
    at = f"ws://{host}:{port}"
    limits = wiretalk.Limits(max_message_bytes=LIMIT)
    with wiretalk.blocking.connect(f"{at}/getCaseCount") as connection:
        count = int(connection.receive(timeout_s=30))
    for number in range(1, count + 1):
        case = f"{at}/runCase%3Fcase={number}%26agent=wiretalk"
        if face == "asyncio":
            wiretalk.run(_echo(case, limits))
        else:
            with wiretalk.blocking.connect(case, limits=limits) as connection:
                # What the suite does wrong on purpose is an error here, which the suite judges by its close frame.
                with contextlib.suppress(wiretalk.WiretalkError):
                    for message in connection:
                        connection.send(message)
    with wiretalk.blocking.connect(f"{at}/updateReports%3Fagent=wiretalk") as connection:
        assert list(connection) == []
    suite.judge()


async def _echo(case, limits):
    async with wiretalk.connect(case, limits=limits) as connection:
        with contextlib.suppress(wiretalk.WiretalkError):
            async for message in connection:
                await connection.send(message)
