"""Have the journal know whom the table of erasures knows."""

import asyncio

import structlog
from sqlalchemy import select

from handstamp.plumbing.web import Services
from handstamp.privacy.journal import BadJournal, add_to_journal, journal_path
from handstamp.privacy.models import Erasure

_log = structlog.get_logger("handstamp.privacy")


async def write_journal(services: Services) -> bool:
    """Add to the journal whom only the table knows; tell whether it could be written."""
    async with services.db.read() as session:
        known = {one.email_hash: one.erased_at for one in await session.scalars(select(Erasure))}
    path = journal_path(services.settings)
    if not known and not path.exists():
        return True
    try:
        await asyncio.to_thread(add_to_journal, services.settings, path, known)
    except (BadJournal, OSError) as error:
        _log.error("erasure_journal_unusable", error=str(error))
        return False
    return True
