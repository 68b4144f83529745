"""What holds for every example: mistakes and what is in the way are told in a sentence, and Ctrl-C ends it quietly."""

from __future__ import annotations

import socket

import pytest

STREAM_SERVERS = [
    "greeting/server.py",
    "thanks/server.py",
    "echo/server.py",
    "answering/server.py",
    "many_clients/server.py",
    "unix_and_ip/server.py",
    "addresses/server.py",
]
DATAGRAM_SERVERS = ["udp/receiver.py", "udp/server.py", "udp/record_receiver.py"]
STREAM_CLIENTS = [
    "greeting/client.py",
    "thanks/client.py",
    "echo/client.py",
    "answering/client.py",
    "many_clients/client.py",
    "unix_and_ip/client.py",
    "addresses/client.py",
]
DATAGRAM_CLIENTS = ["udp/sender.py", "udp/client.py", "udp/both.py", "udp/record_sender.py"]

SCHEMES = dict.fromkeys(STREAM_SERVERS + STREAM_CLIENTS, "tcp") | dict.fromkeys(
    DATAGRAM_SERVERS + DATAGRAM_CLIENTS, "udp"
)


@pytest.mark.parametrize("name", STREAM_SERVERS + DATAGRAM_SERVERS)
def test_ctrl_c_ends_a_server_quietly_and_an_address_in_use_is_told(serving, example, name):
    server = serving(name, f"{SCHEMES[name]}://127.0.0.1:0")
    second = example(name, server.address)
    assert second.wait() == 1
    assert second.err.startswith(f"{server.address}: ")
    assert f"(pid {server.process.pid})" in second.err
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
        assert client.wait() == 1
    assert client.err == f"{address}: nobody listens there: is the server started, and is it this port?\n"


@pytest.mark.parametrize("name", SCHEMES)
def test_a_wrong_address_is_shown_with_a_caret(example, name):
    one = example(name, f"{SCHEMES[name]}://127.0.0.1:70000")
    assert one.wait() == 1
    assert one.err.splitlines()[0] == "port must be 0 to 65535"
    assert one.err.splitlines()[2].strip() == "^^^^^"
    assert "Traceback" not in one.err


@pytest.mark.parametrize("name", ["greeting/client.py", "unix_and_ip/client.py", "addresses/client.py"])
def test_ctrl_c_ends_a_client_that_waits(example, waiting_server, name):
    client = example(name, waiting_server())
    waiting_server.accept()
    assert client.interrupt() == 130
    assert client.err == ""


# But for thanks over TLS: its client opens two connections, and at a server that takes one at a time the second
# handshake waits for the first conversation.
@pytest.mark.parametrize(
    ("conversation", "scheme"),
    [("greeting", "tls"), ("unix_and_ip", "tls"), ("addresses", "tls")]
    + [
        (name, scheme)
        for name in ("greeting", "thanks", "unix_and_ip", "addresses")
        for scheme in ("unix", "unixpacket")
    ],
)
def test_the_same_programs_over_other_schemes(serving, example, certificates, tmp_path, conversation, scheme):
    address = f"tls://127.0.0.1:0?cert={certificates}/server.pem" if scheme == "tls" else f"{scheme}:{tmp_path}/s"
    server = serving(f"{conversation}/server.py", address)
    at = f"{server.address}?ca={certificates}/ca.pem" if scheme == "tls" else server.address
    client = example(f"{conversation}/client.py", at)
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
