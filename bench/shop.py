"""An event on sale for the figures, and Stripe's double beside the server under measurement."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.factories.orders import make_sale
from tests.fixtures.stripe_double import StripeDouble

from bench.installation import Installation
from handstamp.events.models import Event


async def open_shop(
    here: Installation, *, capacity: int, account: str = "acct_figures", price: int = 2_500
) -> tuple[Event, list[str]]:
    """Put an event with two tiers on sale, of an organizer that can be paid; return both."""
    prices = {"Floor": price, "Balcony": price}
    event, tiers = await make_sale(here.services, account=account, capacity=capacity, prices=prices)
    return event, [tier.id for tier in tiers]


@asynccontextmanager
async def double_of_stripe(here: Installation) -> AsyncIterator[StripeDouble]:
    """Run the double with the real clock; this process and the server's talk to it."""
    double = StripeDouble(here.folder / "stripe.db", now=None)
    double.start()
    try:
        here.more = {
            "HANDSTAMP_STRIPE_API_URL": double.url,
            "STRIPE_SECRET_KEY": double.key,
            "STRIPE_PUBLISHABLE_KEY": double.publishable_key,
            "STRIPE_WEBHOOK_SECRET": double.platform_secret,
            "STRIPE_CONNECT_WEBHOOK_SECRET": double.connect_secret,
        }
        more = {"stripe_api_url": double.url, "stripe_secret_key": double.key}
        here.services.settings = here.settings.model_copy(update=more)
        yield double
    finally:
        double.stop()
