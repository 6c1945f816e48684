"""Erasing: nothing names the person any more, and nobody else is touched."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.auth import make_owner, make_person
from tests.factories.checkin import pair_phone
from tests.factories.orders import make_hold, make_sale
from tests.factories.pool import upload_rows
from tests.factories.pool_members import make_offer_of_pool, make_paid
from tests.factories.preorders import make_preorder, stored
from tests.fixtures.jobs import run_jobs
from tests.rooms.privacy.person_world import Lives, dump

from handstamp.audit.models import AuditEntry
from handstamp.audit.record import record
from handstamp.checkin.models import SnapshotBase
from handstamp.checkin.snapshot import current_snapshot
from handstamp.kit.ids import new_id
from handstamp.mail.addresses import is_erased
from handstamp.mail.models import Mail
from handstamp.mail.send_mail import queue_mail
from handstamp.orders.models import Order
from handstamp.payments.models import Payment
from handstamp.plumbing.db import Base
from handstamp.plumbing.errors import Conflict, Forbidden
from handstamp.plumbing.models import StoredAnswer
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool.log_assignment import Act, note_all
from handstamp.pool.models import Assignment, AssignmentLog, Demand, PoolTicket
from handstamp.preorders.models import PreOrder
from handstamp.privacy.erase_person import erase_person
from handstamp.privacy.known_addresses import ADDRESSES
from handstamp.privacy.models import Erasure
from handstamp.refunds.models import Dispute, Refund
from handstamp.tickets.models import Ticket
from handstamp.webhooks.models import StripeEvent

pytestmark = pytest.mark.anyio
NOT_OF_PERSONS = {"tickets_organizer_profiles.contact_email"}


def traces(held: Mapping[str, list[dict[str, Any]]], *words: str) -> set[str]:
    """Return the columns in which one of the words stands, in whatever case."""
    found = set()
    for table, rows in held.items():
        for row in rows:
            for column, value in row.items():
                text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
                if any(word.lower() in text.lower() for word in words):
                    found.add(f"{table}.{column}")
    return found


async def test_nothing_names_an_erased_person(services: Services, lives: Lives) -> None:
    before = traces(await dump(services), lives.zelda.email)
    assert {
        "tickets_orders.email",
        "tickets_tickets.holder_email",
        "tickets_mails.to_email",
    } < before
    assert {"tickets_pool_demands.email", "tickets_assignment_logs.email"} < before
    await erase_person(services, SYSTEM, lives.zelda.email.upper())
    assert traces(await dump(services), lives.zelda.email, "Zelda", "Quux") == set()


async def test_answers_kept_for_others_stay(services: Services, lives: Lives) -> None:
    zelda = lives.zelda.email
    answers = {
        "hers": f'{{"email":"{zelda}"}}',
        "told": f'{{"text":"write to\\n{zelda}."}}',
        "another": f'{{"email":"gri{zelda}"}}',
    }
    async with services.db.write() as session:
        for key, answer in answers.items():
            session.add(
                StoredAnswer(
                    scope="key:other",
                    key=key,
                    body_hash="",
                    status=200,
                    answer=answer,
                    created_at=1,
                )
            )
    await erase_person(services, SYSTEM, zelda)
    async with services.db.read() as session:
        assert list(await session.scalars(select(StoredAnswer.key))) == ["another"]


async def test_from_where_they_acted_is_forgotten(services: Services, lives: Lives) -> None:
    people = (lives.zelda.person.actor, lives.bystander.person.actor)
    async with services.db.write() as session:
        for who in people:
            await record(session, who, "pool.mark_used", "event", lives.event.id)
            await note_all(session, who, [Act("credential.viewed", lives.event.id)])

    async def networks() -> list[set[str]]:
        async with services.db.read() as session:
            return [
                {*await session.scalars(select(table.ip).where(table.actor_id == who.id))}
                for table in (AuditEntry, AssignmentLog)
                for who in people
            ]

    assert await networks() == [{"192.0.2.1"}] * 4
    await erase_person(services, SYSTEM, lives.zelda.email)
    assert await networks() == [{""}, {"192.0.2.1"}] * 2


async def test_nobody_else_is_touched(services: Services, lives: Lives) -> None:
    word = (lives.bystander.email, lives.bystander.person.actor.id, lives.bystander.order.id)

    def of_bystander(held: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
        return {
            table: [str(row) for row in rows if any(one in str(row) for one in word)]
            for table, rows in held.items()
        }

    before = of_bystander(await dump(services))
    await erase_person(services, SYSTEM, lives.zelda.email)
    assert of_bystander(await dump(services)) == before
    assert sum(map(len, before.values())) > 15


async def test_the_pool_loses_ticket_and_assignment_and_keeps_a_masked_log(
    services: Services, lives: Lives
) -> None:
    mine = lives.zelda.served
    await erase_person(services, SYSTEM, lives.zelda.email)
    async with services.db.read() as session:
        assert await session.get(PoolTicket, mine.ticket.id) is None
        assert await session.get(Assignment, mine.assignment.id) is None
        demand = await session.get_one(Demand, mine.preorder.id)
        assert (demand.status, demand.name, is_erased(demand.email)) == ("closed", "", True)
        query = select(AssignmentLog).where(AssignmentLog.demand_id == mine.preorder.id)
        log = list(await session.scalars(query))
        assert await session.get(PoolTicket, lives.bystander.served.ticket.id) is not None
    assert {"ticket.assigned", "member.erased"} <= {one.action for one in log}
    assert {one.email for one in log} <= {"", "erased@erased.invalid"}


async def test_a_ticket_becomes_a_tombstone_that_still_admits(
    services: Services, client: httpx2.AsyncClient, lives: Lives
) -> None:
    phone = await pair_phone(client, services, lives.event)
    await phone.sync()
    before = phone.copy.tickets[lives.zelda.guest.serial]
    assert before.name == lives.zelda.name
    await erase_person(services, SYSTEM, lives.zelda.email)
    async with services.db.read() as session:
        ticket = await session.get_one(Ticket, lives.zelda.guest.id)
    assert (ticket.status, ticket.holder_name, ticket.holder_email) == ("valid", "", "")
    assert ticket.order_ref == ""
    assert ticket.erased_at == services.clock()
    await phone.sync()
    row = phone.copy.tickets[ticket.serial]
    assert (row.name, row.email, row.order, row.status) == ("", "", "", before.status)


async def test_no_list_for_phones_holds_them_any_more(services: Services, lives: Lives) -> None:
    await current_snapshot(services, lives.event.id)
    await erase_person(services, SYSTEM, lives.zelda.email)
    async with services.db.read() as session:
        query = select(func.count()).where(SnapshotBase.event_id == lives.event.id)
        assert await session.scalar(query) == 0
    await current_snapshot(services, lives.event.id)


async def test_accounting_keeps_amounts_without_a_name(services: Services, lives: Lives) -> None:
    was = lives.zelda.order
    await erase_person(services, SYSTEM, lives.zelda.email)
    async with services.db.read() as session:
        order = await session.get_one(Order, was.id)
        payments = await session.scalar(select(func.count()).where(Payment.subject_id == was.id))
    assert (order.total, order.number, order.status) == (was.total, was.number, "paid")
    assert (order.name, order.phone, order.access_hash, order.user_id) == ("", "", "", None)
    assert is_erased(order.email)
    assert payments == 1


async def test_the_same_again_changes_nothing_but_the_log(services: Services, lives: Lives) -> None:
    await erase_person(services, SYSTEM, lives.zelda.email)
    before = await dump(services)
    await erase_person(services, SYSTEM, lives.zelda.email)
    after = await dump(services)
    before.pop("tickets_audit")
    assert [one["action"] for one in after.pop("tickets_audit")].count("person.erase") == 2
    assert after == before


async def test_somebody_unknown_is_erased_without_a_word(services: Services) -> None:
    erased = await erase_person(services, SYSTEM, "nobody@example.org")
    assert (erased.orders, erased.preorders, erased.stripe) == (0, 0, [])
    async with services.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Erasure)) == 1


async def test_a_mail_that_waits_is_not_sent_and_later_ones_go_nowhere(
    services: Services, lives: Lives
) -> None:
    async with services.db.write() as session:
        waiting = await queue_mail(session, "sign_in", lives.zelda.email, {"login": "login_x"})
    await erase_person(services, SYSTEM, lives.zelda.email)
    async with services.db.write() as session:
        order = await session.get_one(Order, lives.zelda.order.id)
        later = await queue_mail(session, "sign_in", order.email, {"login": "login_x"})
    await run_jobs(services)
    async with services.db.read() as session:
        mails = [await session.get_one(Mail, one) for one in (waiting, later)]
    assert [mail.status for mail in mails] == ["dropped", "dropped"]


async def test_a_session_of_theirs_is_over(
    services: Services, client: httpx2.AsyncClient, lives: Lives
) -> None:
    await erase_person(services, SYSTEM, lives.zelda.email)
    answer = await client.get("/api/tickets/auth/me", headers=lives.zelda.person.headers)
    assert answer.status_code == 401


async def test_a_wish_that_is_not_charged_yet_is_let_go(services: Services) -> None:
    offer = await make_offer_of_pool(services)
    person, wish = await make_preorder(services, offer)
    await erase_person(services, SYSTEM, person.actor.email)
    found = await stored(services, wish)
    assert (found.status, found.card_last4, is_erased(found.email)) == ("cancelled", "", True)


@pytest.mark.parametrize(
    "status", ["charging", "needs_action", "paid", "waiting_for_stock", "refund_failed"]
)
async def test_an_open_charge_or_a_ticket_owed_stops_it(services: Services, status: str) -> None:
    offer = await make_offer_of_pool(services)
    person, wish = await make_paid(services, offer)
    async with services.db.write() as session:
        (await session.get_one(PreOrder, wish.id)).status = status
    before = await dump(services)
    with pytest.raises(Conflict) as refused:
        await erase_person(services, SYSTEM, person.actor.email)
    assert wish.number in refused.value.detail
    assert await dump(services) == before


async def test_an_order_being_paid_stops_it(services: Services) -> None:
    event, tiers = await make_sale(services)
    order = await make_hold(services, event, {tiers[0].id: 1})
    async with services.db.write() as session:
        (await session.get_one(Order, order.id)).email = "zelda@example.org"
    with pytest.raises(Conflict, match=order.number):
        await erase_person(services, SYSTEM, "zelda@example.org")


@pytest.mark.parametrize("open_money", ["refund", "dispute"])
async def test_a_refund_on_its_way_or_an_open_dispute_stops_it(
    services: Services, lives: Lives, open_money: str
) -> None:
    order = lives.zelda.order
    common: dict[str, Any] = {
        "order_id": order.id,
        "account": order.account,
        "amount": order.total,
        "currency": order.currency,
        "created_at": services.clock(),
    }
    async with services.db.write() as session:
        paid = select(Payment.id).where(Payment.subject_id == order.id)
        common["payment_id"] = (await session.scalars(paid)).one()
        if open_money == "refund":
            session.add(Refund(id=new_id("re"), origin="organizer", status="pending", **common))
        else:
            session.add(Dispute(id=new_id("dp"), status="needs_response", **common))
    with pytest.raises(Conflict, match=f"(?i){open_money}"):
        await erase_person(services, SYSTEM, lives.zelda.email)


async def test_the_only_owner_must_hand_over_first(services: Services) -> None:
    owner, organizer = await make_owner(services, "zelda@example.org")
    with pytest.raises(Conflict, match=organizer.name):
        await erase_person(services, SYSTEM, owner.actor.email)
    await make_person(services, "heir@example.org", organizer=organizer)
    await erase_person(services, SYSTEM, owner.actor.email)


async def test_the_only_administrator_stays(services: Services) -> None:
    await make_person(services, "root@example.org", is_admin=True)
    with pytest.raises(Conflict, match="administrator"):
        await erase_person(services, SYSTEM, "root@example.org")


async def test_only_whoever_runs_the_server_erases(services: Services, lives: Lives) -> None:
    owner, _organizer = await make_owner(services, "owner@example.org")
    for who in (lives.bystander.person.actor, lives.zelda.person.actor, owner.actor):
        with pytest.raises(Forbidden):
            await erase_person(services, who, lives.zelda.email)


async def test_it_is_audited_without_naming_them(services: Services, lives: Lives) -> None:
    admin = await make_person(services, "root@example.org", is_admin=True)
    await erase_person(services, admin.actor, lives.zelda.email)
    async with services.db.read() as session:
        query = select(AuditEntry).where(AuditEntry.action == "person.erase")
        entry = (await session.scalars(query)).one()
    assert (entry.actor_id, entry.target_id) == (admin.actor.id, lives.zelda.person.actor.id)
    assert lives.zelda.email not in entry.meta_json


async def test_stripes_events_about_them_lose_their_bodies(
    services: Services, lives: Lives
) -> None:
    async with services.db.write() as session:
        for who in (lives.zelda, lives.bystander):
            session.add(_event_of(services, f"pi_{who.order.id}", who.email))
    await erase_person(services, SYSTEM, lives.zelda.email)
    await run_jobs(services)
    async with services.db.read() as session:
        found = {one.object_id: one.payload for one in await session.scalars(select(StripeEvent))}
    assert found[f"pi_{lives.zelda.order.id}"] == ""
    assert lives.bystander.email in found[f"pi_{lives.bystander.order.id}"]


def _event_of(services: Services, object_id: str, email: str) -> StripeEvent:
    return StripeEvent(
        id=f"evt_{object_id}",
        endpoint="connect",
        type="payment_intent.succeeded",
        object_id=object_id,
        stripe_created=services.clock(),
        payload=f'{{"receipt_email": "{email}"}}',
        status="done",
        received_at=services.clock(),
    )


async def test_many_at_once_erase_once(services: Services, lives: Lives) -> None:
    done = await asyncio.gather(
        *(erase_person(services, SYSTEM, lives.zelda.email) for _each in range(4))
    )
    assert sorted(one.orders for one in done) == [0, 0, 0, 1]


async def test_an_account_of_theirs_in_the_stock_goes_unless_somebody_has_it(
    services: Services, lives: Lives
) -> None:
    event = lives.offer.event
    rows = [[event.title, "General", lives.zelda.email.title(), f"pass-{n}", ""] for n in (1, 2)]
    await upload_rows(services, event, [row[:4] for row in rows])
    async with services.db.write() as session:
        lent = await session.get_one(PoolTicket, lives.bystander.served.ticket.id)
        lent.email = lives.zelda.email
    await erase_person(services, SYSTEM, lives.zelda.email)
    async with services.db.read() as session:
        left = list(await session.scalars(select(PoolTicket)))
        acts = {*await session.scalars(select(AssignmentLog.action))}
    assert [one.id for one in left] == [lives.bystander.served.ticket.id]
    assert "ticket.erased" in acts


async def test_who_comes_back_begins_anew(services: Services, lives: Lives) -> None:
    await erase_person(services, SYSTEM, lives.zelda.email)
    again = await make_person(services, lives.zelda.email)
    assert again.actor.id != lives.zelda.person.actor.id


def test_every_column_with_an_address_is_known() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if "email" in column.name and column.name != "email_hash"
    }
    known = {f"{one.class_.__tablename__}.{one.key}" for one in ADDRESSES}
    assert columns - known == NOT_OF_PERSONS
