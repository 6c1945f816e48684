"""Placing, changing and cancelling: limits hold under concurrency, deadlines to the millisecond."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select
from tests.factories.auth import make_person
from tests.factories.clubs import make_club_sale, make_member, make_offer
from tests.factories.events import make_event, make_tier
from tests.factories.orders import make_sale
from tests.factories.preorders import make_card, make_preorder, stored, wish_of

from handstamp.audit.models import AuditEntry
from handstamp.clubs import supply
from handstamp.clubs.edit_club import edit_club
from handstamp.clubs.find_clubs import Offered
from handstamp.clubs.leave_club import leave_club
from handstamp.clubs.models import Club
from handstamp.clubs.shapes import ClubChange
from handstamp.events.edit_tier import edit_tier
from handstamp.events.shapes import TierChange
from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.mail.models import Mail
from handstamp.mail.render_mail import render_mail
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders import preorder_mails, rules
from handstamp.preorders.approve_preorders import approve
from handstamp.preorders.change_preorder import Change, cancel_preorder, change_preorder
from handstamp.preorders.models import PreOrder
from handstamp.preorders.request_preorder import place
from handstamp.preorders.saved_cards import cards_of, remove_card
from handstamp.preorders.told import words_of


async def second_offer(services: Services, club: Club) -> Offered:
    start = services.clock() + 22 * DAY
    async with services.db.write() as session:
        event = await make_event(
            session,
            services,
            organizer_id=club.organizer_id,
            published=True,
            start_at=start,
            end_at=start + HOUR,
        )
        await make_tier(session, services, event, "Stalls", price_cents=1_000, capacity=50)
    return await make_offer(services, club, event)


async def statuses(services: Services) -> Counter[str]:
    async with services.db.read() as session:
        return Counter(await session.scalars(select(PreOrder.status)))


async def test_a_placed_pre_order_keeps_its_price_and_says_seed_1s_sentence(
    services: Services,
) -> None:
    club, offer, _tiers = await make_club_sale(services, prices={"General": 1_500})
    _mia, preorder = await make_preorder(services, offer)
    assert preorder.status == "pending"
    assert (preorder.price, preorder.discount, preorder.total) == (1_500, 150, 1_350)
    assert preorder.week == "2026-05-25"
    assert "once for this ticket" in preorder.mandate_text
    async with services.db.write() as session:
        change = ClubChange(discount_bp=5_000)
        await edit_club(session, services, SYSTEM, club.id, change)
        tier = TierChange(price_cents=9_900)
        await edit_tier(session, services, SYSTEM, offer.event.id, offer.tiers[0].id, change=tier)
    assert (await stored(services, preorder)).total == 1_350
    async with services.db.read() as session:
        kind = preorder_mails.PLACED
        mails = list(await session.scalars(select(Mail).where(Mail.kind == kind)))
        actions = list(await session.scalars(select(AuditEntry.action)))
    assert len(mails) == 1
    assert actions.count("preorder.pending") == 1
    text = await render_mail(services, preorder_mails.PREPARERS, mails[0])
    sentence = (
        "Pre-order received. We’ll charge your card at 7PM Tuesday if your ticket is confirmed."
    )
    assert sentence in text.text
    assert "Sun, 31 May 2026, 23:59" in text.text
    assert text.html


async def test_two_tabs_and_two_devices_place_one_pre_order(services: Services) -> None:
    club, offer, _tiers = await make_club_sale(services)
    mia, _membership = await make_member(services, club)
    card = await make_card(services, mia, club)
    wish = wish_of(offer, card_id=card.id)
    tried = await asyncio.gather(
        *(place(services, mia.actor, wish) for _tab in range(5)), return_exceptions=True
    )
    assert sorted(getattr(one, "code", "placed") for one in tried) == ["already"] * 4 + ["placed"]
    assert await statuses(services) == {"pending": 1}


@pytest.mark.parametrize("per_week", [1, 2])
async def test_no_race_gives_more_than_the_week_allows(services: Services, per_week: int) -> None:
    club, first, _tiers = await make_club_sale(services, club={"per_week": per_week})
    offers = [first, *[await second_offer(services, club) for _more in range(3)]]
    mia, _membership = await make_member(services, club)
    card = await make_card(services, mia, club)
    tried = await asyncio.gather(
        *(place(services, mia.actor, wish_of(one, card_id=card.id)) for one in offers),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Conflict) for one in tried) == 4 - per_week
    assert await statuses(services) == {"pending": per_week}


async def test_cancelling_frees_the_week_and_the_event(services: Services) -> None:
    club, offer, _tiers = await make_club_sale(services)
    other = await second_offer(services, club)
    mia, preorder = await make_preorder(services, offer)
    card = await make_card(services, mia, club)
    with pytest.raises(Conflict) as refused:
        await place(services, mia.actor, wish_of(other, card_id=card.id))
    assert refused.value.code == "week_limit"
    async with services.db.write() as session:
        await cancel_preorder(session, services, mia.actor, preorder.id)
        await cancel_preorder(session, services, mia.actor, preorder.id)
    await place(services, mia.actor, wish_of(other, card_id=card.id))
    assert await statuses(services) == {"pending": 1, "cancelled": 1}


async def test_the_window_opens_and_closes_to_the_millisecond(
    services: Services, clock: FakeClock
) -> None:
    club, offer, _tiers = await make_club_sale(services, offer={"week": "2026-06-01"})
    mia, _membership = await make_member(services, club)
    card = await make_card(services, mia, club)
    wish = wish_of(offer, card_id=card.id)
    for moment, code in (
        (offer.window.opens - 1, "not_yet"),
        (offer.window.closes, "closed"),
        (offer.window.closes + DAY, "closed"),
    ):
        clock.now = moment
        with pytest.raises(Conflict) as refused:
            await place(services, mia.actor, wish)
        assert refused.value.code == code
    clock.now = offer.window.opens
    preorder = (await place(services, mia.actor, wish)).preorder
    clock.now = offer.window.closes - 1
    await change_preorder(services, mia.actor, preorder.id, Change(tier_id=offer.tiers[1].id))
    clock.now = offer.window.closes
    for change in (Change(tier_id=offer.tiers[0].id), Change(card_id=card.id)):
        with pytest.raises(Conflict, match="deadline"):
            await change_preorder(services, mia.actor, preorder.id, change)
    async with services.db.write() as session:
        with pytest.raises(Conflict, match="deadline"):
            await cancel_preorder(session, services, mia.actor, preorder.id)
    assert (await stored(services, preorder)).tier_name == offer.tiers[1].name


async def test_only_members_place_and_only_what_their_club_offers(services: Services) -> None:
    club, offer, _tiers = await make_club_sale(services)
    mia, _membership = await make_member(services, club)
    eve = await make_person(services, "eve@example.org")
    card = await make_card(services, mia, club)
    stolen = await make_card(services, eve, club)
    wish = wish_of(offer, card_id=card.id)
    for who, wrong in (
        (eve, wish),
        (mia, replace(wish, club_id="club_none")),
        (mia, replace(wish, event_id="evt_none")),
        (mia, replace(wish, tier_id="tier_none")),
        (mia, replace(wish, card_id=stolen.id)),
        (mia, replace(wish, card_id="card_none")),
    ):
        with pytest.raises(NotFound):
            await place(services, who.actor, wrong)
    with pytest.raises(BadInput):
        await place(services, mia.actor, wish_of(offer, card_id=card.id, agreed=False))
    event, _tiers = await make_sale(services)
    with pytest.raises(NotFound):
        await place(services, mia.actor, wish_of(offer, card_id=card.id, event_id=event.id))
    async with services.db.write() as session:
        await leave_club(session, services, mia.actor, club.id)
    with pytest.raises(NotFound):
        await place(services, mia.actor, wish_of(offer, card_id=card.id))
    assert await statuses(services) == {}


async def test_nobody_touches_anothers_pre_order(services: Services) -> None:
    club, offer, _tiers = await make_club_sale(services)
    _mia, preorder = await make_preorder(services, offer)
    eve, _membership = await make_member(services, club, "eve@example.org")
    with pytest.raises(NotFound):
        await change_preorder(services, eve.actor, preorder.id, Change(tier_id=offer.tiers[1].id))
    async with services.db.write() as session:
        with pytest.raises(NotFound):
            await cancel_preorder(session, services, eve.actor, preorder.id)


async def test_another_tier_of_an_approved_one_takes_its_stock_along(services: Services) -> None:
    _club, offer, _tiers = await make_club_sale(services, capacity=1)
    mia, preorder = await make_preorder(services, offer)
    noa, other = await make_preorder(services, offer, tier=1)
    async with services.db.write() as session:
        ids = [preorder.id, other.id]
        assert sorted((await approve(session, services, SYSTEM, offer.event.id, ids)).done) == (
            sorted(ids)
        )
    with pytest.raises(Conflict) as refused:
        await change_preorder(services, mia.actor, preorder.id, Change(tier_id=offer.tiers[1].id))
    assert refused.value.code == "sold_out"
    assert (await stored(services, preorder)).tier_id == offer.tiers[0].id
    async with services.db.write() as session:
        await cancel_preorder(session, services, noa.actor, other.id)
    await change_preorder(services, mia.actor, preorder.id, Change(tier_id=offer.tiers[1].id))
    async with services.db.read() as session:
        left = await supply.left_of(session, offer.terms, offer.event, offer.tiers)
    assert [left[tier.id].remaining for tier in offer.tiers] == [1, 0]


async def test_a_card_that_a_pre_order_needs_is_not_removed(services: Services) -> None:
    club, offer, _tiers = await make_club_sale(services)
    mia, preorder = await make_preorder(services, offer)
    async with services.db.write() as session:
        (card,) = await cards_of(session, mia.actor)
        with pytest.raises(Conflict) as refused:
            await remove_card(session, services, mia.actor, card.id)
        assert refused.value.code == "card_in_use"
    other = await make_card(services, mia, club)
    await change_preorder(services, mia.actor, preorder.id, Change(card_id=other.id))
    eve = await make_person(services, "eve@example.org")
    async with services.db.write() as session:
        await remove_card(session, services, mia.actor, card.id)
        await remove_card(session, services, mia.actor, card.id)
        assert [one.id for one in await cards_of(session, mia.actor)] == [other.id]
        with pytest.raises(NotFound):
            await remove_card(session, services, eve.actor, other.id)
    with pytest.raises(NotFound):
        await change_preorder(services, mia.actor, preorder.id, Change(card_id=card.id))
    assert (await stored(services, preorder)).payment_method_id == other.payment_method_id


async def test_every_status_can_be_told(services: Services) -> None:
    assert all(words_of(status).shown for status in rules.STATUSES)
