"""Somebody is taken into a team: the mail that tells them, and how they get in."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.change_team import set_role
from handstamp.auth.find_profile import profile_of
from handstamp.auth.models import Member, User
from handstamp.auth.rules import HOME
from handstamp.mail.addresses import one_line
from handstamp.mail.prepared import NoLongerWanted, Prepare, Prepared
from handstamp.mail.send_mail import queue_mail
from handstamp.pdf.brand import brand, ink_on
from handstamp.plumbing.texts import speaking
from handstamp.plumbing.web import Actor, Services

INVITATION = "team_invitation"


async def invite_to_team(
    session: AsyncSession, actor: Actor, organizer_id: str, email: str, role: str
) -> Member:
    """Do what `set_role` does, and mail whoever is new in the team; the same again mails nothing.

    Raises:
        NotFound, Forbidden, BadInput, Conflict: see `set_role`.
    """
    known = await _members(session, organizer_id)
    member = await set_role(session, actor, organizer_id, email, role)
    if member.user_id in known:
        return member
    user = await session.get_one(User, member.user_id)
    profile = await profile_of(session, organizer_id)
    args = {"user": user.id, "organizer": organizer_id}
    with speaking(profile.language):
        await queue_mail(session, INVITATION, user.email, args, about=f"user:{user.id}")
    return member


async def _members(session: AsyncSession, organizer_id: str) -> set[str]:
    found = select(Member.user_id).where(Member.organizer_id == organizer_id)
    return set(await session.scalars(found))


async def prepare_invitation(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return who takes whom into which team.

    Raises:
        NoLongerWanted: they were let go meanwhile.
    """
    async with services.db.read() as session:
        member = await session.get(Member, (args["user"], args["organizer"]))
        if member is None:
            raise NoLongerWanted
        profile = await profile_of(session, args["organizer"])
    color = brand(profile.brand_color)
    values = {
        "organizer": one_line(profile.name),
        "contact": one_line(profile.contact_email),
        "runs": member.role != "support",
        "link": f"{services.settings.public_url}{HOME}",
        "brand": color,
        "brand_ink": ink_on(color),
    }
    return Prepared(values, sender=profile.name, reply_to=profile.contact_email)


PREPARERS: dict[str, Prepare] = {INVITATION: prepare_invitation}
