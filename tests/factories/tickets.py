"""Tickets for tests, issued through the real use case."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event, Tier
from handstamp.plumbing.web import Services
from handstamp.tickets.find_tickets import tokens_of
from handstamp.tickets.issue_tickets import Holder, issue
from handstamp.tickets.models import Ticket

NAMES = ("Ada Lovelace", "José Ángel Ñandú", "李小龍", "Zoë Østergård", "محمد علي", "Łucja Żak")


def make_holders(count: int, first: int = 1) -> list[Holder]:
    """Return holders with names of several languages and addresses that differ."""
    return [
        Holder(
            name=f"{NAMES[number % len(NAMES)]} {number}",
            email=f"guest{number}@example.org",
            order=f"ORD-{number // 2:05d}",
        )
        for number in range(first, first + count)
    ]


async def make_tickets(
    session: AsyncSession,
    services: Services,
    event: Event,
    tier: Tier | None = None,
    *,
    count: int = 3,
    holders: Sequence[Holder] | None = None,
) -> list[Ticket]:
    """Issue tickets of one tier (the event's first when none is given)."""
    chosen = tier or (await tiers_of(session, event.id))[0]
    people = make_holders(count) if holders is None else holders
    return await issue(session, services, event, chosen, people)


async def make_tokens(
    session: AsyncSession, services: Services, event: Event, tickets: Sequence[Ticket]
) -> list[str]:
    """Return the QR texts of tickets."""
    return await tokens_of(session, services, event, tickets)
