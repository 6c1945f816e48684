"""What an organizer's team is told of their page: it was hidden and why, or it is public."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import profile_of
from handstamp.auth.find_team import team_of
from handstamp.events.models import Event, EventReview
from handstamp.mail.addresses import one_line
from handstamp.mail.prepared import NoLongerWanted, Prepare, Prepared
from handstamp.mail.send_mail import NewMail, queue_mails
from handstamp.pdf.brand import brand, ink_on
from handstamp.plumbing.web import RUN_BY, SYSTEM, Services


async def queue_told(session: AsyncSession, kind: str, event: Event) -> None:
    """Queue a mail of a kind to everybody who runs the event, in the organizer's language."""
    profile = await profile_of(session, event.organizer_id)
    team = await team_of(session, SYSTEM, event.organizer_id)
    mails = [
        NewMail(one.email, {"event": event.id}, f"event:{event.id}", profile.language)
        for one in team
        if one.role in RUN_BY
    ]
    await queue_mails(session, kind, mails)


async def prepare(status: str, services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what is told.

    Raises:
        NoLongerWanted: the page is no more as the mail says.
    """
    async with services.db.read() as session:
        event = await session.get(Event, args["event"])
        if event is None or event.status != status:
            raise NoLongerWanted
        review = await session.get(EventReview, event.id)
        profile = await profile_of(session, event.organizer_id)
    color, site = brand(""), services.settings.public_url
    reason = review.reason if review else ""
    values = {
        "title": one_line(event.title),
        "organizer": one_line(profile.name),
        "contact": "",
        "reason": [line.strip() for line in reason.splitlines() if line.strip()],
        "link": f"{site}/tickets/organizer/events/{event.id}",
        "brand": color,
        "brand_ink": ink_on(color),
    }
    return Prepared(values)


PREPARERS: dict[str, Prepare] = {
    "event_hidden": partial(prepare, "hidden"),
    "event_approved": partial(prepare, "published"),
}
