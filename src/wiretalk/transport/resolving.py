"""From an address to the endpoints it stands for. May ask the resolver, so it may block; opens nothing."""

from __future__ import annotations

from wiretalk.transport.schemes import family_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.address import Address
    from wiretalk.transport.candidate import Candidate


def may_block(address: Address) -> bool:
    """Return whether `resolve` may have to ask somebody: for any name but localhost, the proxy's where there is one."""
    if address.option("via"):
        from wiretalk.address import Address as Made
        from wiretalk.address.proxies import read

        proxy = read(str(address.option("via")))
        address = Made("tcp", proxy.host, proxy.port, "", {}, proxy.name)
    return bool(address.host and not address.ip_version and address.host != "localhost" and address.scheme != "vsock")


def resolve(address: Address, *, passive: bool = False) -> list[Candidate]:
    """Return the endpoints that an address stands for, in the order to try them.

    A host given as a number, an empty host, "localhost" and every scheme without hosts never block. A name may, for as
    long as the system's resolver takes.

    Args:
        address: what to resolve.
        passive: True for listening: an empty host is every interface then, and port 0 is allowed.

    Returns:
        At least one candidate; IPv6 and IPv4 alternate.

    Raises:
        NoSuchHostError: the name of the host is not known, or has no address of the family asked for.
        AddressError: the scheme is not opened by this version, or the address cannot be used this way.

    Source: RFC 8305, section 4.
    """
    return family_of(address).candidates(address, passive=passive)


def check(address: Address) -> None:
    """Find what is wrong with an address that is to be connected to, whoever is there; it opens nothing.

    Raises:
        AddressError: an option is for listening.
        MissingPackageError: the scheme's package is not installed.
    """
    from wiretalk.transport.proxy.way import check as check_options

    check_options(address, passive=False)
    if address.scheme == "serial":
        from wiretalk.transport.serial import package

        package()
