"""Stripe for health and metrics: set up, answering, and when did it last call?"""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import MINUTE
from handstamp.payments.gateway import configured
from handstamp.plumbing.health import Ill
from handstamp.plumbing.metrics import Figure
from handstamp.plumbing.web import Services
from handstamp.webhooks import store
from handstamp.webhooks.catch_up import EVERY
from handstamp.webhooks.stripe_inbox import secret_of

LONGEST_SILENCE = 4 * EVERY


async def check_stripe(of: Services) -> str:
    """Look whether this server is set up, and whether it reached Stripe lately.

    It asks Stripe nothing itself: the search for missed events, every 15 minutes, leaves a
    cursor behind.

    Raises:
        Ill: checkout is on without a key or secret, or Stripe has not answered for an hour.
    """
    if not configured(of.settings):
        if of.settings.enable_checkout:
            raise Ill("checkout is switched on, but STRIPE_SECRET_KEY is not set")
        return "not set up"
    missing = [name for name in ("platform", "connect") if not _has_secret(of, name)]
    if missing:
        raise Ill(f"no webhook secret is set for: {', '.join(missing)}")
    async with of.db.read() as session:
        reached = await store.cursor(session, "")
        heard = await store.last_received(session)
    now = of.clock()
    if reached is not None and now - reached > LONGEST_SILENCE:
        raise Ill(f"Stripe has not answered for {(now - reached) // MINUTE} minutes")
    last = "never" if heard is None else f"{(now - heard) // MINUTE} minutes ago"
    return f"last event {last}"


async def webhook_figures(session: AsyncSession) -> list[Figure]:
    """Count the events that wait and those that were given up."""
    return [
        ("tickets_webhooks_held", "Stripe's events by state", {"state": state}, number)
        for state in ("new", "dead")
        for number in [await store.count(session, state)]
    ]


def _has_secret(of: Services, endpoint: str) -> bool:
    return bool(secret_of(of.settings, "connect" if endpoint == "connect" else "platform"))
