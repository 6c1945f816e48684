"""Which organizers somebody works for."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import Organizer
from handstamp.plumbing.web import Actor


async def organizers_of(session: AsyncSession, actor: Actor) -> list[Organizer]:
    """Return the organizers that the actor runs, by name; an administrator sees all."""
    return await _named(session, actor, actor.managed)


async def supported_organizers(session: AsyncSession, actor: Actor) -> list[Organizer]:
    """Return the organizers whose members the actor helps, by name; an administrator sees all."""
    return await _named(session, actor, actor.organizers)


async def _named(session: AsyncSession, actor: Actor, theirs: Iterable[str]) -> list[Organizer]:
    found = select(Organizer).order_by(Organizer.name, Organizer.id)
    if actor.kind not in ("admin", "system"):
        found = found.where(Organizer.id.in_(list(theirs)))
    return list(await session.scalars(found))
