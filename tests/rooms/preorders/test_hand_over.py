"""Pre-orders follow the pool: ticket at the door, status, mail; taken back; money back; in time."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.pool import ticket_rows, upload_rows
from tests.factories.pool_demands import assign, take_back
from tests.factories.pool_members import (
    Served,
    assign_and_hand_over,
    make_offer_of_pool,
    make_paid,
    make_served,
    served,
)
from tests.factories.preorders import make_preorder, stored

from handstamp.clubs import supply
from handstamp.clubs.find_clubs import Offered
from handstamp.kit.clock import DAY, FakeClock
from handstamp.mail.models import Mail
from handstamp.payments.models import Payment
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool import demands
from handstamp.pool.models import Assignment, AssignmentLog, Demand, PoolEvent
from handstamp.pool.reassign import reassign, undo
from handstamp.pool.take_back import HAND_OVER
from handstamp.preorders.change_status import WrongMove, change_many, give_back
from handstamp.preorders.fulfil_preorder import REFUND_JOB, deliver
from handstamp.preorders.hand_over import follow
from handstamp.preorders.models import PreOrder, PushSubscription
from handstamp.preorders.watch_charges import sweep
from handstamp.refunds.models import Refund
from handstamp.tickets import stock
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio


async def doors(services: Services, preorder: PreOrder) -> list[Ticket]:
    """Return all tickets that a pre-order ever had at the door, the oldest first."""
    query = select(Ticket).where(Ticket.order_item_id == preorder.id).order_by(Ticket.id)
    async with services.db.read() as session:
        return list(await session.scalars(query))


async def mails(services: Services, preorder: PreOrder) -> list[str]:
    query = select(Mail.kind).where(Mail.about == f"preorder:{preorder.id}")
    async with services.db.read() as session:
        return sorted(kind for kind in await session.scalars(query) if kind != "preorder_placed")


async def bring(services: Services, offer: Offered, count: int, first: int = 100) -> None:
    rows = ticket_rows(offer.event.title, count, offer.tiers[0].name, first=first, coded=True)
    await upload_rows(services, offer.event, rows)


async def test_what_was_assigned_is_handed_over_once_whole(services: Services) -> None:
    offer = await make_offer_of_pool(services)
    person, preorder = await make_paid(services, offer)
    async with services.db.write() as session:
        browser = {"id": "push_1", "user_id": person.actor.id, "endpoint": "https://push.example"}
        session.add(PushSubscription(**browser, p256dh="", auth="", created_at=1))
    await bring(services, offer, 1)
    await assign_and_hand_over(services)
    has = await served(services, person, preorder)
    now = services.clock()
    assert (has.preorder.status, has.preorder.fulfilled_at) == ("fulfilled", now)
    assert (has.assignment.handed_at, has.assignment.how) == (now, "exact")
    assert has.assignment.mail_id is not None
    door = has.door
    assert (door.status, door.source, door.place) == ("valid", "pool", 0)
    assert door.external_id == f"pool:{has.ticket.id}"
    assert door.code_digest == has.ticket.code_digest is not None
    assert (door.holder_email, door.order_ref) == (preorder.email, preorder.number)
    async with services.db.write() as session:
        assert await follow(session, services, [has.assignment.id]) == []
    assert len(await doors(services, preorder)) == 1
    assert await mails(services, preorder) == ["pool_ticket"]
    async with services.db.read() as session:
        pushed = select(func.count()).select_from(Job).where(Job.kind == "preorders.push")
        assert await session.scalar(pushed) == 1
        log = select(AssignmentLog.action).where(AssignmentLog.demand_id == preorder.id)
        assert list(await session.scalars(log.order_by(AssignmentLog.id))) == [
            "demand.confirmed", "ticket.assigned", "ticket.handed_over",
        ]  # fmt: skip
        assert await stock.recount(session, [offer.event.id]) == []


async def test_who_waits_in_vain_is_told_so_after_the_run(services: Services) -> None:
    offer = await make_offer_of_pool(services)
    _person, preorder = await make_paid(services, offer)
    assert (await stored(services, preorder)).status == "paid"
    await assign_and_hand_over(services)
    assert (await stored(services, preorder)).status == "waiting_for_stock"
    await bring(services, offer, 1)
    await assign_and_hand_over(services)
    assert (await stored(services, preorder)).status == "fulfilled"


async def test_a_ticket_of_another_variant_opens_the_door_of_that_variant(
    services: Services,
) -> None:
    offer = await make_offer_of_pool(services, prices={"Early": 1_500, "Late": 1_500})
    person, preorder = await make_paid(services, offer)
    await upload_rows(services, offer.event, ticket_rows(offer.event.title, 1, "Late"))
    async with services.db.write() as session:
        await session.execute(update(PoolEvent).values(fallback="any"))
    await assign_and_hand_over(services)
    has = await served(services, person, preorder)
    assert has.assignment.how == "any"
    late = next(tier for tier in offer.tiers if tier.name == "Late")
    assert (has.door.tier_id, has.preorder.tier_id) == (late.id, offer.tiers[0].id)


async def test_who_is_taken_a_ticket_from_waits_again_and_the_code_moves_on(
    services: Services,
) -> None:
    offer = await make_offer_of_pool(services)
    (mia,) = await make_served(services, offer=offer)
    _other, follower = await make_paid(services, offer)
    async with services.db.write() as session:
        later = update(Demand).where(Demand.id == mia.preorder.id)
        await session.execute(later.values(confirmed_at=services.clock() + DAY))
        await take_back(session, SYSTEM, mia.assignment.id, "a mistake")
    await assign_and_hand_over(services)
    before = await stored(services, mia.preorder)
    assert before.status == "waiting_for_stock"
    assert before.ticket_id is before.fulfilled_at is None
    (old,) = await doors(services, mia.preorder)
    assert (old.status, old.external_id, old.code_digest) == ("cancelled", None, None)
    (new,) = await doors(services, follower)
    assert (new.status, new.external_id) == ("valid", f"pool:{mia.ticket.id}")
    assert new.code_digest == mia.door.code_digest
    await bring(services, offer, 1)
    await assign_and_hand_over(services)
    states = [(one.status, one.place) for one in await doors(services, mia.preorder)]
    assert states == [("cancelled", None), ("valid", 0)]
    assert await mails(services, mia.preorder) == ["pool_ticket", "pool_ticket"]
    await check_stock(services, offer)


async def check_stock(services: Services, offer: Offered) -> None:
    """Hold that stock counts what there is at the door."""
    async with services.db.read() as session:
        assert await stock.recount(session, [offer.event.id]) == []


async def give(services: Services, of: Served, to: Served) -> str:
    async with services.db.write() as session:
        made = await reassign(session, SYSTEM, ticket_id=of.ticket.id, demand_id=to.preorder.id)
    return made.assignment.id


async def test_two_members_whose_tickets_are_swapped_by_hand_have_each_others(
    services: Services,
) -> None:
    offer = await make_offer_of_pool(services)
    mia, noa = await make_served(services, 2, offer=offer)
    await give(services, mia, noa)
    await assign_and_hand_over(services)
    for now, before, other in (
        (await served(services, mia.person, mia.preorder), mia, noa),
        (await served(services, noa.person, noa.preorder), noa, mia),
    ):
        assert now.ticket.id == other.ticket.id
        assert now.door.external_id == f"pool:{other.ticket.id}"
        assert now.door.id != before.door.id
        assert now.preorder.status == "fulfilled"
        assert [one.status for one in await doors(services, now.preorder)] == ["cancelled", "valid"]
    await check_stock(services, offer)


async def test_undone_at_once_nobody_at_the_door_has_noticed(services: Services) -> None:
    offer = await make_offer_of_pool(services)
    mia, noa = await make_served(services, 2, offer=offer)
    made = await give(services, mia, noa)
    async with services.db.write() as session:
        await undo(session, SYSTEM, made)
    await assign_and_hand_over(services)
    for one in (mia, noa):
        now = await served(services, one.person, one.preorder)
        assert (now.door.id, now.ticket.id, now.assignment.id) == (
            one.door.id, one.ticket.id, one.assignment.id,
        )  # fmt: skip
        assert await mails(services, one.preorder) == ["pool_ticket"]


async def test_undone_late_the_member_has_the_ticket_anew(services: Services) -> None:
    offer = await make_offer_of_pool(services)
    (mia,) = await make_served(services, offer=offer)
    _person, other = await make_paid(services, offer)
    async with services.db.write() as session:
        made = await reassign(session, SYSTEM, ticket_id=mia.ticket.id, demand_id=other.id)
    await assign_and_hand_over(services)
    assert (await stored(services, other)).status == "fulfilled"
    assert (await stored(services, mia.preorder)).status == "waiting_for_stock"
    async with services.db.write() as session:
        await undo(session, SYSTEM, made.assignment.id)
    await assign_and_hand_over(services)
    now = await served(services, mia.person, mia.preorder)
    assert (now.assignment.id, now.ticket.id) == (mia.assignment.id, mia.ticket.id)
    assert now.door.id != mia.door.id
    assert (await stored(services, other)).status == "waiting_for_stock"
    await check_stock(services, offer)


async def test_two_workers_hand_over_once(services: Services) -> None:
    offer = await make_offer_of_pool(services)
    people = [await make_paid(services, offer) for _ in range(3)]
    await bring(services, offer, 3)
    async with services.db.write() as session:
        await session.execute(update(Job).where(Job.kind == HAND_OVER).values(state="dead"))
    await assign(services, offer.event.id, offer.tiers[0].id)
    async with services.db.read() as session:
        ids = list(await session.scalars(select(Assignment.id)))

    async def once() -> Sequence[str]:
        async with services.db.write() as session:
            return await follow(session, services, ids)

    found = await asyncio.gather(once(), once(), once())
    assert sorted(len(one) for one in found) == [0, 0, 3]
    for _person, preorder in people:
        assert len(await doors(services, preorder)) == 1
        assert await mails(services, preorder) == ["pool_ticket"]


async def refund_row(
    session: AsyncSession, preorder: PreOrder, *, amount: int, status: str, intent: str = ""
) -> None:
    """Keep a payment of a pre-order and a refund of it."""
    key = intent or preorder.payment_intent_id
    payment = Payment(
        id=f"pay_{key}",
        subject_kind="preorder",
        subject_id=preorder.id,
        organizer_id=preorder.organizer_id,
        account=preorder.account,
        charge_type="direct",
        payment_intent_id=key,
        amount=preorder.total,
        currency=preorder.currency,
        status="succeeded",
        created_at=1,
    )
    session.add(payment)
    await session.flush()
    values = {"preorder_id": preorder.id, "payment_id": payment.id, "account": preorder.account}
    session.add(
        Refund(
            id=f"rf_{key}",
            **values,
            amount=amount,
            currency=preorder.currency,
            status=status,
            origin="stripe",
            created_at=1,
        )
    )


REFUNDS = {
    "asked for": ("requested", 0, "", True),
    "on its way": ("pending", 0, "", True),
    "failed": ("failed", 0, "", False),
    "of a part": ("succeeded", 1, "", False),
    "of a second payment": ("requested", 0, "pi_second", False),
}


@pytest.mark.parametrize("name", REFUNDS)
async def test_whose_whole_money_goes_back_gets_nothing(
    services: Services, clock: FakeClock, name: str
) -> None:
    status, less, intent, gets_nothing = REFUNDS[name]
    offer = await make_offer_of_pool(services)
    _person, preorder = await make_paid(services, offer)
    clock.advance(1)
    _second, behind = await make_paid(services, offer)
    async with services.db.write() as session:
        paid = await session.get_one(PreOrder, preorder.id)
        paid.payment_intent_id = "pi_first"
        await refund_row(session, paid, amount=paid.total - less, status=status, intent=intent)
    await bring(services, offer, 1)
    await assign_and_hand_over(services)
    first, second = await stored(services, preorder), await stored(services, behind)
    assert (first.ticket_id is None) == gets_nothing
    assert (second.ticket_id is not None) == gets_nothing
    async with services.db.read() as session:
        demand = await session.get_one(Demand, preorder.id)
        assert demand.status == ("closed" if gets_nothing else "assigned")


async def test_at_the_deadline_who_has_nothing_gets_the_money_back_and_nobody_else(
    services: Services, clock: FakeClock
) -> None:
    offer = await make_offer_of_pool(services)
    _first, assigned = await make_paid(services, offer)
    clock.advance(1)
    _second, waiting = await make_paid(services, offer)
    await bring(services, offer, 1)
    await assign(services, offer.event.id, offer.tiers[0].id)
    clock.now = offer.terms.ticket_deadline_at
    await sweep(services)
    assert (await stored(services, assigned)).failure_code == ""
    assert (await stored(services, waiting)).failure_code == "no_ticket"
    async with services.db.read() as session:
        assert (await session.get_one(Demand, waiting.id)).status == "closed"
        query = select(Job.args).where(Job.kind == REFUND_JOB)
        (asked,) = await session.scalars(query)
    assert waiting.id in asked
    await bring(services, offer, 1, first=200)
    await assign_and_hand_over(services)
    assert (await stored(services, assigned)).status == "fulfilled"
    assert (await stored(services, waiting)).ticket_id is None


async def test_who_waits_since_before_there_was_a_pool_is_made_known_to_it(
    services: Services,
) -> None:
    offer = await make_offer_of_pool(services)
    _person, preorder = await make_paid(services, offer)
    async with services.db.write() as session:
        await session.execute(delete(Demand))
        old = await session.get_one(PreOrder, preorder.id)
        old.status = "waiting_for_stock"
    await bring(services, offer, 1)
    await sweep(services)
    await assign_and_hand_over(services)
    assert (await stored(services, preorder)).status == "fulfilled"


async def test_what_is_promised_stays_counted_and_what_is_uploaded_is_not(
    services: Services,
) -> None:
    for kind in ("declared", "pool"):
        terms = {"declared": 2} if kind == "declared" else {"stock": "pool"}
        offer = await make_offer_of_pool(services, offer=terms)
        await bring(services, offer, 2)
        await assign_and_hand_over(services)
        _person, preorder = await make_preorder(services, offer, email=f"{kind}@example.org")
        async with services.db.write() as session:
            paid = await session.get_one(PreOrder, preorder.id)
            paid.reserved = await supply.reserve(session, offer.terms, paid.tier_id)
            assert paid.reserved
            paid.status, paid.paid_at = "paid", services.clock()
            await deliver(session, services, paid)
        await assign_and_hand_over(services)
        now = await stored(services, preorder)
        assert (now.status, now.reserved) == ("fulfilled", kind == "declared")
        async with services.db.read() as session:
            left = await supply.left_of(session, offer.terms, offer.event, offer.tiers)
        assert left[offer.tiers[0].id].remaining == 1
        async with services.db.write() as session:
            await demands.close(session, preorder.id, "refunded")
            again = await session.get_one(PreOrder, preorder.id)
            await give_back(session, offer.terms, again)
        async with services.db.read() as session:
            left = await supply.left_of(session, offer.terms, offer.event, offer.tiers)
        assert left[offer.tiers[0].id].remaining == 2


async def test_many_at_once_get_no_status_that_cannot_follow(services: Services) -> None:
    offer = await make_offer_of_pool(services)
    _person, paid = await make_paid(services, offer)
    _other, pending = await make_preorder(services, offer)
    nothing: dict[str, dict[str, object]] = {paid.id: {}, pending.id: {}}
    with pytest.raises(WrongMove):
        async with services.db.write() as session:
            wishes = [await session.get_one(PreOrder, one) for one in nothing]
            await change_many(session, services, wishes, "fulfilled", nothing)
    assert (await stored(services, paid)).status == "paid"


async def test_what_ended_is_followed_before_what_came_instead(services: Services) -> None:
    offer = await make_offer_of_pool(services)
    mia, noa = await make_served(services, 2, offer=offer)
    made = await give(services, noa, mia)
    async with services.db.write() as session:
        assert await follow(session, services, [mia.assignment.id]) == []
    assert (await stored(services, mia.preorder)).status == "waiting_for_stock"
    async with services.db.write() as session:
        assert await follow(session, services, [made]) == [mia.preorder.id]
    now = await served(services, mia.person, mia.preorder)
    assert now.door.external_id == f"pool:{noa.ticket.id}"
    assert (await stored(services, noa.preorder)).status == "waiting_for_stock"
