"""Figures of the live board, read from the sums that the door keeps: no scan is looked at again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.door_sums import ADMITTED, BY_MINUTE, FACTS, INSIDE, TICKETS
from handstamp.checkin.models import DoorSum
from handstamp.checkin.verdict import CODES
from handstamp.checkin.wire import DENY, OVERRIDE
from handstamp.kit.clock import MINUTE, Millis

MINUTES = 60
_VERDICTS = {code: verdict for verdict, code in CODES.items()}


@dataclass
class Figures:
    """An event's sums.

    `by_list`, `inside`: tickets by list. `by_device`: tickets on a list, by the device that was
    first. `minutes`: (its start, how many came in), the running minute last. `refused`: (verdict,
    how many), the commonest first.
    """

    admitted: int = 0
    by_list: Counter[int] = field(default_factory=Counter)
    by_device: Counter[int] = field(default_factory=Counter)
    inside: Counter[int] = field(default_factory=Counter)
    minutes: list[tuple[Millis, int]] = field(default_factory=list)
    refused: list[tuple[str, int]] = field(default_factory=list)
    overrides: int = 0

    def since(self, minutes: int) -> int:
        """Count who came in during the last minutes, the running one included."""
        return sum(count for _at, count in self.minutes[-minutes:])


async def figures(
    session: AsyncSession, event_id: str, now: Millis, *, minutes: int = MINUTES
) -> Figures:
    """Return the figures of an event's doors; arrivals for the last `minutes`."""
    first = now // MINUTE - minutes + 1
    recent = or_(DoorSum.what != BY_MINUTE, DoorSum.place >= first)
    rows = await session.execute(
        select(DoorSum.what, DoorSum.list_no, DoorSum.place, DoorSum.n).where(
            DoorSum.event_id == event_id, recent
        )
    )
    made, arrived, refused = Figures(), Counter[int](), Counter[str]()
    for what, list_no, place, n in rows:
        if what == TICKETS:
            made.admitted += n
        elif what == ADMITTED:
            made.by_list[list_no] += n
            made.by_device[place] += n
        elif what == INSIDE:
            made.inside[list_no] += n
        elif what == BY_MINUTE:
            arrived[place] += n
        elif what == FACTS and list_no == DENY:
            refused[_VERDICTS.get(place, str(place))] += n
        elif what == FACTS and list_no == OVERRIDE:
            made.overrides += n
    made.minutes = [(at * MINUTE, arrived[at]) for at in range(first, first + minutes)]
    made.refused = sorted(refused.items(), key=lambda pair: (-pair[1], pair[0]))
    return made


async def admitted_by_event(session: AsyncSession, event_ids: Sequence[str]) -> dict[str, int]:
    """Return how many tickets were admitted at each of these events."""
    rows = await session.execute(
        select(DoorSum.event_id, DoorSum.n).where(
            DoorSum.event_id.in_(event_ids), DoorSum.what == TICKETS
        )
    )
    return {row[0]: row[1] for row in rows}
