"""Figures beside the live board: arrivals by the minute, and refusals by their reason."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.models import Admission, Fact
from handstamp.checkin.verdict import CODES
from handstamp.checkin.wire import DENY
from handstamp.kit.clock import MINUTE, Millis

_VERDICTS = {code: verdict for verdict, code in CODES.items()}


async def arrivals(
    session: AsyncSession, event_id: str, now: Millis, *, minutes: int = 60
) -> list[tuple[Millis, int]]:
    """Return (start of the minute, how many were admitted in it), the running minute last."""
    last = now - now % MINUTE
    first = last - (minutes - 1) * MINUTE
    minute = (Admission.admitted_at // MINUTE).label("minute")
    rows = await session.execute(
        select(minute, func.count())
        .where(Admission.event_id == event_id, Admission.admitted_at >= first)
        .group_by(minute)
    )
    counted = {int(at) * MINUTE: count for at, count in rows if at is not None}
    return [(at, counted.get(at, 0)) for at in range(first, last + 1, MINUTE)]


async def refusals(session: AsyncSession, event_id: str) -> Sequence[tuple[str, int]]:
    """Return (verdict, how many denials), the commonest first."""
    rows = await session.execute(
        select(Fact.verdict, func.count())
        .where(Fact.event_id == event_id, Fact.kind == DENY)
        .group_by(Fact.verdict)
        .order_by(func.count().desc(), Fact.verdict)
    )
    return [(_VERDICTS.get(verdict, str(verdict)), count) for verdict, count in rows]
