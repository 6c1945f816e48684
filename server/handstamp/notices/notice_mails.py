"""Mails about a change of an event, or in the organizer's own words; made when they are sent."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import Profile, profile_of
from handstamp.events.models import Event
from handstamp.mail.addresses import one_line
from handstamp.mail.prepared import NoLongerWanted, Part, Prepare, Prepared
from handstamp.notices.cancelled_for import meant_for
from handstamp.notices.models import Notice
from handstamp.orders.models import Order
from handstamp.orders.order_access import link_for
from handstamp.orders.order_calendar import order_calendar
from handstamp.orders.rules import PLACED
from handstamp.pdf.brand import brand, ink_on
from handstamp.plumbing.local_time import day_and_time, span, zone_note
from handstamp.plumbing.texts import format_language, speaking
from handstamp.plumbing.web import Services
from handstamp.preorders.told import page_of
from handstamp.tickets.models import Ticket
from handstamp.transfers.holder_link import link_for as holder_link

MOST_FILES = 10


async def prepare(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what an event's holder is told, with a calendar file for each of their orders.

    Raises:
        NoLongerWanted: the notice is gone.
    """
    async with services.db.read() as session:
        notice = await session.get(Notice, args["notice"])
        event = await session.get(Event, notice.event_id) if notice else None
        if notice is None or event is None:
            raise NoLongerWanted
        profile = await profile_of(session, event.organizer_id)
        orders = await _orders(session, str(args["holds"]))
        given = await _given(session, services, str(args["holds"]))
        cancelled = notice.kind == "cancelled"
        meant = await meant_for(session, notice, str(args["holds"])) if cancelled else None
    files = () if notice.kind == "message" else tuple(_file(services, event, o) for o in orders)
    values = _values(services, notice, event, profile)
    if meant is not None:
        values |= vars(meant)
    values["link"] = given or _link(services, str(args["holds"]), orders)
    return Prepared(values, files, sender=profile.name, reply_to=profile.contact_email)


PREPARERS: dict[str, Prepare] = {
    "event_cancelled": prepare,
    "event_message": prepare,
}


async def _orders(session: AsyncSession, holds: str) -> list[Order]:
    """Return the orders of one event under the address of one of them."""
    kind, key = holds.split(":", 1)
    order = await session.get(Order, key) if kind == "order" else None
    if order is None:
        return []
    theirs = select(Order).where(
        Order.event_id == order.event_id,
        func.lower(Order.email) == order.email.lower(),
        Order.status.in_(PLACED),
    )
    return list(await session.scalars(theirs.order_by(Order.id).limit(MOST_FILES)))


async def _given(session: AsyncSession, services: Services, holds: str) -> str:
    """Return the link of somebody to whom a bought ticket was passed on; '' of others."""
    kind, key = holds.split(":", 1)
    ticket = await session.get(Ticket, int(key)) if kind == "ticket" else None
    return holder_link(services, ticket) if ticket is not None and ticket.order_id else ""


def _link(services: Services, holds: str, orders: list[Order]) -> str:
    kind, key = holds.split(":", 1)
    if kind == "preorder":
        return page_of(services.settings, key)
    if len(orders) > 1:
        return f"{services.settings.public_url}/tickets/mine"
    return link_for(services, orders[0]) if orders else ""


def _file(services: Services, event: Event, order: Order) -> Part:
    make = partial(_calendar, services, event, order)
    return Part(f"event-{order.number}.ics", "text/calendar", make)


async def _calendar(services: Services, event: Event, order: Order) -> bytes:
    with speaking(order.language):
        return order_calendar(services.settings, event, order.id, order.number)


def _values(services: Services, notice: Notice, event: Event, profile: Profile) -> dict[str, Any]:
    color = brand(profile.brand_color)
    city = ", ".join(part for part in (event.city, event.province) if part)
    until = event.refund_until
    still = until is not None and until > services.clock()
    return {
        "title": one_line(event.title),
        "organizer": one_line(profile.name),
        "contact": one_line(profile.contact_email),
        "subject": one_line(notice.subject),
        "body": [line.strip() for line in notice.body.splitlines() if line.strip()],
        "when": span(event.start_at, event.end_at, event.time_zone, format_language()),
        "zone": zone_note(event.start_at, event.time_zone),
        "place": [one_line(part) for part in (event.venue, city) if part],
        "refund_until": day_and_time(until, event.time_zone) if until is not None and still else "",
        "event_link": f"{services.settings.public_url}/tickets/e/{event.slug}",
        "brand": color,
        "brand_ink": ink_on(color),
    }
