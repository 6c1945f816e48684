"""What a club's charging page shows: the plan, the run that goes on, and those that are over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.models import Club
from handstamp.events.find_events import events_by_id
from handstamp.events.models import Event
from handstamp.plumbing.money_text import money
from handstamp.plumbing.web import Actor
from handstamp.portal.club_frame import week_name
from handstamp.preorders.find_runs import RunProgress, progress_of, runs_of
from handstamp.preorders.models import ChargeRun
from handstamp.preorders.plan_run import RunPlan, plan
from handstamp.preorders.rules import CHARGED

PAST = 20


@dataclass(frozen=True)
class Progress:
    """A run with its week in words, and how its pre-orders stand."""

    found: RunProgress
    week: str

    @property
    def run(self) -> ChargeRun:
        """The run itself."""
        return self.found.run

    def count(self, *statuses: str) -> int:
        """Count its pre-orders by status."""
        return sum(self.found.counts[status] for status in statuses)

    @property
    def whole(self) -> int:
        """How many it has taken in."""
        return self.found.counts.total()

    @property
    def paid(self) -> int:
        """How many are paid."""
        return self.count(*CHARGED)

    @property
    def taken(self) -> str:
        """What it has taken in, in words; each currency for itself."""
        return money_list(self.found.taken) or self._nothing

    @property
    def _nothing(self) -> str:
        return money(0, self.run.currency) if self.run.currency else "–"

    @property
    def done(self) -> int:
        """How many have come to an answer."""
        return self.whole - self.found.left


@dataclass(frozen=True)
class ChargeBoard:
    """The plan with its events by id, the open run if there is one, and past runs."""

    plan: RunPlan
    week: str
    events: Mapping[str, Event]
    open: Progress | None
    past: Sequence[Progress]
    due: bool

    @property
    def totals(self) -> str:
        """The sums as a form hands them back: `GBP:4500`."""
        return " ".join(f"{name}:{total}" for name, total in self.plan.totals.items())


async def charge_board(session: AsyncSession, actor: Actor, club: Club, now: int) -> ChargeBoard:
    """Gather a club's charging page."""
    planned = await plan(session, club, now)
    lines = [*planned.charges, *planned.left_out]
    runs = await runs_of(session, actor, club.id, limit=PAST)
    found = [await _progress(session, club, run) for run in runs]
    return ChargeBoard(
        plan=planned,
        week=week_name(planned.week, club.time_zone),
        events=await events_by_id(session, {line.event_id for line in lines}),
        open=next((one for one in found if one.run.state != "done"), None),
        past=[one for one in found if one.run.state == "done"],
        due=planned.due_at <= now,
    )


async def running_of(session: AsyncSession, actor: Actor, club: Club) -> Progress | None:
    """Return the run of a club that goes on or is paused; the newest is it, if any is."""
    runs = await runs_of(session, actor, club.id, limit=1)
    going = [run for run in runs if run.state != "done"]
    return await _progress(session, club, going[0]) if going else None


async def _progress(session: AsyncSession, club: Club, run: ChargeRun) -> Progress:
    return Progress(await progress_of(session, run), week_name(run.week, club.time_zone))


def money_list(totals: Mapping[str, int]) -> str:
    """Write sums of several currencies: `£45.00 and CA$20.00`."""
    return " + ".join(money(total, currency) for currency, total in totals.items())
