"""Where a notice may be sent: https, to a public address, and to the very one that was checked."""

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

LONGEST = 2_000
_URL = re.compile(r"[\x21-\x7e]+", re.ASCII)


class NotAllowed(Exception):
    """An address that notices are not sent to."""


@dataclass(frozen=True)
class Target:
    """An endpoint with the address that its name stands for: `url` names the address itself."""

    url: str
    host: str
    server_name: str


def parsed(endpoint: str, *, loopback: bool) -> SplitResult:
    """Return the parts of an endpoint that may be kept.

    Raises:
        NotAllowed: it is not https, holds a password, or names a private address.
    """
    if len(endpoint) > LONGEST or not _URL.fullmatch(endpoint):
        raise NotAllowed("not an address")
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError as error:
        raise NotAllowed("not an address") from error
    if loopback and parts.hostname == "127.0.0.1":
        return parts
    name = parts.hostname or ""
    if parts.scheme != "https" or "@" in parts.netloc or port not in (None, 443) or "." not in name:
        raise NotAllowed("only https addresses of push services")
    try:
        literal = ipaddress.ip_address(name)
    except ValueError:
        return parts
    if not literal.is_global:
        raise NotAllowed("a private address")
    return parts


async def target_of(endpoint: str, *, loopback: bool) -> Target:
    """Look an endpoint's name up; every address it has must be public.

    Raises:
        NotAllowed: one is not.
        OSError: it cannot be looked up.
    """
    parts = parsed(endpoint, loopback=loopback)
    name = parts.hostname or ""
    if loopback and name == "127.0.0.1":
        return Target(endpoint, parts.netloc, "")
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(name, 443, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(one[4][0])) for one in found]
    if not addresses or not all(address.is_global for address in addresses):
        raise NotAllowed("a private address")
    chosen = f"[{addresses[0]}]" if addresses[0].version == 6 else str(addresses[0])
    return Target(urlunsplit(("https", chosen, parts.path, parts.query, "")), parts.netloc, name)
