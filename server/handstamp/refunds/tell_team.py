"""Mails to everybody who runs the event of a payment, in the organizer's language."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import profile_of
from handstamp.auth.find_team import team_of
from handstamp.mail.send_mail import NewMail, queue_mails
from handstamp.plumbing.web import RUN_BY, SYSTEM


async def tell_team(
    session: AsyncSession, kind: str, organizer_id: str, args: Mapping[str, str], *, about: str
) -> None:
    """Queue a mail of a kind to each of an organizer's people who run its events."""
    profile = await profile_of(session, organizer_id)
    team = await team_of(session, SYSTEM, organizer_id)
    mails = [
        NewMail(one.email, args, about, profile.language) for one in team if one.role in RUN_BY
    ]
    await queue_mails(session, kind, mails)
