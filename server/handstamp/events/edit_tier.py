"""Changing a tier; tickets keep pointing at it by its number."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events import store
from handstamp.events.add_tier import check_name, check_price, check_sales
from handstamp.events.announce import announce
from handstamp.events.find_events import owned_event, tier_of
from handstamp.events.models import Tier
from handstamp.events.shapes import TierChange
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

_MAY_BE_CLEARED = {"capacity", "sales_start_at", "sales_end_at"}


async def edit_tier(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event_id: str,
    tier_id: str,
    *,
    change: TierChange,
) -> Tier:
    """Change the members that are set; return the tier as it is now.

    Raises:
        NotFound: the event is not the actor's, or has no such tier.
        BadInput: a member that must not be empty is, sales end before they begin, or so small
            a price cannot be charged.
        Conflict: the name is taken.
    """
    event = await owned_event(session, actor, event_id)
    await store.lock_event(session, event.id)
    tier = await tier_of(session, event.id, tier_id)
    values = change.model_dump(exclude_unset=True)
    for name, value in values.items():
        if value is None and name not in _MAY_BE_CLEARED:
            raise BadInput(
                _("%(field)s cannot be empty.") % {"field": name},
                errors=[{"field": name, "message": "cannot be empty"}],
            )
    if "name" in values:
        check_name(await store.tiers(session, event.id), values["name"], tier.id)
    for name, value in values.items():
        setattr(tier, name, value)
    check_sales(tier.sales_start_at, tier.sales_end_at)
    check_price(tier.price_cents, tier.currency)
    await store.change_event(session, event.id, {"updated_at": services.clock()})
    await record(
        session,
        actor,
        "tier.edit",
        "tier",
        tier.id,
        organizer_id=event.organizer_id,
        meta={"fields": sorted(values)},
    )
    announce(session, services, event.id)
    return tier
