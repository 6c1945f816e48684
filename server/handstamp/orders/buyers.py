"""Who buys: a signed-in person, or a browser known by a random signed cookie."""

import secrets
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from starlette.requests import HTTPConnection
from starlette.responses import Response

from handstamp.kit.clock import DAY, SECOND
from handstamp.kit.signing import derive, keyed_hash, same
from handstamp.plumbing.config import Settings
from handstamp.plumbing.texts import asked_language
from handstamp.plumbing.web import actor, services

COOKIE = "hs_buyer"
LIFE = 180 * DAY
_PREFIX = "hs_buyer_"
_IPV6_HOUSEHOLD = 64


@dataclass(frozen=True)
class Buyer:
    """Somebody who may hold tickets.

    `key` owns new orders; `keys` are all by which this buyer may own older ones. `network` is a
    keyed hash. `language` is the one to be written to in, "" when the browser told none that we
    speak. `new_cookie` must be set in the answer, if there is one.
    """

    key: str
    user_id: str | None = None
    email: str = ""
    network: str = ""
    keys: tuple[str, ...] = ()
    language: str = ""
    new_cookie: str = ""

    def owns(self, buyer_key: str) -> bool:
        """Tell whether an order under this key is the buyer's."""
        return any(same(buyer_key, key) for key in self.keys or (self.key,))


def buyer_of(connection: HTTPConnection) -> Buyer:
    """Return who asks; a browser without our cookie is given a fresh one (see `set_cookie`)."""
    settings = services(connection).settings
    who = actor(connection)
    cookie = connection.cookies.get(COOKIE, "")
    fresh = "" if _is_ours(settings, cookie) else _new_cookie(settings)
    browser = _key(settings, fresh or cookie)
    client = connection.client
    person = f"user:{who.id}" if who.kind in ("user", "admin") else None
    return Buyer(
        key=person or browser,
        user_id=who.id if person else None,
        email=who.email if person else "",
        network=network_of(settings, client.host if client else ""),
        keys=(person, browser) if person else (browser,),
        language=asked_language(),
        new_cookie=fresh,
    )


def set_cookie(response: Response, settings: Settings, buyer: Buyer) -> None:
    """Let the browser keep its fresh cookie, where no script and no other site can read it."""
    if not buyer.new_cookie:
        return
    response.set_cookie(
        COOKIE,
        buyer.new_cookie,
        max_age=LIFE // SECOND,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.public_url.startswith("https://"),
    )


def network_of(settings: Settings, address: str) -> str:
    """Return the keyed hash of a network: an IPv4 address, or an IPv6 /64; '' when unknown."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    name = str(found)
    if found.version == 6:
        name = str(ip_network(f"{found}/{_IPV6_HOUSEHOLD}", strict=False))
    return keyed_hash(_secret(settings, "networks"), name)[:32]


def _new_cookie(settings: Settings) -> str:
    made = _PREFIX + secrets.token_hex(20)
    return f"{made}.{_signature(settings, made)}"


def _is_ours(settings: Settings, cookie: str) -> bool:
    made, dot, signature = cookie.partition(".")
    if not dot or not made.startswith(_PREFIX):
        return False
    return same(signature, _signature(settings, made))


def _signature(settings: Settings, made: str) -> str:
    return keyed_hash(_secret(settings, "signatures"), made)[:40]


def _key(settings: Settings, cookie: str) -> str:
    return keyed_hash(_secret(settings, "keys"), cookie)


def _secret(settings: Settings, purpose: str) -> bytes:
    return derive(settings.secret_bytes(), f"buyer {purpose}")
