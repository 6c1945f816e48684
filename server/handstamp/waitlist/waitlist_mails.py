"""Mails to those who wait: the link, the place, an offer, its end, and the end of it all."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import profile_of
from handstamp.events.find_events import events_by_id, tier_of
from handstamp.events.models import Event
from handstamp.mail.addresses import is_erased, one_line
from handstamp.mail.prepared import NoLongerWanted, Prepare, Prepared
from handstamp.mail.send_mail import NewMail, queue_mail, queue_mails
from handstamp.pdf.brand import brand, ink_on
from handstamp.plumbing.local_time import day_and_time, span, zone_note
from handstamp.plumbing.texts import format_language, speaking
from handstamp.plumbing.web import Services
from handstamp.waitlist import rules, store
from handstamp.waitlist.links import link_for
from handstamp.waitlist.models import Waiting, WaitOffer

LINK, JOINED, OFFER, MISSED = (
    "waitlist_link",
    "waitlist_joined",
    "waitlist_offer",
    "waitlist_missed",
)
WITHDRAWN, CANCELLED = "waitlist_withdrawn", "waitlist_cancelled"
_GONE = ("left", "removed")


async def queue_link(session: AsyncSession, person: Waiting) -> None:
    """Queue the mail that asks to confirm a place, or shows it once more."""
    await _queue(session, LINK, person)


async def queue_joined(session: AsyncSession, person: Waiting) -> None:
    """Queue the mail that somebody is on the list now."""
    await _queue(session, JOINED, person)


async def queue_offer(session: AsyncSession, person: Waiting, offer: WaitOffer) -> None:
    """Queue the mail with an offer."""
    await _queue(session, OFFER, person, offer=offer.id)


async def queue_missed(session: AsyncSession, person: Waiting) -> None:
    """Queue the mail that an offer has ended."""
    await _queue(session, MISSED, person)


async def queue_withdrawn(session: AsyncSession, person: Waiting, offer: WaitOffer) -> None:
    """Queue the mail that an offer no longer stands, and whether they still wait."""
    await _queue(session, WITHDRAWN, person, offer=offer.id)


async def queue_cancelled(session: AsyncSession, people: Sequence[Waiting]) -> None:
    """Queue the mails that the event does not take place."""
    mails = [
        NewMail(one.email, {"waiting": one.id}, f"waiting:{one.id}", one.language) for one in people
    ]
    await queue_mails(session, CANCELLED, mails)


async def _queue(session: AsyncSession, kind: str, person: Waiting, **others: str) -> None:
    with speaking(person.language):
        args = {"waiting": person.id, **others}
        await queue_mail(session, kind, person.email, args, about=f"waiting:{person.id}")


async def prepare_link(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what a place's link leads to.

    Raises:
        NoLongerWanted: the place is gone.
    """
    async with services.db.read() as session:
        person, event = await _read(session, args)
        values = await _values(session, services, person, event)
    return _prepared({**values, "confirmed": person.status != "unconfirmed"})


async def prepare_place(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what somebody waits for, or waited for.

    Raises:
        NoLongerWanted: the place is gone, or left meanwhile.
    """
    async with services.db.read() as session:
        person, event = await _read(session, args)
        values = await _values(session, services, person, event)
    return _prepared(values)


async def prepare_offer(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what is offered, and until when.

    Raises:
        NoLongerWanted: the offer was taken or has ended meanwhile.
    """
    async with services.db.read() as session:
        person, event = await _read(session, args)
        offer = (await store.offers_of(session, [person.id])).get(person.id)
        if offer is None or offer.id != args["offer"] or offer.status != "open":
            raise NoLongerWanted
        if offer.expires_at <= services.clock():
            raise NoLongerWanted
        values = await _values(session, services, person, event)
        tier = await tier_of(session, event.id, offer.tier_id)
    until = day_and_time(offer.expires_at, event.time_zone, format_language())
    return _prepared(
        {
            **values,
            "qty": offer.qty,
            "tier": one_line(tier.name),
            "until": f"{until} ({zone_note(offer.expires_at, event.time_zone)})",
        }
    )


async def prepare_withdrawn(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what was offered and no longer is, and whether its person still waits.

    Raises:
        NoLongerWanted: another mail tells more: the event is off, or they bought tickets.
    """
    async with services.db.read() as session:
        person, event = await _read(session, args, gone=("cancelled", "bought"))
        offer = await store.offer(session, str(args["offer"]))
        if offer is None:
            raise NoLongerWanted
        values = await _values(session, services, person, event)
        tier = await tier_of(session, event.id, offer.tier_id)
    waits = person.status in rules.WAITING
    return _prepared({**values, "qty": offer.qty, "tier": one_line(tier.name), "waits": waits})


PREPARERS: dict[str, Prepare] = {
    LINK: prepare_link,
    JOINED: prepare_place,
    OFFER: prepare_offer,
    MISSED: prepare_place,
    WITHDRAWN: prepare_withdrawn,
    CANCELLED: prepare_place,
}


async def _read(
    session: AsyncSession, args: Mapping[str, Any], *, gone: Collection[str] = _GONE
) -> tuple[Waiting, Event]:
    person = await store.waiting(session, str(args["waiting"]))
    if person is None or is_erased(person.email) or person.status in gone:
        raise NoLongerWanted
    return person, (await events_by_id(session, [person.event_id]))[person.event_id]


async def _values(
    session: AsyncSession, services: Services, person: Waiting, event: Event
) -> dict[str, Any]:
    profile = await profile_of(session, event.organizer_id)
    tier = await tier_of(session, event.id, person.tier_id) if person.tier_id else None
    color = brand(profile.brand_color)
    city = ", ".join(part for part in (event.city, event.province) if part)
    return {
        "title": one_line(event.title),
        "organizer": one_line(profile.name),
        "contact": one_line(profile.contact_email),
        "qty": person.qty,
        "tier": one_line(tier.name) if tier else "",
        "when": span(event.start_at, event.end_at, event.time_zone, format_language()),
        "zone": zone_note(event.start_at, event.time_zone),
        "place": [one_line(part) for part in (event.venue, city) if part],
        "link": link_for(services.settings, person),
        "brand": color,
        "brand_ink": ink_on(color),
    }


def _prepared(values: Mapping[str, Any]) -> Prepared:
    return Prepared(values, sender=str(values["organizer"]), reply_to=str(values["contact"]))
