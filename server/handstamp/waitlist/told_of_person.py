"""What is kept of a person's places on waiting lists."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_person import Person
from handstamp.events.models import Event
from handstamp.waitlist import store
from handstamp.waitlist.forget_person import places_of
from handstamp.waitlist.models import Waiting

_AS_STORED = ("email", "qty", "fewer", "language", "status", "since", "created_at", "closed_at")


async def places_told(session: AsyncSession, person: Person) -> list[dict[str, Any]]:
    """Return a person's places on waiting lists with their last offer, the oldest first."""
    query = (
        select(Waiting, Event.title)
        .join(Event, Event.id == Waiting.event_id)
        .where(places_of(person))
        .order_by(Waiting.created_at, Waiting.id)
    )
    found = (await session.execute(query)).all()
    offers = await store.offers_of(session, [one.id for one, _title in found])
    return [
        {
            "event": title,
            **{name: getattr(one, name) for name in _AS_STORED},
            "offer": _offer(offers.get(one.id)),
        }
        for one, title in found
    ]


def _offer(offer: Any) -> dict[str, Any] | None:
    names = ("qty", "status", "created_at", "expires_at", "closed_at")
    return None if offer is None else {name: getattr(offer, name) for name in names}
