"""Forget who waited: what was offered goes to the next, the place names nobody."""

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_person import Person
from handstamp.mail.addresses import erased_address
from handstamp.plumbing.db import now
from handstamp.waitlist import store
from handstamp.waitlist.models import Waiting
from handstamp.waitlist.offer_tickets import queue_offers
from handstamp.waitlist.withdraw_offers import withdraw_offer


def places_of(person: Person) -> ColumnElement[bool]:
    """Return what makes a place on a list somebody's."""
    by_email = Waiting.email == person.email
    return or_(by_email, Waiting.user_id == person.user_id) if person.user_id else by_email


async def forget_places(session: AsyncSession, person: Person) -> None:
    """Take a person off every list; their mailed links open nothing more."""
    query = select(Waiting.id, Waiting.event_id).where(places_of(person))
    found = (await session.execute(query.order_by(Waiting.event_id, Waiting.id))).all()
    for waiting_id, event_id in found:
        await store.waitlist(session, event_id, lock=True)
        await withdraw_offer(session, waiting_id, now(session))
        gone = {"email": erased_address(waiting_id), "user_id": None}
        await store.change_waiting(session, waiting_id, store.EVERY, gone)
        left = {"status": "left", "closed_at": now(session)}
        await store.change_waiting(session, waiting_id, store.PRESENT, left)
        await queue_offers(session, event_id)
