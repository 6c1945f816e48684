"""Charge runs as they are shown: how far each is, and what came of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.find_clubs import club_of
from handstamp.plumbing.web import Actor
from handstamp.preorders import rules, run_queries
from handstamp.preorders.models import ChargeRun

PAGE = 50


@dataclass(frozen=True)
class RunProgress:
    """A run with its pre-orders counted, and summed up in minor units, by status.

    `taken`: what has been charged, by currency.
    """

    run: ChargeRun
    counts: Counter[str]
    sums: Counter[str]
    taken: Mapping[str, int] = field(default_factory=dict)

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
    taken: Counter[str] = Counter()
    for status, currency, number, total in await run_queries.progress(session, run.id):
        counts[status] += number
        sums[status] += total
        if status in rules.CHARGED:
            taken[currency] += total
    return RunProgress(run, counts, sums, taken)


async def runs_of(
    session: AsyncSession, actor: Actor, club_id: str, limit: int = PAGE
) -> Sequence[ChargeRun]:
    """Return a club's runs, the newest first.

    Raises:
        NotFound: the club is not the actor's.
    """
    club = await club_of(session, actor, club_id)
    return await run_queries.runs(session, ChargeRun.club_id == club.id, limit=limit)
