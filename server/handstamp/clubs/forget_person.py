"""Forget who a member of clubs is; the membership ends and names nobody."""

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_person import Person
from handstamp.clubs.models import ClubMember
from handstamp.mail.addresses import erased_address
from handstamp.plumbing.db import now


def memberships_of(person: Person) -> ColumnElement[bool]:
    """Return what makes a membership or invitation somebody's."""
    by_email = ClubMember.email == person.email
    return or_(by_email, ClubMember.user_id == person.user_id) if person.user_id else by_email


async def forget_memberships(session: AsyncSession, person: Person) -> None:
    """End a person's memberships and turn down their invitations, without a name."""
    query = select(ClubMember).where(memberships_of(person)).order_by(ClubMember.id)
    for member in await session.scalars(query.with_for_update(key_share=True)):
        member.email, member.name = erased_address(member.id), ""
        member.user_id = None
        if member.status in ("invited", "active"):
            member.status, member.ended_at = "left", now(session)
    await session.flush()
