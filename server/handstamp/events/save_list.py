"""Saving a check-in list: every save is a new numbered revision that facts can name."""

import json
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events import rules, store
from handstamp.events.announce import announce
from handstamp.events.entry_rules import EntryRules, entry_days, entry_of, entry_problem
from handstamp.events.find_events import ListView, list_of, lists_of, owned_event
from handstamp.events.models import CheckinList, Event, ListRevision
from handstamp.kit.clock import Millis
from handstamp.kit.ids import new_id
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

AS_EVER = EntryRules()


async def save_list(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event_id: str,
    *,
    name: str,
    tiers: Sequence[rules.ListTier],
    entry: EntryRules = AS_EVER,
    number: int | None = None,
) -> ListView:
    """Create a list (`number` None) or give list `number` its next revision.

    Saving what already stands makes no revision.

    Raises:
        NotFound: the event is not the actor's, or has no such list.
        BadInput: a tier is unknown or twice there, a window ends before it begins, or a rule
            of entry cannot be.
        Conflict: the name is taken, or all 255 numbers are used.
    """
    await owned_event(session, actor, event_id)
    await store.lock_event(session, event_id)
    event = await owned_event(session, actor, event_id)  # entry days need its times as they stay
    known = [tier.number for tier in await store.tiers(session, event.id)]
    problem = rules.windows_problem(tiers, known)
    if problem:
        raise BadInput(_(problem), errors=[{"field": "tiers", "message": _(problem)}])
    field, problem = entry_problem(entry)
    if problem:
        raise BadInput(_(problem), errors=[{"field": field, "message": _(problem)}])
    await _check_name(session, event.id, name, number)
    written = rules.rules_json(name, tiers, entry, _days(event, entry))
    if number is None:
        return await _create(session, services, actor, event, written)
    return await _revise(session, services, actor, event, number=number, written=written)


async def archive_list(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, number: int
) -> ListView:
    """Close a list by a revision that says so; phones stop offering it.

    Raises:
        NotFound: the event is not the actor's, or has no such list.
    """
    event = await owned_event(session, actor, event_id)
    await store.lock_event(session, event.id)
    view = await list_of(session, event.id, number)
    written = rules.written({**view.rules, "archived": True})
    return await _revise(session, services, actor, event, number=number, written=written)


async def renew_days(session: AsyncSession, services: Services, actor: Actor, event: Event) -> None:
    """Give lists whose entry days no longer fit the event's times their next revision."""
    for view in await lists_of(session, event.id):
        entry = entry_of(view.rules)
        if entry.mode == "per_day":
            written = rules.written({**view.rules, "days": _days(event, entry)})
            await _revise(session, services, actor, event, number=view.number, written=written)


def _days(event: Event, entry: EntryRules) -> list[Millis]:
    if entry.mode != "per_day":
        return []
    return entry_days(event.start_at, event.end_at, event.time_zone, entry.day_start)


async def _check_name(session: AsyncSession, event_id: str, name: str, own: int | None) -> None:
    current = {(row.list_no, row.rev): row for row in await store.revisions(session, event_id)}
    for found in await store.lists(session, event_id):
        other = json.loads(current[found.number, found.revision].rules_json)["name"]
        if found.number != own and not found.archived_at and rules.fold(other) == rules.fold(name):
            raise Conflict(_("This event already has a list called %(name)s.") % {"name": other})


async def _create(
    session: AsyncSession, services: Services, actor: Actor, event: Event, written: str
) -> ListView:
    taken = [found.number for found in await store.lists(session, event.id)]
    number = rules.free_number(taken)
    if number is None:
        raise Conflict(_("An event may have 255 check-in lists at most, closed ones included."))
    session.add(
        CheckinList(
            id=new_id("list"),
            event_id=event.id,
            number=number,
            revision=0,
            created_at=services.clock(),
        )
    )
    await session.flush()
    return await _revise(session, services, actor, event, number=number, written=written)


async def _revise(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event: Event,
    *,
    number: int,
    written: str,
) -> ListView:
    found = await store.locked_list(session, event.id, number)
    if found is None:
        raise NotFound(_("There is no such check-in list in this event."))
    if found.revision:
        view = await list_of(session, event.id, number)
        if view.rules == json.loads(written):
            return view
    now = services.clock()
    found.revision += 1
    found.archived_at = now if json.loads(written)["archived"] else None
    session.add(
        ListRevision(
            event_id=event.id,
            list_no=number,
            rev=found.revision,
            rules_json=written,
            created_at=now,
        )
    )
    await session.flush()
    await record(
        session,
        actor,
        "list.save",
        "list",
        found.id,
        organizer_id=event.organizer_id,
        meta={"list": number, "revision": found.revision},
    )
    announce(session, services, event.id)
    return await list_of(session, event.id, number)
