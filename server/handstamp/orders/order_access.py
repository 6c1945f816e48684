"""The secret in mailed links: who has it may see the order, from any browser."""

import hashlib

from handstamp.kit.signing import derive, keyed_hash, same
from handstamp.orders.buyers import Buyer
from handstamp.orders.models import Order
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Actor, Services

PREFIX = "hs_order_"


def secret_of(settings: Settings, order_id: str, email: str) -> str:
    """Return the secret of an order and its buyer's address; another address, another secret."""
    key = derive(settings.secret_bytes(), "order links")
    return PREFIX + keyed_hash(key, f"{order_id}\n{email}")[:40]


def hash_of(secret: str) -> str:
    """Return how a secret is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def page_of(settings: Settings, order_id: str) -> str:
    """Return the address of an order's page, for a browser that may see it anyway."""
    return f"{settings.public_url}/tickets/order/{order_id}"


def link_for(services: Services, order: Order) -> str:
    """Return the address that opens an order without signing in; for its buyer's mail alone."""
    secret = secret_of(services.settings, order.id, order.email)
    return f"{page_of(services.settings, order.id)}?key={secret}"


def may_see(
    order: Order, *, buyer: Buyer | None = None, actor: Actor | None = None, secret: str = ""
) -> bool:
    """Tell whether somebody may see an order.

    They are its buyer, or signed in with the address it was paid under, or have the secret, or
    run its event.
    """
    if buyer is not None and buyer.owns(order.buyer_key):
        return True
    if buyer is not None and buyer.email and order.placed_at and same(buyer.email, order.email):
        return True
    if actor is not None and actor.may_manage(order.organizer_id):
        return True
    return bool(order.access_hash and secret) and same(hash_of(secret), order.access_hash)


def _bought_as(order: Order, email: str) -> bool:
    return bool(email) and order.status != "pending" and same(order.email, email)
