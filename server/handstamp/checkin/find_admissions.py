"""Who was admitted, as pages list it: the kept result of the fold, never folded anew."""

from collections.abc import Sequence

from sqlalchemy import Select, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.models import Admission

CHUNK = 500


def admitted_serials(event_id: str) -> Select[int]:
    """Return the query of serials admitted on some list, to be used inside another query."""
    return select(Admission.serial).where(
        Admission.event_id == event_id, Admission.admitted_at.is_not(None)
    )


async def admissions_of(
    session: AsyncSession, event_id: str, serials: Sequence[int]
) -> dict[int, list[Admission]]:
    """Return what the fold says of these tickets, by serial, lists in order."""
    found: dict[int, list[Admission]] = {}
    for start in range(0, len(serials), CHUNK):
        query = (
            select(Admission)
            .where(
                Admission.event_id == event_id,
                Admission.serial.in_(serials[start : start + CHUNK]),
            )
            .order_by(Admission.list_no)
        )
        for row in (await session.scalars(query)).all():
            found.setdefault(row.serial, []).append(row)
    return found


async def admitted_by_event(session: AsyncSession, event_ids: Sequence[str]) -> dict[str, int]:
    """Count tickets admitted on at least one list, for each of a few events."""
    query = (
        select(Admission.event_id, func.count(distinct(Admission.serial)))
        .where(Admission.event_id.in_(event_ids), Admission.admitted_at.is_not(None))
        .group_by(Admission.event_id)
    )
    return {row[0]: row[1] for row in await session.execute(query)}
