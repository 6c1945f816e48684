"""The mail that invites somebody into a club; who did not ask need not do anything."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import profile_of
from handstamp.clubs import store
from handstamp.clubs.models import ClubMember
from handstamp.mail.addresses import one_line
from handstamp.mail.prepared import NoLongerWanted, Prepare, Prepared
from handstamp.mail.send_mail import queue_mail
from handstamp.pdf.brand import brand, ink_on
from handstamp.plumbing.texts import speaking
from handstamp.plumbing.web import Services

INVITATION = "club_invitation"


async def queue_invitation(session: AsyncSession, member: ClubMember, language: str) -> str:
    """Queue the mail in a language; return its id."""
    args = {"club": member.club_id, "member": member.id}
    about = f"club_member:{member.id}"
    with speaking(language):
        return await queue_mail(session, INVITATION, member.email, args, about=about)


async def prepare_invitation(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return who invites into what.

    Raises:
        NoLongerWanted: the invitation was taken up or back meanwhile, or the club has ended.
    """
    async with services.db.read() as session:
        club = await store.club(session, args["club"])
        member = await store.member(session, args["club"], ClubMember.id == args["member"])
        if club is None or club.archived_at is not None:
            raise NoLongerWanted
        if member is None or member.status != "invited":
            raise NoLongerWanted
        profile = await profile_of(session, club.organizer_id)
    color = brand(profile.brand_color)
    values = {
        "club": one_line(club.name),
        "organizer": one_line(profile.name),
        "contact": one_line(profile.contact_email),
        "link": f"{services.settings.public_url}/tickets/clubs",
        "brand": color,
        "brand_ink": ink_on(color),
    }
    return Prepared(values, sender=profile.name, reply_to=profile.contact_email)


PREPARERS: dict[str, Prepare] = {INVITATION: prepare_invitation}
