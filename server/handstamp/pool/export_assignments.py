"""Who has which ticket from elsewhere, as a table to take away; never a password or a code."""

from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events.find_events import owned_event, tiers_of
from handstamp.events.models import Event
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.pool.find_assignments import (
    TICKET_STATES,
    Filters,
    PoolRow,
    find_orders,
    find_tickets,
)
from handstamp.tickets.export_guests import local_text

PIECE = 1000


async def begin_export(
    session: AsyncSession, actor: Actor, event_id: str, filters: Filters
) -> Event:
    """Check who exports, and write it into the audit log.

    Raises:
        NotFound: the event is not the actor's.
    """
    event = await owned_event(session, actor, event_id)
    await record(
        session, actor, "pool.export", "event", event.id, organizer_id=event.organizer_id,
        meta={"status": filters.status, "tier": filters.tier_id},
    )  # fmt: skip
    return event


def headings() -> list[str]:
    """Name the columns."""
    return [
        _("Pre-order"), _("Member"), _("E-mail"), _("Variant wanted"), _("Paid"), _("Status"),
        _("Ticket's account"), _("Variant of the ticket"), _("Assigned"), _("How"),
        _("Similarity"), _("Delivery"), _("Handed over"), _("Used"),
    ]  # fmt: skip


async def pieces(
    services: Services, actor: Actor, event: Event, filters: Filters
) -> AsyncIterator[list[list[str]]]:
    """Yield the rows that fit the filters, a thousand at a time, each in a view of its own."""
    of_tickets = filters.status in TICKET_STATES
    find = find_tickets if of_tickets else find_orders
    after = ""
    while True:
        async with services.db.read() as session:
            tiers = await tiers_of(session, event.id, archived=True)
            names = {tier.id: tier.name for tier in tiers}
            rows = await find(session, actor, event, filters, after=after, limit=PIECE)
        if not rows:
            return
        yield [_cells(row, names, event.time_zone) for row in rows]
        after = (rows[-1].ticket_id if of_tickets else rows[-1].demand_id) or ""


def _cells(row: PoolRow, names: dict[str, str], zone: str) -> list[str]:
    def time(at: int | None) -> str:
        return local_text(at, zone) if at else ""

    return [
        row.number or "",
        row.name or "",
        row.email or "",
        names.get(row.tier_id or "", ""),
        time(row.confirmed_at),
        row.state,
        row.ticket_email or "",
        names.get(row.ticket_tier_id or "", ""),
        time(row.assigned_at),
        row.how or "",
        "" if row.score is None else f"{row.score / 1000:.3f}",
        row.delivery or "",
        time(row.handed_at),
        time(row.used_at),
    ]
