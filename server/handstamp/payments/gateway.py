"""The process's connection to Stripe, opened only where a key is set.

Stripe's library takes 7 MB; a server that sells nothing does not load it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, cast

from handstamp.payments.gateway_errors import NotConfigured
from handstamp.plumbing.config import Settings
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services

if TYPE_CHECKING:
    from handstamp.payments.stripe_gateway import StripeGateway

ROOM = "payments"


def configured(settings: Settings) -> bool:
    """Tell whether this server may talk to Stripe."""
    return bool(settings.stripe_secret_key)


def gateway(services: Services) -> "StripeGateway":
    """Return the one gateway of this process.

    Raises:
        NotConfigured: no key is set.
    """
    found = services.rooms.get(ROOM)
    if found is None:
        if not configured(services.settings):
            raise NotConfigured(_("This server is not connected to a payment service yet."))
        module = import_module("handstamp.payments.stripe_gateway")
        found = module.StripeGateway(services.settings, services.clock)
        services.rooms[ROOM] = found
    return cast("StripeGateway", found)


def open_gateway(services: Services) -> None:
    """Load the library now, where a key is set: it takes a tenth of a second, once."""
    if configured(services.settings):
        gateway(services)


async def close_gateway(services: Services) -> None:
    """Let go of the connections, if there are any."""
    found = services.rooms.pop(ROOM, None)
    if found is not None:
        await cast("StripeGateway", found).close()
