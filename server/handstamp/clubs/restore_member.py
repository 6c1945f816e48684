"""Taking a removal back, soon after a slip of the hand."""

import json

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.find_entries import entries_of
from handstamp.audit.record import record
from handstamp.clubs.find_clubs import club_of, owned_member
from handstamp.clubs.models import ClubMember
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

BEFORE = ("invited", "active")


async def restore_member(
    session: AsyncSession, services: Services, actor: Actor, club_id: str, member_id: str
) -> ClubMember:
    """Make somebody again what they were when they were removed; pre-orders stay let go.

    The same again changes nothing.

    Raises:
        NotFound: the club is not the actor's, or has no such member.
        Conflict: they left by themselves, or the club is archived.
    """
    club = await club_of(session, actor, club_id)
    member = await owned_member(session, actor, club.id, member_id, lock=True)
    if member.status in BEFORE:
        return member
    was = await _was(session, member)
    if member.status != "removed" or was not in BEFORE or club.archived_at is not None:
        raise Conflict(_("Only whoever was removed here can be taken in again like this."))
    member.status, member.ended_at = was, None
    await session.flush()
    await record(
        session,
        actor,
        "club.restore_member",
        "club_member",
        member.id,
        organizer_id=club.organizer_id,
        meta={"club": club.id, "status": was},
    )
    return member


async def _was(session: AsyncSession, member: ClubMember) -> str:
    """Return the status that somebody had when they were removed last."""
    entries = await entries_of(session, target_type="club_member", target_id=member.id)
    removed = (one for one in entries if one.action == "club.remove_member")
    newest = next(removed, None)
    return str(json.loads(newest.meta_json).get("was", "")) if newest else ""
