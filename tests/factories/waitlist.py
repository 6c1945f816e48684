"""People on waiting lists, put there past every rule."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.ids import new_id
from handstamp.plumbing.web import Services
from handstamp.waitlist.models import Waiting, Waitlist


async def make_list(
    session: AsyncSession, services: Services, event_id: str, **others: Any
) -> Waitlist:
    """Open a waiting list."""
    values = {"open": True, "auto": True, "members_first": False, "offer_hours": 24, **others}
    made = Waitlist(event_id=event_id, updated_at=services.clock(), **values)
    session.add(made)
    await session.flush()
    return made


async def make_waiting(
    session: AsyncSession,
    services: Services,
    event_id: str,
    email: str = "grace@example.net",
    **others: Any,
) -> Waiting:
    """Put somebody on a list."""
    now = services.clock()
    values = {
        "tier_id": "",
        "qty": 1,
        "fewer": False,
        "user_id": None,
        "language": "en",
        "status": "waiting",
        "lift": 0,
        "since": now,
        "created_at": now,
        "closed_at": None,
        **others,
    }
    made = Waiting(id=new_id("wait"), event_id=event_id, email=email, **values)
    session.add(made)
    await session.flush()
    return made
