"""Mails about a pre-order: queued in the transaction that causes them, each kind once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import Profile, profile_of
from handstamp.clubs.models import Club
from handstamp.events.models import Event
from handstamp.mail.addresses import one_line
from handstamp.mail.models import Mail
from handstamp.mail.prepared import NoLongerWanted, Prepare, Prepared
from handstamp.mail.send_mail import queue_mail
from handstamp.pdf.brand import brand, ink_on
from handstamp.plumbing.local_time import day_and_time, span, zone_note
from handstamp.plumbing.money_text import money
from handstamp.plumbing.texts import format_language, speaking
from handstamp.plumbing.web import Services
from handstamp.preorders import store
from handstamp.preorders.models import PreOrder
from handstamp.preorders.told import page_of, sentence_of, window_of

PLACED = "preorder_placed"
NOT_ALLOCATED = "preorder_not_allocated"


def about(preorder_id: str) -> str:
    """Return what the mails of a pre-order are found by."""
    return f"preorder:{preorder_id}"


async def queue_placed(session: AsyncSession, preorder: PreOrder) -> str:
    """Queue the mail that a pre-order is received; return its id."""
    return await queue_once(session, preorder, PLACED)


async def queue_not_allocated(session: AsyncSession, preorder: PreOrder) -> str:
    """Queue the mail that there is no ticket and nothing was charged; return its id."""
    return await queue_once(session, preorder, NOT_ALLOCATED)


async def queue_once(session: AsyncSession, preorder: PreOrder, kind: str, **others: Any) -> str:
    """Queue a mail of a kind, unless one is there already; return its id.

    The caller has locked the pre-order, so two never look at the same moment.
    """
    same = select(Mail.id).where(Mail.about == about(preorder.id), Mail.kind == kind).limit(1)
    known = await session.scalar(same)
    if known is not None:
        return known
    args = {"preorder": preorder.id, **others}
    with speaking(preorder.language):
        return await queue_mail(session, kind, preorder.email, args, about=about(preorder.id))


@dataclass(frozen=True)
class Gathered:
    """A pre-order with all that its mails say."""

    preorder: PreOrder
    event: Event
    club: Club
    profile: Profile


async def gather(services: Services, args: Mapping[str, Any]) -> Gathered:
    """Read what a mail is about, as things stand.

    Raises:
        NoLongerWanted: there is no such pre-order.
    """
    async with services.db.read() as session:
        preorder = await store.preorder(session, str(args["preorder"]))
        if preorder is None:
            raise NoLongerWanted
        return await gather_of(session, preorder)


async def gather_of(session: AsyncSession, preorder: PreOrder) -> Gathered:
    """Read what the mails of a pre-order are about, as things stand."""
    event = await session.get_one(Event, preorder.event_id)
    club = await session.get_one(Club, preorder.club_id)
    return Gathered(preorder, event, club, await profile_of(session, preorder.organizer_id))


async def prepare_placed(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what was pre-ordered and until when it can be changed.

    Raises:
        NoLongerWanted: it was cancelled meanwhile.
    """
    found = await gather(services, args)
    if found.preorder.status in ("cancelled", "denied", "not_allocated"):
        raise NoLongerWanted
    closes = window_of(found.club, found.preorder).closes
    until = day_and_time(closes - 1, found.club.time_zone, format_language())
    values = {
        **values_of(services, found),
        "sentence": sentence_of(found.club),
        "until": f"{until} ({zone_note(closes - 1, found.club.time_zone)})",
    }
    return prepared(found, values)


async def prepare_not_allocated(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what there was no ticket for."""
    found = await gather(services, args)
    return prepared(found, values_of(services, found))


PREPARERS: dict[str, Prepare] = {
    PLACED: prepare_placed,
    NOT_ALLOCATED: prepare_not_allocated,
}


def values_of(services: Services, found: Gathered) -> dict[str, Any]:
    """Return what the templates of every mail of a pre-order show."""
    preorder, event, profile = found.preorder, found.event, found.profile
    color = brand(profile.brand_color)
    city = ", ".join(part for part in (event.city, event.province) if part)
    return {
        "title": one_line(event.title),
        "club": one_line(found.club.name),
        "organizer": one_line(profile.name),
        "contact": one_line(profile.contact_email),
        "number": preorder.number,
        "tier": one_line(preorder.tier_name),
        "total": money(preorder.total, preorder.currency),
        "card": f"{preorder.card_brand} •••• {preorder.card_last4}" if preorder.card_last4 else "",
        "when": span(event.start_at, event.end_at, event.time_zone, format_language()),
        "zone": zone_note(event.start_at, event.time_zone),
        "place": [one_line(part) for part in (event.venue, city) if part],
        "link": page_of(services.settings, preorder.id),
        "event_link": f"{services.settings.public_url}/tickets/e/{event.slug}",
        "brand": color,
        "brand_ink": ink_on(color),
    }


def prepared(found: Gathered, values: Mapping[str, Any]) -> Prepared:
    """Return a mail in the organizer's name."""
    return Prepared(values, sender=found.profile.name, reply_to=found.profile.contact_email)
