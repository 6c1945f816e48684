"""An order gets the right address: the old link is dead, waiting mails follow, codes may change."""

import asyncio

import pytest
from sqlalchemy import select
from tests.factories.checkin import make_scanner_key
from tests.rooms.refunds.conftest import settings, shop  # noqa: F401
from tests.rooms.refunds.shop import Shop

from handstamp.audit.models import AuditEntry
from handstamp.mail.models import Mail
from handstamp.orders.models import Order
from handstamp.orders.order_access import link_for
from handstamp.tickets.find_tickets import tokens_of
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio
RIGHT = "ada@example.net"


async def correct(shop: Shop, order: Order, **body: object) -> int:  # noqa: F811
    """Correct an order's address as its organizer, and return the status of the answer."""
    path = f"/api/tickets/orders/{order.id}/email"
    answer = await shop.http.post(path, json=body, headers=shop.owner.headers)
    return answer.status_code


async def codes(shop: Shop, order: Order) -> list[str]:  # noqa: F811
    """Return the texts of an order's codes, as they are now."""
    async with shop.services.db.read() as session:
        query = select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)
        tickets = (await session.scalars(query)).all()
        return await tokens_of(session, shop.services, shop.event, tickets)


async def test_the_old_link_is_dead_and_everything_goes_to_the_new_address(
    shop: Shop,  # noqa: F811
) -> None:
    order = await shop.buy()
    assert await correct(shop, order, email="first@example.net") == 202
    async with shop.services.db.read() as session:
        order = await session.get_one(Order, order.id)
        old = link_for(shop.services, order)
        before = {one.id: one.epoch for one in await session.scalars(select(Ticket))}
    assert (await shop.http.get(old)).status_code in (200, 303)
    assert await correct(shop, order, email=f" {RIGHT.upper()} ") == 202
    shop.http.cookies.clear()
    assert (await shop.http.get(old)).status_code == 404
    async with shop.services.db.read() as session:
        order = await session.get_one(Order, order.id, populate_existing=True)
        mails = list(await session.scalars(select(Mail).where(Mail.about == f"order:{order.id}")))
        tickets = list(await session.scalars(select(Ticket)))
        audits = select(AuditEntry).where(AuditEntry.action == "order.email")
        entries = list(await session.scalars(audits))
    assert order.email == RIGHT
    shop.http.cookies.clear()
    assert (await shop.http.get(link_for(shop.services, order))).status_code in (200, 303)
    assert {mail.to_email for mail in mails} == {RIGHT}
    assert sorted(mail.kind for mail in mails).count("tickets_resent") == 2
    assert [one.holder_email for one in tickets] == [RIGHT] * 3
    assert {one.id: one.epoch for one in tickets} == before
    assert [entry.target_id for entry in entries] == [order.id] * 2
    assert RIGHT not in "".join(entry.meta_json for entry in entries)


async def test_codes_mailed_to_a_stranger_open_no_door_any_more(
    shop: Shop,  # noqa: F811
) -> None:
    order = await shop.buy()
    async with shop.services.db.write() as session:
        key = await make_scanner_key(session, shop.services, shop.event)
    before = await codes(shop, order)
    assert await correct(shop, order, email=RIGHT, renew=True) == 202
    after = await codes(shop, order)
    assert len({*before, *after}) == 6
    door = {"Authorization": f"Bearer {key}"}
    for code, verdict in ((before[0], False), (after[0], True)):
        sent = {"token": code}
        answer = await shop.http.post("/api/tickets/validate", json=sent, headers=door)
        assert answer.json()["admit"] is verdict, answer.text


async def test_two_at_once_and_what_cannot_be(shop: Shop) -> None:  # noqa: F811
    order = await shop.buy()
    answers = await asyncio.gather(*(correct(shop, order, email=RIGHT) for _ in range(2)))
    assert answers == [202, 202]
    for wrong in ("", "nobody", "a@b@c", "x" * 330 + "@example.org", "a\r\nBcc: b@example.org"):
        assert await correct(shop, order, email=wrong) in (400, 422), wrong
    pending, _items = await shop.hold(((1, 2000),))
    assert await correct(shop, pending, email=RIGHT) == 409
    assert [await correct(shop, order, email=RIGHT) for _ in range(6)][-1] == 429
