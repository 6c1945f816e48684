"""A pool after years of use on PostgreSQL: events, tickets, and who has them, by a few statements.

A tenth of the pre-orders wait, a tenth of the tickets match nobody, one event has 10,000 of each.
Credentials are random bytes: nothing measured here reads one.
"""

from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.auth import Person, make_owner

from bench.installation import Installation
from handstamp.events.models import Event, Tier
from handstamp.plumbing.db import Base
from handstamp.pool.models import Assignment, Demand, PoolEvent, PoolTicket, PoolUpload

BIG = 10_000  # tickets of the largest event
_EVENT = "'evt_' || lpad(i::text, 16, '0')"
_TIER = "'tier_' || lpad(i::text, 14, '0') || k"
_WITHOUT = {"BIGINT": "0", "INTEGER": "0", "BOOLEAN": "false", "BLOB": "''::bytea"}


async def fill_pool(here: Installation, events: int, tickets: int) -> Person:
    """Store events of one organizer and as many tickets as pre-orders; return who runs them."""
    person, organizer = await make_owner(here.services, "harry@example.org")
    start = here.services.clock()
    shared = {"organizer_id": f"'{organizer.id}'", "event_id": _EVENT}
    rows = (
        f"(SELECT CASE WHEN n <= {BIG} THEN 1 ELSE n % {events - 1} + 2 END AS i, n, 1 + n % 4 AS k"
        f" FROM generate_series(1, {tickets}) n) s"
    )
    async with here.services.db.write() as session:
        await _insert(
            session, Event, f"generate_series(1, {events}) i", **shared, id=_EVENT, number="i",
            slug="'night-' || i", code="'C' || i", title="'Night ' || i", currency="'GBP'",
            time_zone="'Europe/London'", start_at=f"{start} + i::bigint * 3600000",
            end_at=f"{start} + i::bigint * 3600000 + 7200000", status="'published'",
        )  # fmt: skip
        each = f"generate_series(1, {events}) i, generate_series(1, 4) k"
        await _insert(session, Tier, each, **shared, id=_TIER, number="k", name="'Entry ' || k")
        await _insert(session, PoolUpload, "(SELECT 1) x", **shared | {"event_id": "''"}, id="'u'")
        shared["tier_id"] = _TIER
        await _insert(
            session, PoolTicket, rows, **shared, id="'ptk_' || md5('t' || n)", upload_id="'u'",
            line="n % 10000", status="CASE WHEN n % 10 = 0 THEN 'unmatched' ELSE 'assigned' END",
            email="'account' || n || '@tickets.example'", twin="md5('w' || n)", key_id="1",
            sealed="decode(repeat(md5(n::text), 3), 'hex')", created_at=str(start),
        )  # fmt: skip
        await _insert(
            session, Demand, rows, **shared, id="'pre_' || md5('d' || n)", user_id="'user_' || n",
            email="'member' || n || '@example.org'", name="'Member ' || n", number="'PRE-' || n",
            status="CASE WHEN n % 10 = 0 THEN 'waiting' ELSE 'assigned' END",
            confirmed_at=f"{start} + n",
        )  # fmt: skip
        await _insert(
            session, Assignment, f"{rows} WHERE n % 10 <> 0", **shared, id="'pa_' || md5('a' || n)",
            ticket_id="'ptk_' || md5('t' || n)", demand_id="'pre_' || md5('d' || n)",
            user_id="'user_' || n", how="'exact'", created_at=str(start),
            delivery_status="CASE WHEN n % 300 = 1 THEN 'bounced' ELSE 'delivered' END",
        )  # fmt: skip
        del shared["tier_id"]
        await _insert(
            session, PoolEvent, f"generate_series(1, {events}) i", **shared, fallback="'none'",
            tickets="100", given="90", orders="100", served="90", counted_at=str(start),
        )  # fmt: skip
        await session.execute(text("ANALYZE"))
    return person


def event_id(number: int) -> str:
    """Return the id of an event; number 1 is the largest."""
    return f"evt_{number:016d}"


def tier_id(number: int, tier: int) -> str:
    """Return the id of an event's tier, 1 to 4."""
    return f"tier_{number:014d}{tier}"


async def _insert(session: AsyncSession, model: type[Base], source: str, **given: Any) -> None:
    table = model.__table__
    assert isinstance(table, Table)
    columns = {
        column.name: given.get(column.name, _WITHOUT.get(str(column.type), "''"))
        for column in table.columns
        if column.name in given or not column.nullable
    }
    names, values = ", ".join(columns), ", ".join(columns.values())
    await session.execute(text(f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {source}"))
