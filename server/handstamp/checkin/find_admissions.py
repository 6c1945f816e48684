"""Who was admitted, as pages list it: the kept result of the fold, never folded anew."""

from collections.abc import Sequence

from sqlalchemy import Select, select
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
