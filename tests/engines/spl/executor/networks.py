"""Addresses in networks, of both versions: Search Reference, search, "CIDR matching", and cidrmatch()."""

import functools
import ipaddress

from .errors import unknown


@functools.lru_cache(1024)
def network(text):
    """The network that a text is, or None."""
    if "/" not in text or not text.rpartition("/")[2].isdigit():
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def holds(net, address):
    """Whether an address is in a network; a text that is no address is in none."""
    try:
        one = ipaddress.ip_address(address)
    except ValueError:
        return False
    if "%" in address:
        raise unknown("an address with a zone")
    return one.version == net.version and one in net
