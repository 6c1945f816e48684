"""`handstamp migrate`: bring the database to this version's tables."""

from handstamp.commands.running import read_settings, run_plainly, say
from handstamp.plumbing.migrate import migrate


def migrate_database() -> None:
    """Bring the database to this version's tables; harmless when it is there already."""
    run_plainly(migrate(read_settings()))
    say("the database has this version's tables")
