"""Which organizers somebody works for."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import Organizer
from handstamp.plumbing.web import Actor


async def organizers_of(session: AsyncSession, actor: Actor) -> list[Organizer]:
    """Return the actor's organizers by name; an administrator sees all."""
    found = select(Organizer).order_by(Organizer.name, Organizer.id)
    if actor.kind not in ("admin", "system"):
        found = found.where(Organizer.id.in_(actor.managed))
    return list((await session.execute(found)).scalars())


async def supported_organizers(session: AsyncSession, actor: Actor) -> list[Organizer]:
    """Return the organizers whose members the actor helps, by name."""
    found = select(Organizer).order_by(Organizer.name, Organizer.id)
    if actor.kind not in ("admin", "system"):
        found = found.where(Organizer.id.in_(list(actor.organizers)))
    return list((await session.scalars(found)).all())
