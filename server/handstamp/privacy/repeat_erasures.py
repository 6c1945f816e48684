"""Bring database and journal to the same erasures: after each one, each hour, after a restore.

Who stands in the journal and not in the table was erased after the backup that this database
came from: nothing of theirs can be newer than that, so all of it goes. Who came back after an
erasure that the table knows is left alone.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import select

from handstamp.kit.clock import Millis
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.jobs import JobContext
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.privacy.erase_person import erase_person, note_erasure
from handstamp.privacy.journal import BadJournal, journal_path, read_journal
from handstamp.privacy.known_addresses import addresses_of
from handstamp.privacy.models import Erasure
from handstamp.privacy.write_journal import write_journal

JOB = "privacy.keep_journal"
_log = structlog.get_logger("handstamp.privacy")


@dataclass(frozen=True)
class Repeated:
    """How many were erased again; `waiting`: hashes and why those people must stay for now."""

    erased: int
    waiting: dict[str, str]


async def keep_journal(ctx: JobContext) -> None:
    """Run the job: repeat what only the journal knows, then write what only the table knows."""
    services = ctx.services
    try:
        known = await asyncio.to_thread(
            read_journal, services.settings, journal_path(services.settings)
        )
    except FileNotFoundError:
        known = {}
    except (BadJournal, OSError) as error:
        _log.error("erasure_journal_unusable", error=str(error))
        known = {}
    await repeat_erasures(services, known)
    await write_journal(services)
    async with ctx.write() as session:
        await ctx.acknowledge(session)


async def repeat_erasures(services: Services, known: Mapping[str, Millis]) -> Repeated:
    """Erase again whoever of `known` (hash to time) this database still has."""
    async with services.db.read() as session:
        noted = {one.email_hash: one.erased_at for one in await session.scalars(select(Erasure))}
        missing = {key: at for key, at in known.items() if noted.get(key, -1) < at}
        here = await addresses_of(session, services.settings, missing) if missing else {}
    waiting: dict[str, str] = {}
    for hashed, address in here.items():
        try:
            await erase_person(services, SYSTEM, address, erased_at=missing[hashed])
        except (Conflict, BadInput) as problem:
            waiting[hashed] = problem.detail
            _log.warning("erasure_waits", code=problem.code)
    async with services.db.write(actor="privacy") as session:
        for hashed in sorted(missing.keys() - here.keys()):
            await note_erasure(session, hashed, SYSTEM, missing[hashed])
    return Repeated(len(here) - len(waiting), waiting)
