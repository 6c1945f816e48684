"""The team hears of a dispute when it opens and near its deadline; the overview says so too."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.factories.papers import make_profile
from tests.rooms.portal.conftest import Desk
from tests.rooms.refunds.shop import Shop

from handstamp.auth.change_team import set_role
from handstamp.kit.clock import DAY, FakeClock, Millis
from handstamp.mail.models import Mail
from handstamp.mail.prepared import NoLongerWanted
from handstamp.mail.render_mail import render_mail
from handstamp.orders.models import Order
from handstamp.payments.facts import DisputeFacts
from handstamp.payments.gateway import gateway
from handstamp.plumbing.web import SYSTEM
from handstamp.refunds.models import Dispute
from handstamp.refunds.record_dispute import record_dispute
from handstamp.refunds.remind_disputes import remind_now
from handstamp.worker import MAILS

pytestmark = pytest.mark.anyio


async def told(shop: Shop) -> Sequence[Mail]:
    """Return the mails about disputes, the oldest first."""
    async with shop.services.db.read() as session:
        query = select(Mail).where(Mail.about.startswith("dispute:"))
        return (await session.scalars(query.order_by(Mail.created_at, Mail.kind))).all()


async def disputed(shop: Shop) -> tuple[Order, Dispute]:
    """Return an order whose payment is disputed, and the dispute."""
    order = await shop.buy()
    await shop.double.open_dispute(await shop.intent(order))
    await shop.hear()
    return order, (await shop.disputes(order))[0]


async def overview(shop: Shop) -> str:
    """Return what the overview of the event says."""
    desk = Desk(shop.http, shop.owner)
    return (await desk.get(f"/tickets/organizer/events/{shop.event.id}")).text


def to_the_reminder(dispute: Dispute, clock: FakeClock, *, early: Millis = 0) -> None:
    assert dispute.respond_by
    clock.advance(dispute.respond_by - 2 * DAY - early - clock())


async def test_who_may_manage_is_told_once_how_much_why_and_until_when(shop: Shop) -> None:
    assert "waits for your answer" not in await overview(shop)
    async with shop.services.db.write() as session:
        await set_role(session, SYSTEM, shop.organizer_id, "mia@example.org", "manager")
        await set_role(session, SYSTEM, shop.organizer_id, "sam@example.org", "support")
    order, dispute = await disputed(shop)
    assert await record_dispute(shop.services, dispute.account, dispute.id)
    mails = await told(shop)
    assert {(one.kind, one.to_email) for one in mails} == {
        ("dispute_opened", "ada@example.org"),
        ("dispute_opened", "mia@example.org"),
    }
    assert len(mails) == 2
    written = await render_mail(shop.services, MAILS, mails[0])
    for text in (written.text, written.html):
        assert order.number in text
        assert "has taken it until it decides" in text
        assert "did not make this payment" in text
        assert "Your answer is wanted until" in text
        assert f"/tickets/organizer/events/{shop.event.id}/disputes" in text
        assert "whoever runs this server" not in text
    assert "1 dispute waits for your answer" in await overview(shop)
    await shop.double.close_dispute(dispute.id, won=True)
    await shop.hear()
    assert len(await told(shop)) == 2
    with pytest.raises(NoLongerWanted):
        await render_mail(shop.services, MAILS, mails[0])
    assert "waits for your answer" not in await overview(shop)


async def test_what_is_not_answered_is_mailed_once_more_two_days_before(
    shop: Shop, clock: FakeClock
) -> None:
    order, dispute = await disputed(shop)
    to_the_reminder(dispute, clock, early=1)
    await remind_now(shop.services)
    assert [one.kind for one in await told(shop)] == ["dispute_opened"]
    to_the_reminder(dispute, clock)
    for _ in range(2):
        assert await record_dispute(shop.services, dispute.account, dispute.id)
        await remind_now(shop.services)
    assert [one.kind for one in await told(shop)] == ["dispute_opened", "dispute_reminder"]
    written = await render_mail(shop.services, MAILS, (await told(shop))[1])
    assert "It is not answered yet." in written.text
    assert order.number in written.html


@pytest.mark.parametrize(
    "changed", [{"status": "under_review"}, {"status": "won", "outcome": "won"}, {"respond_by": 1}]
)
async def test_what_is_answered_closed_or_put_off_is_not(
    shop: Shop, clock: FakeClock, changed: dict[str, Any]
) -> None:
    _order, dispute = await disputed(shop)
    to_the_reminder(dispute, clock)
    async with shop.services.db.write() as session:
        await session.execute(update(Dispute).values(**changed))
    await remind_now(shop.services)
    assert [one.kind for one in await told(shop)] == ["dispute_opened"]


async def test_a_banks_mere_question_is_mailed_as_that_and_what_it_becomes_too(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    stripe = type(gateway(shop.services))
    with monkeypatch.context() as patch:
        asked_for = stripe.retrieve_dispute

        async def question(self: Any, dispute_id: str, *, account: str) -> DisputeFacts:
            facts = await asked_for(self, dispute_id, account=account)
            return replace(facts, status="warning_needs_response", balance=())

        patch.setattr(stripe, "retrieve_dispute", question)
        _order, dispute = await disputed(shop)
        (mail,) = await told(shop)
        written = await render_mail(shop.services, MAILS, mail)
        assert "No money is taken yet." in written.text
        assert "A bank asks about an order" in written.subject
        assert "refused at the door" not in written.html
    assert await record_dispute(shop.services, dispute.account, dispute.id)
    assert [one.kind for one in await told(shop)] == ["dispute_opened"] * 2
    with pytest.raises(NoLongerWanted):  # the question has become more
        await render_mail(shop.services, MAILS, mail)


async def test_it_is_in_the_organizers_language_and_says_who_answers(express: Shop) -> None:
    async with express.services.db.write() as session:
        await make_profile(session, express.services, express.organizer_id, language="de")
    await disputed(express)
    (mail,) = await told(express)
    written = await render_mail(express.services, MAILS, mail)
    assert "Eine Zahlung wird angefochten" in written.subject
    assert "diese Zahlung nicht vorgenommen" in written.text
    assert "Wer diesen Server betreibt" in written.html
