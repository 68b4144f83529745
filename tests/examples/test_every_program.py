"""What holds for every example: mistakes and what is in the way are told in a sentence, and Ctrl-C ends it quietly."""

from __future__ import annotations

import socket

import pytest

from .conftest import EACH, PAIRINGS, PYTHON_WITH_PYTHON

STREAM_SERVERS = [
    "greeting/server",
    "thanks/server",
    "echo/server",
    "answering/server",
    "many_clients/server",
    "unix_and_ip/server",
    "addresses/server",
]
DATAGRAM_SERVERS = ["udp/receiver", "udp/server", "udp/record_receiver"]
STREAM_CLIENTS = [
    "greeting/client",
    "thanks/client",
    "echo/client",
    "answering/client",
    "many_clients/client",
    "unix_and_ip/client",
    "addresses/client",
]
DATAGRAM_CLIENTS = ["udp/sender", "udp/client", "udp/both", "udp/record_sender"]

SCHEMES = dict.fromkeys(STREAM_SERVERS + STREAM_CLIENTS, "tcp") | dict.fromkeys(
    DATAGRAM_SERVERS + DATAGRAM_CLIENTS, "udp"
)


@pytest.mark.parametrize("languages", EACH, ids=str)
@pytest.mark.parametrize("name", STREAM_SERVERS + DATAGRAM_SERVERS)
def test_ctrl_c_ends_a_server_quietly_and_an_address_in_use_is_told(serving, example, name):
    server = serving(name, f"{SCHEMES[name]}://127.0.0.1:0")
    second = example(name, server.address)
    assert second.wait() == second.status("in-use")
    assert second.err.startswith(f"{server.address}: ")
    assert f"(pid {server.process.pid})" in second.err or second.language == "c"
    assert second.err.count("\n") == 1
    assert server.interrupt() == 130
    assert server.err == ""


@pytest.mark.parametrize("name", STREAM_CLIENTS)
def test_a_client_without_a_server_says_so(example, name):
    with socket.socket() as nobody:
        # Bound, and not listening: the port is nobody else's, and refuses.
        nobody.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        client = example(name, address)
        assert client.wait() == client.status("refused")
    assert client.err == f"{address}: nobody listens there: is the server started, and is it this port?\n"


@pytest.mark.parametrize("name", SCHEMES)
def test_a_wrong_address_is_shown_with_a_caret(example, name):
    one = example(name, f"{SCHEMES[name]}://127.0.0.1:70000")
    assert one.wait() == one.status("usage")
    assert one.err.splitlines()[0] == "port must be 0 to 65535"
    assert one.err.splitlines()[2].strip() == "^^^^^"
    assert "Traceback" not in one.err


@pytest.mark.parametrize("name", ["greeting/client", "unix_and_ip/client", "addresses/client"])
def test_ctrl_c_ends_a_client_that_waits(example, waiting_server, name):
    client = example(name, waiting_server())
    waiting_server.accept()
    assert client.interrupt() == 130
    assert client.err == ""


@pytest.mark.parametrize("name", ["thanks", "echo", "answering", "many_clients", "unix_and_ip"])
def test_a_limit_in_the_address_is_larger_than_what_a_server_thought_of(serving, plain, name):
    server = serving(f"{name}/server", "tcp://127.0.0.1:0?max_message=100000")
    client = plain(server.address)
    client.sendall(b"x" * 50_000 + b"\n")
    with client.makefile() as answers:
        answer = answers.readline()
    assert answer.endswith("x" * 50_000 + "\n") or answer == "thank you, whoever you are\n"


# But for thanks over TLS: its client opens two connections, and at a server that takes one at a time the second
# handshake waits for the first conversation.
@pytest.mark.parametrize(
    ("conversation", "scheme", "languages"),
    [(name, "tls", PYTHON_WITH_PYTHON) for name in ("greeting", "unix_and_ip", "addresses")]
    + [
        (name, scheme, languages)
        for name in ("greeting", "thanks", "unix_and_ip", "addresses")
        for scheme, pairings in (("unix", PAIRINGS), ("unixpacket", [PYTHON_WITH_PYTHON]))
        for languages in pairings
    ],
    ids=str,
)
def test_the_same_programs_over_other_schemes(serving, example, certificates, tmp_path, conversation, scheme):
    address = f"tls://127.0.0.1:0?cert={certificates}/server.pem" if scheme == "tls" else f"{scheme}:{tmp_path}/s"
    server = serving(f"{conversation}/server", address)
    at = f"{server.address}?ca={certificates}/ca.pem" if scheme == "tls" else server.address
    client = example(f"{conversation}/client", at)
    assert client.wait() == 0, client.err
    assert client.out


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A folder with ca.pem and server.pem for 127.0.0.1."""
    import trustme

    folder = tmp_path_factory.mktemp("tls")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    return folder
