"""Cards through the double: asked for once, applied once, in any order, whatever dies."""

import asyncio

import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.auth import Person
from tests.factories.clubs import make_club_sale, make_member, make_offer
from tests.factories.events import make_event, make_tier
from tests.factories.preorders import stored, wish_of
from tests.fixtures.jobs import run_jobs
from tests.fixtures.stripe_double import StripeDouble

from handstamp.clubs.find_clubs import Offered
from handstamp.clubs.leave_club import leave_club
from handstamp.clubs.offer_event import withdraw_event
from handstamp.events.publish_event import publish_event
from handstamp.kit.clock import FakeClock
from handstamp.mail.models import Mail
from handstamp.payments.gateway_errors import GatewayError
from handstamp.payments.models import PaymentAccount
from handstamp.plumbing.errors import Conflict, SwitchedOff
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders import preorder_mails, rules
from handstamp.preorders.change_preorder import Change, change_preorder
from handstamp.preorders.models import PreOrder, SavedCard, StripeCustomer
from handstamp.preorders.request_preorder import Placed, place
from handstamp.preorders.save_card import settle_card, settle_setup
from handstamp.preorders.saved_cards import cards_of, remove_card


@pytest.fixture
async def mia(services: Services, offer: Offered) -> Person:
    """A member of the club."""
    return (await make_member(services, offer.club))[0]


def session_of(url: str) -> str:
    """Return the id of the Checkout Session in the address of its page."""
    return url.rsplit("/", maxsplit=1)[-1]


async def mails(services: Services) -> int:
    async with services.db.read() as session:
        kind = preorder_mails.PLACED
        return await session.scalar(select(func.count()).where(Mail.kind == kind)) or 0


async def test_a_card_given_on_stripes_page_makes_a_draft_pending(
    services: Services, offer: Offered, mia: Person, stripe_double: StripeDouble
) -> None:
    placed = await place(services, mia.actor, wish_of(offer))
    assert placed.preorder.status == "draft"
    assert placed.card_url
    assert await settle_card(services, placed.preorder.id) == "draft"
    await stripe_double.pay(session_of(placed.card_url))
    assert await settle_card(services, placed.preorder.id) == "pending"
    found = await stored(services, placed.preorder)
    assert (found.card_brand, found.card_last4) == ("visa", "4242")
    assert found.payment_method_id.startswith("pm_")
    assert found.customer_id.startswith("cus_")
    assert found.setup_intent_id
    assert found.confirmed_at == services.clock()
    assert await mails(services) == 1
    intent = await stripe_double.object(found.setup_intent_id)
    assert intent["usage"] == "off_session"
    assert intent["metadata"]["preorder_id"] == found.id
    account = offer_account(found)
    assert await stripe_double.objects("charge", account=account) == []
    assert [one["id"] for one in await stripe_double.objects("customer", account=account)] == [
        found.customer_id
    ]


def offer_account(preorder: PreOrder) -> str:
    assert preorder.account.startswith("acct_")
    return preorder.account


async def test_the_return_and_the_webhook_race_to_one_transition(
    services: Services, offer: Offered, mia: Person, stripe_double: StripeDouble
) -> None:
    placed = await place(services, mia.actor, wish_of(offer))
    page = session_of(placed.card_url)
    await stripe_double.pay(page)
    account = placed.preorder.account
    await asyncio.gather(
        settle_card(services, placed.preorder.id),
        settle_setup(services, page, account),
        settle_setup(services, page, account),
    )
    intent = (await stored(services, placed.preorder)).setup_intent_id
    assert intent
    assert await settle_setup(services, intent, account) == "pending"
    assert await mails(services) == 1
    async with services.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(SavedCard)) == 1


async def test_a_page_of_another_account_changes_nothing(
    services: Services, offer: Offered, mia: Person, stripe_double: StripeDouble
) -> None:
    placed = await place(services, mia.actor, wish_of(offer))
    elsewhere = await stripe_double.account()
    with pytest.raises(GatewayError):
        await settle_setup(services, session_of(placed.card_url), elsewhere)
    assert (await stored(services, placed.preorder)).status == "draft"
    await stripe_double.violations(forgive=True)


async def test_a_saved_card_is_used_again_without_a_page(
    services: Services, offer: Offered, mia: Person, stripe_double: StripeDouble
) -> None:
    first = await place(services, mia.actor, wish_of(offer))
    await stripe_double.pay(session_of(first.card_url))
    await settle_card(services, first.preorder.id)
    async with services.db.read() as session:
        (card,) = await cards_of(session, mia.actor, first.preorder.account)
        assert await cards_of(session, mia.actor, "") == []
    changed = await change_preorder(services, mia.actor, first.preorder.id, Change(new_card=True))
    await stripe_double.pay(session_of(changed.card_url), card="4000000000000002")
    assert (await stored(services, first.preorder)).payment_method_id == card.payment_method_id
    await stripe_double.pay(session_of(changed.card_url), card="4000002500003155")
    await settle_card(services, first.preorder.id)
    found = await stored(services, first.preorder)
    assert (found.status, found.card_last4) == ("pending", "3155")
    assert await mails(services) == 1
    again = await change_preorder(services, mia.actor, found.id, Change(card_id=card.id))
    assert again.card_url == ""
    async with services.db.write() as session:
        (newer,) = [one for one in await cards_of(session, mia.actor) if one.id != card.id]
        await remove_card(session, services, mia.actor, newer.id)
    await run_jobs(services)
    method = await stripe_double.object(newer.payment_method_id)
    assert method["customer"] is None
    async with services.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(StripeCustomer)) == 1


async def test_an_older_page_finished_late_does_not_replace_a_newer_card(
    services: Services, offer: Offered, mia: Person, stripe_double: StripeDouble
) -> None:
    placed = await place(services, mia.actor, wish_of(offer))
    again = await place(services, mia.actor, wish_of(offer))
    assert again.preorder.id == placed.preorder.id
    assert again.card_url != placed.card_url
    await stripe_double.pay(session_of(again.card_url))
    await settle_card(services, again.preorder.id)
    newer = (await stored(services, placed.preorder)).payment_method_id
    await stripe_double.pay(session_of(placed.card_url), card="4000002500003155")
    await settle_setup(services, session_of(placed.card_url), placed.preorder.account)
    assert (await stored(services, placed.preorder)).payment_method_id == newer


async def test_a_card_may_come_a_little_after_the_week_and_not_later(
    services: Services,
    offer: Offered,
    mia: Person,
    stripe_double: StripeDouble,
    clock: FakeClock,
) -> None:
    noa, _membership = await make_member(services, offer.club, "noa@example.org")
    clock.now = offer.window.closes - 1
    for person, moment, status in (
        (mia, offer.window.closes + rules.CARD_GRACE - 1, "pending"),
        (noa, offer.window.closes + rules.CARD_GRACE, "cancelled"),
    ):
        clock.now = offer.window.closes - 1
        placed = await place(services, person.actor, wish_of(offer))
        await stripe_double.pay(session_of(placed.card_url))
        clock.now = moment
        assert await settle_card(services, placed.preorder.id) == status
        assert await settle_card(services, placed.preorder.id) == status
    assert await mails(services) == 1


@pytest.mark.parametrize("ended", ["member", "event"])
async def test_a_card_for_what_ended_meanwhile_finishes_nothing(
    services: Services, offer: Offered, mia: Person, stripe_double: StripeDouble, ended: str
) -> None:
    placed = await place(services, mia.actor, wish_of(offer))
    await stripe_double.pay(session_of(placed.card_url))
    async with services.db.write() as session:
        if ended == "member":
            await leave_club(session, services, mia.actor, offer.club.id)
        else:
            await withdraw_event(session, services, SYSTEM, offer.club.id, offer.event.id)
    assert await settle_card(services, placed.preorder.id) == "cancelled"
    await run_jobs(services)
    assert (await stored(services, placed.preorder)).status == "cancelled"
    assert await mails(services) == 0


async def test_an_unfinished_one_gives_way_to_another_event(
    services: Services, offer: Offered, mia: Person, stripe_double: StripeDouble
) -> None:
    first = await place(services, mia.actor, wish_of(offer))
    other = await second(services, offer)
    placed = await place(services, mia.actor, wish_of(other))
    assert (await stored(services, first.preorder)).status == "cancelled"
    await stripe_double.pay(session_of(first.card_url))
    assert (
        await settle_setup(services, session_of(first.card_url), first.preorder.account)
        == "cancelled"
    )
    await stripe_double.pay(session_of(placed.card_url))
    assert await settle_card(services, placed.preorder.id) == "pending"
    with pytest.raises(Conflict) as refused:
        await place(services, mia.actor, wish_of(offer))
    assert refused.value.code == "week_limit"


async def second(services: Services, offer: Offered) -> Offered:
    async with services.db.write() as session:
        times = {"start_at": offer.event.start_at, "end_at": offer.event.end_at}
        event = await make_event(
            session,
            services,
            organizer_id=offer.club.organizer_id,
            tiers=(),
            lists=(),
            published=False,
            currency="GBP",
            **times,
        )
        await make_tier(session, services, event, "Stalls", price_cents=1_000)
        event = await publish_event(session, services, SYSTEM, event.id, "published")
    return await make_offer(services, offer.club, event)


@pytest.mark.parametrize(
    "failure",
    [
        f"{kind} {path}"
        for kind in ("500_after", "drop", "503", "429")
        for path in ("/v1/customers", "/v1/checkout/sessions")
    ],
)
async def test_placing_again_after_a_lost_answer_is_safe(
    services: Services,
    offer: Offered,
    mia: Person,
    stripe_double: StripeDouble,
    failure: str,
) -> None:
    kind, path = failure.split()
    await stripe_double.fail(kind, path=path, method="POST", times=-1)
    with pytest.raises(SwitchedOff) as refused:
        await place(services, mia.actor, wish_of(offer))
    assert refused.value.code == "no_answer"
    await stripe_double.heal()
    placed: Placed = await place(services, mia.actor, wish_of(offer))
    await stripe_double.pay(session_of(placed.card_url))
    assert await settle_card(services, placed.preorder.id) == "pending"
    async with services.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(PreOrder)) == 1
        kept = await session.scalar(select(StripeCustomer.customer_id))
    assert (await stored(services, placed.preorder)).customer_id == kept


async def test_an_organizer_who_cannot_be_paid_takes_no_pre_orders(services: Services) -> None:
    club, offer, _tiers = await make_club_sale(services)
    mia, _membership = await make_member(services, club)
    async with services.db.write() as session:
        account = await session.get(PaymentAccount, club.organizer_id)
        assert account is not None
        account.charges_enabled = False
    with pytest.raises(Conflict) as refused:
        await place(services, mia.actor, wish_of(offer))
    assert refused.value.code == "cannot_sell"


PATHS = {
    "platform": "/api/tickets/webhooks/stripe",
    "connect": "/api/tickets/webhooks/stripe/connect",
}


@pytest.mark.parametrize("order", ["oldest", "newest"])
async def test_webhooks_alone_in_any_order_and_twice_finish_a_pre_order_once(
    client: httpx2.AsyncClient,
    services: Services,
    offer: Offered,
    stripe_double: StripeDouble,
    order: str,
) -> None:
    mia, _membership = await make_member(services, offer.club)
    placed = await place(services, mia.actor, wish_of(offer))
    await stripe_double.pay(session_of(placed.card_url))
    deliveries = await stripe_double.take_webhooks(order=order)
    assert "setup_intent.succeeded" in {one.type for one in deliveries}
    for one in (*deliveries, *deliveries):
        answer = await client.post(PATHS[one.endpoint], content=one.body, headers=one.headers)
        assert answer.status_code == 200, answer.text
    await run_jobs(services)
    found = await stored(services, placed.preorder)
    assert (found.status, found.card_last4) == ("pending", "4242")
    assert await mails(services) == 1


async def test_a_card_that_comes_while_its_draft_gives_way_is_never_half_applied(
    services: Services, offer: Offered, mia: Person, stripe_double: StripeDouble
) -> None:
    other = await second(services, offer)
    draft = await place(services, mia.actor, wish_of(offer))
    await stripe_double.pay(session_of(draft.card_url))
    await asyncio.gather(
        settle_card(services, draft.preorder.id),
        place(services, mia.actor, wish_of(other)),
        return_exceptions=True,
    )
    async with services.db.read() as session:
        found = list(await session.scalars(select(PreOrder)))
    living = [one for one in found if one.status not in rules.CLOSED]
    assert len(living) == 1
    first = next(one for one in found if one.id == draft.preorder.id)
    assert (first.status == "pending") == (first.confirmed_at is not None)
    assert await mails(services) == (1 if first.status == "pending" else 0)
