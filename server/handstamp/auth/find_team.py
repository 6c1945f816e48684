"""The people of an organizer."""

from dataclasses import dataclass

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import Member, User
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor


@dataclass(frozen=True)
class TeamMember:
    """A person in a team; role `owner`, `manager` or `support`."""

    user_id: str
    email: str
    name: str
    role: str


async def team_of(session: AsyncSession, actor: Actor, organizer_id: str) -> list[TeamMember]:
    """Return an organizer's people, owners first.

    Raises:
        NotFound: the organizer is not one of the actor's.
    """
    if not actor.may_manage(organizer_id):
        raise NotFound(_("There is no such organizer among yours."))
    query = (
        select(User, Member.role)
        .join(Member, Member.user_id == User.id)
        .where(Member.organizer_id == organizer_id)
        .order_by(case({"owner": 0, "manager": 1}, value=Member.role, else_=2), User.email)
    )
    return [
        TeamMember(user.id, user.email, user.name, role)
        for user, role in await session.execute(query)
    ]
