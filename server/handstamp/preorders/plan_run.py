"""A dry run: what would be charged, and what would be let go, before anything is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.models import Club
from handstamp.clubs.rules import week_after
from handstamp.kit.clock import Millis
from handstamp.preorders import rules, run_queries
from handstamp.preorders.run_queries import PlannedLine


@dataclass(frozen=True)
class RunPlan:
    """What a club's run would do; `due_at`: it cannot begin before.

    `charges`: by event and tier. `left_out`: the others that wait, told afterwards that they
    were not charged. `totals`: sums to be charged by currency, minor units.
    """

    week: str
    due_at: Millis
    charges: Sequence[PlannedLine]
    left_out: Sequence[PlannedLine]

    @property
    def count(self) -> int:
        """Return how many cards would be charged."""
        return sum(line.cards for line in self.charges)

    @property
    def not_charged(self) -> int:
        """Return how many would be let go."""
        return sum(line.cards for line in self.left_out)

    @property
    def totals(self) -> dict[str, int]:
        """Return the sums by currency."""
        sums: Counter[str] = Counter()
        for line in self.charges:
            sums[line.currency] += line.total
        return dict(sorted(sums.items()))


def last_slot(club: Club, now: Millis) -> rules.Slot:
    """Return a club's latest charge time."""
    return rules.last_slot(now, club.time_zone, club.charge_weekday, club.charge_at)


async def plan(session: AsyncSession, club: Club, now: Millis) -> RunPlan:
    """Return what the club's next run would do: the one that is due, else the coming one."""
    due = last_slot(club, now)
    found = await _plan(session, club, due)
    if found.charges or found.left_out:
        return found
    week = week_after(due.week)
    coming = rules.slot_of(week, club.time_zone, club.charge_weekday, club.charge_at)
    return await _plan(session, club, coming)


async def due_plan(session: AsyncSession, club: Club, now: Millis) -> RunPlan:
    """Return what a run that begins now would do."""
    return await _plan(session, club, last_slot(club, now))


async def _plan(session: AsyncSession, club: Club, slot: rules.Slot) -> RunPlan:
    found = await run_queries.lines(session, club.id, slot.week)
    return RunPlan(
        slot.week,
        slot.at,
        charges=[line for line in found if line.chargeable],
        left_out=[line for line in found if not line.chargeable],
    )
