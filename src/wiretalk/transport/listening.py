"""Listening: from an address to all the bound sockets that it means."""

from __future__ import annotations

from wiretalk.transport.schemes import family_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address
    from wiretalk.transport.listener import Listener


def listen(address: Address) -> list[Listener]:
    """Bind and listen on all that an address means.

    An empty host is every interface, IPv4 and IPv6 through one socket where the system can; a name that has several
    addresses listens on each; port 0 picks one port, the same for all. A host that is a name may block.

    Returns:
        At least one listener. Close them all.

    Raises:
        InUseError: somebody else has that address; says who, where the system tells.
        NotPermittedError: the user may not.
        NoSuchHostError, UnreachableError, OpenError: it is no address of this machine.
        AddressError: an option or a scheme that this system or version does not have.
        LimitError: out of file descriptors.
    """
    return family_of(address).listen(address)
