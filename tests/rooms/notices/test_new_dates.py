"""An event with a new date, and another like it: what moves along, what stays, who is told."""

import asyncio
import json
import re
from html import unescape

import pytest
from icalendar import Calendar
from sqlalchemy import select, update
from tests.factories.waitlist import make_list, make_waiting
from tests.rooms.portal.conftest import Desk
from tests.rooms.refunds.shop import Shop

from handstamp.events.entry_rules import EntryRules
from handstamp.events.find_events import lists_of, tiers_of
from handstamp.events.models import Event, TaxRate, Tier
from handstamp.events.rules import ListTier
from handstamp.events.save_list import save_list
from handstamp.kit.clock import DAY, HOUR
from handstamp.mail.models import Mail
from handstamp.mail.render_mail import render_mail
from handstamp.notices.cancel_event import cancel_event
from handstamp.notices.models import Notice
from handstamp.notices.notice_mails import prepare
from handstamp.notices.postpone_event import postpone_event
from handstamp.orders.models import Order
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.local_time import local, to_local
from handstamp.tickets.models import Ticket
from handstamp.worker import MAILS

pytestmark = pytest.mark.anyio
LATER = 7 * DAY


async def set_up(shop: Shop) -> int:
    """Give the event a list with a window and a tier whose sales end; return its start."""
    start = shop.event.start_at
    async with shop.services.db.write() as session:
        tiers = [ListTier(shop.tiers[0].number, start - HOUR, start + HOUR)]
        await save_list(
            session, shop.services, shop.owner.actor, shop.event.id,
            name="Early door", tiers=tiers, entry=EntryRules(capacity=300),
        )  # fmt: skip
        ends = update(Tier).where(Tier.id == shop.tiers[0].id).values(sales_end_at=start)
        await session.execute(ends)
        session.add(
            TaxRate(event_id=shop.event.id, position=0, name="GST", ppm=50_000, compound=False)
        )
        prices = update(Event).where(Event.id == shop.event.id)
        await session.execute(prices.values(tax_mode="rates", fee_bp=250, refund_until=start - DAY))
    return start


async def postpone(shop: Shop, start: int, refund_until: int | None = None) -> Event:
    """Move the shop's event as its owner."""
    async with shop.services.db.write() as session:
        moved = await postpone_event(
            session, shop.services, shop.owner.actor, shop.event.id,
            start_at=start, refund_until=refund_until, message="The band is ill.",
        )  # fmt: skip
    return moved.event


async def window(shop: Shop, event_id: str) -> tuple[int, int]:
    """Return the entry window of the list with one."""
    async with shop.services.db.read() as session:
        views = await lists_of(session, event_id)
    (view,) = [one for one in views if one.name == "Early door"]
    return view.rules["tiers"][0]["from"], view.rules["tiers"][0]["until"]


async def test_everything_moves_along_once_and_holders_are_told(shop: Shop) -> None:
    order = await shop.buy()
    start = await set_up(shop)
    async with shop.services.db.write() as session:
        await session.execute(update(Order).values(reminded_at=1))
    until = shop.services.clock() + DAY
    moved = await asyncio.gather(*(postpone(shop, start + LATER, until) for _ in range(2)))
    assert {event.start_at for event in moved} == {start + LATER}
    assert await window(shop, shop.event.id) == (start + LATER - HOUR, start + LATER + HOUR)
    async with shop.services.db.read() as session:
        event = await session.get_one(Event, shop.event.id)
        tier = await session.get_one(Tier, shop.tiers[0].id)
        kept = await session.get_one(Order, order.id)
    assert event.end_at - event.start_at == shop.event.end_at - start
    assert (event.refund_until, tier.sales_end_at) == (until, start + LATER)
    assert kept.reminded_at is None
    assert await shop.tickets(order) == ["valid"] * 3
    await shop.work()
    async with shop.services.db.read() as session:
        mails = await session.scalars(select(Mail).where(Mail.kind == "event_postponed"))
        (mail,) = mails.all()
    rendered = await render_mail(shop.services, MAILS, mail)
    assert rendered.subject == f"New date: {shop.event.title}"
    assert "ask for your money back until" in rendered.html
    assert "The band is ill." in rendered.text
    made = await prepare(shop.services, json.loads(mail.args_json))
    assert made.values["body"] == ["The band is ill."]
    assert made.values["refund_until"]
    calendar = Calendar.from_ical(await made.attachments[0].make())
    (entry,) = calendar.walk("VEVENT")
    assert str(entry["UID"]).startswith(order.id)
    begins = local(start + LATER, shop.event.time_zone)
    assert entry.decoded("DTSTART") == begins.replace(microsecond=0)
    assert calendar["METHOD"] == "PUBLISH"


async def test_what_cannot_be_is_refused(shop: Shop) -> None:
    start, now = shop.event.start_at, shop.services.clock()
    for at, until in ((now, None), (start + LATER, now), (start + LATER, start + LATER + 1)):
        with pytest.raises(BadInput):
            await postpone(shop, at, until)
    async with shop.services.db.write() as session:
        await cancel_event(
            session, shop.services, shop.owner.actor, shop.event.id, typed=shop.event.title
        )
    with pytest.raises(Conflict):
        await postpone(shop, start + LATER)


async def test_another_like_it_has_all_but_its_people(shop: Shop) -> None:
    await shop.buy()
    start = await set_up(shop)
    desk = Desk(shop.http, shop.owner)
    here = f"/tickets/organizer/events/{shop.event.id}/duplicate"
    await desk.post(here, {"title": "", "start_at": ""}, on=here)
    assert desk.status == 422
    wish = {"title": "Second night", "start_at": "2027-05-01T19:00"}
    await desk.post(here, wish)
    assert "It stays a draft" in desk.text
    made_id = desk.path.rsplit("/", 1)[1]
    async with shop.services.db.read() as session:
        made = await session.get_one(Event, made_id)
        theirs = await tiers_of(session, made_id)
        rates = list(await session.scalars(select(TaxRate).where(TaxRate.event_id == made_id)))
        tickets = list(await session.scalars(select(Ticket).where(Ticket.event_id == made_id)))
        views = await lists_of(session, made_id)
    by = made.start_at - start
    assert (made.title, made.status, made.fee_bp, made.tax_mode) == (
        "Second night", "draft", 250, "rates",
    )  # fmt: skip
    assert made.end_at - made.start_at == shop.event.end_at - start
    assert made.refund_until == start - DAY + by
    assert [(one.name, one.price_cents, one.capacity) for one in theirs] == [
        (one.name, one.price_cents, one.capacity) for one in shop.tiers
    ]
    assert theirs[0].sales_end_at == start + by
    assert [rate.name for rate in rates] == ["GST"]
    assert await window(shop, made_id) == (start + by - HOUR, start + by + HOUR)
    assert {view.rules.get("capacity") for view in views if view.name == "Early door"} == {300}
    assert tickets == []


async def test_the_page_shows_what_a_new_date_does_and_then_moves_the_event(shop: Shop) -> None:
    await shop.buy()
    start = await set_up(shop)
    async with shop.services.db.write() as session:
        await make_list(session, shop.services, shop.event.id)
        await make_waiting(session, shop.services, shop.event.id)
    desk = Desk(shop.http, shop.owner)
    here = f"/tickets/organizer/events/{shop.event.id}/postpone"
    await desk.post(here, {"start_at": "2001-05-01T19:00"}, on=here)
    assert desk.status == 422
    assert "must be to come" in desk.text
    wish = {"start_at": "2027-05-01T19:00", "message": "The band\r\nis ill."}
    await desk.post(here, wish)
    assert desk.status == 200
    assert "2 people get a mail with the new date." in desk.text
    assert "Among them: 1 person of the waiting list." in desk.text
    assert "The end of sales of 1 tier moves along." in desk.text
    assert "The entry times of 1 list move along." in desk.text
    assert "The band is ill." in desk.text
    assert await started(shop) == start
    seen = seen_of(desk)
    await desk.post(here, {**wish, "message": "Other words", "seen": seen})
    assert "Other words" in desk.text  # it is looked at again
    assert await started(shop) == start
    await desk.post(here, {**wish, "seen": seen})
    assert "has its new date. 2 people are told" in desk.text
    assert await started(shop) != start
    await desk.post(here, {**wish, "seen": seen}, on=here)  # pressed twice
    assert desk.status == 422
    assert "has this date already: nothing was changed" in desk.text


async def test_the_page_keeps_what_was_typed_when_the_date_stays(shop: Shop) -> None:
    await shop.buy()
    desk = Desk(shop.http, shop.owner)
    here = f"/tickets/organizer/events/{shop.event.id}/postpone"
    same = to_local(shop.event.start_at, shop.event.time_zone)
    await desk.post(here, {"start_at": same, "message": "Bring a coat."}, on=here)
    assert desk.status == 422
    assert "has this date already: nothing was changed and nobody told" in desk.text
    assert "Bring a coat." in desk.html
    assert "Move it" not in desk.text
    async with shop.services.db.read() as session:
        assert (await session.scalars(select(Notice))).all() == []


async def started(shop: Shop) -> int:
    """Return when the shop's event begins now."""
    async with shop.services.db.read() as session:
        return (await session.get_one(Event, shop.event.id)).start_at


def seen_of(desk: Desk) -> str:
    """Return what the page's form says it has shown."""
    found = re.search(r'name="seen" value="([^"]+)"', desk.html)
    assert found
    return unescape(found[1])
