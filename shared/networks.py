"""Which network a caller belongs to, for limits: a subscriber's, and none for the Pemda's own."""

from ipaddress import IPv6Address, ip_address, ip_network

# What one subscriber has of IPv6 addresses.
_SUBSCRIBER_BITS = 64


def network_of(address: str) -> str | None:
    """Return the network that an address belongs to, None for one that is not public."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if not found.is_global:
        return None
    if isinstance(found, IPv6Address):
        return str(ip_network((found, _SUBSCRIBER_BITS), strict=False))
    return str(found)
