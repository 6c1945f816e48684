"""Who runs the demo's events."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.create_organizer import create_organizer
from handstamp.auth.create_user import create_user
from handstamp.auth.models import Organizer, User
from handstamp.plumbing.web import Actor, Services

EMAIL = "olive@example.org"
CODE = "DEMO"


async def demo_user(session: AsyncSession) -> User:
    """Return the demo's organizer as a person, new or known."""
    return await create_user(session, EMAIL, name="Olive Marchand")


async def demo_organizer(session: AsyncSession, services: Services) -> Organizer:
    """Return the demo's organizer, new or known, owned by that person."""
    found = await session.scalar(select(Organizer).where(Organizer.code == CODE))
    if found is not None:
        return found
    person = await demo_user(session)
    owner = Actor(kind="user", id=person.id, email=person.email)
    return await create_organizer(session, services.settings, owner, "The Ink Room", CODE)
