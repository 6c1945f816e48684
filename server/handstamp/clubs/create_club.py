"""Beginning a club."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.auth.find_profile import profile_of
from handstamp.clubs.models import Club
from handstamp.clubs.shapes import NewClub
from handstamp.kit.ids import new_id
from handstamp.plumbing.errors import Forbidden, NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services


async def create_club(
    session: AsyncSession, services: Services, actor: Actor, organizer_id: str, new: NewClub
) -> Club:
    """Make a club of an organizer.

    Raises:
        NotFound: the organizer is not the actor's.
        Forbidden: cards are to be charged on the platform's account by somebody else.
    """
    if not actor.may_manage(organizer_id):
        raise NotFound(_("There is no such organizer among yours."))
    await profile_of(session, organizer_id)
    check_charge_account(actor, new.charge_account)
    now = services.clock()
    values = new.model_dump(exclude={"organizer_id"})
    club = Club(
        id=new_id("club"), organizer_id=organizer_id, created_at=now, updated_at=now, **values
    )
    session.add(club)
    await session.flush()
    await record(session, actor, "club.create", "club", club.id, organizer_id=organizer_id)
    return club


def check_charge_account(actor: Actor, charge_account: str) -> None:
    """Refuse that an organizer has cards charged on the platform's own account.

    Raises:
        Forbidden: the actor does not run this server.
    """
    if charge_account == "platform" and actor.kind not in ("admin", "system"):
        raise Forbidden(_("Only who runs this server may charge cards on its own account."))
