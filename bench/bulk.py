"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite.

A world of some hundred thousand rows is what most of a bench's time would go into otherwise.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table

from bench.installation import Installation
from handstamp.plumbing.db import Base

AT_ONCE = 5_000
Row = dict[str, Any]


async def store(here: Installation, table: type[Base], rows: Sequence[Row]) -> None:
    """Put rows in, some thousands at a time; all have the members of the first.

    What they leave out is the table's default, which must be a plain value or the database's.
    """
    if not rows:
        return
    target = table.__table__
    assert isinstance(target, Table)
    plain = _defaults(target)
    names = list({**dict.fromkeys(rows[0]), **plain})
    values = [[row.get(name, plain.get(name)) for name in names] for row in rows]
    for start in range(0, len(values), AT_ONCE):
        await _put(here, target.name, names, values[start : start + AT_ONCE])


def _defaults(table: Table) -> Row:
    """Return the plain values that SQLAlchemy itself would have filled in."""
    found = {}
    for column in table.columns:
        default: Any = column.default
        if default is not None and default.is_scalar:
            found[column.name] = default.arg
    return found


async def _put(
    here: Installation, table: str, names: Sequence[str], values: Sequence[Sequence[Any]]
) -> None:
    columns = ", ".join(names)
    async with here.services.db.write() as session:
        connection = await session.connection()
        if here.services.db.is_sqlite:
            marks = ", ".join("?" for _ in names)
            await connection.exec_driver_sql(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})",
                [tuple(row) for row in values],
            )
            return
        raw: Any = (await connection.get_raw_connection()).driver_connection
        async with (
            raw.cursor() as cursor,
            cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
        ):
            for row in values:
                await copy.write_row(row)
