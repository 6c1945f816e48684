"""Times that belong to an event's own: moved along when it moves."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events import rules, store
from handstamp.events.entry_rules import entry_of
from handstamp.events.find_events import lists_of
from handstamp.events.save_list import save_list
from handstamp.kit.clock import Millis
from handstamp.plumbing.web import Actor, Services


def moved(moment: Millis | None, by: Millis) -> Millis | None:
    """Return a moment so much later; None stays."""
    return None if moment is None else moment + by


async def copy_lists(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    source: str,
    target: str,
    *,
    by: Millis,
    numbers: dict[int, int] | None = None,
) -> None:
    """Give an event the lists of another, or (`source` is `target`) its own at other times.

    Entry windows move by `by`. `numbers`: what the tiers' numbers became; others are left out.
    """
    for view in await lists_of(session, source):
        tiers = [
            rules.ListTier(
                numbers.get(tier["tier"], 0) if numbers is not None else tier["tier"],
                moved(tier["from"], by),
                moved(tier["until"], by),
            )
            for tier in view.rules["tiers"]
        ]
        kept = [tier for tier in tiers if tier.tier]
        if not kept:
            continue
        await save_list(
            session,
            services,
            actor,
            target,
            name=view.name,
            tiers=kept,
            entry=entry_of(view.rules),
            number=view.number if source == target else None,
        )


async def move_sales(session: AsyncSession, event_id: str, by: Millis) -> None:
    """Move the ends of sales of an event's tiers along; sales that began stay begun."""
    for tier in await store.tiers(session, event_id):
        tier.sales_end_at = moved(tier.sales_end_at, by)
    await session.flush()
