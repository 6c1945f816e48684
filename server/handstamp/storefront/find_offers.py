"""What a page of another site may link to: events on sale to everybody, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import profiles_of
from handstamp.events.find_events import public_events
from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.orders.availability import EventAvailability, availabilities, public_event_by
from handstamp.payments.payment_accounts import accounts_of, why_not_selling
from handstamp.pdf.brand import brand, ink_on
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.local_time import day_and_time
from handstamp.plumbing.texts import _
from handstamp.storefront.bills import BUYABLE, bill

MOST = 10
_TOLD = ("sold_out", "not_yet")


@dataclass(frozen=True)
class Offer:
    """A link to an event's page: `label` is what it says, `buyable` that one can buy there now."""

    event: str
    path: str
    title: str
    when: str
    label: str
    buyable: bool
    color: str
    ink: str


async def offers_of_event(session: AsyncSession, name: str, now: Millis) -> list[Offer]:
    """Return the offer of an event by its id or address; none when it sells nothing to all."""
    try:
        event = await public_event_by(session, name)
    except NotFound:
        return []
    return await _offers(session, [event], now)


async def offers_of_organizer(session: AsyncSession, organizer_id: str, now: Millis) -> list[Offer]:
    """Return the offers of an organizer's next events."""
    events = await public_events(session, now, organizer_id=organizer_id, limit=MOST)
    return await _offers(session, events, now)


async def _offers(session: AsyncSession, events: Sequence[Event], now: Millis) -> list[Offer]:
    shown = [event for event in events if not event.members_only]
    left = await availabilities(session, shown, now)
    organizers = {event.organizer_id for event in shown}
    accounts = await accounts_of(session, organizers)
    profiles = await profiles_of(session, organizers)
    made = []
    for event in shown:
        paid = not why_not_selling(accounts.get(event.organizer_id))
        color = profiles[event.organizer_id].brand_color
        if offer := _offer(event, left[event.id], can_charge=paid, color=color):
            made.append(offer)
    return made


def _offer(event: Event, left: EventAvailability, *, can_charge: bool, color: str) -> Offer | None:
    tiers = [tier for tier in left.tiers if can_charge or not tier.price]
    buyable = left.state in BUYABLE and any(tier.state in BUYABLE for tier in tiers)
    if not tiers or not (buyable or left.state in _TOLD):
        return None
    return Offer(
        event=event.id,
        path=f"/tickets/e/{event.slug}",
        title=event.title,
        when=day_and_time(event.start_at, event.time_zone),
        label=_("Buy tickets") if buyable else bill(event, left).mark,
        buyable=buyable,
        color=brand(color) if color else "",
        ink=ink_on(brand(color)) if color else "",
    )
