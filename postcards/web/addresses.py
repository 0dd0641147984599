"""Where a request came from, and which card it is about, as marks that name nobody: they go to the broker."""

from __future__ import annotations

import ipaddress

from flask import request

from postcards.rules.tracking_code import normalise
from postcards.web.context import kit

#: What one household or office gets of IPv6 (RFC 6177): whoever has an address there has all of them.
HOUSEHOLD = 64


def caller_mark() -> bytes:
    """This will give 32 bytes for the caller's address; forwarded addresses count only of trusted proxies."""
    return kit().vault.blind_index("address", counted_address(request.remote_addr or ""))


def code_mark(code: str) -> bytes:
    """This will give 32 bytes for a card's code, however it is spelled."""
    return kit().vault.blind_index("code", normalise(code)[:100])


def counted_address(text: str) -> str:
    """This will give the address that is counted: an IPv6 address by its /64, any other as it is."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text  # a unix socket has none; all of its callers are one
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, HOUSEHOLD), strict=False))
