"""Charge runs as they are shown: how far each is, and what came of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.find_clubs import club_of
from handstamp.plumbing.web import Actor
from handstamp.preorders import rules, run_queries
from handstamp.preorders.models import ChargeRun

PAGE = 50


@dataclass(frozen=True)
class RunProgress:
    """A run with its pre-orders counted, and summed up in minor units, by status."""

    run: ChargeRun
    counts: Counter[str]
    sums: Counter[str]

    @property
    def left(self) -> int:
        """Return how many have no outcome yet."""
        return self.counts["approved"] + self.counts["charging"]

    @property
    def charged(self) -> int:
        """Return what has been charged, minor units."""
        return sum(self.sums[status] for status in rules.CHARGED)


async def progress_of(session: AsyncSession, run: ChargeRun) -> RunProgress:
    """Count a run's pre-orders as they are now."""
    counts: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for status, number, total in await run_queries.progress(session, run.id):
        counts[status], sums[status] = number, total
    return RunProgress(run, counts, sums)


async def runs_of(
    session: AsyncSession, actor: Actor, club_id: str, limit: int = PAGE
) -> Sequence[ChargeRun]:
    """Return a club's runs, the newest first.

    Raises:
        NotFound: the club is not the actor's.
    """
    club = await club_of(session, actor, club_id)
    return await run_queries.runs(session, ChargeRun.club_id == club.id, limit=limit)
