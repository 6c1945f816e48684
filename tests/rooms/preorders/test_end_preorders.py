"""What has lost its ground is let go; what is charged, or being charged, goes on."""

import pytest
from sqlalchemy import select, update
from tests.factories.clubs import make_club_sale, make_offer
from tests.factories.preorders import make_preorder, stored, wish_of
from tests.fixtures.jobs import run_jobs

from handstamp.clubs import supply
from handstamp.clubs.edit_club import archive_club
from handstamp.clubs.find_clubs import Offered
from handstamp.clubs.leave_club import leave_club, remove_member
from handstamp.clubs.offer_event import withdraw_event
from handstamp.kit.clock import FakeClock
from handstamp.mail.models import Mail
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders import preorder_mails, rules
from handstamp.preorders.approve_preorders import approve
from handstamp.preorders.end_preorders import DRAFTS_JOB
from handstamp.preorders.models import PreOrder
from handstamp.preorders.request_preorder import _placed


async def told(services: Services) -> int:
    async with services.db.read() as session:
        kind = preorder_mails.NOT_ALLOCATED
        return len(list(await session.scalars(select(Mail.id).where(Mail.kind == kind))))


async def remaining(services: Services, offer: Offered) -> int | None:
    async with services.db.read() as session:
        left = await supply.left_of(session, offer.terms, offer.event, offer.tiers)
    return left[offer.tiers[0].id].remaining


async def approved(services: Services, offer: Offered, *chosen: PreOrder) -> None:
    async with services.db.write() as session:
        ids = [one.id for one in chosen]
        decided = await approve(session, services, SYSTEM, offer.event.id, ids)
    assert len(decided.done) == len(chosen)


@pytest.mark.parametrize("by", ["themselves", "organizer"])
async def test_who_is_no_longer_a_member_loses_what_is_not_charged(
    services: Services, by: str
) -> None:
    club, offer, _tiers = await make_club_sale(services, capacity=5)
    mia, gone = await make_preorder(services, offer)
    _noa, other = await make_preorder(services, offer)
    await approved(services, offer, gone, other)
    async with services.db.write() as session:
        if by == "themselves":
            await leave_club(session, services, mia.actor, club.id)
        else:
            await remove_member(session, services, SYSTEM, club.id, gone.member_id)
    await run_jobs(services)
    assert (await stored(services, gone)).status == "cancelled"
    assert (await stored(services, other)).status == "approved"
    assert await remaining(services, offer) == 4
    assert await told(services) == 0


async def test_a_charge_that_is_at_work_goes_on(services: Services) -> None:
    club, offer, _tiers = await make_club_sale(services)
    mia, preorder = await make_preorder(services, offer)
    async with services.db.write() as session:
        await session.execute(update(PreOrder).values(status="charging"))
        await leave_club(session, services, mia.actor, club.id)
    await run_jobs(services)
    assert (await stored(services, preorder)).status == "charging"


async def test_a_withdrawn_event_lets_everybody_go_and_says_so(
    services: Services, clock: FakeClock
) -> None:
    club, offer, _tiers = await make_club_sale(services, capacity=5)
    people = [await make_preorder(services, offer) for _member in range(3)]
    await approved(services, offer, people[0][1])
    async with services.db.write() as session:
        await withdraw_event(session, services, SYSTEM, club.id, offer.event.id)
    clock.advance(1)
    with pytest.raises(Conflict) as refused:
        await make_offer(services, club, offer.event)
    assert refused.value.code == "letting_go"
    await run_jobs(services)
    again = await make_offer(services, club, offer.event)
    assert {(await stored(services, one)).status for _who, one in people} == {"not_allocated"}
    assert await told(services) == 3
    assert await remaining(services, offer) == 5
    _who, fresh = await make_preorder(services, again)
    await run_jobs(services)
    assert (await stored(services, fresh)).status == "pending"


async def test_a_club_that_ends_lets_everybody_go(services: Services) -> None:
    club, offer, _tiers = await make_club_sale(services)
    _mia, preorder = await make_preorder(services, offer)
    async with services.db.write() as session:
        await archive_club(session, services, SYSTEM, club.id)
        await archive_club(session, services, SYSTEM, club.id)
    await run_jobs(services)
    assert (await stored(services, preorder)).status == "not_allocated"
    assert await told(services) == 1


async def test_a_draft_whose_card_never_came_is_dropped_after_the_week(
    services: Services, clock: FakeClock
) -> None:
    _club, offer, _tiers = await make_club_sale(services)
    mia, pending = await make_preorder(services, offer)
    async with services.db.write() as session:
        await session.execute(update(PreOrder).values(status="cancelled"))
    draft = await _placed(services, mia.actor, wish_of(offer))
    assert draft.status == "draft"
    for moment, status in (
        (offer.window.closes + rules.CARD_GRACE - 1, "draft"),
        (offer.window.closes + rules.CARD_GRACE, "cancelled"),
    ):
        clock.now = moment
        async with services.db.write() as session:
            await enqueue(session, DRAFTS_JOB, {})
        await run_jobs(services)
        assert (await stored(services, draft)).status == status
    assert (await stored(services, pending)).status == "cancelled"
