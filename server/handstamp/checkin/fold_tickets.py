"""What the fold says of some tickets, worked out anew for pages that show more than is kept."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.batch import Rules
from handstamp.checkin.fold import State, fact_of_row, fold
from handstamp.checkin.list_changes import list_entries, select_facts
from handstamp.checkin.list_rows import facts_of
from handstamp.checkin.models import Device, Fact
from handstamp.checkin.rows import FactRow
from handstamp.tickets.models import Ticket


async def states_of(
    session: AsyncSession,
    event_id: str,
    tickets: Mapping[int, Ticket],
    serials: Collection[int],
) -> dict[int, State]:
    """Fold the facts of these serials; `tickets` are those of them that are listed."""
    rules: Rules = {}
    for entry in await list_entries(session, event_id):
        rules.setdefault(entry["list"], {})[entry["rev"]] = entry["rules"]
    void = select(Device.id, Device.void_from).where(Device.event_id == event_id)
    voids = {device: number for device, number in await session.execute(void) if number is not None}
    rows: dict[int, list[FactRow]] = {serial: [] for serial in serials}
    found = select_facts(event_id).where(Fact.serial.in_(list(serials)))
    for row in facts_of(await session.execute(found)):
        rows[row.serial].append(row)
    return {
        serial: fold(
            map(fact_of_row, of),
            tickets[serial].epoch if serial in tickets else None,
            rules,
            voids,
        )
        for serial, of in rows.items()
    }
