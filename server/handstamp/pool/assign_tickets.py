"""The run of the matcher: one job for each event and tier, in pieces of one transaction each.

Runs of one tier keep each other out by a lock in the transaction that has the effect, whoever
holds the job; a run that may give other variants has the whole event to itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.events.find_events import events_by_id, lists_of, tiers_of
from handstamp.events.models import Event
from handstamp.kit.clock import SECOND, Millis
from handstamp.kit.ids import new_id
from handstamp.plumbing.db import after_commit
from handstamp.plumbing.jobs import JobContext, enqueue
from handstamp.plumbing.metrics import ASSIGNMENT_SECONDS
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool import assign_rows as rows
from handstamp.pool.log_assignment import Act, note_all
from handstamp.pool.match_tickets import EntryWindow, Matching, Pair, Spare, match
from handstamp.pool.queue_assigning import ASSIGN, queue_auto_fill
from handstamp.pool.take_back import HAND_OVER

__all__ = ["ASSIGN", "HAND_OVER", "assign_tickets"]
AT_ONCE = 500  # of each side in one transaction


@dataclass
class Progress:
    """How far a run is; `after` is the last who waited and got nothing, `done` ends it."""

    event: Event
    tier_id: str
    after: tuple[Millis, str] | None = None
    assigned: int = 0
    done: bool = field(default=False)


async def assign_tickets(ctx: JobContext) -> None:
    """Match one event and tier until nothing pairs; the last transaction acknowledges."""
    event_id, tier_id = str(ctx.args["event"]), str(ctx.args["tier"])
    async with ctx.services.db.read() as session:
        event = (await events_by_id(session, [event_id])).get(event_id)
    progress = None if event is None else Progress(event, tier_id)
    while True:
        async with ctx.write() as session:
            if progress is not None:
                await step(session, ctx.services, progress)
            if progress is None or progress.done:
                await ctx.acknowledge(session)
                return


async def step(session: AsyncSession, services: Services, progress: Progress) -> None:
    """Pair up to 500 of each side, or note what is left and end the run."""
    event = progress.event
    fallback = await rows.fallback_of(session, event.id)
    await rows.lock(session, event.id, "" if fallback != "none" else progress.tier_id)
    if await rows.fallback_of(session, event.id) != fallback:
        return  # changed while we waited for the lock: the next transaction takes the right one
    if fallback == "none":
        found = await _own_tier(session, progress)
    else:
        found = await _whole_event(session, progress, fallback)
    if found is not None:
        await _keep(session, services.clock(), event, found)
        progress.assigned += len(found.matching.pairs)
        return
    tiers = [progress.tier_id] if fallback == "none" else None
    progress.done = await _flag(session, services.clock(), event, tiers)


@dataclass(frozen=True)
class _Found:
    """What a transaction pairs, with who and what it is about."""

    matching: Matching
    demands: Mapping[str, rows.Waiting]
    tickets: Mapping[str, Spare]


async def _own_tier(session: AsyncSession, progress: Progress) -> _Found | None:
    """Pair what is of one tier; None when nothing pairs."""
    event_id, tier_id = progress.event.id, progress.tier_id
    demands = await rows.waiting(session, event_id, [tier_id], None, AT_ONCE)
    tickets = await rows.free(session, event_id, tier_id, AT_ONCE) if demands else []
    return _pair(demands, tickets, "none", {})


async def _whole_event(session: AsyncSession, progress: Progress, fallback: str) -> _Found | None:
    """Pair what is of the same tier; once there is no such, who is left with other tiers."""
    event = progress.event
    wished, spare = await rows.tiers_with(session, event.id)
    both = [tier_id for tier_id in wished if tier_id in spare]
    if both:
        demands = await rows.waiting(session, event.id, both[:1], None, AT_ONCE)
        tickets = await rows.free(session, event.id, both[0], AT_ONCE)
        return _pair(demands, tickets, "none", {})
    if not spare:
        return None
    windows = await entry_windows(session, event.id) if fallback == "closest" else {}
    tickets = [
        one for tier_id in spare for one in await rows.free(session, event.id, tier_id, AT_ONCE)
    ]
    while demands := await rows.waiting(session, event.id, None, progress.after, AT_ONCE):
        found = _pair(demands, tickets, fallback, windows)
        if found is not None:
            return found
        progress.after = (demands[-1].wish.confirmed_at, demands[-1].wish.id)
    return None


def _pair(
    demands: Sequence[rows.Waiting],
    tickets: Sequence[Spare],
    fallback: str,
    windows: Mapping[str, EntryWindow],
) -> _Found | None:
    matching = match([one.wish for one in demands], tickets, fallback, windows)
    if not matching.pairs:
        return None
    return _Found(
        matching,
        {one.wish.id: one for one in demands},
        {one.id: one for one in tickets},
    )


async def entry_windows(session: AsyncSession, event_id: str) -> dict[str, EntryWindow]:
    """Return when each tier may enter, by tier id: by the first list that says so on both ends."""
    windows: dict[int, tuple[Millis, Millis]] = {}
    for view in await lists_of(session, event_id):
        for one in view.rules["tiers"]:
            if one["from"] is not None and one["until"] is not None:
                windows.setdefault(one["tier"], (one["from"], one["until"]))
    return {
        tier.id: EntryWindow(tier.number, *windows[tier.number])
        for tier in await tiers_of(session, event_id, archived=True)
        if tier.number in windows
    }


async def _keep(session: AsyncSession, now: Millis, event: Event, found: _Found) -> None:
    made = [_row(event, found, pair, now) for pair in found.matching.pairs]
    await rows.add_assignments(session, made)
    await note_all(session, SYSTEM, [_act(event, found, row) for row in made])
    await enqueue(session, HAND_OVER, {"assignments": [row["id"] for row in made]})
    waits = [
        now - max(found.demands[pair.demand_id].wish.confirmed_at,
                  found.tickets[pair.ticket_id].created_at)
        for pair in found.matching.pairs
    ]  # fmt: skip
    after_commit(session, partial(_observe, "assigned", waits))


def _row(event: Event, found: _Found, pair: Pair, now: Millis) -> dict[str, object]:
    return {
        "id": new_id("pa"),
        "event_id": event.id,
        "tier_id": found.tickets[pair.ticket_id].tier,
        "ticket_id": pair.ticket_id,
        "demand_id": pair.demand_id,
        "user_id": found.demands[pair.demand_id].user_id,
        "how": pair.how,
        "score": pair.score,
        "delivery_status": "",
        "actor": "system:system",
        "created_at": now,
        "ended_why": "",
    }


def _act(event: Event, found: _Found, row: Mapping[str, object]) -> Act:
    demand_id = str(row["demand_id"])
    meta = {"assignment": row["id"], "how": row["how"]}
    if row["score"] is not None:
        meta["score"] = row["score"]
    email = found.demands[demand_id].email
    return Act("ticket.assigned", event.id, str(row["ticket_id"]), demand_id, email, meta)


async def _flag(
    session: AsyncSession, now: Millis, event: Event, tiers: Sequence[str] | None
) -> bool:
    """Note who and what is left; tell whether that was all. Nothing new changes nothing."""
    tickets = await rows.flag_tickets(session, event.id, tiers, now, AT_ONCE)
    demands = await rows.flag_demands(session, event.id, tiers, now, AT_ONCE)
    acts = [Act("ticket.unmatched", event.id, ticket_id=one[0]) for one in tickets]
    acts += [Act("demand.waiting", event.id, demand_id=one[0]) for one in demands]
    await note_all(session, SYSTEM, acts)
    if tickets:
        await queue_auto_fill(session, event.id)
    if demands:
        await enqueue(session, HAND_OVER, {"waiting": [one[0] for one in demands]})
    if acts:
        waits = [now - one[2] for one in (*tickets, *demands)]
        after_commit(session, partial(_observe, "unmatched", waits))
    done = max(len(tickets), len(demands)) < AT_ONCE
    if done:
        await rows.look(session, event.id, event.organizer_id, now)
    return done


def _observe(status: str, waits: Sequence[Millis]) -> None:
    for waited in waits:
        ASSIGNMENT_SECONDS.labels(status=status).observe(max(0, waited) / SECOND)
