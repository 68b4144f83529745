"""What is right alone and wrong together: the last look at an address before it is given out."""

from __future__ import annotations

from wiretalk.address.options import NEVER_TOGETHER
from wiretalk.errors import AddressError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address.address import Address


def check(address: Address) -> None:
    """Refuse an address whose parts contradict each other.

    Raises:
        AddressError: they do; the caret stands under the later of the two.
    """
    options = address.options
    for one, other, why in NEVER_TOGETHER:
        # A flag that is off asks for nothing.
        if one in options and other in options and options[one] is not False and options[other] is not False:
            later = max(one, other, key=list(options).index)
            raise _fault(address, later, f"{one} and {other} exclude each other: {why}", "leave one of them out")
    if options.get("tls_min", "1.2") > options.get("tls_max", "1.3"):  # type: ignore[operator]  # both are text
        raise _fault(address, "tls_max", "tls_max is below tls_min", "there is no version left to speak")
    if address.abstract and "mode" in options:
        raise _fault(address, "mode", "an abstract name has no file, so no mode", "leave mode out, or name a path")
    if address.kind != "datagram" and address.multicast:
        front = address.text.partition("?")[0]
        at = front.find("//") + 2 if "//" in front else 0
        reason = f"{address.host} is a multicast group, and {address.scheme} has none"
        raise AddressError(address.text, at, reason, "write udp://", len(address.host) + 2 * (":" in address.host))
    if "proxy_from" in options and not options.get("proxy_protocol"):
        reason = "proxy_from lists whose PROXY header counts, and none is awaited"
        raise _fault(address, "proxy_from", reason, "add proxy_protocol")
    if address.scheme == "raw":
        _check_raw(address)
    if address.scheme == "raw" and "protocol" not in options:
        text = address.text
        end = text.find("?") if "?" in text else len(text)
        reason, hint = "raw needs the number of a protocol", f"write {text[:end]}?protocol=N"
        raise AddressError(text, end, reason, hint)


def _check_raw(address: Address) -> None:
    options = address.options
    for option, other, version in (("hdrincl", 6, 4), ("checksum", 4, 6)):
        if options.get(option, False) is not False and address.ip_version == other:
            raise _fault(address, option, f"{option} is for IPv{version}, and this is IPv{other}", "leave it out")
    if int(options.get("checksum", 0)) % 2:
        raise _fault(address, "checksum", "checksum must be an even offset", "RFC 3542, section 3.1")


def _fault(address: Address, option: str, reason: str, hint: str) -> AddressError:
    """Return the error with the caret under an option's name, which the text holds."""
    text = address.text
    at = text.find("?") + 1
    while text[at:].partition("&")[0].partition("=")[0] != option:
        at = text.find("&", at) + 1
    return AddressError(text, at, reason, hint, len(option))
