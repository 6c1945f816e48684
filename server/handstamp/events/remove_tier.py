"""Removing a tier: nothing new is issued in it, its tickets stay as they are."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events import store
from handstamp.events.announce import announce
from handstamp.events.find_events import lists_of, owned_event, tier_of
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services


async def remove_tier(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, tier_id: str
) -> None:
    """Archive a tier; its number is never given again. The same again changes nothing.

    Raises:
        NotFound: the event is not the actor's, or has no such tier.
        Conflict: it is the only tier of a published event, or a list would be left empty.
    """
    event = await owned_event(session, actor, event_id)
    await store.lock_event(session, event.id)
    tier = await tier_of(session, event.id, tier_id)
    if tier.archived_at:
        return
    for view in await lists_of(session, event.id):
        if [row["tier"] for row in view.rules["tiers"]] == [tier.number]:
            raise Conflict(
                _("The list %(name)s has only this tier. Change the list first.")
                % {"name": view.name}
            )
    living = [found for found in await store.tiers(session, event.id) if not found.archived_at]
    if event.status == "published" and len(living) == 1:
        raise Conflict(_("A published event needs at least one tier."))
    now = services.clock()
    tier.archived_at = now
    await store.change_event(session, event.id, {"updated_at": now})
    await record(session, actor, "tier.remove", "tier", tier.id, organizer_id=event.organizer_id)
    announce(session, services, event.id)
