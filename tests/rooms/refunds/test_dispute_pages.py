"""Disputes of an event: reason, deadline, outcome, and the sheet with what is known of the sale."""

import json
from typing import Any

import httpx2
import pypdfium2
import pytest
from sqlalchemy import select, update
from tests.factories.auth import make_owner, make_person
from tests.factories.checkin import pair_phone
from tests.factories.events import make_event
from tests.factories.tickets import make_tokens
from tests.rooms.portal.conftest import Desk, words
from tests.rooms.refunds.shop import Shop
from tests.rooms.refunds.test_refund_parts import items

from handstamp.audit.models import AuditEntry
from handstamp.auth.change_team import set_role
from handstamp.checkin.batcher import batcher
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, HOUR, MINUTE
from handstamp.mail.models import Mail
from handstamp.orders.models import Order
from handstamp.plumbing.money_text import money
from handstamp.refunds.models import Dispute
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio


def here(shop: Shop) -> str:
    return f"/tickets/organizer/events/{shop.event.id}/disputes"


async def change(shop: Shop, **values: Any) -> None:
    """Have Stripe's part of the only dispute be other."""
    async with shop.services.db.write() as session:
        await session.execute(update(Dispute).values(**values))


async def disputed(shop: Shop, reason: str = "fraudulent") -> tuple[Order, str]:
    """Return an order whose payment is disputed, and the dispute's id."""
    order = await shop.buy()
    return order, await dispute_of(shop, order, reason)


async def dispute_of(shop: Shop, order: Order, reason: str = "fraudulent") -> str:
    """Dispute an order's payment and return the dispute's id."""
    dispute = await shop.double.open_dispute(await shop.intent(order), reason=reason)
    await shop.hear()
    return str(dispute["id"])


def text_of(answer: httpx2.Response) -> str:
    """Return what the PDF of an answer says."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    pdf = pypdfium2.PdfDocument(answer.content)
    pages = [pdf[number].get_textpage().get_text_range() for number in range(len(pdf))]
    return " ".join(" ".join(pages).split())


async def taken(desk: Desk, path: str) -> httpx2.Response:
    """Press the button of the evidence sheet and return the file."""
    token = desk.html.split('name="csrf_token" value="')[1].split('"')[0]
    assert desk.person
    return await desk.http.post(path, data={"csrf_token": token}, headers=desk.person.headers)


async def audited(shop: Shop) -> list[tuple[str, str, str, Any]]:
    async with shop.services.db.read() as session:
        query = select(AuditEntry).where(AuditEntry.action == "dispute.evidence")
        rows = (await session.scalars(query)).all()
        return [
            (one.target_id, one.actor_id, one.organizer_id or "", json.loads(one.meta_json))
            for one in rows
        ]


async def test_an_open_dispute_says_what_the_bank_wants_and_until_when(shop: Shop) -> None:
    desk = Desk(shop.http, shop.owner)
    assert "No dispute is open." in (await desk.get(here(shop))).text
    order, dispute = await disputed(shop, "product_not_received")
    await desk.get(here(shop))
    assert order.number in desk.text
    assert "they did not get what they paid for" in desk.text
    assert "That the tickets were mailed" in desk.text
    assert "Waits for your evidence" in desk.text
    assert f'href="https://dashboard.stripe.com/test/disputes/{dispute}"' in desk.html
    now = shop.services.clock()
    for left, said in (
        (5 * DAY + HOUR, "5 days left"),
        (2 * DAY, "2 days left"),
        (2 * DAY - 1, "Only 47 hours left"),
        (90 * MINUTE, "Only 90 minutes left"),
        (0, "Over"),
    ):
        await change(shop, respond_by=now + left)
        await desk.get(here(shop))
        assert f" {said} " in desk.text
        assert ("Only" in desk.text) == (0 < left < 2 * DAY)
    await change(shop, status="under_review", reason="never_heard_of")
    await desk.get(here(shop))
    assert "Your evidence is with the bank." in desk.text
    assert " Over " not in desk.text
    assert "The bank gives no closer reason." in desk.text


async def test_sales_tell_what_banks_hold_until_they_decide(shop: Shop) -> None:
    desk, said = Desk(shop.http, shop.owner), "that banks hold now"
    pages = (
        f"/tickets/organizer/events/{shop.event.id}/sales",
        f"/tickets/organizer/sales/{shop.event.organizer_id}",
    )
    first, _id = await disputed(shop)
    await disputed(shop)
    for status, holds in (
        ("needs_response", True),
        ("under_review", True),
        ("warning_needs_response", False),
    ):
        await change(shop, status=status)
        for page in pages:
            await desk.get(page)
            assert (said in desk.text) == holds, (status, page)
            if holds:
                assert f"Not taken off yet: {money(2 * first.total, first.currency)}" in desk.text
    await change(shop, status="lost", outcome="lost")
    for page in pages:
        assert said not in (await desk.get(page)).text


async def test_the_buyers_page_says_why_no_ticket_is_valid(shop: Shop) -> None:
    order = await shop.buy()
    page = f"/tickets/order/{order.id}"
    floor = (await items(shop, order))[0]
    await shop.ask(order, lines=[{"item": floor.id, "qty": 2}])
    await shop.hear()
    dispute = await dispute_of(shop, order)
    assert await shop.tickets(order) == ["refunded", "refunded", "disputed"]
    desk = Desk(shop.http, await make_person(shop.services, order.email))
    await desk.get(page)
    assert "This payment is disputed" in desk.text
    assert "without a mark" not in desk.text
    await shop.double.close_dispute(dispute, won=False)
    await shop.hear()
    await desk.get(page)
    assert "The bank has taken the money for this order back" in desk.text
    assert "without a mark" not in desk.text


async def test_decided_disputes_stand_below_with_their_end(shop: Shop) -> None:
    ends = {}
    for won in (True, False):
        order, dispute = await disputed(shop)
        await shop.double.close_dispute(dispute, won=won)
        await shop.hear()
        ends[order.number] = "Won" if won else "Lost"
    open_order, _dispute = await disputed(shop, "duplicate")
    desk = await Desk(shop.http, shop.owner).get(here(shop))
    above, below = desk.html.split("Disputes that are decided")
    assert open_order.number in words(above)
    for number, end in ends.items():
        assert number not in words(above)
        (row,) = [part for part in below.split("<tr>") if number in part]
        assert end in words(row)
    await change(shop, status="warning_closed")
    assert "Dropped by the bank" in (await desk.get(here(shop))).text


async def test_the_api_tells_the_same(shop: Shop) -> None:
    path = f"/api/tickets/events/{shop.event.id}/disputes"
    headers = shop.owner.headers
    assert (await shop.http.get(path, headers=headers)).json() == {"open": [], "closed": []}
    lost_order, lost = await disputed(shop)
    await shop.double.close_dispute(lost, won=False)
    await shop.hear()
    order, asked = await disputed(shop, "duplicate")
    told = (await shop.http.get(path, headers=headers)).json()
    (still_open,), (closed,) = told["open"], told["closed"]
    assert (still_open["id"], still_open["number"]) == (asked, order.number)
    assert (still_open["stage"], still_open["reason"]) == ("answer", "duplicate")
    assert still_open["respond_by"] > shop.services.clock()
    assert (closed["id"], closed["number"]) == (lost, lost_order.number)
    assert (closed["stage"], closed["outcome"]) == ("lost", "lost")


async def test_whose_account_is_the_platforms_is_told_who_answers(express: Shop) -> None:
    shop = express
    _order, dispute = await disputed(shop)
    desk = await Desk(shop.http, shop.owner).get(here(shop))
    assert "whoever runs this server answers the bank" in desk.text
    assert "dashboard.stripe.com" not in desk.html
    admin = await make_person(shop.services, "root@example.org", is_admin=True)
    root = await Desk(shop.http, admin).get(here(shop))
    assert f"dashboard.stripe.com/test/disputes/{dispute}" in root.html


async def test_the_sheet_tells_the_sale_its_mails_and_the_door(shop: Shop) -> None:
    order, now = await shop.buy(), shop.services.clock()
    async with shop.services.db.write() as session:
        await session.execute(update(Order).values(terms_at=now - DAY))
        await session.execute(
            update(Event).values(refund_policy="No refunds.\nNone <b>at all</b>.")
        )
        await session.execute(
            update(Mail)
            .where(Mail.about == f"order:{order.id}")
            .values(status="sent", sent_at=now, delivery="delivered", delivery_at=now + MINUTE)
        )
        tickets = list(await session.scalars(select(Ticket).order_by(Ticket.id)))
        event = await session.get_one(Event, shop.event.id)
        tokens = await make_tokens(session, shop.services, event, tickets)
    await batcher(shop.services).number(shop.event.id)
    phone = await pair_phone(shop.http, shop.services, shop.event, "Front phone")
    phone.scan(tokens[0])
    await phone.sync()
    dispute = await dispute_of(shop, order)
    desk = await Desk(shop.http, shop.owner).get(here(shop))
    answer = await taken(desk, f"{here(shop)}/{dispute}/evidence")
    assert answer.headers["content-disposition"].endswith(f'"evidence-{order.number}.pdf"')
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    said = text_of(answer)
    for wanted in (
        dispute,
        order.number,
        "Ada Buyer",
        "buyer@example.com",
        "Accepted the terms and the refund policy",
        "Floor",
        "€60.80",
        await shop.intent(order),
        "they did not make this payment. (fraudulent)",
        "Tickets and receipt",
        "Arrived",
        tickets[0].printed_id,
        "Front phone",
        "not seen at the door",
        "Nothing was given back.",
        "None <b>at all</b>.",
    ):
        assert wanted in said, (wanted, said)
    assert await audited(shop) == [
        (dispute, shop.owner.actor.id, shop.organizer_id, {"order": order.id})
    ]
    await desk.get(f"/tickets/organizer/events/{shop.event.id}/orders/{order.id}")
    assert "Evidence sheet downloaded" in desk.text


async def test_nobody_else_gets_a_sheet(shop: Shop) -> None:
    _order, dispute = await disputed(shop)
    stranger, other = await make_owner(shop.services, "eve@example.org")
    async with shop.services.db.write() as session:
        helper = (session, shop.owner.actor, shop.organizer_id)
        await set_role(*helper, "sam@example.org", "support")
    sam = await make_person(shop.services, "sam@example.org")
    async with shop.services.db.write() as session:
        theirs = await make_event(session, shop.services, organizer_id=other.id)
    desk = await Desk(shop.http, stranger).get(f"/tickets/organizer/events/{theirs.id}/guests")
    for path in (here(shop), f"/tickets/organizer/events/{theirs.id}/disputes"):
        answer = await taken(desk, f"{path}/{dispute}/evidence")
        assert answer.status_code == 404, path
        assert "buyer@example.com" not in answer.text
    desk.person = sam
    assert (await taken(desk, f"{here(shop)}/{dispute}/evidence")).status_code == 404
    assert await audited(shop) == []
