"""Exports: no formula runs, nothing is cut off, and what goes out comes in again."""

import csv
import io
from collections.abc import Sequence

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.events import make_event
from tests.factories.tickets import make_holders, make_tickets

from handstamp.events.models import Event
from handstamp.plumbing.errors import BadInput, NotFound
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.tickets.export_guests import (
    COLUMNS,
    USUAL,
    MoreColumns,
    begin_export,
    csv_pieces,
    xlsx_pieces,
)
from handstamp.tickets.guest_columns import guess
from handstamp.tickets.guest_file import read_guest_file
from handstamp.tickets.guest_rows import read_guests
from handstamp.tickets.issue_tickets import Holder
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0"]


async def export(
    services: Services,
    event: Event,
    kind: str = "csv",
    *,
    columns: Sequence[str] = USUAL,
    more: MoreColumns | None = None,
) -> bytes:
    """Export a guest list whole."""
    async with services.db.write() as session:
        begun = await begin_export(session, SYSTEM, event.id, columns=columns, more=more)
    make = csv_pieces if kind == "csv" else xlsx_pieces
    return b"".join([piece async for piece in make(services, begun)])


def table(content: bytes) -> list[list[str]]:
    """Read an exported CSV."""
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


async def event_with(services: Services, holders: Sequence[Holder]) -> Event:
    """Make an event with tickets for these people."""
    async with services.db.write() as session:
        event = await make_event(session, services)
        await make_tickets(session, services, event, holders=holders)
    return event


async def test_no_cell_of_a_csv_begins_a_formula(services: Services) -> None:
    event = await event_with(services, [Holder(name, order=name) for name in HOSTILE])
    rows = table(await export(services, event, columns=["name", "order"]))
    assert [row[0] for row in rows[1:]] == [f"'{name}" for name in HOSTILE]
    assert not any(
        cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row
    )


async def test_a_workbook_holds_text_and_no_formula(services: Services) -> None:
    event = await event_with(services, [Holder(name) for name in [*HOSTILE, "李小龍"]])
    content = await export(services, event, "xlsx", columns=["name"])
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert rows[0] == ["Name"]
    assert rows[1] == ["=1+1"]
    assert rows[-1] == ["李小龍"]
    assert b"<f>" not in content


async def test_many_guests_come_out_in_order_and_once(services: Services) -> None:
    event = await event_with(services, make_holders(2300))
    rows = table(await export(services, event, columns=["email"]))
    assert [row[0] for row in rows[1:]] == [holder.email for holder in make_holders(2300)]


async def test_columns_of_a_room_above_are_joined_in(services: Services) -> None:
    event = await event_with(services, make_holders(3))

    async def cells(session: AsyncSession, tickets: Sequence[Ticket]) -> list[list[str]]:
        return [[f"seen {ticket.holder_email}"] for ticket in tickets]

    more = MoreColumns(["Door"], cells)
    rows = table(await export(services, event, columns=["name"], more=more))
    assert rows[0] == ["Name", "Door"]
    assert rows[3] == ["Zoë Østergård 3", "seen guest3@example.org"]


async def test_every_column_has_a_cell(services: Services) -> None:
    event = await event_with(services, make_holders(1))
    headings, row = table(await export(services, event, columns=list(COLUMNS)))
    assert len(headings) == len(row) == len(COLUMNS)


async def test_unknown_columns_and_strangers_are_refused(services: Services) -> None:
    event = await event_with(services, [])
    with pytest.raises(BadInput):
        await export(services, event, columns=["token_digest"])
    async with services.db.write() as session:
        with pytest.raises(NotFound):
            await begin_export(session, Actor(kind="user", id="usr_1"), event.id)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_an_export_is_a_list_that_can_be_imported(services: Services, kind: str) -> None:
    people = [Holder(f"{name} {n}", f"g{n}@example.org", f"O{n}") for n, name in enumerate(HOSTILE)]
    people = [Holder(p.name.strip().replace("\r", ""), p.email, p.order) for p in people]
    event = await event_with(services, people)
    read = await read_guest_file(await export(services, event, kind))
    columns = guess(read.headings, [row.cells for row in read.rows])
    guests = read_guests(read, columns).guests
    assert [(g.name, g.email, g.order) for g in guests] == [
        (p.name, p.email, p.order) for p in people
    ]
    assert {guest.tier for guest in guests} == {"General"}
    assert len({guest.external_id for guest in guests}) == len(people)
