"""Addresses as toxiproxy writes and understands them."""

from __future__ import annotations

from wiretalk.address import Address, parse
from wiretalk.control.messages import bad_body
from wiretalk.errors import UsageError
from wiretalk.relay.relay import listens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def bare(address: Address) -> str:
    """Return an address as toxiproxy writes it: TCP without its scheme, and every interface as [::]."""
    text = str(address.but(options={})) if not address.options else str(address)
    text = text.removeprefix("tcp://")
    return f"[::]{text}" if text.startswith(":") else text


def settled(address: Address, given: str) -> Address:
    """Return an address with the port that the system has given it, so that it can be listened on again."""
    return address if address.port != 0 else address.but(port=parse(given).port)


def read_address(text: Any, what: str) -> Address:
    """Read an address.

    Raises:
        Refusal: it is none.
    """
    if not isinstance(text, str):
        raise bad_body(f"{what} is to be text")
    try:
        return parse(text)
    except UsageError as error:
        raise bad_body(f"{what}: {error}") from None


def listening(text: Any) -> Address:
    """Read where to listen, as toxiproxy understands it: [::] is every interface, and nothing any port of our own."""
    if isinstance(text, str):
        text = text or "127.0.0.1:0"
        if text.startswith("[::]:"):
            text = text.removeprefix("[::]")
    address = read_address(text, "listen")
    if not listens(address, by_itself=True):
        raise bad_body(f"listen: {address.scheme} cannot be listened on")
    return address


def shown(addresses: list[str]) -> str:
    """Return where something listens, of all its addresses; "": nowhere yet.

    Clients of toxiproxy take what follows the last colon for the port, and mostly look for it on 127.0.0.1.
    """
    first = next((one for one in addresses if "://127." in one), addresses[0] if addresses else "")
    return bare(parse(first)) if first else ""
