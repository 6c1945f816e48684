"""A refund that fails is told to the team and to the buyer, and stands on the buyer's page."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select, update
from tests.rooms.portal.conftest import words
from tests.rooms.refunds.shop import Shop
from tests.rooms.refunds.test_refund_parts import BAD_BANK

from handstamp.kit.clock import FakeClock
from handstamp.mail.models import Mail
from handstamp.mail.prepared import NoLongerWanted
from handstamp.mail.render_mail import render_mail
from handstamp.orders.models import Order
from handstamp.orders.order_access import hash_of, secret_of
from handstamp.refunds.apply_refunds import refuse
from handstamp.refunds.store import paid, payments_of
from handstamp.worker import MAILS

pytestmark = pytest.mark.anyio
NOTICE = "A refund did not arrive"


async def told(shop: Shop) -> Sequence[Mail]:
    """Return the mails about refunds that failed, the team's first."""
    kinds = ("refund_failed", "refund_not_arrived")
    async with shop.services.db.read() as session:
        query = select(Mail).where(Mail.kind.in_(kinds)).order_by(Mail.kind, Mail.created_at)
        return (await session.scalars(query)).all()


async def comes_back(shop: Shop, order: Order) -> None:
    """Have the last refund of an order fail."""
    refund = (await shop.refunds(order))[-1]
    assert refund.stripe_refund_id
    await shop.double.settle_refund(refund.stripe_refund_id, "failed")
    await shop.hear()


async def page(shop: Shop, order: Order) -> str:
    """Return what the buyer's page of an order says."""
    key = secret_of(shop.services.settings, order.id, order.email)
    async with shop.services.db.write() as session:
        found = await session.get_one(Order, order.id)
        found.access_hash = hash_of(key)
    answer = await shop.http.get(
        f"/tickets/order/{order.id}", params={"key": key}, follow_redirects=True
    )
    assert answer.status_code == 200, answer.text
    return words(answer.text)


async def test_team_and_buyer_are_told_until_it_is_given_again(
    shop: Shop, clock: FakeClock
) -> None:
    order = await shop.buy(card=BAD_BANK)
    await shop.ask(order)
    await shop.hear()
    assert await told(shop) == []
    assert NOTICE not in await page(shop, order)
    clock.advance(1000)
    await comes_back(shop, order)
    await shop.hear("shuffled")
    team, buyer = await told(shop)
    assert (team.kind, team.to_email) == ("refund_failed", "ada@example.org")
    assert (buyer.kind, buyer.to_email) == ("refund_not_arrived", "buyer@example.com")
    written = await render_mail(shop.services, MAILS, team)
    for text in (written.text, written.html):
        assert order.number in text
        assert f"/tickets/organizer/events/{shop.event.id}/orders/{order.id}" in text
        assert "try again" in text
    written = await render_mail(shop.services, MAILS, buyer)
    for text in (written.text, written.html):
        assert "did not arrive" in text
        assert "are valid again" in text
    assert NOTICE in await page(shop, order)
    clock.advance(1000)
    await shop.ask(order)
    await shop.hear()
    for mail in (team, buyer):
        with pytest.raises(NoLongerWanted):
            await render_mail(shop.services, MAILS, mail)
    assert NOTICE not in await page(shop, order)


async def test_what_stripe_refuses_at_once_is_no_matter_of_the_buyers(shop: Shop) -> None:
    order = await shop.buy()
    await shop.ask(order)
    (refund,) = await shop.refunds(order)
    async with shop.services.db.write() as session:
        (payment,) = await payments_of(session, "order", order.id)
        held = await paid(session, payment)
        refund = await session.merge(refund)
        await refuse(session, shop.services, held, refund, "balance_insufficient")
    (team,) = await told(shop)
    assert team.kind == "refund_failed"
    assert "too low" in (await render_mail(shop.services, MAILS, team)).text


async def test_whose_late_payment_does_not_come_back_is_told_in_their_language(shop: Shop) -> None:
    order = await shop.buy(card=BAD_BANK, late=True)
    async with shop.services.db.write() as session:
        values = update(Order).where(Order.id == order.id).values(language="fr")
        await session.execute(values)
    await shop.hear()
    await comes_back(shop, order)
    _team, buyer = await told(shop)
    written = await render_mail(shop.services, MAILS, buyer)
    assert "n’est pas arrivé" in written.subject
    assert "valables" not in written.text
    assert NOTICE in await page(shop, order)
