"""Charging a club's approved pre-orders: begun by hand or by the clock, paused, resumed, ended.

A run only hands out jobs, one for each pre-order; `charge_preorder` does the work and keeps the
pace. A club has one open run at most, and the clock begins one for a slot once: both are unique
indexes, so neither two admins nor two workers make two.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.clubs.find_clubs import club_of
from handstamp.clubs.models import Club
from handstamp.kit.ids import new_id
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.jobs import NewJob, enqueue, enqueue_many
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.preorders import run_queries
from handstamp.preorders.models import ChargeRun, PreOrder
from handstamp.preorders.plan_run import RunPlan, due_plan

CHARGE_JOB = "preorder.charge"
FINISH_JOB = "preorders.finish_run"
CLOCK = "clock"


class Expected(NamedTuple):
    """What somebody saw in the plan before they began: cards, and sums by currency."""

    cards: int
    totals: dict[str, int]


def run_topic(club_id: str) -> str:
    """Return the signal by which pages hear of a club's runs."""
    return f"charges:{club_id}"


async def start_run(
    session: AsyncSession, services: Services, actor: Actor, club_id: str, expected: Expected
) -> ChargeRun:
    """Begin to charge what is approved; where a run is open already, return that one.

    Raises:
        NotFound: the club is not the actor's.
        Conflict: `code` nothing_to_charge (also before the charge time), or plan_changed.
    """
    club = await club_of(session, actor, club_id, lock=True)
    known = await run_queries.open_run(session, club.id)
    if known is not None:
        return known
    planned = await due_plan(session, club, services.clock())
    if not planned.count and not planned.not_charged:
        raise Conflict(
            _("There is nothing to charge: no pre-order waits, or the charge time has not come."),
            code="nothing_to_charge",
        )
    if expected != (planned.count, planned.totals):
        raise Conflict(
            _("What would be charged has changed since you looked. Look at the plan again."),
            code="plan_changed",
        )
    run = await begin(session, services, club, planned, by=actor, started_by=actor.id)
    assert run is not None, "the club is locked"
    return run


async def begin(
    session: AsyncSession,
    services: Services,
    club: Club,
    planned: RunPlan,
    *,
    by: Actor,
    started_by: str,
) -> ChargeRun | None:
    """Store a run and hand out its jobs; None when another was faster."""
    totals = planned.totals
    (currency, total) = next(iter(totals.items())) if len(totals) == 1 else ("", 0)
    run_id = new_id("run")
    added = await run_queries.add_run(
        session,
        {
            "id": run_id,
            "club_id": club.id,
            "week": planned.week,
            "slot": planned.due_at,
            "state": "running",
            "planned": planned.count,
            "planned_total": total,
            "currency": currency,
            "started_by": started_by,
            "started_at": services.clock(),
        },
    )
    run = await run_queries.run(session, run_id) if added else None
    if run is None:
        return None
    await note(session, services, by, run, "start")
    await hand_out(session, run)
    return run


async def hand_out(session: AsyncSession, run: ChargeRun) -> int:
    """Enqueue a job for all that may be charged by now; count them.

    Safe to repeat: what waits already is not enqueued twice.
    """
    chosen = await run_queries.join(session, run)
    await enqueue_charges(session, chosen)
    if not chosen:
        await enqueue_finish(session, run.id)
    return len(chosen)


async def enqueue_charges(session: AsyncSession, chosen: Sequence[PreOrder]) -> None:
    """Enqueue the job of each of some pre-orders."""
    await enqueue_many(session, CHARGE_JOB, [charge_job(one.id) for one in chosen])


def charge_job(
    preorder_id: str, *, run_at: int | None = None, tries: int = 0, look_up: bool = False
) -> NewJob:
    """Return the job that charges a pre-order; one waits at most, and one runs at a time."""
    args = {"preorder": preorder_id, "tries": tries, "look_up": look_up}
    return NewJob(args, key=f"charge:{preorder_id}", dedupe=f"charge:{preorder_id}", run_at=run_at)


async def enqueue_finish(session: AsyncSession, run_id: str) -> None:
    """Enqueue the look whether a run is through."""
    await enqueue(session, FINISH_JOB, {"run": run_id}, dedupe=f"finish:{run_id}")


async def pause_run(
    session: AsyncSession, services: Services, actor: Actor, run_id: str
) -> ChargeRun:
    """Begin no more charges; those begun are brought to their end. The same again changes nothing.

    Raises:
        NotFound: the run is not the actor's.
        Conflict: it is done.
    """
    run, _club = await owned_run(session, actor, run_id, lock=True)
    _check_open(run)
    if run.state == "running":
        run.state, run.paused_at = "paused", services.clock()
        await note(session, services, actor, run, "pause")
    await session.flush()
    return run


async def resume_run(
    session: AsyncSession, services: Services, actor: Actor, run_id: str
) -> ChargeRun:
    """Go on with a paused run; what was approved meanwhile is charged too.

    Raises:
        NotFound: the run is not the actor's.
        Conflict: it is done.
    """
    run, _club = await owned_run(session, actor, run_id, lock=True)
    _check_open(run)
    if run.state == "paused":
        run.state, run.paused_at = "running", None
        await session.flush()
        await note(session, services, actor, run, "resume")
        await hand_out(session, run)
    return run


async def stop_run(
    session: AsyncSession, services: Services, actor: Actor, run_id: str
) -> ChargeRun:
    """End a run before its end: what is not charged by now never is.

    What is being charged at this moment is brought to its end first.

    Raises:
        NotFound: the run is not the actor's.
        Conflict: it is done.
    """
    run, _club = await owned_run(session, actor, run_id, lock=True)
    _check_open(run)
    if run.state != "stopping":
        run.state = "stopping"
        await session.flush()
        await note(session, services, actor, run, "stop")
    await enqueue_finish(session, run.id)
    return run


async def halt(session: AsyncSession, services: Services, run_id: str, code: str) -> None:
    """Pause a run because Stripe refuses its calls, whatever the card: a person must look."""
    run = await run_queries.run(session, run_id, lock=True)
    if run is not None and run.state == "running":
        run.state, run.paused_at = "paused", services.clock()
        await note(session, services, SYSTEM, run, "pause", refused=code)
        await session.flush()


async def owned_run(
    session: AsyncSession, actor: Actor, run_id: str, *, lock: bool = False
) -> tuple[ChargeRun, Club]:
    """Return a run of one of the actor's clubs, and the club.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    run = await run_queries.run(session, run_id, lock=lock)
    if run is None:
        raise NotFound(_("There is no such charge run among yours."))
    try:
        return run, await club_of(session, actor, run.club_id)
    except NotFound as error:
        raise NotFound(_("There is no such charge run among yours.")) from error


async def note(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    run: ChargeRun,
    verb: str,
    **meta: object,
) -> None:
    """Audit what happened to a run, and tell the pages that show it."""
    club = await session.get_one(Club, run.club_id)
    about = {"club": run.club_id, "week": run.week, "planned": run.planned, **meta}
    await record(
        session,
        actor,
        f"charge_run.{verb}",
        "charge_run",
        run.id,
        organizer_id=club.organizer_id,
        meta=about,
    )
    after_commit(session, lambda: services.signals.publish(run_topic(run.club_id)))


def _check_open(run: ChargeRun) -> None:
    if run.state == "done":
        raise Conflict(_("This charge run has ended."), code="run_done")
