"""Whether a database holds anything that a restore would destroy."""

from sqlalchemy import Connection, inspect, select, table, text

from handstamp.plumbing.db import Database
from handstamp.plumbing.migrate import VERSION_TABLE

_MADE_BY_ITSELF = {  # a server that merely started has these
    VERSION_TABLE,
    "tickets_jobs",
    "tickets_cron_slots",
    "tickets_kept_secrets",
    "tickets_rate_counts",
    "tickets_paces",
    "tickets_signing_keys",
    "tickets_credential_keys",
}


async def holds_anything(db: Database) -> bool:
    """Tell whether any table of ours has a row that somebody made."""
    async with db.read() as session:
        return await (await session.connection()).run_sync(_holds)


def _holds(connection: Connection) -> bool:
    names = [name for name in inspect(connection).get_table_names() if name.startswith("tickets_")]
    return any(
        connection.execute(select(text("1")).select_from(table(name)).limit(1)).first() is not None
        for name in names
        if name not in _MADE_BY_ITSELF
    )
