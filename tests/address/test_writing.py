"""An address back to text: canonical, and read again as an equal address."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretalk.address import OPTIONS, SCHEMES, parse
from wiretalk.address.writing import write, write_endpoint
from wiretalk.errors import AddressError


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (":8888", "tcp://:8888"),
        ("TCP://Pi.LOCAL:080", "tcp://pi.local:80"),
        ("[0:0:0:0:0:0:0:1]:80", "tcp://[::1]:80"),
        ("[::FFFF:127.0.0.1]:80", "tcp://[::ffff:127.0.0.1]:80"),
        ("[fe80::1%25eth0]:80", "tcp://[fe80::1%eth0]:80"),
        ("[fe80::1%2525g0]:80", "tcp://[fe80::1%2525g0]:80"),
        ("[fe80::1%2517]:80", "tcp://[fe80::1%2517]:80"),
        ("bücher.example:80", "tcp://xn--bcher-kva.example:80"),
        ("stdio:", "-"),
        ("stdio:?framing=line", "-?framing=line"),
        ("unix:///run/x", "unix:/run/x"),
        ("unix:/%2Frun/x", "unix:/%2Frun/x"),
        ("exec:/%2Fbin/x", "exec:/%2Fbin/x"),
        ("unix:%7e/caf%C3%A9 1", "unix:~/café 1"),
        ("unix:%20x%20", "unix:%20x%20"),
        ("unix:a%0Ab%1B", "unix:a%0Ab%1B"),
        ("unix:@a%00b", "unix:@a%00b"),
        ("unix:\udcff", "unix:%FF"),
        ("unix:a%e2%80%8bb", "unix:a%E2%80%8Bb"),
        ("exec:date +%25s%3f", "exec:date +%25s%3F"),
        ("ws://h:80/", "ws://h:80"),
        ("wss://h/a%2Fb", "wss://h:443/a/b"),
        ("ws://h//x", "ws://h:80/%2Fx"),
        ("vsock://4294967295:1", "vsock://any:1"),
        ("vsock://0:1", "vsock://hypervisor:1"),
        ("vsock://77:1", "vsock://77:1"),
        ("raw://h?protocol=0x59", "raw://h?protocol=89"),
        ("unix:/x?mode=600", "unix:/x?mode=0600"),
        ("tcp://:1?nodelay=yes&reuseport=off", "tcp://:1?nodelay&reuseport=0"),
        ("tcp://:1?user_timeout=1500ms&keepalive=60", "tcp://:1?user_timeout=1.5s&keepalive=1m"),
        ("tcp://:1?max_message=65536&sndbuf=1000", "tcp://:1?max_message=64KiB&sndbuf=1000"),
        ("tcp://:1?codec=json&framing=line", "tcp://:1?codec=json&framing=line"),
        ("tls://:1?cert=a%26b%25%3F?=", "tls://:1?cert=a%26b%25??="),
        ("tls://:1?tls_min=1.3&client_cert=Optional", "tls://:1?tls_min=1.3&client_cert=optional"),
        ("tcp://h:1?bind=127.0.0.1:0", "tcp://h:1?bind=127.0.0.1"),
        ("tcp://h:1?bind=[fe80::1%25eth0]:5", "tcp://h:1?bind=[fe80::1%25eth0]:5"),
    ],
)
def test_the_canonical_text(text, canonical):
    assert str(parse(text)) == canonical
    assert str(parse(canonical)) == canonical
    assert parse(canonical) == parse(text)


def test_parts_that_make_no_address_are_written_all_the_same():
    # Names of peers are written without being parsed; what a scheme is, is for the reader to say.
    assert write("sctp", "::1", 5, "", {"streams": 3}) == "sctp://[::1]:5?streams=3"
    assert write("ws", "h", 80, "chat", {}) == "ws://h:80/chat"
    assert write_endpoint("fe80::1%eth0", None) == "[fe80::1%eth0]"


LABELS = st.from_regex(r"[a-zA-Z0-9_-]{0,20}[a-zA-Z_-]", fullmatch=True)
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
ZONES = st.from_regex(r"[a-zA-Z0-9._:@-]{1,15}", fullmatch=True)
IPV4 = st.ip_addresses(v=4).map(str)
IPV6 = st.tuples(st.ip_addresses(v=6).map(str), st.one_of(st.just(""), ZONES.map("%{}".format))).map("".join)
PORTS = st.integers(0, 65535)
# What a file's name may hold: any characters, and bytes that are no UTF-8.
PATHS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    st.binary(min_size=1, max_size=40).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
).filter(lambda path: "\0" not in path and path != "@")


SECRETS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)
TOGETHER = (
    "exclude each other",
    "below tls_min",
    "a multicast group",
    "so no mode",
    "and none is awaited",
    "is for IPv",
    "must be an even offset",
    "the quotation is never closed",
    "nothing comes after the backslash",
    "has no name of a program",
    "sets no variable",
)


def values(option):
    """Texts that are right for an option."""
    if option.choices:
        return st.sampled_from(option.choices)
    low, high = int(option.low), int(option.high)
    return {
        "flag": st.sampled_from(["1", "0", "yes", "NO", "True", "false", "on", "off"]),
        "integer": st.integers(low, high).map(str),
        "octal": st.integers(low, high).map("{:o}".format),
        "size": st.integers(low, high).map(str),
        "duration": st.floats(option.low, option.high).map("{:.20f}".format),
        "flag or duration": st.one_of(st.just("1"), st.just("0"), st.floats(option.low, high).map("{:.9f}s".format)),
        "text": PATHS,
        "interface": st.sampled_from(["eth0", "192.0.2.1", "br-1"]),
        "server name": NAMES,
        "list": st.sampled_from(["h2", "h2,http/1.1"]),
        "fingerprint": st.binary(min_size=32, max_size=32).map(bytes.hex),
        "networks": st.sampled_from(["10.0.0.0/8", "10.0.0.1,fd00::/8"]),
        "proxy": st.one_of(
            NAMES.map("socks5://{}:1080".format),
            st.tuples(SECRETS.map(lambda user: user.replace(":", "")), SECRETS)
            .filter(lambda pair: pair[0] and all(len(one.encode()) <= 255 for one in pair))
            .map(lambda pair: "http://{}:{}@[::1]:3128".format(*pair)),
        ),
        "bind": st.one_of(IPV4, IPV6.map("[{}]:5".format), PORTS.map(":{}".format), NAMES),
    }[option.kind]


@st.composite
def addresses(draw):
    scheme = SCHEMES[draw(st.sampled_from(sorted(SCHEMES)))]
    hosts = {4: [NAMES, IPV4], 6: [NAMES, IPV6], 0: [NAMES, IPV4, IPV6]}[scheme.family]
    host = draw(st.one_of(st.just(""), *hosts))
    if scheme.shape == "cid":
        host = str(draw(st.integers(0, 2**32 - 1)))
    path = draw(PATHS)
    names = draw(st.lists(st.sampled_from([name for name, option in OPTIONS.items() if scheme.name in option.schemes])))
    options = {name: OPTIONS[name].read(draw(values(OPTIONS[name]))) for name in names}
    if scheme.name == "raw":
        options["protocol"] = 1
    return write(scheme.name, host, None if scheme.shape == "host" else draw(PORTS), path, options)


@settings(deadline=None)
@given(addresses())
def test_whatever_is_an_address_is_written_so_that_it_is_read_as_itself(text):
    try:
        address = parse(text)
    except AddressError as error:
        # Right alone and wrong together is what the strategy above does not avoid.
        if any(reason in error.reason for reason in TOGETHER):
            return
        raise
    again = parse(str(address))
    assert again == address
    assert hash(again) == hash(address)
    assert str(again) == str(address)
    assert str(address).isprintable()
    assert dict(again.options) == dict(address.options)
    assert list(again.options) == list(address.options)


@settings(deadline=None)
@given(st.text(), st.sampled_from([*SCHEMES, "", "x"]), st.sampled_from(["", ":", "://", "?", "://["]))
def test_whatever_is_typed_is_an_address_or_a_fault_within_it(text, scheme, then):
    typed = scheme + then + text
    fault = None
    try:
        assert parse(str(parse(typed))) == parse(typed)
    except AddressError as error:
        fault = error
    if fault is not None:
        assert 0 <= fault.at <= len(fault.text)
        assert fault.at + fault.length <= len(fault.text) + 1
        assert fault.reason
        assert len(str(fault).split("\n")) == (3 if typed else 1)
