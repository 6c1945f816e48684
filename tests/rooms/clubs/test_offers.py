"""Events offered to members: terms, prices, stock of both kinds, and for members only."""

import asyncio

import pytest
from sqlalchemy import select, update
from tests.factories.auth import make_person
from tests.factories.clubs import WEEK, make_club, make_club_sale, make_member, make_offer
from tests.factories.orders import ADA, make_buyer, paid_facts

from handstamp.audit.models import AuditEntry
from handstamp.clubs import supply
from handstamp.clubs.draw_seed import seed_of
from handstamp.clubs.edit_club import archive_club
from handstamp.clubs.find_clubs import club_event, may_buy, offered, was_member
from handstamp.clubs.leave_club import leave_club
from handstamp.clubs.models import ClubEvent
from handstamp.clubs.offer_event import edit_offer, withdraw_event
from handstamp.clubs.rules import draw_commitment
from handstamp.clubs.shapes import OfferChange
from handstamp.events.models import Event
from handstamp.kit.clock import HOUR, FakeClock
from handstamp.orders.check_stock import stock_differences
from handstamp.orders.fulfil_order import fulfil
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order
from handstamp.orders.start_checkout import start_checkout
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.tickets.issue_tickets import Holder


async def change(services: Services, terms: ClubEvent, **values: object) -> None:
    async with services.db.write() as session:
        wanted = OfferChange(**values)  # type: ignore[arg-type]
        await edit_offer(session, services, SYSTEM, terms.club_id, terms.event_id, change=wanted)


async def test_members_see_this_weeks_events_with_their_price(services: Services) -> None:
    club, offer, tiers = await make_club_sale(services, prices={"General": 1_005, "Crew": 0})
    async with services.db.read() as session:
        found = await offered(session, club, WEEK)
        assert await offered(session, club, "2026-06-01") == []
    assert [one.event.id for one in found] == [offer.event.id]
    assert [tier.name for tier in found[0].tiers] == ["General"]
    priced = found[0].prices[tiers[0].id]
    assert (priced.price, priced.discount, priced.total) == (1_005, 101, 904)
    assert found[0].terms.ticket_deadline_at == offer.event.start_at


@pytest.mark.parametrize(
    ("prices", "discount"),
    [({"General": 0}, 0), ({"General": 500, "Cheap": 54}, 1_000), ({"General": 5_000}, 10_000)],
)
async def test_what_no_card_can_be_charged_is_refused_when_offered(
    services: Services, prices: dict[str, int], discount: int
) -> None:
    with pytest.raises(BadInput) as refused:
        await make_club_sale(services, prices=prices, club={"discount_bp": discount})
    assert refused.value.code == "too_cheap"


async def test_weeks_and_deadlines_that_make_no_sense_are_refused(services: Services) -> None:
    club, offer, _tiers = await make_club_sale(services)
    event = offer.event
    for values in (
        {"week": "2026-05-18"},
        {"week": "2026-06-15"},
        {"ticket_deadline_at": services.clock()},
        {"ticket_deadline_at": event.end_at + 1},
    ):
        with pytest.raises((BadInput, Conflict)):
            await change(services, offer.terms, **values)
    with pytest.raises(Conflict, match="already"):
        await make_offer(services, club, event)


async def test_terms_stand_still_once_the_week_has_begun(
    services: Services, clock: FakeClock
) -> None:
    club, offer, tiers = await make_club_sale(services, offer={"week": "2026-06-01"})
    await change(services, offer.terms, allocation="draw", stock="declared")
    await change(services, offer.terms, declared={tiers[0].id: 5})
    clock.now = offer.window.opens
    for values in (
        {"allocation": "first_come"},
        {"charge_mode": "prepaid"},
        {"stock": "native"},
        {"week": "2026-06-08"},
    ):
        with pytest.raises(Conflict) as refused:
            await change(services, offer.terms, **values)
        assert refused.value.code == "begun"
    await change(services, offer.terms, ticket_deadline_at=offer.event.start_at - 1)
    await change(services, offer.terms, declared={tiers[0].id: 7})
    async with services.db.read() as session:
        terms = await club_event(session, club.id, offer.event.id)
        left = await supply.left_of(session, terms, offer.event, tiers)
    assert left[tiers[0].id] == (7, 0, 7)


async def test_a_draw_is_promised_when_it_is_offered_and_its_seed_stays_sealed(
    services: Services,
) -> None:
    _club, offer, _tiers = await make_club_sale(services, offer={"allocation": "draw"})
    seed = seed_of(services, offer.terms)
    assert offer.terms.draw_commitment == draw_commitment(seed)
    assert offer.terms.draw_seed is not None
    assert seed not in offer.terms.draw_seed
    assert offer.terms.draw_revealed_at is None


async def test_an_event_that_was_withdrawn_can_be_offered_again(services: Services) -> None:
    club, offer, _tiers = await make_club_sale(services)
    async with services.db.write() as session:
        await withdraw_event(session, services, SYSTEM, club.id, offer.event.id)
        await withdraw_event(session, services, SYSTEM, club.id, offer.event.id)
        assert await offered(session, club) == []
    with pytest.raises(NotFound):
        await change(services, offer.terms, ticket_deadline_at=offer.event.start_at - 1)
    await make_offer(services, club, offer.event)
    async with services.db.read() as session:
        assert len(await offered(session, club)) == 1


@pytest.mark.parametrize("declared", [None, 3])
async def test_stock_of_both_kinds_is_never_reserved_twice(
    services: Services, declared: int | None
) -> None:
    _club, offer, tiers = await make_club_sale(
        services, prices={"General": 2_000}, capacity=3, offer={"declared": declared}
    )
    tier = tiers[0]

    async def reserve() -> bool:
        async with services.db.write() as session:
            return await supply.reserve(session, offer.terms, tier.id)

    tried = await asyncio.gather(*(reserve() for _one in range(8)))
    assert sum(tried) == 3
    async with services.db.write() as session:
        await supply.release(session, offer.terms, tier.id)
    assert await reserve()
    assert not await reserve()
    if declared is not None:
        with pytest.raises(Conflict):
            await change(services, offer.terms, declared={tier.id: 2})
        await change(services, offer.terms, declared={tier.id: 4})
        assert await reserve()


async def test_taking_native_stock_is_a_ticket_and_declared_stock_waits(
    services: Services,
) -> None:
    _club, offer, tiers = await make_club_sale(services, capacity=1)
    async with services.db.write() as session:
        assert await supply.reserve(session, offer.terms, tiers[0].id)
        holder = Holder("Mia", "mia@example.org", external_id="po_1")
        serial = await supply.take(
            session, services, offer.terms, event=offer.event, tier=tiers[0], holder=holder
        )
        assert serial
    async with services.db.read() as session:
        left = await supply.left_of(session, offer.terms, offer.event, tiers)
    assert left[tiers[0].id].remaining == 0
    assert left[tiers[0].id].reserved == 0
    _club, elsewhere, tiers = await make_club_sale(services, offer={"declared": 1})
    async with services.db.write() as session:
        assert await supply.reserve(session, elsewhere.terms, tiers[0].id)
        taken = await supply.take(
            session, services, elsewhere.terms, event=elsewhere.event, tier=tiers[0], holder=holder
        )
        assert taken is None


async def members_only(services: Services, event: Event) -> Event:
    async with services.db.write() as session:
        await session.execute(update(Event).where(Event.id == event.id).values(members_only=True))
        found = await session.get(Event, event.id, populate_existing=True)
        assert found is not None
        return found


async def test_an_event_for_members_only_is_held_by_members_alone(
    services: Services, clock: FakeClock
) -> None:
    club, offer, tiers = await make_club_sale(services)
    mia, _membership = await make_member(services, club)
    eve = await make_person(services, "eve@example.org")
    event = await members_only(services, offer.event)
    wants = {tiers[0].id: 1}
    for buyer in (make_buyer("guest"), make_buyer("eve", user_id=eve.actor.id)):
        with pytest.raises(Conflict) as refused:
            await hold(services, buyer, event.id, wants)
        assert refused.value.code == "members_only"
    buyer = make_buyer("mia", user_id=mia.actor.id)
    assert (await hold(services, buyer, event.id, wants)).status == "pending"
    clock.advance(HOUR)
    async with services.db.write() as session:
        await leave_club(session, services, mia.actor, club.id)
        assert not await may_buy(session, event, mia.actor.id)
        assert await was_member(session, event, mia.actor.id, services.clock() - HOUR)
        assert not await was_member(session, event, mia.actor.id, services.clock() + 1)
        assert not await was_member(session, event, None, services.clock())
    with pytest.raises(Conflict):
        await hold(services, make_buyer("again", user_id=mia.actor.id), event.id, wants)


async def test_an_archived_club_or_a_withdrawn_event_opens_nothing(services: Services) -> None:
    club, offer, _tiers = await make_club_sale(services)
    mia, _membership = await make_member(services, club)
    async with services.db.read() as session:
        assert await may_buy(session, offer.event, None)
    event = await members_only(services, offer.event)
    async with services.db.write() as session:
        assert await may_buy(session, event, mia.actor.id)
        assert not await may_buy(session, event, None)
        await withdraw_event(session, services, SYSTEM, club.id, event.id)
        assert not await may_buy(session, event, mia.actor.id)
    await make_offer(services, club, event)
    async with services.db.write() as session:
        assert await may_buy(session, event, mia.actor.id)
        await archive_club(session, services, SYSTEM, club.id)
        assert not await may_buy(session, event, mia.actor.id)
    async with services.db.write() as session:
        assert (await make_club(session, services, club.organizer_id)).id != club.id


async def test_membership_is_looked_at_again_before_paying_and_noted_after(
    services: Services,
) -> None:
    club, offer, _tiers = await make_club_sale(services)
    mia, _membership = await make_member(services, club)
    event = await members_only(services, offer.event)
    order = await hold(
        services, make_buyer("mia", user_id=mia.actor.id), event.id, {offer.tiers[0].id: 1}
    )
    async with services.db.write() as session:
        await leave_club(session, services, mia.actor, club.id)
    with pytest.raises(Conflict) as refused:
        await start_checkout(services, order.id, ADA)
    assert refused.value.code == "members_only"
    async with services.db.write() as session:
        held = await session.get(Order, order.id)
        assert held is not None
        held.email, held.account, held.charge_type = "mia@example.org", "acct_1", "direct"
        await session.flush()
        assert await fulfil(session, services, held, paid_facts(held)) == "fulfilled"
    async with services.db.read() as session:
        actions = list(await session.scalars(select(AuditEntry.action)))
        assert await stock_differences(session, [event.id]) == []
    assert "order.membership_ended" in actions


async def test_the_health_check_knows_what_pre_orders_hold(services: Services) -> None:
    _club, offer, tiers = await make_club_sale(services)
    async with services.db.read() as session:
        assert await supply.reserved_natively(session, [offer.event.id]) == {}
        assert await stock_differences(session, [offer.event.id]) == []
    async with services.db.write() as session:
        assert await supply.reserve(session, offer.terms, tiers[0].id)
    async with services.db.read() as session:  # held by nobody's pre-order: found out
        assert await stock_differences(session, [offer.event.id]) != []
