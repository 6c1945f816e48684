"""A cancelled event: sales end, holds close, money goes back once, tickets red, everybody told."""

import asyncio
import json

import pytest
from sqlalchemy import select
from tests.factories.auth import make_owner
from tests.factories.tickets import make_tickets
from tests.rooms.portal.conftest import Desk
from tests.rooms.refunds.shop import Shop

from handstamp.events.models import Event
from handstamp.events.publish_event import publish_event
from handstamp.mail.models import Mail
from handstamp.mail.render_mail import render_mail
from handstamp.notices import cancel_run
from handstamp.notices.cancel_event import cancel_event, look_at_cancelling
from handstamp.notices.find_notices import Progress, progress_of
from handstamp.notices.models import NoticeReader
from handstamp.notices.notice_mails import PREPARERS, prepare
from handstamp.orders.give_rules import GivenLine, Giving
from handstamp.orders.give_tickets import give_tickets
from handstamp.orders.models import Order
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.refunds.refund_order import request_refund
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio


async def cancel(shop: Shop, typed: str = "") -> None:
    """Cancel the shop's event as its owner."""
    async with shop.services.db.write() as session:
        await cancel_event(
            session, shop.services, shop.owner.actor, shop.event.id,
            typed=typed or shop.event.title, message="The hall is flooded.\nWe are sorry.",
        )  # fmt: skip


async def progress(shop: Shop) -> Progress:
    """Return how far it has come."""
    async with shop.services.db.read() as session:
        found = await progress_of(session, shop.event.id)
    assert found is not None
    return found


async def mails(shop: Shop, kind: str) -> list[Mail]:
    """Return the mails of one kind."""
    async with shop.services.db.read() as session:
        return list(await session.scalars(select(Mail).where(Mail.kind == kind)))


async def statuses(shop: Shop) -> set[str]:
    """Return which statuses tickets have."""
    async with shop.services.db.read() as session:
        return set(await session.scalars(select(Ticket.status)))


async def test_everything_goes_back_and_everybody_is_told_once(either: Shop) -> None:
    shop = either
    first, second = await shop.buy(), await shop.buy(((1, 2000),))
    await shop.ask(first, amount=500)
    await shop.hear()
    held, _items = await shop.hold(((1, 2000),))
    async with shop.services.db.write() as session:
        await make_tickets(session, shop.services, shop.event, count=2)
    signal = shop.services.signals.subscribe(f"event:{shop.event.id}")
    await cancel(shop)
    assert await signal.wait(5)
    signal.close()
    await shop.work()
    await shop.hear()
    assert await shop.now(first) == ("refunded", first.total)
    assert await shop.now(second) == ("refunded", second.total)
    assert (await shop.now(held))[0] == "cancelled"
    assert await statuses(shop) <= {"cancelled", "refunded"}
    found = await progress(shop)
    assert found.run.finished_at
    assert found.parts == {"refunding": 2, "free": 2}
    assert found.refunds == {"succeeded": (2, first.total + second.total - 500)}
    (mail,) = [one for one in await mails(shop, "event_cancelled") if "buyer" in one.to_email]
    async with shop.services.db.read() as session:
        event = await session.get_one(Event, shop.event.id)
        assert event.status == "cancelled"
    rendered = await render_mail(shop.services, PREPARERS, mail)
    assert rendered.subject == f"Cancelled: {shop.event.title}"
    assert "The hall is flooded." in rendered.text
    assert "does not take place" in rendered.html
    made = await prepare(shop.services, json.loads(mail.args_json))
    assert made.values["body"] == ["The hall is flooded.", "We are sorry."]
    assert len(made.attachments) == 2
    calendar = (await made.attachments[0].make()).decode()
    assert "METHOD:CANCEL" in calendar
    assert "STATUS:CANCELLED" in calendar
    await shop.check_books()
    assert await shop.left_to_do() == []


async def test_a_process_that_dies_in_the_middle_refunds_nobody_twice(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = [await shop.buy(((1, 2000),)) for _ in range(4)]
    monkeypatch.setattr(cancel_run, "PIECE", 1)
    await cancel(shop)
    done: list[object] = []

    async def die(*args: object, **others: object) -> object:
        if len(done) == 2:
            raise OSError("gone")
        done.append(args[3])
        return await request_refund(*args, **others)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(cancel_run, "request_refund", die)
        await shop.work()
    assert (await progress(shop)).done == 2
    assert not (await progress(shop)).run.finished_at
    await shop.work(late=True)
    await shop.hear()
    assert [await shop.now(order) for order in orders] == [("refunded", orders[0].total)] * 4
    assert len(await shop.sent()) == 4
    assert (await progress(shop)).run.finished_at
    await shop.check_books()


async def test_two_at_once_and_again_cancel_once(shop: Shop) -> None:
    order = await shop.buy()
    await asyncio.gather(*(cancel(shop) for _ in range(3)))
    await asyncio.gather(shop.work(), shop.work())
    await cancel(shop)
    await shop.hear()
    assert len(await shop.refunds(order)) == 1
    assert len(await mails(shop, "event_cancelled")) == 1
    await shop.check_books()


async def test_a_disputed_order_is_kept_and_said(shop: Shop) -> None:
    order = await shop.buy()
    await shop.double.open_dispute(await shop.intent(order))
    await shop.hear()
    await cancel(shop)
    await shop.work()
    found = await progress(shop)
    assert found.parts == {"kept": 1}
    assert "bank is deciding" in found.kept[0].problem
    assert await shop.tickets(order) == ["cancelled"] * 3
    assert await shop.refunds(order) == []
    desk = Desk(shop.http, shop.owner)
    await desk.get(f"/tickets/organizer/events/{shop.event.id}/cancel")
    assert f"{order.number} : The bank is deciding" in desk.text


async def test_the_look_counts_what_goes_back_and_leaves_disputes_to_the_bank(shop: Shop) -> None:
    first, lost, asked, part = [await shop.buy() for _ in range(4)]
    dispute = await shop.double.open_dispute(await shop.intent(lost))
    await shop.double.open_dispute(await shop.intent(asked))
    await shop.hear()
    await shop.double.close_dispute(dispute["id"], won=False)
    await shop.ask(part, amount=500)
    await shop.hear()
    line = (GivenLine(shop.tiers[0].id, 1, 2_000),)
    async with shop.services.db.write() as session:
        for giving in (
            Giving("comp", "Cy", (GivenLine(shop.tiers[0].id, 1),), "cy@example.org"),
            Giving("manual", "Di", line, "di@example.org", paid_by="cash"),
        ):
            await give_tickets(session, shop.services, shop.owner.actor, shop.event.id, giving)
    async with shop.services.db.read() as session:
        event = await session.get_one(Event, shop.event.id)
        look = await look_at_cancelling(session, event)
    assert (look.orders, look.amount) == (2, first.total + part.total - 500)
    assert look.disputed == 2
    desk = Desk(shop.http, shop.owner)
    await desk.get(f"/tickets/organizer/events/{shop.event.id}/cancel")
    assert "2 disputed payments are left to the bank." in desk.text
    await cancel(shop)
    await shop.work()
    await shop.hear()
    found = await progress(shop)
    assert found.refunds == {"succeeded": (look.orders, look.amount)}
    assert (found.done, found.whole) == (6, 6)


async def test_where_nothing_was_paid_no_refund_is_announced(shop: Shop) -> None:
    desk = Desk(shop.http, shop.owner)
    await desk.get(f"/tickets/organizer/events/{shop.event.id}/cancel")
    assert "Sales end at once" in desk.text
    assert "refunded" not in desk.text


async def test_only_who_runs_it_and_types_its_title(shop: Shop) -> None:
    order = await shop.buy()
    other, _team = await make_owner(shop.services, "eve@example.org")
    with pytest.raises(BadInput, match="title"):
        await cancel(shop, typed="Something else")
    with pytest.raises(NotFound):
        async with shop.services.db.write() as session:
            await cancel_event(
                session, shop.services, other.actor, shop.event.id, typed=shop.event.title
            )
    assert await shop.tickets(order) == ["valid"] * 3


async def test_nothing_is_sold_any_more(shop: Shop) -> None:
    await cancel(shop)
    tickets = [{"tier_id": shop.tiers[0].id, "quantity": 1}]
    path = f"/api/tickets/events/{shop.event.id}/orders"
    answer = await shop.http.post(path, json={"tickets": tickets})
    assert answer.status_code in (404, 409)
    with pytest.raises(Conflict):
        async with shop.services.db.write() as session:
            await publish_event(
                session, shop.services, shop.owner.actor, shop.event.id, "published"
            )


async def test_the_pages_ask_show_and_follow(shop: Shop) -> None:
    order = await shop.buy()
    desk = Desk(shop.http, shop.owner)
    here = f"/tickets/organizer/events/{shop.event.id}"
    await desk.get(here)
    assert "Cancel the event" in desk.text
    await desk.get(f"{here}/cancel")
    assert "1 order is refunded" in desk.text
    await desk.post(f"{here}/cancel", {"typed": "no"})
    assert desk.status == 422
    assert "exactly as it is written" in desk.text
    await desk.post(f"{here}/cancel", {"typed": shop.event.title}, on=f"{here}/cancel")
    assert desk.path == f"{here}/cancel"
    assert "0 of 1 orders" in desk.text
    await shop.work()
    await shop.hear()
    await desk.get(f"{here}/cancel/live")
    assert "Everything is given back" in desk.text
    assert "1 / 1" in desk.text
    assert (await shop.now(order))[0] == "refunded"


async def test_a_message_reaches_each_holder_once(shop: Shop) -> None:
    await shop.buy(((1, 2000),))
    await shop.buy(((1, 2000),))
    desk = Desk(shop.http, shop.owner)
    here = f"/tickets/organizer/events/{shop.event.id}/message"
    wish = {"subject": "Doors", "body": "They open at seven.\r\nCome early."}
    await desk.post(here, {"subject": "", "body": ""}, on=here)
    assert desk.status == 422
    await desk.post(here, wish, on=here)
    assert "This is what they get" in desk.text
    assert await mails(shop, "event_message") == []
    shown = ("Doors", wish["body"].replace("\r\n", "\n"))  # as the page has read it
    sure = {**wish, "seen": "1", "seen_text": str(shown)}
    await desk.post(here, sure)
    assert "1 people are written to" in desk.text
    await shop.work()
    (mail,) = await mails(shop, "event_message")
    assert mail.to_email == "buyer@example.com"
    rendered = await render_mail(shop.services, PREPARERS, mail)
    assert rendered.subject == "Doors"
    assert "Come early." in rendered.text
    assert "Come early." in rendered.html
    async with shop.services.db.read() as session:
        readers = list(await session.scalars(select(NoticeReader)))
        orders = list(await session.scalars(select(Order.id)))
    assert [reader.mail_id for reader in readers] == [mail.id]
    assert readers[0].holds == f"order:{min(orders)}"
    for _ in range(5):
        await desk.post(here, sure, on=here)
    assert "Wait" in desk.text
    await shop.work()
    assert len(await mails(shop, "event_message")) == 5
