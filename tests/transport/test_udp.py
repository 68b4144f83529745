"""UDP to one peer, to a group, to everybody."""

import socket

import pytest

from wiretalk.address import parse
from wiretalk.errors import UnreachableError
from wiretalk.transport import listen, local_name, open_socket, resolve, start_connect
from wiretalk.transport.multicast import is_group

WIDE = "ip link add v0 type veth peer name v1; ip addr add 192.0.2.1/24 dev v0; ip link set v1 up; ip link set v0 up; "
WIDE += "ip -6 addr add fe80::5/64 dev v0 nodad; ip link add v2 type veth peer name v3; ip link set v2 up"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", ""])
def test_request_and_answer(host, listening, connecting, readable):
    (listener,) = listening("udp://:0")
    ours = connecting(f"udp://{host}:{listener.address.port}")
    ours.send(b"question")
    readable(listener)
    message, sockaddr = listener.sock.recvfrom(100)
    listener.sock.sendto(message.upper(), sockaddr)
    readable(ours)
    assert ours.recv(100) == b"QUESTION"
    assert (listener.kind, listener.address.kind) == ("datagram", "datagram")


def test_a_client_finds_a_server_of_ipv4_alone(listening, connecting, readable):
    (listener,) = listening("udp4://127.0.0.1:0")
    ours = connecting(f"udp://localhost:{listener.address.port}")
    ours.send(b"question")
    readable(listener)
    assert listener.sock.recv(100) == b"question"


def test_an_empty_datagram_is_one(listening, connecting, readable):
    (listener,) = listening("udp://127.0.0.1:0")
    connecting(str(listener.address)).send(b"")
    readable(listener)
    assert listener.sock.recv(100) == b""


def test_the_port_is_not_shared_unless_asked(listening):
    (listener,) = listening("udp://127.0.0.1:0")
    assert listener.sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR) == 0
    (shared,) = listening("udp://127.0.0.1:0?reuseport")
    assert listening(str(shared.address))


def test_a_socket_that_is_never_connected_can_tell_its_port_before_it_sends(opened):
    (candidate,) = resolve(parse("udp://192.0.2.255:9?broadcast"))
    sock = opened(open_socket(candidate))
    assert start_connect(sock, candidate) is True
    assert sock.getsockname()[1] > 0
    assert local_name(sock, candidate.address) == f"udp://0.0.0.0:{sock.getsockname()[1]}"
    with pytest.raises(OSError, match="not connected"):
        sock.getpeername()


def test_bound_to_a_port_of_its_own(opened):
    # An address of the loopback that no other test uses, so the port is free.
    (candidate,) = resolve(parse("udp://127.0.0.1:9?bind=127.83.12.7:7000"))
    assert opened(open_socket(candidate)).getsockname() == ("127.83.12.7", 7000)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("224.0.0.1", True),
        ("239.255.255.255", True),
        ("223.255.255.255", False),
        ("240.0.0.1", False),
        ("ff02::1", True),
        ("fe80::1", False),
        ("ff::1", False),
        ("::1", False),
    ],
)
def test_which_addresses_are_groups(host, expected):
    assert is_group((host, 5)) is expected


# Groups.


def test_a_group_is_joined_by_itself(listening, opened, readable):
    (member,) = listening("udp://239.83.12.7:0?interface=lo")
    (candidate,) = resolve(member.address)
    ours = opened(open_socket(candidate))
    ours.sendto(b"to all", candidate.sockaddr)
    readable(member)
    message, sockaddr = member.sock.recvfrom(100)
    assert message == b"to all"
    # The answer comes from the member's own address; a connected socket would not hear it.
    answering = opened(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    answering.sendto(b"from one", sockaddr)
    readable(ours)
    assert ours.recv(100) == b"from one"


def test_several_members_on_one_machine_all_hear(listening, opened, readable):
    (one,) = listening("udp://239.83.12.8:0?interface=lo")
    (other,) = listening(str(one.address))
    (candidate,) = resolve(one.address)
    opened(open_socket(candidate)).sendto(b"to all", candidate.sockaddr)
    for member in (one, other):
        readable(member)
        assert member.sock.recv(100) == b"to all"


def test_a_member_hears_its_group_and_nothing_else_of_the_port(listening, opened, readable):
    (member,) = listening("udp://239.83.12.9:0?interface=lo")
    port = member.address.port
    outsider = opened(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    outsider.sendto(b"to one", ("127.0.0.1", port))
    (candidate,) = resolve(member.address)
    opened(open_socket(candidate)).sendto(b"to all", candidate.sockaddr)
    readable(member)
    assert member.sock.recv(100) == b"to all"


@pytest.mark.parametrize(
    ("text", "level", "number", "expected"),
    [
        ("udp://239.1.2.3:5", socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1),
        ("udp://239.1.2.3:5?ttl=7", socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 7),
        ("udp://239.1.2.3:5?loop=no", socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0),
        ("udp://239.1.2.3:5", socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1),
        ("udp://[ff05::5]:5", socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1),
        ("udp://[ff05::5]:5?ttl=7", socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 7),
        ("udp://[ff05::5]:5?loop=no", socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0),
        ("udp://[ff05::5]:5?interface=lo", socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, 1),
        ("udp://[ff02::5%lo]:5", socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, 1),
    ],
)
def test_how_far_a_group_is_spoken_to(text, level, number, expected, opened):
    (candidate,) = resolve(parse(text))
    assert opened(open_socket(candidate)).getsockopt(level, number) == expected


def test_a_groups_interface_may_be_its_address(listening, opened, readable):
    (member,) = listening("udp://239.83.12.10:0?interface=127.0.0.1")
    (candidate,) = resolve(member.address)
    opened(open_socket(candidate)).sendto(b"to all", candidate.sockaddr)
    readable(member)
    assert member.sock.recv(100) == b"to all"


@pytest.mark.parametrize("text", ["udp://239.1.2.3:5?interface=nowhere0", "udp://[ff05::5]:5?interface=nowhere0"])
def test_a_groups_interface_that_is_not_there(text):
    address = parse(text)
    sentence = "this machine has no interface nowhere0; ip link shows those it has"
    for opening in (lambda: listen(address), lambda: open_socket(resolve(address)[0])):
        with pytest.raises(UnreachableError, match=sentence):
            opening()


def test_a_groups_interface_that_has_another_address():
    with pytest.raises(UnreachableError, match=r"this machine has no interface 192.0.2.77;"):
        listen(parse("udp://239.1.2.3:0?interface=192.0.2.77"))


def test_a_group_without_a_way_to_it(machine):
    told = machine(
        "",
        """
        for text in ("udp://239.1.2.3:7000", "udp://[ff05::5]:7000"):
            try:
                print(listen(parse(text)))
            except OSError as error:
                print(type(error).__name__, error)
        """,
    )
    assert (
        "UnreachableError udp://239.1.2.3:7000: no interface leads to that group: "
        "name one with ?interface=NAME (ip link shows them)\n"
    ) in told


@pytest.mark.parametrize(
    "group",
    [
        "[ff02::83%v0]",
        "[ff02::83]",
        "[ff05::83%v0]",
        "[ff15::83]",
        "239.83.12.7",
    ],
)
@pytest.mark.parametrize("interface", ["?interface=v0", ""])
def test_groups_on_a_network(machine, group, interface):
    text = f"udp://{group}:7000{interface}"
    told = machine(
        WIDE + "; ip route add 224.0.0.0/4 dev v0",
        f"""
        import time
        (member,) = listen(parse("{text}"))
        (candidate,) = resolve(parse("{text}" if "%" in "{text}" else "{text}".partition("?")[0] + "?interface=v0"))
        ours = open_socket(candidate)
        # A link-local address takes a moment to be ready to send from.
        for _ in range(200):
            try:
                ours.sendto(b"to all", candidate.sockaddr)
                break
            except OSError:
                time.sleep(0.05)
        wait(member)
        print(member.sock.recv(100), candidate.connected)
        """,
    )
    assert told == "b'to all' False\n"


def test_a_member_does_not_hear_other_groups(machine):
    # Bound to every address, as a group of the link without an interface is, Linux would give it all groups' messages.
    told = machine(
        WIDE,
        """
        (member,) = listen(parse("udp://[ff02::83]:7000"))
        (other,) = listen(parse("udp://[ff02::84%v0]:7000"))
        for group, message in (("ff02::84", b"to the others"), ("ff02::83", b"to us")):
            (candidate,) = resolve(parse(f"udp://[{group}%v0]:7000"))
            open_socket(candidate).sendto(message, candidate.sockaddr)
        wait(member)
        print(member.sock.recv(100))
        """,
    )
    assert told == "b'to us'\n"


def test_a_broadcast_is_heard_and_answered(machine):
    told = machine(
        WIDE,
        """
        (listener,) = listen(parse("udp4://:7000"))
        (candidate,) = resolve(parse("udp://192.0.2.255:7000?broadcast"))
        ours = open_socket(candidate)
        ours.sendto(b"anybody?", candidate.sockaddr)
        wait(listener)
        message, sockaddr = listener.sock.recvfrom(100)
        listener.sock.sendto(b"me", sockaddr)
        wait(ours)
        print(message, ours.recvfrom(100))
        """,
    )
    assert told == "b'anybody?' (b'me', ('192.0.2.1', 7000))\n"
