"""Deciding: by hand, up to the stock in order, by a draw that can be checked, under concurrency."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import select, update
from tests.factories.clubs import make_club_sale
from tests.factories.orders import make_hold
from tests.factories.preorders import make_preorder, stored

from handstamp.audit.models import AuditEntry
from handstamp.clubs import supply
from handstamp.clubs.find_clubs import Offered
from handstamp.clubs.offer_event import edit_offer
from handstamp.clubs.rules import draw_commitment
from handstamp.clubs.shapes import OfferChange
from handstamp.events.models import Event
from handstamp.kit.clock import FakeClock
from handstamp.mail.models import Mail
from handstamp.mail.render_mail import render_mail
from handstamp.orders.check_stock import stock_differences
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.preorders import draw, preorder_mails, rules
from handstamp.preorders.approve_preorders import (
    Decided,
    approve,
    approve_up_to_stock,
    deny,
    withdraw_approval,
)
from handstamp.preorders.change_preorder import cancel_preorder
from handstamp.preorders.models import PreOrder
from handstamp.preorders.verify_draw import verify_draw


async def placed(services: Services, offer: Offered, count: int) -> list[PreOrder]:
    """Have so many members pre-order, one after another."""
    found = []
    for _member in range(count):
        found.append((await make_preorder(services, offer))[1])
        services.clock.advance(1)  # type: ignore[attr-defined]
    return found


async def decide(
    services: Services, act: object, offer: Offered, chosen: Sequence[PreOrder]
) -> Decided:
    async with services.db.write() as session:
        ids = [one.id for one in chosen]
        decided: Decided = await act(session, services, SYSTEM, offer.event.id, ids)  # type: ignore[operator]
        return decided


async def by_rule(services: Services, offer: Offered) -> Decided:
    async with services.db.write() as session:
        return await approve_up_to_stock(session, services, SYSTEM, offer.club.id, offer.event.id)


async def of_status(services: Services, status: str) -> list[str]:
    async with services.db.read() as session:
        found = select(PreOrder.id).where(PreOrder.status == status)
        return list(await session.scalars(found.order_by(PreOrder.confirmed_at, PreOrder.id)))


async def remaining(services: Services, offer: Offered) -> list[int | None]:
    async with services.db.read() as session:
        left = await supply.left_of(session, offer.terms, offer.event, offer.tiers)
        if offer.terms.stock == "native":
            assert await stock_differences(session, [offer.event.id]) == []
    return [left[tier.id].remaining for tier in offer.tiers]


@pytest.mark.parametrize("declared", [None, 2])
async def test_the_first_confirmed_get_what_there_is(
    services: Services, declared: int | None
) -> None:
    _club, offer, _tiers = await make_club_sale(
        services, prices={"General": 1_500}, capacity=2, offer={"declared": declared}
    )
    members = await placed(services, offer, 4)
    decided = await by_rule(services, offer)
    assert decided.done == [one.id for one in members[:2]]
    assert decided.refused == dict.fromkeys((one.id for one in members[2:]), "no_stock")
    assert await remaining(services, offer) == [0]
    assert (await by_rule(services, offer)).done == []
    assert await of_status(services, "approved") == [one.id for one in members[:2]]
    mia = Actor("user", members[0].user_id)
    async with services.db.write() as session:
        await cancel_preorder(session, services, mia, members[0].id)
    assert (await by_rule(services, offer)).done == [members[2].id]
    assert await remaining(services, offer) == [0]


async def test_the_events_own_capacity_binds_over_all_tiers_in_order(services: Services) -> None:
    _club, offer, tiers = await make_club_sale(services, capacity=10)
    async with services.db.write() as session:
        await session.execute(update(Event).where(Event.id == offer.event.id).values(capacity=3))
    wanted = []
    for number in range(5):
        wanted.append((await make_preorder(services, offer, tier=number % 2))[1])
        services.clock.advance(1)  # type: ignore[attr-defined]
    assert (await by_rule(services, offer)).done == [one.id for one in wanted[:3]]
    assert len(tiers) == 2
    async with services.db.read() as session:
        left = await supply.left_of(session, offer.terms, offer.event, offer.tiers)
    assert all(one.reserved for one in left.values())


async def test_two_admins_and_a_public_sale_never_share_a_ticket(services: Services) -> None:
    _club, offer, tiers = await make_club_sale(services, prices={"General": 1_500}, capacity=5)
    members = await placed(services, offer, 4)
    await asyncio.gather(
        by_rule(services, offer),
        decide(services, approve, offer, members),
        make_hold(services, offer.event, {tiers[0].id: 2}),
        return_exceptions=True,
    )
    left = await remaining(services, offer)
    assert left[0] is not None
    held = 5 - left[0]
    assert held in (4, 5)
    assert len(await of_status(services, "approved")) in (3, 4)


async def test_approving_again_changes_nothing_and_denying_gives_stock_back(
    services: Services,
) -> None:
    _club, offer, _tiers = await make_club_sale(services, prices={"General": 1_500}, capacity=1)
    first, second = await placed(services, offer, 2)
    decided = await decide(services, approve, offer, [second, first])
    assert (decided.done, decided.refused) == ([first.id], {second.id: "no_stock"})
    again = await decide(services, approve, offer, [first])
    assert (again.done, again.already) == ([], [first.id])
    assert (await decide(services, deny, offer, [first])).done == [first.id]
    assert (await decide(services, deny, offer, [first])).already == [first.id]
    assert await remaining(services, offer) == [1]
    wrong = await decide(services, approve, offer, [first])
    assert wrong.refused == {first.id: "wrong_status"}
    assert (await decide(services, approve, offer, [second])).done == [second.id]
    async with services.db.read() as session:
        kind = preorder_mails.NOT_ALLOCATED
        (mail,) = await session.scalars(select(Mail).where(Mail.kind == kind))
        actions = list(await session.scalars(select(AuditEntry.action)))
    text = await render_mail(services, preorder_mails.PREPARERS, mail)
    assert "You were not charged" in text.subject + text.text
    assert text.html
    assert actions.count("preorder.approved") == 2
    assert actions.count("preorder.denied") == 1


async def test_an_approval_is_taken_back_with_its_stock(services: Services) -> None:
    _club, offer, _tiers = await make_club_sale(services, prices={"General": 1_500}, capacity=1)
    (one,) = await placed(services, offer, 1)
    await decide(services, approve, offer, [one])
    assert (await stored(services, one)).reserved
    assert (await decide(services, withdraw_approval, offer, [one])).done == [one.id]
    assert (await decide(services, withdraw_approval, offer, [one])).already == [one.id]
    assert await remaining(services, offer) == [1]
    found = await stored(services, one)
    assert (found.status, found.reserved, found.decided_by) == ("pending", False, "")


async def test_a_prepaid_event_is_approved_without_stock_by_hand_alone(services: Services) -> None:
    _club, offer, _tiers = await make_club_sale(
        services, prices={"General": 1_500}, offer={"declared": 1, "charge_mode": "prepaid"}
    )
    members = await placed(services, offer, 3)
    assert (await by_rule(services, offer)).done == [members[0].id]
    assert len((await decide(services, approve, offer, members)).done) == 2
    assert [(await stored(services, one)).reserved for one in members] == [True, False, False]


async def test_only_the_organizer_decides_and_not_too_many_at_once(services: Services) -> None:
    _club, offer, _tiers = await make_club_sale(services)
    (one,) = await placed(services, offer, 1)
    stranger = Actor("user", "user_x", organizers={"org_other": "owner"})
    async with services.db.write() as session:
        for act in (approve, deny, withdraw_approval):
            with pytest.raises(NotFound):
                await act(session, services, stranger, offer.event.id, [one.id])
        with pytest.raises(NotFound):
            await approve_up_to_stock(session, services, stranger, offer.club.id, offer.event.id)
        many = [f"po_{number}" for number in range(rules.MOST_AT_ONCE + 1)]
        with pytest.raises(BadInput):
            await approve(session, services, SYSTEM, offer.event.id, many)
        found = await approve(session, services, SYSTEM, offer.event.id, ["po_none", "\x00"])
        assert set(found.refused.values()) == {"unknown"}


async def test_a_draw_is_held_once_in_the_promised_order(
    services: Services, clock: FakeClock
) -> None:
    _club, offer, _tiers = await make_club_sale(
        services, prices={"General": 1_500}, capacity=3, offer={"allocation": "draw"}
    )
    members = await placed(services, offer, 8)
    early = await decide(services, approve, offer, members)
    assert set(early.refused.values()) == {"draw_first"}
    clock.now = offer.window.closes + rules.CARD_GRACE - 1
    with pytest.raises(Conflict) as refused:
        await by_rule(services, offer)
    assert refused.value.code == "draw_too_early"
    async with services.db.read() as session:
        with pytest.raises(Conflict) as refused:
            await verify_draw(session, services, offer.club.id, offer.event.id)
        assert refused.value.code == "no_draw"
    clock.advance(1)
    decided = await by_rule(services, offer)
    async with services.db.read() as session:
        report = await verify_draw(session, services, offer.club.id, offer.event.id)
    assert report.fair
    assert decided.done == report.places[:3]
    seed = bytes.fromhex(report.seed)
    assert report.commitment == offer.terms.draw_commitment == draw_commitment(seed)
    expected = draw.places(seed, [one.id for one in members])
    assert report.places == sorted(expected, key=expected.__getitem__)
    assert (await by_rule(services, offer)).done == []


async def test_a_draw_that_was_tampered_with_is_found_out(
    services: Services, clock: FakeClock
) -> None:
    _club, offer, _tiers = await make_club_sale(
        services, prices={"General": 1_500}, capacity=1, offer={"allocation": "draw"}
    )
    members = await placed(services, offer, 4)
    clock.now = offer.window.closes + rules.CARD_GRACE
    (winner,) = (await by_rule(services, offer)).done
    loser = next(one for one in members if one.id != winner)
    async with services.db.write() as session:
        for preorder_id, status in ((winner, "pending"), (loser.id, "approved")):
            await session.execute(
                update(PreOrder).where(PreOrder.id == preorder_id).values(status=status)
            )
        report = await verify_draw(session, services, offer.club.id, offer.event.id)
        assert winner in report.passed_over
        assert not report.fair
        await session.execute(update(PreOrder).where(PreOrder.id == loser.id).values(draw_rank=99))
        report = await verify_draw(session, services, offer.club.id, offer.event.id)
        assert report.wrong == [loser.id]


async def test_more_declared_tickets_serve_who_is_next(services: Services) -> None:
    _club, offer, tiers = await make_club_sale(
        services, prices={"General": 1_500}, offer={"declared": 1}
    )
    members = await placed(services, offer, 3)
    assert len((await by_rule(services, offer)).done) == 1
    async with services.db.write() as session:
        change = OfferChange(declared={tiers[0].id: 3})
        await edit_offer(session, services, SYSTEM, offer.club.id, offer.event.id, change=change)
    assert (await by_rule(services, offer)).done == [one.id for one in members[1:]]
