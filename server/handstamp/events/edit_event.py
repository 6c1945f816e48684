"""Changing what is told about an event."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events import rules, store
from handstamp.events.announce import announce
from handstamp.events.enter_review import PUBLIC_TEXTS, enter_review
from handstamp.events.find_events import owned_event
from handstamp.events.models import Event
from handstamp.events.save_list import renew_days
from handstamp.events.shapes import EventChange
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

RECOUNT_JOB = "analytics.recount"  # days of sales are those of the event's zone
_MAY_BE_CLEARED = {"capacity", "refund_until", "strict_budget_ms"}


async def edit_event(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, change: EventChange
) -> Event:
    """Change the members that are set; return the event as it is now.

    Raises:
        NotFound: it is not the actor's.
        BadInput: the times do not fit together.
        Conflict: the wished address is taken.
    """
    event = await owned_event(session, actor, event_id)
    values = change.model_dump(exclude_unset=True)
    for name in [name for name, value in values.items() if value is None]:
        if name not in _MAY_BE_CLEARED:
            raise BadInput(
                _("%(field)s cannot be empty.") % {"field": name},
                errors=[{"field": name, "message": "cannot be empty"}],
            )
    problem = rules.times_problem(
        values.get("start_at", event.start_at), values.get("end_at", event.end_at)
    )
    if problem:
        raise BadInput(_(problem), errors=[{"field": "end_at", "message": problem}])
    new_slug = values.get("slug", event.slug)
    if new_slug != event.slug and await store.slug_taken(session, new_slug):
        raise Conflict(_("Another event already uses that address. Choose another."))
    if "snapshot_fields" in values:
        values["snapshot_fields"] = ",".join(dict.fromkeys(values["snapshot_fields"]))
    if not values:
        return event
    moved = values.get("time_zone", event.time_zone) != event.time_zone
    await store.change_event(session, event.id, {**values, "updated_at": services.clock()})
    await record(
        session,
        actor,
        "event.edit",
        "event",
        event.id,
        organizer_id=event.organizer_id,
        meta={"fields": sorted(values)},
    )
    announce(session, services, event.id)
    edited = await owned_event(session, actor, event_id)
    if edited.status == "published" and values.keys() & set(PUBLIC_TEXTS):
        await enter_review(session, services, actor, edited, "changed")
    if moved:
        await enqueue(session, RECOUNT_JOB, {"event": event.id}, dedupe=f"recount:{event.id}")
    if values.keys() & {"start_at", "end_at", "time_zone"}:
        await renew_days(session, services, actor, edited)
    return edited
