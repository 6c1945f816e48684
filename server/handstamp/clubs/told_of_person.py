"""What is kept of a person's clubs."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_person import Person
from handstamp.clubs.forget_person import memberships_of
from handstamp.clubs.models import Club, ClubMember


async def memberships_told(session: AsyncSession, person: Person) -> list[dict[str, Any]]:
    """Return a person's memberships and invitations, the oldest first."""
    query = (
        select(ClubMember, Club.name)
        .join(Club, Club.id == ClubMember.club_id)
        .where(memberships_of(person))
        .order_by(ClubMember.invited_at, ClubMember.id)
    )
    return [
        {
            "club": club,
            "email": member.email,
            "name": member.name,
            "status": member.status,
            "invited_at": member.invited_at,
            "joined_at": member.joined_at,
            "ended_at": member.ended_at,
        }
        for member, club in (await session.execute(query)).all()
    ]
