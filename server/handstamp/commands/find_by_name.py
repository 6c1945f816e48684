"""What a person types for an event, a tier or a ticket, found."""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event, Tier
from handstamp.plumbing.errors import NotFound
from handstamp.tickets.models import Ticket


async def event_named(session: AsyncSession, text: str) -> Event:
    """Return the event with this id or address.

    Raises:
        NotFound: there is none; the detail names up to ten that are there.
    """
    wanted = select(Event).where(or_(Event.id == text, Event.slug == text.lower()))
    found = (await session.execute(wanted)).scalar_one_or_none()
    if found is not None:
        return found
    latest = select(Event.slug).order_by(Event.start_at.desc()).limit(10)
    known = (await session.execute(latest)).scalars().all()
    raise NotFound(
        f"There is no event {text}. "
        + (f"There are: {', '.join(known)}." if known else "There is no event at all yet.")
    )


async def tier_named(session: AsyncSession, event_id: str, text: str) -> Tier:
    """Return an event's tier by its name (case aside) or number.

    Raises:
        NotFound: there is none; the detail names those that are there.
    """
    tiers = await tiers_of(session, event_id)
    for tier in tiers:
        if text.casefold() in (tier.name.casefold(), str(tier.number)):
            return tier
    names = ", ".join(tier.name for tier in tiers) or "none yet"
    raise NotFound(f"This event has no tier {text}. Its tiers: {names}.")


async def ticket_named(session: AsyncSession, text: str) -> Ticket:
    """Return a ticket by its printed id, or by its number in the database.

    Raises:
        NotFound: there is none.
    """
    wanted = select(Ticket).where(Ticket.printed_id == text.strip().upper())
    if text.isascii() and text.isdigit() and len(text) < 16:
        wanted = select(Ticket).where(Ticket.id == int(text))
    found = (await session.execute(wanted)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"There is no ticket {text}.")
    return found
