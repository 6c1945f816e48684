"""Going out of a club: by oneself, or removed by its organizer."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.clubs import store
from handstamp.clubs.endings import Ending, tell_ended
from handstamp.clubs.find_clubs import owned_member
from handstamp.clubs.models import Club, ClubMember
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services


async def leave_club(session: AsyncSession, services: Services, actor: Actor, club_id: str) -> None:
    """End the actor's own membership, or turn an invitation down.

    What they pre-ordered and is not charged yet is let go; what is charged already goes on.

    Raises:
        NotFound: they are not in that club; whether there is such a club is not told.
    """
    club = await store.club(session, club_id)
    member = await _own(session, club, actor) if club else None
    if club is None or member is None:
        raise NotFound(_("You are not a member of that club."))
    await _end(session, services, club, member, actor, status="left")


async def remove_member(
    session: AsyncSession, services: Services, actor: Actor, club_id: str, member_id: str
) -> ClubMember:
    """End somebody's membership or take their invitation back; the same again changes nothing.

    Raises:
        NotFound: the club is not the actor's, or has no such member.
    """
    member = await owned_member(session, actor, club_id, member_id, lock=True)
    club = await store.club(session, club_id)
    assert club is not None
    if member.status != "removed":
        await _end(session, services, club, member, actor, status="removed")
    return member


async def _own(session: AsyncSession, club: Club, actor: Actor) -> ClubMember | None:
    by_user = (ClubMember.user_id == actor.id, ClubMember.status == "active")
    found = await store.member(session, club.id, *by_user, lock=True)
    if found is None and actor.email:
        invited = (ClubMember.email == actor.email, ClubMember.status == "invited")
        found = await store.member(session, club.id, *invited, lock=True)
    return found


async def _end(
    session: AsyncSession,
    services: Services,
    club: Club,
    member: ClubMember,
    actor: Actor,
    *,
    status: str,
) -> None:
    was = member.status
    member.status, member.ended_at = status, services.clock()
    await session.flush()
    if was == "active":
        await tell_ended(session, Ending(club.id, services.clock(), member=member.id))
    action = "club.leave" if status == "left" else "club.remove_member"
    await record(
        session,
        actor,
        action,
        "club_member",
        member.id,
        organizer_id=club.organizer_id,
        meta={"club": club.id, "was": was},
    )
