"""Who belongs to an organizer's team, and as what: asked in, given another role, let go."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.auth.create_user import create_user
from handstamp.auth.models import Member, Organizer
from handstamp.plumbing.errors import BadInput, Conflict, Forbidden, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor

ROLES = ("owner", "manager", "support")


def may_change_team(actor: Actor, organizer_id: str) -> bool:
    """Tell who decides about a team: its owners, and administrators."""
    return actor.kind in ("admin", "system") or actor.organizers.get(organizer_id) == "owner"


async def set_role(
    session: AsyncSession, actor: Actor, organizer_id: str, email: str, role: str
) -> Member:
    """Take somebody into a team, or give them another role; the same again changes nothing.

    They need not have an account: they sign in with that address.

    Raises:
        NotFound: the organizer is not one of the actor's.
        Forbidden: the actor is no owner.
        BadInput: no mail can be sent to that address, or there is no such role.
        Conflict: the last owner would be none any more.
    """
    await _hold(session, actor, organizer_id)
    if role not in ROLES:
        raise BadInput(_("Choose one of the roles."), errors=[{"field": "role"}])
    user = await create_user(session, email)
    member = await session.get(Member, (user.id, organizer_id))
    if member is None:
        member = Member(user_id=user.id, organizer_id=organizer_id, role=role)
        session.add(member)
    elif member.role == role:
        return member
    else:
        await _keep_an_owner(session, member)
        member.role = role
    meta = {"role": role}
    await record(
        session, actor, "team.set_role", "user", user.id, organizer_id=organizer_id, meta=meta
    )
    return member


async def remove_from_team(
    session: AsyncSession, actor: Actor, organizer_id: str, user_id: str
) -> None:
    """Let somebody go; who is not in the team any more changes nothing.

    Raises:
        NotFound: the organizer is not one of the actor's.
        Forbidden: the actor is no owner.
        Conflict: they are the last owner.
    """
    await _hold(session, actor, organizer_id)
    member = await session.get(Member, (user_id, organizer_id)) if user_id.isprintable() else None
    if member is None:
        return
    await _keep_an_owner(session, member)
    await session.delete(member)
    await record(session, actor, "team.remove", "user", user_id, organizer_id=organizer_id)


async def _hold(session: AsyncSession, actor: Actor, organizer_id: str) -> None:
    if not actor.may_manage(organizer_id):
        raise NotFound(_("There is no such organizer among yours."))
    if not may_change_team(actor, organizer_id):
        raise Forbidden(_("Only an owner may change the team."))
    locked = select(Organizer.id).where(Organizer.id == organizer_id).with_for_update()
    if await session.scalar(locked) is None:
        raise NotFound(_("There is no such organizer among yours."))


async def _keep_an_owner(session: AsyncSession, member: Member) -> None:
    if member.role != "owner":
        return
    others = select(Member.user_id).where(
        Member.organizer_id == member.organizer_id,
        Member.role == "owner",
        Member.user_id != member.user_id,
    )
    if await session.scalar(others.limit(1)) is None:
        raise Conflict(_("A team needs an owner. Make somebody else one first."))
