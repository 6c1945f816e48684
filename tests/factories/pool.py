"""Tickets from elsewhere: files as they are uploaded, and uploads through the real use case."""

from collections.abc import Iterable, Sequence
from typing import Any

from handstamp.events.models import Event
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool.import_tickets import Imported, import_tickets

HEADER = "Event,Variant,Email,Password"
CODED = f"{HEADER},Code"


def pool_csv(rows: Iterable[Sequence[str]], header: str = HEADER) -> bytes:
    """Return a file with these rows, whose cells need no quotes."""
    return "\n".join([header, *(",".join(row) for row in rows), ""]).encode()


def ticket_rows(
    event: str, count: int, variant: str = "General", *, first: int = 0, coded: bool = False
) -> list[list[str]]:
    """Return rows of different tickets of one variant."""
    rows = []
    for number in range(first, first + count):
        code = [f"CODE-{number:06}"] if coded else []
        rows.append([event, variant, f"pool{number}@example.org", f"secret-{number:06}", *code])
    return rows


async def upload_rows(
    services: Services, event: Event, rows: Sequence[Sequence[str]], **others: Any
) -> Imported:
    """Commit a file of these rows (of five cells: with codes) for an event's organizer."""
    header = CODED if rows and len(rows[0]) == 5 else HEADER
    return await upload(services, event, pool_csv(rows, header), **others)


async def upload(services: Services, event: Event, content: bytes, **others: Any) -> Imported:
    """Commit a file for the organizer of an event."""
    values = {"actor": SYSTEM, "filename": "tickets.csv", **others}
    return await import_tickets(
        services, values.pop("actor"), event.organizer_id, content, **values
    )
