"""A new draft like an event that there is: details, tiers, lists and prices, nobody's tickets."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events import store
from handstamp.events.add_tier import add_tier
from handstamp.events.create_event import create_event
from handstamp.events.find_events import owned_event, tiers_of
from handstamp.events.models import Event, Tier
from handstamp.events.move_times import copy_lists, moved
from handstamp.events.rules import named_kinds
from handstamp.events.set_prices import rates_of
from handstamp.events.shapes import NewEvent, NewTier
from handstamp.kit.clock import Millis
from handstamp.plumbing.web import Actor, Services

PRICES = ("fee_bp", "fee_fixed", "fee_payer", "tax_mode")
_OWN = {"slug", "title", "start_at", "end_at", "refund_until", "snapshot_fields"}


async def duplicate_event(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event_id: str,
    *,
    title: str,
    start_at: Millis,
) -> Event:
    """Make the draft; everything that has a time moves along with its start.

    Not copied: orders, tickets, phones, the supervisor's PIN, codes and clubs' offers.

    Raises:
        NotFound: the event is not the actor's.
        ValidationError: the title or the times cannot be.
    """
    source = await owned_event(session, actor, event_id)
    by = start_at - source.start_at
    names = NewEvent.model_fields.keys() - _OWN
    details = {name: getattr(source, name) for name in names} | {
        "title": title,
        "start_at": start_at,
        "end_at": source.end_at + by,
        "refund_until": moved(source.refund_until, by),
        "snapshot_fields": [name for name in source.snapshot_fields.split(",") if name],
    }
    new = NewEvent.model_validate(details)
    event = await create_event(session, services, actor, source.organizer_id, new)
    prices = {name: getattr(source, name) for name in PRICES}
    await store.change_prices(session, event.id, prices)
    await store.replace_rates(session, event.id, await rates_of(session, source.id))
    numbers = {}
    for tier in await tiers_of(session, source.id):
        made = await add_tier(session, services, actor, event.id, _like(tier, by))
        numbers[tier.number] = made.number
    await copy_lists(session, services, actor, source.id, event.id, by=by, numbers=numbers)
    await record(
        session, actor, "event.duplicate", "event", event.id,
        organizer_id=event.organizer_id, meta={"of": source.id},
    )  # fmt: skip
    return await owned_event(session, actor, event.id)


def _like(tier: Tier, by: Millis) -> NewTier:
    kept = {name: getattr(tier, name) for name in NewTier.model_fields} | {
        "prompt_kinds": named_kinds(tier.prompt_kinds),
        "sales_start_at": moved(tier.sales_start_at, by),
        "sales_end_at": moved(tier.sales_end_at, by),
    }
    return NewTier.model_validate(kept)
