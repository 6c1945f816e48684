"""What the mail of a cancelled event says to whom: of money only to those it concerns."""

import pytest
from sqlalchemy import select, update
from tests.factories.clubs import make_club, make_offer
from tests.factories.preorders import make_preorder
from tests.factories.tickets import make_tickets
from tests.rooms.portal.conftest import Desk
from tests.rooms.refunds.shop import Shop

from handstamp.events.models import Event, Tier
from handstamp.kit.clock import DAY
from handstamp.mail.models import Mail
from handstamp.mail.render_mail import render_mail
from handstamp.notices.cancel_event import cancel_event
from handstamp.notices.find_notices import progress_of
from handstamp.notices.notice_mails import PREPARERS
from handstamp.notices.tell_holders import TELL_JOB, tell_holders
from handstamp.orders.give_rules import GivenLine, Giving
from handstamp.orders.give_tickets import give_tickets
from handstamp.orders.models import Order
from handstamp.plumbing.jobs import Worker
from handstamp.plumbing.web import SYSTEM
from handstamp.preorders.approve_preorders import approve
from handstamp.tickets.issue_tickets import Holder
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio
BACK, BANK = "What you paid goes back", "the bank decides"
UNCHARGED = "Your card was not charged for your pre-order"


async def cancel(shop: Shop) -> None:
    """Cancel the shop's event as its owner."""
    async with shop.services.db.write() as session:
        await cancel_event(
            session, shop.services, shop.owner.actor, shop.event.id,
            typed=shop.event.title, message="The hall is flooded.",
        )  # fmt: skip


async def texts(shop: Shop) -> dict[str, str]:
    """Return what each address reads of the cancelled event, as the mail would be sent now."""
    async with shop.services.db.read() as session:
        mails = list(await session.scalars(select(Mail).where(Mail.kind == "event_cancelled")))
    made = {}
    for mail in mails:
        rendered = await render_mail(shop.services, PREPARERS, mail)
        for words in (BACK, BANK, UNCHARGED):
            assert (words in rendered.text) == (words in rendered.html)
        made[mail.to_email.lower()] = rendered.text
    return made


async def buy_as(shop: Shop, email: str) -> Order:
    """Return a paid order of somebody."""
    order = await shop.buy(((2, 2000),))
    async with shop.services.db.write() as session:
        await session.execute(update(Order).where(Order.id == order.id).values(email=email))
        theirs = update(Ticket).where(Ticket.order_id == order.id)
        await session.execute(theirs.values(holder_email=email))
    return order


async def give(shop: Shop, origin: str, email: str) -> None:
    """Give or sell a ticket by hand."""
    lines = (GivenLine(shop.tiers[0].id, 1),)
    paid_by = "cash" if origin == "manual" else ""
    giving = Giving(origin, "Gus Given", lines, email, paid_by=paid_by)
    async with shop.services.db.write() as session:
        await give_tickets(session, shop.services, shop.owner.actor, shop.event.id, giving)


async def test_of_money_is_told_to_whom_it_goes_back_and_to_nobody_else(shop: Shop) -> None:
    bought = await buy_as(shop, "paid@example.org")
    disputed = await buy_as(shop, "disputed@example.org")
    await buy_as(shop, "both@example.org")
    half = await buy_as(shop, "Both@example.org")
    await give(shop, "comp", "comp@example.org")
    await give(shop, "manual", "cash@example.org")
    guest = [Holder("Gil Guest", "guest@example.org")]
    async with shop.services.db.write() as session:
        await make_tickets(session, shop.services, shop.event, holders=guest)
        ticket = select(Ticket).where(Ticket.order_id == bought.id).limit(1)
        (await session.scalars(ticket)).one().holder_email = "friend@example.org"
    for order in (disputed, half):
        await shop.double.open_dispute(await shop.intent(order))
    await shop.hear()
    await cancel(shop)
    await Worker(shop.services, {TELL_JOB: tell_holders}).drain()
    before = await texts(shop)
    await shop.work()
    await shop.hear()
    assert await texts(shop) == before
    assert {email for email, text in before.items() if BACK in text} == {
        "paid@example.org", "both@example.org",
    }  # fmt: skip
    assert {email for email, text in before.items() if BANK in text} == {
        "disputed@example.org", "both@example.org",
    }  # fmt: skip
    assert set(before) == {
        f"{name}@example.org"
        for name in ("paid", "disputed", "both", "comp", "cash", "guest", "friend")
    }
    for text in before.values():
        assert "does not take place. Your tickets are not valid any more." in text
        assert "The hall is flooded." in text


async def test_members_who_were_not_charged_read_that_and_the_organizers_words(shop: Shop) -> None:
    async with shop.services.db.write() as session:
        later = {"start_at": Event.start_at + 21 * DAY, "end_at": Event.end_at + 21 * DAY}
        await session.execute(update(Event).values(later))
        await session.execute(update(Tier).values(price_cents=2_000))
        event = await session.get_one(Event, shop.event.id)
        club = await make_club(session, shop.services, shop.organizer_id)
    offer = await make_offer(shop.services, club, event)
    mia, pending = await make_preorder(shop.services, offer, email="mia@example.org")
    _noa, approved = await make_preorder(shop.services, offer, email="noa@example.org")
    await buy_as(shop, "noa@example.org")
    async with shop.services.db.write() as session:
        await approve(session, shop.services, SYSTEM, shop.event.id, [approved.id])
    desk = Desk(shop.http, shop.owner)
    await desk.get(f"/tickets/organizer/events/{shop.event.id}/cancel")
    assert "2 people get a mail" in desk.text
    await cancel(shop)
    await shop.work()
    await shop.hear()
    made = await texts(shop)
    assert set(made) == {"mia@example.org", "noa@example.org"}
    for email, wish in (("mia@example.org", pending), ("noa@example.org", approved)):
        assert f"{UNCHARGED} {wish.number}, and will not be." in made[email]
        assert "The hall is flooded." in made[email]
        assert (BACK in made[email]) == (email != "mia@example.org")
        assert ("Your tickets are not valid" in made[email]) == (email != "mia@example.org")
    assert "because you pre-ordered a ticket" in made["mia@example.org"]
    async with shop.services.db.read() as session:
        kinds = set(await session.scalars(select(Mail.kind)))
        progress = await progress_of(session, shop.event.id)
    assert "preorder_not_allocated" not in kinds
    assert progress is not None
    assert (progress.told, progress.to_tell) == (2, 2)
    member = Desk(shop.http, mia)
    await member.get(f"/tickets/me/pre-orders/{pending.id}")
    assert "The event is cancelled. You were not charged." in member.text


async def test_who_was_told_of_it_can_be_written_to_afterwards(shop: Shop) -> None:
    await buy_as(shop, "paid@example.org")
    async with shop.services.db.write() as session:
        guest = [Holder("Gil Guest", "guest@example.org")]
        await make_tickets(session, shop.services, shop.event, holders=guest)
    await cancel(shop)
    await shop.work()
    await shop.hear()
    desk, here = Desk(shop.http, shop.owner), f"/tickets/organizer/events/{shop.event.id}/message"
    await desk.get(here)
    assert "2 people hold tickets" in desk.text
    wish = {"subject": "Sorry", "body": "We try again in autumn."}
    await desk.post(here, {**wish, "seen": "2", "seen_text": str(tuple(wish.values()))}, on=here)
    assert "2 people are written to" in desk.text
    await shop.work()
    async with shop.services.db.read() as session:
        sent = select(Mail.to_email).where(Mail.kind == "event_message")
        assert set(await session.scalars(sent)) == {"paid@example.org", "guest@example.org"}
