"""Leaving a waiting list, turning an offer down, or being taken off by the organizer."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.waitlist import store
from handstamp.waitlist.find_waiting import owned_waiting
from handstamp.waitlist.models import Waiting
from handstamp.waitlist.offer_tickets import queue_offers
from handstamp.waitlist.waitlist_mails import queue_withdrawn
from handstamp.waitlist.withdraw_offers import withdraw_offer


async def leave_list(session: AsyncSession, services: Services, found: Waiting) -> Waiting:
    """Leave a list and give back what was offered; the same again changes nothing.

    The caller has made sure whose place it is.

    Raises:
        Conflict: an order holds the offered tickets; that is cancelled first.
    """
    return await _end(session, services, found, "left")


async def remove_from_list(
    session: AsyncSession, services: Services, actor: Actor, waiting_id: str
) -> Waiting:
    """Take somebody off one of the actor's lists; who had an offer is told that it is gone.

    Raises:
        NotFound: there is nobody like that on the actor's lists.
        Conflict: they are paying for what they were offered at this moment.
    """
    event, found = await owned_waiting(session, actor, waiting_id)
    before = found.status
    found = await _end(session, services, found, "removed")
    if before != found.status:
        await record(
            session, actor, "waitlist.remove", "waiting", found.id,
            organizer_id=event.organizer_id, meta={"event": event.id},
        )  # fmt: skip
    return found


async def _end(session: AsyncSession, services: Services, found: Waiting, status: str) -> Waiting:
    now = services.clock()
    await store.waitlist(session, found.event_id, lock=True)
    withdrawn = await withdraw_offer(session, found.id, now)
    newest = (await store.offers_of(session, [found.id])).get(found.id)
    if newest is not None and newest.status == "ordered":
        raise Conflict(
            _("These tickets are held by an order that waits for its payment. Cancel it first."),
            code="ordered",
        )
    await store.change_waiting(
        session, found.id, store.PRESENT, {"status": status, "closed_at": now}
    )
    if withdrawn is not None and status == "removed":
        await queue_withdrawn(session, found, withdrawn)
    await queue_offers(session, found.event_id)
    return await store.waiting(session, found.id) or found
