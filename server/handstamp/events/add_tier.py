"""Adding a tier to an event; its number stands in tickets and is never given twice."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events import rules, store
from handstamp.events.announce import announce
from handstamp.events.find_events import owned_event
from handstamp.events.models import Tier
from handstamp.events.shapes import NewTier
from handstamp.kit.ids import new_id
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.money_text import price
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services


async def add_tier(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, new: NewTier
) -> Tier:
    """Add a tier with the next number from 1 to 255.

    Raises:
        NotFound: the event is not the actor's.
        Conflict: the name is taken, or all 255 numbers are used.
        BadInput: sales end before they begin, or so small a price cannot be charged.
    """
    event = await owned_event(session, actor, event_id)
    await store.lock_event(session, event.id)
    check_sales(new.sales_start_at, new.sales_end_at)
    check_price(new.price_cents, event.currency)
    tiers = await store.tiers(session, event.id)
    check_name(tiers, new.name)
    number = rules.free_number([tier.number for tier in tiers])
    if number is None:
        raise Conflict(_("An event may have 255 tiers at most, removed ones included."))
    now = services.clock()
    tier = Tier(
        id=new_id("tier"),
        event_id=event.id,
        number=number,
        currency=event.currency,
        created_at=now,
        **new.model_dump(),
    )
    session.add(tier)
    await session.flush()
    await store.change_event(session, event.id, {"updated_at": now})
    await record(session, actor, "tier.add", "tier", tier.id, organizer_id=event.organizer_id)
    announce(session, services, event.id)
    return tier


def check_name(tiers: Sequence[Tier], name: str, own_id: str = "") -> None:
    """Refuse a name that another living tier has, case and accents aside."""
    for tier in tiers:
        if tier.id != own_id and not tier.archived_at and rules.fold(tier.name) == rules.fold(name):
            raise Conflict(
                _("This event already has a tier called %(name)s.") % {"name": tier.name}
            )


def check_price(price_cents: int, currency: str) -> None:
    """Refuse a price above 0 that is too small to be charged."""
    least = rules.least_price(price_cents, currency)
    if least:
        told = _("A ticket is free or costs at least %(least)s: less cannot be charged.")
        message = told % {"least": price(least, currency)}
        raise BadInput(message, errors=[{"field": "price_cents", "message": message}])


def check_sales(start: int | None, end: int | None) -> None:
    """Refuse a sales window that ends before it begins."""
    if start is not None and end is not None and end <= start:
        raise BadInput(
            _("Sales must end after they begin."),
            errors=[{"field": "sales_end_at", "message": "must be after sales_start_at"}],
        )
