"""Claims of strict mode that stay open: tickets that one phone keeps from all others (R65)."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.models import Claim, Device
from handstamp.kit.clock import MINUTE, Millis
from handstamp.tickets.models import Ticket

KEPT_AFTER = MINUTE  # a phone in touch says within seconds what became of a claim
MOST = 20


@dataclass(frozen=True)
class KeptClaim:
    """A ticket that a phone was about to let in at `since`, and has not told of."""

    printed_id: str
    list_no: int
    gate: str
    device: int
    device_name: str
    since: Millis


@dataclass(frozen=True)
class KeptClaims:
    """How many there are, and the oldest of them, at most `MOST`."""

    count: int
    oldest: list[KeptClaim]


async def kept_claims(session: AsyncSession, event_id: str, now: Millis) -> KeptClaims:
    """Return an event's claims that have been open for over a minute."""
    since = type_coerce(Claim.granted_at, BigInteger).label("since")
    rows = await session.execute(
        select(
            Ticket.printed_id,
            Claim.list_no,
            Claim.gate,
            Device.id,
            Device.name,
            since,
            func.count().over(),
        )
        .join(Device, Device.id == Claim.device_id)
        .join(Ticket, (Ticket.event_id == Claim.event_id) & (Ticket.serial == Claim.serial))
        .where(Claim.event_id == event_id, Claim.ended_at.is_(None))
        .where(Claim.granted_at < now - KEPT_AFTER)
        .order_by(Claim.granted_at, Claim.id)
        .limit(MOST)
    )
    found = list(rows)
    return KeptClaims(found[0][-1] if found else 0, [KeptClaim(*row[:-1]) for row in found])
