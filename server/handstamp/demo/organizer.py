"""Who runs the demo's events."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.create_organizer import create_organizer
from handstamp.auth.create_user import create_user
from handstamp.auth.models import Organizer, User
from handstamp.plumbing.web import Actor, Services

EMAIL = "olive@example.org"
CODE, OTHER_CODE = "DEMO", "NIGHT"


async def demo_user(session: AsyncSession) -> User:
    """Return the demo's organizer as a person, new or known."""
    return await create_user(session, EMAIL, name="Olive Marchand")


async def demo_organizer(session: AsyncSession, services: Services) -> Organizer:
    """Return the demo's organizer, new or known, owned by that person."""
    return await _organizer(session, services, "The Ink Room", CODE)


async def other_organizer(session: AsyncSession, services: Services) -> Organizer:
    """Return the person's second organizer, which has not connected an account."""
    return await _organizer(session, services, "Night Market Collective", OTHER_CODE)


async def _organizer(session: AsyncSession, services: Services, name: str, code: str) -> Organizer:
    found = await session.scalar(select(Organizer).where(Organizer.code == code))
    if found is not None:
        return found
    person = await demo_user(session)
    owner = Actor(kind="user", id=person.id, email=person.email)
    return await create_organizer(session, services.settings, owner, name, code)
