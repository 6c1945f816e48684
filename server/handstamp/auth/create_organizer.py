"""Begin a new organizer, owned by the person who asks."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.auth.models import Member, Organizer
from handstamp.auth.rules import clean_code
from handstamp.kit.ids import new_id
from handstamp.plumbing.config import Settings
from handstamp.plumbing.db import now
from handstamp.plumbing.errors import BadInput, Conflict, Forbidden
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor

LONGEST_NAME = 120


def may_create_organizer(settings: Settings, actor: Actor) -> bool:
    """Tell who may become an organizer: everybody where registration is open, else admins."""
    if actor.kind in ("admin", "system"):
        return True
    return actor.kind == "user" and settings.open_registration


async def create_organizer(
    session: AsyncSession, settings: Settings, actor: Actor, name: str, code: str
) -> Organizer:
    """Create the organizer; a person who asks becomes its owner.

    Raises:
        Forbidden: registration is closed and the actor is no administrator.
        BadInput: no name, or a code that is not 2 to 5 letters.
        Conflict: another organizer has that code.
    """
    if not may_create_organizer(settings, actor):
        raise Forbidden(_("On this server an administrator sets organizers up. Please ask them."))
    title = " ".join(name.split())
    if not 0 < len(title) <= LONGEST_NAME:
        raise BadInput(_("Write a name of at most 120 letters."), errors=[{"field": "name"}])
    try:
        short = clean_code(code)
    except ValueError as error:
        raise BadInput(_("Use 2 to 5 letters from A to Z."), errors=[{"field": "code"}]) from error
    if await session.scalar(select(Organizer.id).where(Organizer.code == short)):
        raise Conflict(
            _("Another organizer has this code. Choose another one."), errors=[{"field": "code"}]
        )
    organizer = Organizer(id=new_id("org"), name=title, code=short, created_at=now(session))
    session.add(organizer)
    await session.flush()
    if actor.kind in ("user", "admin"):
        session.add(Member(user_id=actor.id, organizer_id=organizer.id, role="owner"))
    await record(
        session, actor, "organizer.create", "organizer", organizer.id, organizer_id=organizer.id
    )
    return organizer
