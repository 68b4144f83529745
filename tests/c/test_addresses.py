"""Addresses in C against those in Python: the same texts are accepted, with the same values and canonical text, and the
same are refused, with the same words and the caret at the same place.

Two differences are meant, and held here: libwiretalk refuses schemes that it does not open, after they were read well;
and it has no tables of other scripts, so a host's name in one of them is refused, whatever else is wrong with it.
"""

from __future__ import annotations

import ast
import json
import os
import random
import re
import shutil
import struct
import subprocess
import unicodedata
from pathlib import Path

import pytest

from wiretalk.address import OPTIONS, SCHEMES, parse
from wiretalk.address.mistakes import ELSEWHERE
from wiretalk.errors import AddressError, UsageError
from wiretalk.limits import MAX_ADDRESS_BYTES

ROOT = Path(__file__).parents[2]

ERROR_BYTES = 2048
"""WT_ERROR_BYTES."""

USAGE = -2
"""WT_EUSAGE."""

FLAG, NUMBER, SECONDS, TEXT = 1, 2, 3, 4
"""Types of options."""

CUT = "and cut messages with wt_decode"
INSTEAD = {
    "tls": "write tcp:// to a program beside it that speaks TLS, or use wiretalk in Python",
    "ws": "write tcp:// with a framing, like ?framing=line",
    "wss": "write tcp:// with a framing, like ?framing=line",
    "unixpacket": "write unix: with a framing, like ?framing=length:u32be",
    "vsock": "use wiretalk in Python",
    "serial": f"open the device with open() and tcsetattr(), {CUT}",
    "exec": f"start the program with posix_spawn(), {CUT}",
    "pty": f"open the terminal with posix_openpt(), {CUT}",
    "stdio": f"read file descriptor 0 and write 1, {CUT}",
    "file": f"open the file with fopen(), {CUT}",
    "icmp": "open a socket of your own with socket()",
    "raw": "open a socket of your own with socket()",
}
"""What libwiretalk does not open, and what it says to do."""

NO_SCRIPTS = "libwiretalk has no tables of other scripts: write the name in its xn-- form"


@pytest.fixture(scope="session")
def show(compile_c):
    """Return what libwiretalk says to each of many texts, in one run, where these variables are set besides."""
    program = compile_c([ROOT / "c/tests/address/show_address.c"])

    def shown(texts, **variables):
        given = b"".join(text + b"\0" for text in texts)
        environment = os.environ | variables
        told = subprocess.run([program], input=given, capture_output=True, check=True, timeout=100, env=environment)
        lines = told.stdout.splitlines()
        assert len(lines) == len(texts)
        return [json.loads(line) for line in lines]

    return shown


def raw(text):
    """Return a text's bytes, as the system had them."""
    return text.encode("utf-8", "surrogateescape")


def value(option):
    """Return an option's value as the tool shows it."""
    if isinstance(option, bool):
        return FLAG, int(option)
    if isinstance(option, int):
        return NUMBER, option
    if isinstance(option, float):
        return SECONDS, struct.pack(">d", option).hex()
    return TEXT, raw(option).hex()


def cut(text):
    """Return what a wt_error holds of a text."""
    if len(text) < ERROR_BYTES:
        return text
    end = ERROR_BYTES - len("…".encode()) - 1
    while text[end] & 0xC0 == 0x80:
        end -= 1
    return text[:end] + "…".encode()


def refusal(error, text):
    """Return an error of Python's as the tool shows one."""
    at = len(raw(text[: error.at]))
    length = len(raw(text[error.at : error.at + error.length]))
    said = cut(str(error).encode()).hex()
    return {"code": USAGE, "os_error": 0, "at": at, "length": length, "fault": said}


def expected(given):
    """Return what Python says to a text, as the tool shows it, but for a scheme that only Python has."""
    text = given.decode("utf-8", "surrogateescape")
    try:
        address = parse(text)
    except AddressError as error:
        return refusal(error, text)
    if address.scheme in INSTEAD:
        length = 1 if text.startswith("-") else text.index(":")
        reason = f"libwiretalk has no {address.scheme}"
        return refusal(UsageError(text, 0, reason, INSTEAD[address.scheme], length), text)
    options = [(name, *value(option)) for name, option in address.options.items()]
    return {
        "scheme": address.scheme,
        "host": raw(address.host).hex(),
        "port": -1 if address.port is None else address.port,
        "path": raw(address.path).hex(),
        "options": [{"name": name, "type": kind, "value": shown} for name, kind, shown in options],
        "text": raw(str(address)).hex(),
    }


ABSENT = ("via", "send_proxy", "proxy_protocol", "proxy_from")
"""Options of schemes that libwiretalk has, which it has not."""


def refused_anyway(text, told):
    """Return whether libwiretalk refuses what it has not, without looking as closely at it as Python does."""
    if told.get("code") != USAGE:
        return False
    said = bytes.fromhex(told["fault"]).decode()
    if any(said.startswith(f"libwiretalk has no {name};") for name in ABSENT):
        return any(option.partition(b"=")[0].decode() in ABSENT for option in text.partition(b"?")[2].split(b"&"))
    scheme = "stdio" if text.startswith(b"-") else text.partition(b":")[0].decode("utf-8", "replace").lower()
    return scheme in INSTEAD


def test_what_the_library_has_not_is_told_with_the_caret_under_it(show):
    for name in ABSENT:
        (told,) = show([f"tcp://h:1?nodelay&{name}=x".encode()])
        reason = f"libwiretalk has no {name}"
        text = f"tcp://h:1?nodelay&{name}=x"
        assert told == refusal(UsageError(text, 18, reason, "let `wiretalk relay` do that", len(name)), text)


def check(show, texts):
    """Hold libwiretalk to what Python says of texts. A name in another script must be one, and all else as ever."""
    texts = list(dict.fromkeys(text for text in texts if b"\0" not in text))
    wrong, plain = [], []
    for text, told in zip(texts, show(texts), strict=True):
        if bytes.fromhex(told.get("fault", "")).decode().split("\n")[0] == NO_SCRIPTS:
            at, end = told["at"], told["at"] + told["length"]
            name = re.sub(rb"%([0-9a-fA-F]{2})", lambda found: bytes.fromhex(found[1].decode()), text[at:end])
            assert not name.decode().lower().isascii(), text
            plain.append(text[:at] + b"x" + text[end:])
        elif told != expected(text) and not refused_anyway(text, told):
            wrong.append((text, told, expected(text)))
    assert not wrong, "\n\n".join(describe(*one) for one in wrong[:20]) + f"\n{len(wrong)} of {len(texts)} differ"
    if plain:
        check(show, plain)
    return len(texts)


def describe(text, *sides):
    """Return one difference, so that it can be read."""
    lines = [ascii(text)]
    for side, said in zip(("C", "Python"), sides, strict=True):
        fault = bytes.fromhex(said.get("fault", "")).decode()
        lines.append(f"{side}: {json.dumps({name: v for name, v in said.items() if name != 'fault'})}\n{fault}")
    return "\n".join(lines)


def strings():
    """Return every text that stands in the tests of Python's addresses, with each line of those that have several."""
    found = []
    for path in sorted((ROOT / "tests" / "address").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found += [node.value, *(line.strip() for line in node.value.split("\n"))]
    # Halves of characters, of which Python's tests know, are not to be had in bytes.
    return [text for text in dict.fromkeys(found) if not re.search("[\ud800-\udc7f\udd00-\udfff]", text)]


STRINGS = strings()
PREFIXES = ("", "tcp://", "tcp:", "tcp6://", "udp4://[", "unix:", "ws://h", "vsock://", "exec:", "raw://", "tcp://:1?")


def test_every_text_of_pythons_tests(show):
    texts = [raw(prefix + text) for prefix in PREFIXES for text in STRINGS]
    assert check(show, texts) > 5000


def test_every_option_with_every_value(show):
    values = ["", "=", "=0", "=1", "=-1", "=0x1f", "=1.5", "=4.0KiB", "=1e3", "=é", "=%00", "=%", "=%ff", "=K"]
    values += [f"={text}" for text in STRINGS if len(text) < 80]
    for option in OPTIONS.values():
        for bound in (option.low, option.high):
            values += [f"={int(bound) + step}" for step in (-1, 0, 1)] + [f"={int(bound):o}", f"={bound}s"]
    texts = []
    for name, option in OPTIONS.items():
        start = SCHEMES[option.schemes[0]].example.partition("?")[0]
        texts += [raw(f"{start}?{name}{value}") for value in values]
    assert check(show, texts) > 20_000


def test_every_option_for_every_scheme(show):
    texts = []
    for scheme in SCHEMES.values():
        front = scheme.example.partition("?")[0]
        texts += [raw(text) for text in (front, *(f"{scheme.name}{rest}" for rest in ("", ":", "://", ":x", ":/x")))]
        for name in (*OPTIONS, "zzz", "nodlay", "TTL"):
            texts += [raw(f"{front}?{name}"), raw(f"{front}?{name}=1&{name}=1"), raw(f"{front}?codec=x&{name}=5")]
    assert check(show, texts) > 2000


def test_every_pair_of_options(show):
    right = {"mode": "600", "tls_min": "1.3", "tls_max": "1.2", "client_cert": "none", "bind": ":1", "alpn": "a"}
    right["fingerprint"] = "a" * 64
    texts = []
    for start in ("tcp://h:1", "tls://h:1", "unix:@x", "udp://224.0.0.1:1", "tcp://[ff02:0::1]:1", "raw://h"):
        for one in OPTIONS:
            texts += [raw(f"{start}?{one}={right.get(one, 1)}&{other}={right.get(other, 1)}") for other in OPTIONS]
    check(show, texts)


UNITS = ["", "b", "k", "kB", "KiB", "MIB", "g", "TB", "t", "x", " kb", "  kb", "\u212aiB", "kib ", "kibi"]
UNITS += ["ns", "us", "µs", "µS", "μs", "ms", "s", "m", "min", "h", "d", "D", " "]


def number(chance):
    """Return a number with decimals or without, as somebody may write it, of any size."""
    text = str(chance.randrange(10 ** chance.randrange(1, 12)))
    if chance.random() < 0.7:
        text += "." + str(chance.randrange(10 ** chance.randrange(1, 25))).rjust(chance.randrange(20), "0")
    return text


def test_numbers_and_units(show):
    chance = random.Random(1)
    texts = []
    for _ in range(3000):
        said = number(chance) + chance.choice(UNITS)
        texts += [raw(f":1?{name}={said}") for name in ("sndbuf", "keepalive", "user_timeout", "max_message")]
    for digits in (99, 100, 101, 400):
        texts += [raw(f":1?{name}={'9' * digits}") for name in ("sndbuf", "keepalive", "ttl", "mark")]
        texts += [raw(f":1?{name}=0x{'f' * digits}") for name in ("ttl", "mark")]
        texts += [raw(f":1?{name}={'0' * digits}64.{'0' * digits}k") for name in ("sndbuf", "keepalive")]
        texts += [raw(f":1?{name}=1.{'0' * (digits - 1)}") for name in ("sndbuf", "keepalive")]
    assert check(show, texts) > 10_000


def durations():
    """Return addresses with a time in them, of any number of digits."""
    chance = random.Random(5)
    texts = []
    for _ in range(4000):
        seconds = chance.uniform(0.001, 10 ** chance.randrange(-2, 7))
        digits = chance.randrange(1, 20)
        said = chance.choice((f"{seconds:.{digits}f}s", f"{seconds * 1000:.{digits}f}ms", repr(seconds)))
        texts.append(raw(f":1?user_timeout={said}"))
    texts += [raw(f":1?user_timeout={count}{unit}") for count in range(1, 3000, 7) for unit in ("ms", "s", "m", "h")]
    texts += [raw(f":1?user_timeout={count}{unit}") for count in range(10**6, 10**7, 55555) for unit in ("us", "ns")]
    return texts


def test_durations_are_read_and_written_to_the_last_bit(show):
    assert check(show, durations()) > 5000


def test_the_users_language_changes_no_number(show, require, tmp_path):
    require(shutil.which("localedef"), "localedef is not there")
    made = subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "UTF-8", tmp_path / "de_DE.UTF-8"], capture_output=True, check=False
    )
    require(made.returncode == 0, "there are no sources of the locale de_DE")
    texts = durations()[::5]
    assert show(texts, LOCPATH=str(tmp_path), LC_ALL="de_DE.UTF-8") == [expected(text) for text in texts]


def test_ends_of_length(show):
    texts = []
    for path in ("x", "é", "日", "\udcff", "/", "%41", "&", "\x01", " "):
        for extra in range(-3, 4):
            for start in ("unix:", "x", "tcp://", "tcp://h:1?bind=[::1%", ":1?zzz=", "::", "exec:a?", "tcp:"):
                size = MAX_ADDRESS_BYTES + extra - len(start)
                texts.append(raw(start + path * (size // len(path.encode("utf-8", "surrogatepass")))))
                texts.append(raw(start + "x" * (size - len(path)) + path))
    for size in range(30, 70):
        texts += [b"x" * size + b":80", b"tcp://" + b"a" * size + b":80", b"y" * size + b"://x", b":1?" + b"n" * size]
    for size in range(240, 260):
        texts += [raw(f"tcp://{('a.' * 200)[:size]}:80"), raw(f"tcp://{('a.' * 200)[:size]}b.:80")]
    for size in range(ERROR_BYTES // 2 - 60, ERROR_BYTES // 2 + 10):
        texts += [raw("tcp:" + "x" * size), raw("tcp:" + "日" * (size // 3) + "é" * (size % 3))]
    check(show, texts)


PIECES = [
    *("tcp", "tcp4", "tcp6", "udp", "udp6", "unix", "unixgram", "tls", "ws", "vsock", "exec", "-", "stdio", "raw"),
    *("icmp", "TCP-LISTEN", "http", "Unix", "local", "tpc", "zzz", ":", ":", "//", "//", "://", "/", "?", "&", "="),
    *("[", "]", "@", "%", "%25", "%00", "%41", "%FF", "%2f", "%C3%A9", "::", "::1", "fe80::1", "%eth0", "%25eth0"),
    *("[::1]", "ff02::1", "1:2:3:4:5:6:7:8", "127.0.0.1", "224.0.0.1", "01", "80", "0", "65535", "65536", "host"),
    *("pi.local", "Example.ORG.", "a..b", "*", "user@", "x" * 64, ".sock", ".", "~", "nodelay", "ttl=5", "ttl"),
    *("keepalive=2m", "framing=line", "mode=600", "bind=", "bind=[::1]:5", "tos=1", "dscp=1", "max_message=64KiB"),
    *("codec=json", "interface=eth0", "nodlay", "user_timeout=1.5s", "sndbuf=1k", "cert=a", "sni=b", " ", "  ", "\t"),
    *("\n", "\x7f", "-", "_", "+", "#", '"', "\\", "é", "日本", "e\u0301", "\u200b", "\u212a", "\u0130", "\u00a0"),
    *("\u2028", "٣", "µ", "℀", "。", "😀", "\ufeff", "\udcff", "\udce2\udc82", "\udcc3", "\udced\udca0\udc80"),
    *("\udcf4\udc90\udc80\udc80", "\udcc0\udc80"),
]
"""Pieces that tell something, alone or beside one another."""


def test_texts_of_telling_pieces(show):
    chance = random.Random(2)
    texts = [raw("".join(chance.choices(PIECES, k=chance.randrange(1, 9)))) for _ in range(8000)]
    assert check(show, texts) > 6000


HOSTS = ["", "h", "Pi.LOCAL", "127.0.0.1", "[::1]", "[FE80:0::1%eth0]", "[::ffff:1.2.3.4]", "a.b.", "%68", "239.1.2.3"]
PATHS = ["/run/x", "x y", "@a%00b", "a%3Fb", "~", "///x", "/%2Fx", "%20x", "日本", "e\u0301", "a\udcffb", "\u200b%ff"]
CHOSEN = [
    "nodelay",
    "nodelay=0",
    "ttl=7",
    "tos=0x10",
    "dscp=8",
    "keepalive",
    "keepalive=0",
    "keepalive=90s",
    "mode=600",
]
CHOSEN += ["bind=:7", "bind=H", "bind=[::0:1%2517]:0", "framing=length:u32be", "codec=a%26b&", "max_message=1.5k"]
CHOSEN += [
    "interface=eth0",
    "user_timeout=1500ms",
    "mark=4294967295",
    "v6only=no",
    "backlog=5",
    "sndbuf=1MiB",
    "loop=off",
]


def test_addresses_put_together(show):
    chance = random.Random(6)
    texts = []
    for _ in range(6000):
        scheme = chance.choice(["tcp", "tcp4", "TCP6", "udp", "udp4", "udp6", "unix", "unixgram", "unixgram"])
        if scheme.startswith("unix"):
            front = f"{scheme}:{chance.choice(PATHS)}"
        else:
            front = f"{scheme}://{chance.choice(HOSTS)}:{chance.choice((0, 1, '0080', 65535))}"
        options = chance.sample(CHOSEN, chance.choice((0, 0, 1, 1, 2, 3)))
        texts.append(raw(front + ("?" + "&".join(options) if options else "")))
    assert check(show, texts) > 3000


def good():
    """Return the texts of Python's tests that are addresses, some options added."""
    texts = []
    for text in STRINGS:
        try:
            texts.append(parse(text).text)
        except AddressError:
            continue
    return [*texts, *(f"{scheme.example.partition('?')[0]}?codec=x&max_message=5" for scheme in SCHEMES.values())]


def mutated(chance, text, others):
    """Return an address with one or two things wrong with it, or none."""
    for _ in range(chance.choice((1, 1, 2))):
        at, end = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
        piece, other = chance.choice(PIECES), chance.choice(others)
        front = text.partition("?")[0]
        changed = (
            text[:at] + text[at + 1 :],
            text[:at] + piece + text[at:],
            text[:at] + piece + text[at + 1 :],
            text[:at] + text[end:],
            text[:end] + text[at:],
            text[:at] + text[at : at + 2][::-1] + text[at + 2 :],
            text[:at] + text[at:].swapcase(),
            text[:at] + other[at:],
            text + ("&" if "?" in text else "?") + piece,
            front + other[len(other.partition("?")[0]) :],
        )
        text = chance.choice(changed) or ":1"
    return text


def test_addresses_with_something_wrong(show):
    chance = random.Random(3)
    addresses = good()
    assert len(addresses) > 100
    texts = [mutated(chance, chance.choice(addresses), addresses) for _ in range(12_000)]
    # Pieces of bytes that are no UTF-8 may have come together to something that is.
    assert check(show, [raw(text) for text in texts]) > 9000


def test_any_bytes(show):
    chance = random.Random(4)
    ends = [b"", b"unix:", b"tcp://", b":1?interface=", b":1?codec=", b"exec:x?"]
    texts = [chance.choice(ends) + bytes(chance.choices(range(0x20, 256), k=chance.randrange(8))) for _ in range(4000)]
    check(show, texts)


WORDS = [*ELSEWHERE, "unix_stream", "UNIX-CONNECT", "qqqqq", "Ttcp", "vsoc\u212a", "\u0130cmp", "w", "-", "_x", "9p"]
BEHIND = ["", ":", ":x", ":1", "://h:1", ":/x", ":x:y", ":80/x", "-x:y", "_:y", "?x", "://"]


@pytest.mark.parametrize("word", WORDS, ids=ascii)
def test_schemes_that_are_none(show, word):
    check(show, [raw(word + rest) for rest in BEHIND])


def test_the_schemes_that_python_has_alone():
    header = (ROOT / "c/include/wiretalk.h").read_text()
    said = re.search(r"const char \*scheme; +/\* static: (.*?) \*/", header)[1]
    assert {name.strip('"') for name in said.split(", ")} == set(SCHEMES) - set(INSTEAD)


def test_the_table_of_columns_is_what_its_tool_writes():
    made = (ROOT / "c/src/columns.c").read_text()
    tool = {}
    exec((ROOT / "c/tools/columns.py").read_text(), tool)
    version = re.search(r"by Unicode (\S+)\.", made)[1]
    if version != unicodedata.unidata_version:
        pytest.skip(f"the table is of Unicode {version}, and this Python has {unicodedata.unidata_version}")
    assert tool["source"]() == made
