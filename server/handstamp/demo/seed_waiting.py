"""Who waits for the demo's event that is sold out."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.demo.guests import Guest
from handstamp.kit.clock import HOUR
from handstamp.kit.ids import new_id
from handstamp.plumbing.texts import SOURCE
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.waitlist.change_list import change_list
from handstamp.waitlist.models import Waiting
from handstamp.waitlist.rules import ANY
from handstamp.waitlist.shapes import ListChange


async def seed_waiting(
    session: AsyncSession, services: Services, event_id: str, people: list[Guest]
) -> None:
    """Open an event's waiting list, and put people on it, one each hour until now."""
    await change_list(session, services, SYSTEM, event_id, ListChange(open=True))
    now = services.clock()
    for place, person in enumerate(people):
        joined = now - (len(people) - place) * HOUR
        session.add(
            Waiting(
                id=new_id("wait"),
                event_id=event_id,
                tier_id=ANY,
                qty=1 + place % 2,
                fewer=place == 1,
                email=person.email,
                language=SOURCE,
                status="waiting",
                since=joined,
                created_at=joined,
            )
        )
    await session.flush()
