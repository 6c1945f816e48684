"""Changing a club, and ending it."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.clubs.create_club import check_charge_account
from handstamp.clubs.endings import Ending, tell_ended
from handstamp.clubs.find_clubs import club_of
from handstamp.clubs.models import Club
from handstamp.clubs.shapes import ClubChange
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services


async def edit_club(
    session: AsyncSession, services: Services, actor: Actor, club_id: str, change: ClubChange
) -> Club:
    """Change the members that are set; prices of what is pre-ordered already stay.

    Raises:
        NotFound: the club is not the actor's.
        BadInput: a member that must not be empty is.
        Conflict: the club is archived.
        Forbidden: cards are to be charged on the platform's account by somebody else.
    """
    club = await club_of(session, actor, club_id, lock=True)
    if club.archived_at is not None:
        raise Conflict(_("This club has ended."), code="archived")
    values = change.model_dump(exclude_unset=True)
    for name, value in values.items():
        if value is None:
            message = _("%(field)s cannot be empty.") % {"field": name}
            raise BadInput(message, errors=[{"field": name, "message": "cannot be empty"}])
    if values.get("charge_account", club.charge_account) != club.charge_account:
        check_charge_account(actor, values["charge_account"])
    for name, value in values.items():
        setattr(club, name, value)
    club.updated_at = services.clock()
    await session.flush()
    meta = {name: value for name, value in values.items() if name not in ("name", "about")}
    await record(
        session, actor, "club.edit", "club", club.id, organizer_id=club.organizer_id, meta=meta
    )
    return club


async def archive_club(
    session: AsyncSession, services: Services, actor: Actor, club_id: str
) -> Club:
    """End a club: nothing more is pre-ordered, what is not charged yet is let go.

    The same again changes nothing.

    Raises:
        NotFound: the club is not the actor's.
    """
    club = await club_of(session, actor, club_id, lock=True)
    if club.archived_at is not None:
        return club
    club.archived_at = club.updated_at = services.clock()
    await session.flush()
    await tell_ended(session, Ending(club.id, club.archived_at))
    await record(session, actor, "club.archive", "club", club.id, organizer_id=club.organizer_id)
    return club
