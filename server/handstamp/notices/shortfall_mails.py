"""The mail to those whose tickets there is no room for; made when it is sent."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import profile_of
from handstamp.events.models import Event
from handstamp.mail.addresses import is_erased, one_line
from handstamp.mail.prepared import NoLongerWanted, Prepare, Prepared
from handstamp.mail.send_mail import queue_mail
from handstamp.notices.models import Shortfall, ShortfallOrder
from handstamp.orders.models import Order
from handstamp.orders.order_access import link_for
from handstamp.orders.order_mails import about
from handstamp.pdf.brand import brand, ink_on
from handstamp.plumbing.local_time import span
from handstamp.plumbing.texts import format_language, speaking
from handstamp.plumbing.web import Services

KIND = "event_no_room"


async def queue_no_room(session: AsyncSession, run: Shortfall, order: Order) -> None:
    """Queue the mail that an order's tickets are taken back, and whether its money goes back."""
    if order.email and not is_erased(order.email):
        with speaking(order.language):
            args = {"order": order.id, "shortfall": run.id}
            await queue_mail(session, KIND, order.email, args, about=about(order.id))


async def prepare_no_room(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return whose tickets are taken back, and whether what was paid goes back.

    Raises:
        NoLongerWanted: the order or its buyer is gone.
    """
    async with services.db.read() as session:
        order = await session.get(Order, args["order"])
        run = await session.get(Shortfall, args["shortfall"])
        dealt = await session.get(ShortfallOrder, args["order"])
        if order is None or run is None or is_erased(order.email):
            raise NoLongerWanted
        event = await session.get_one(Event, order.event_id)
        profile = await profile_of(session, order.organizer_id)
    color = brand(profile.brand_color)
    values = {
        "title": one_line(event.title),
        "organizer": one_line(profile.name),
        "contact": one_line(profile.contact_email),
        "number": order.number,
        "when": span(event.start_at, event.end_at, event.time_zone, format_language()),
        "amount": dealt is not None and dealt.outcome == "refunding",
        "body": [line.strip() for line in run.message.splitlines() if line.strip()],
        "link": link_for(services, order),
        "brand": color,
        "brand_ink": ink_on(color),
    }
    return Prepared(values, sender=profile.name, reply_to=profile.contact_email)


PREPARERS: dict[str, Prepare] = {KIND: prepare_no_room}
