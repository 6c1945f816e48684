"""Stock that is what was uploaded and is free: counted, set aside once, moved and given back."""

import asyncio
from typing import Any

import pytest
from tests.factories.clubs import make_club, make_club_sale, make_offer
from tests.factories.pool import ticket_rows, upload_rows
from tests.factories.pool_demands import have_wait, run_matcher
from tests.factories.preorders import make_preorder
from tests.fixtures.services import make_settings

from handstamp.clubs import supply
from handstamp.clubs.find_clubs import Offered
from handstamp.clubs.offer_event import edit_offer, withdraw_event
from handstamp.clubs.shapes import OfferChange
from handstamp.kit.clock import FakeClock
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.web import SYSTEM, Services, build_services
from handstamp.pool.free_stock import free_stock
from handstamp.preorders.models import PreOrder

pytestmark = pytest.mark.anyio


async def sale(services: Services, tickets: int, **others: object) -> Offered:
    """Make a club that offers what is uploaded of two variants; some tickets of the first."""
    prices = {"Early": 1_500, "Late": 1_500}
    _club, offer, _tiers = await make_club_sale(
        services, prices=prices, offer={"stock": "pool", **others}
    )
    await bring(services, offer, tickets)
    return offer


async def bring(
    services: Services, offer: Offered, count: int, *, tier: int = 0, first: int = 0
) -> None:
    rows = ticket_rows(offer.event.title, count, offer.tiers[tier].name, first=first)
    if rows:
        await upload_rows(services, offer.event, rows)


async def remaining(services: Services, offer: Offered, tier: int = 0) -> tuple[int, int | None]:
    """Return what is set aside and what remains of a variant."""
    async with services.db.read() as session:
        left = await supply.left_of(session, offer.terms, offer.event, offer.tiers)
    found = left[offer.tiers[tier].id]
    assert found.declared == found.reserved + (found.remaining or 0)
    return found.reserved, found.remaining


async def set_aside(services: Services, offer: Offered, preorder: PreOrder) -> bool:
    """Set a ticket aside for a pre-order, as an approval does."""
    async with services.db.write() as session:
        wish = await session.get_one(PreOrder, preorder.id)
        wish.reserved = await supply.reserve(session, offer.terms, wish.tier_id)
        return wish.reserved


async def test_no_ticket_is_set_aside_twice(services: Services) -> None:
    offer = await sale(services, 2)
    wishes = [(await make_preorder(services, offer))[1] for _one in range(4)]
    tried = await asyncio.gather(*(set_aside(services, offer, one) for one in wishes))
    assert sum(tried) == 2
    assert await remaining(services, offer) == (2, 0)
    async with services.db.write() as session:
        back = await session.get_one(PreOrder, wishes[tried.index(True)].id)
        back.reserved = False
        await supply.release(session, offer.terms, back.tier_id)
    assert await remaining(services, offer) == (1, 1)
    assert await set_aside(services, offer, wishes[tried.index(False)])


async def test_who_has_paid_and_waits_comes_before_who_is_approved(services: Services) -> None:
    offer = await sale(services, 0)
    await have_wait(services, offer.event, offer.tiers[0].id, ["paid"])
    await bring(services, offer, 1)
    _person, wish = await make_preorder(services, offer)
    assert not await set_aside(services, offer, wish)
    await run_matcher(services)
    assert await remaining(services, offer) == (0, 0)
    await bring(services, offer, 1, first=1)
    assert await set_aside(services, offer, wish)


async def test_a_ticket_given_while_it_is_counted_is_not_counted_as_free(
    postgres_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = build_services(make_settings(postgres_url), clock)
    offer = await sale(services, 1)
    await have_wait(services, offer.event, offer.tiers[0].id, ["paid"])
    async with services.db.write() as session:
        execute = session.execute

        async def execute_before_a_run(*args: Any) -> Any:
            found = await execute(*args)
            await run_matcher(services)
            return found

        monkeypatch.setattr(session, "execute", execute_before_a_run)
        assert await free_stock(session, offer.event.id) == {offer.tiers[0].id: 0}
    await services.db.close()


async def test_what_is_promised_to_another_club_is_not_free(services: Services) -> None:
    offer = await sale(services, 2)
    async with services.db.write() as session:
        other = await make_club(session, services, offer.event.organizer_id, name="Other")
    promised = await make_offer(services, other, offer.event, declared=1)
    _person, theirs = await make_preorder(services, promised)
    assert await set_aside(services, promised, theirs)
    assert await remaining(services, offer) == (0, 1)


async def test_as_many_as_there_are_are_approved_in_order(services: Services) -> None:
    offer = await sale(services, 2)
    await bring(services, offer, 1, tier=1, first=2)
    early, late = (tier.id for tier in offer.tiers)
    async with services.db.write() as session:
        served = await supply.reserve_in_order(
            session, offer.terms, [early, late, early, early, late]
        )
    assert served == [True, True, True, False, False]


async def test_a_wish_moves_to_another_variant_only_where_one_is_free(services: Services) -> None:
    offer = await sale(services, 1)
    _person, wish = await make_preorder(services, offer)
    assert await set_aside(services, offer, wish)
    early, late = (tier.id for tier in offer.tiers)
    async with services.db.write() as session:
        assert not await supply.swap(session, offer.terms, early, late)
    await bring(services, offer, 1, tier=1, first=1)
    async with services.db.write() as session:
        assert await supply.swap(session, offer.terms, early, late)


async def test_no_number_is_declared_of_what_is_uploaded(services: Services) -> None:
    offer = await sale(services, 1)
    change = OfferChange(declared={offer.tiers[0].id: 3})
    with pytest.raises(BadInput, match="only declared"):
        async with services.db.write() as session:
            await edit_offer(
                session, services, SYSTEM, offer.club.id, offer.event.id, change=change
            )


async def test_an_offer_comes_again_while_its_tickets_are_with_members(
    services: Services,
) -> None:
    _club, offer, _tiers = await make_club_sale(
        services, prices={"Early": 1_500}, offer={"declared": 3}
    )
    _person, wish = await make_preorder(services, offer)
    assert await set_aside(services, offer, wish)
    async with services.db.write() as session:
        handed = await session.get_one(PreOrder, wish.id)
        handed.status = "fulfilled"
        await withdraw_event(session, services, SYSTEM, offer.club.id, offer.event.id)
    with pytest.raises(Conflict, match="still being let go"):
        await make_offer(services, offer.club, offer.event)  # of its own capacity now
    again = await make_offer(services, offer.club, offer.event, declared=3)
    assert again.terms.stock == "declared"
