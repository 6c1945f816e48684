"""Support finds anything of its organizers, and reads what happened in one line of time."""

import httpx2
import pytest
from sqlalchemy import update
from tests.factories.auth import Person, make_owner, make_person
from tests.factories.checkin import pair_phone
from tests.factories.events import make_event, make_list
from tests.factories.orders import make_paid_order, make_sale
from tests.factories.tickets import make_tickets, make_tokens
from tests.rooms.portal.conftest import Desk

from handstamp.auth.change_team import set_role
from handstamp.events.models import Event
from handstamp.mail.models import Mail
from handstamp.mail.send_mail import queue_mail
from handstamp.notices.models import Notice
from handstamp.orders.models import Order
from handstamp.orders.start_checkout import BuyerDetails
from handstamp.payments.models import Payment
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.refunds.models import Dispute, Refund
from handstamp.tickets.find_tickets import find_tickets
from handstamp.tickets.issue_tickets import Holder
from handstamp.tickets.revoke_ticket import change_status
from handstamp.waitlist.models import Waiting

pytestmark = pytest.mark.anyio
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FIND = "/api/tickets/support/search"
ZOE = BuyerDetails("zoe@example.org", "Zoë Škvorecký", terms=True)


async def sold(services: Services, organizer_id: str | None = None) -> tuple[Event, Order]:
    event, tiers = await make_sale(services, organizer_id=organizer_id)
    order = await make_paid_order(services, event, {tiers[0].id: 2}, details=ZOE)
    return event, order


async def helper(services: Services, organizer_id: str, email: str = "sam@example.org") -> Person:
    async with services.db.write() as session:
        await set_role(session, SYSTEM, organizer_id, email, "support")
    return await make_person(services, email)


async def kinds(http: httpx2.AsyncClient, who: Person, words: str) -> list[str]:
    answer = await http.get(FIND, params={"q": words}, headers=who.headers)
    assert answer.status_code == 200, answer.text
    return [hit["kind"] for hit in answer.json()["hits"]]


async def test_one_field_finds_what_somebody_knows(
    services: Services, client: httpx2.AsyncClient
) -> None:
    owner, organizer = await make_owner(services)
    _event, order = await sold(services, organizer.id)
    other, _else = await make_owner(services, "eve@example.org")
    sam = await helper(services, organizer.id)
    async with services.db.read() as session:
        ticket = (await find_tickets(session, order.event_id))[0]
    whole = ["order", "ticket", "ticket"]
    for who in (owner, sam):
        for known in ("ZOE@example.org", "skvorecky"):
            assert await kinds(client, who, known) == whole
        assert await kinds(client, who, order.number.lower()) == ["order", *whole[1:]]
        assert "ticket" in await kinds(client, who, ticket.printed_id.lower())
        assert await kinds(client, who, f"pi_{order.id}") == ["order"]
        assert await kinds(client, who, "pi_nothing") == []
    assert await kinds(client, owner, "zoe@exam") == whole
    assert await kinds(client, sam, "zoe@exam") == []
    assert await kinds(client, other, "zoe@example.org") == []
    found = (await client.get(FIND, params={"q": ZOE.email}, headers=sam.headers)).json()
    assert {hit["email"] for hit in found["hits"]} == {"z•••@example.org"}
    assert [mail["of_id"] for mail in found["mails"]] == [order.id]
    seen = (await client.get(FIND, params={"q": ZOE.email}, headers=other.headers)).json()
    assert seen["mails"] == []
    nobody = await make_person(services, "buyer@example.org")
    refused = await client.get(FIND, params={"q": "zoe"}, headers=nobody.headers)
    assert refused.status_code == 404
    short = await client.get(FIND, params={"q": "z"}, headers=sam.headers)
    assert short.status_code == 400


async def test_what_is_typed_whole_stands_for_itself(
    services: Services, client: httpx2.AsyncClient
) -> None:
    owner, organizer = await make_owner(services)
    event, order = await sold(services, organizer.id)
    async with services.db.write() as session:
        guests = [
            Holder(order.number, "Grace.Hopper@Example.org"),
            Holder("Ida", "ida@example.org"),
        ]
        await make_tickets(session, services, event, holders=guests)
    assert await kinds(client, owner, "grace.hopper@example.org") == ["ticket"]
    assert await kinds(client, owner, "IDA@example.org") == ["ticket"]
    assert await kinds(client, owner, order.number) == ["order", "ticket", "ticket"]
    assert await kinds(client, owner, order.number[:-1]) == ["order", *["ticket"] * 3]
    other, _else = await make_owner(services, "eve@example.org")
    for known in ("grace.hopper@example.org", order.number, order.id):
        assert await kinds(client, other, known) == []


async def test_mails_about_tickets_places_and_notices_are_found_by_address(
    services: Services, client: httpx2.AsyncClient
) -> None:
    owner, organizer = await make_owner(services)
    event, order = await sold(services, organizer.id)
    other, _else = await make_owner(services, "eve@example.org")
    lin = "lin@example.org"
    async with services.db.write() as session:
        ticket = (await find_tickets(session, order.event_id))[0]
        session.add(Waiting(
            id="wt_1", event_id=event.id, qty=1, fewer=False, email=lin, language="en",
            status="waiting", since=1, created_at=1,
        ))  # fmt: skip
        session.add(Notice(
            id="nt_1", event_id=event.id, kind="message", total=1, requested_by="x",
            created_at=1,
        ))  # fmt: skip
        abouts = [f"ticket:{ticket.id}", "waiting:wt_1", "notice:nt_1"]
        for about in abouts:
            await queue_mail(session, "ticket_received", lin, {}, about=about)
        await queue_mail(session, "team_invitation", lin, {}, about="user:usr_1")
    assert await kinds(client, owner, lin) == ["waiting"]
    assert await kinds(client, owner, "lin@") == ["waiting"]
    assert await kinds(client, other, lin) == []
    for who, found in ((owner, abouts), (other, [])):
        answer = await client.get(FIND, params={"q": lin}, headers=who.headers)
        assert answer.status_code == 200, answer.text
        told = [f"{one['of']}:{one['of_id']}" for one in answer.json()["mails"]]
        assert sorted(told) == sorted(found)
    desk = Desk(client, owner)
    await desk.get(f"/tickets/support/find?q={lin}")
    assert (desk.status, f'href="/tickets/support/tickets/{ticket.id}"' in desk.html) == (200, True)
    assert f"{event.title} Waits" in " ".join(desk.text.split())


@ONE
async def test_only_the_first_are_shown_and_that_is_said(
    services: Services, client: httpx2.AsyncClient
) -> None:
    owner, organizer = await make_owner(services)
    async with services.db.write() as session:
        event = await make_event(session, services, organizer_id=organizer.id)
        await make_tickets(session, services, event, holders=[Holder("Grace Hopper")] * 21)
    found = (await client.get(FIND, params={"q": "grace"}, headers=owner.headers)).json()
    assert len(found["hits"]) == 20
    assert found["more"] == ["ticket"]
    desk = Desk(client, owner)
    await desk.get("/tickets/support/find?q=grace")
    assert "Only the latest are here." in desk.text


async def test_a_story_tells_money_mails_scans_and_acts(
    services: Services, client: httpx2.AsyncClient
) -> None:
    owner, organizer = await make_owner(services)
    event, order = await sold(services, organizer.id)
    async with services.db.write() as session:
        tickets = await find_tickets(session, event.id)
        tokens = await make_tokens(session, services, event, tickets)
        await make_list(session, services, event, tiers=[1])
    phone = await pair_phone(client, services, event)
    phone.scan(tokens[0])
    phone.scan(tokens[0])
    await phone.sync()
    async with services.db.write() as session:
        await change_status(session, services, owner.actor, tickets[1], "refunded")
        money = {"account": "acct", "amount": 2_500, "currency": "CAD", "created_at": 0}
        payment = await session.scalar(
            update(Payment).values(failure_code="").returning(Payment.id)
        )
        mine = {"order_id": order.id, "payment_id": payment, **money}
        session.add(Refund(id="re_1", origin="organizer", settled_at=5, status="succeeded",
                           note="A private word", **mine))  # fmt: skip
        session.add(Dispute(id="dp_1", status="lost", outcome="lost", closed_at=9, **mine))
        await session.execute(update(Mail).values(delivery="bounced", delivery_at=7))
    sam = await helper(services, organizer.id)
    here = f"/api/tickets/support/orders/{order.id}"
    told = (await client.get(here, headers=sam.headers)).json()
    what = {f"{one['kind']} {one['what']}" for one in told["moments"]}
    assert what >= {
        "payment paid",
        "refund asked",
        "refund succeeded",
        "dispute opened",
        "dispute lost",
        "mail queued",
        "mail bounced",
        "scan admit.valid",
        "scan deny.already_used",
        "act ticket.refunded",
        "act order.held",
        "act order.paid",
    }
    times = [one["at"] for one in told["moments"]]
    assert times == sorted(times, reverse=True)
    assert ZOE.email not in str(told)
    assert "A private word" not in str(told)
    whole = (await client.get(here, headers=owner.headers)).json()
    assert ZOE.email in str(whole)
    assert "A private word" in str(whole)
    desk = Desk(client, sam)
    await desk.get(f"/tickets/support/find?q={ZOE.email}")
    assert f'href="/tickets/support/orders/{order.id}"' in desk.html
    await desk.get(f"/tickets/support/orders/{order.id}")
    for line in (
        "At the door: Already used",
        "Refund given back",
        "Mail came back",
        "Dispute lost",
    ):
        assert line in desk.text
    assert ZOE.email not in desk.html
    assert "Refund and more" not in desk.text
    await desk.get(f"/tickets/support/tickets/{tickets[0].id}")
    assert "At the door: Valid" in desk.text
    assert f'href="/tickets/support/orders/{order.id}"' in desk.html
    manager = Desk(client, owner)
    await manager.get(f"/tickets/support/orders/{order.id}")
    assert "Refund and more" in manager.text


@ONE
@pytest.mark.parametrize(
    ("delivery", "told"),
    [("sent", ["queued", "sent"]), ("delivered", ["delivered", "queued", "sent"])],
)
async def test_a_mail_is_told_once_for_each_thing_that_happened_to_it(
    services: Services, client: httpx2.AsyncClient, delivery: str, told: list[str]
) -> None:
    owner, organizer = await make_owner(services)
    _event, order = await sold(services, organizer.id)
    async with services.db.write() as session:
        happened = {"status": "sent", "sent_at": 7, "delivery": delivery, "delivery_at": 7}
        await session.execute(update(Mail).values(**happened))
    here = f"/api/tickets/support/orders/{order.id}"
    moments = (await client.get(here, headers=owner.headers)).json()["moments"]
    assert sorted(one["what"] for one in moments if one["kind"] == "mail") == told


@ONE
async def test_support_mails_tickets_again_and_not_too_often(
    services: Services, client: httpx2.AsyncClient
) -> None:
    _owner, organizer = await make_owner(services)
    _event, order = await sold(services, organizer.id)
    sam = await helper(services, organizer.id)
    eve, _other = await make_owner(services, "eve@example.org")
    path = f"/api/tickets/support/orders/{order.id}/resend"
    once = {**sam.headers, "Idempotency-Key": "again-1"}
    mailed = [await client.post(path, headers=once) for _ in range(2)]
    assert [one.status_code for one in mailed] == [202, 202]
    assert mailed[0].json() == mailed[1].json()
    assert (await client.post(path, headers=eve.headers)).status_code == 404
    desk = Desk(client, sam)
    here = f"/tickets/support/orders/{order.id}"
    for _ in range(2):
        await desk.post(f"{here}/resend", on=here)
        assert "On their way." in desk.text
    await desk.post(f"{here}/resend", on=here)
    assert "On their way." not in desk.text
    assert desk.path == here


@ONE
async def test_what_is_not_there_is_not_told(
    services: Services, client: httpx2.AsyncClient
) -> None:
    owner, _organizer = await make_owner(services)
    for tail in (
        "orders/ord_none",
        "pre-orders/po_none",
        "tickets/1",
        "tickets/99999999999999999999",
        "tickets/one",
    ):
        answer = await client.get(f"/api/tickets/support/{tail}", headers=owner.headers)
        assert answer.status_code == 404, tail
    desk = Desk(client, owner)
    await desk.get("/tickets/support/tickets/99999999999999999999")
    assert desk.status == 404
    await desk.get("/tickets/support/find?q=x")
    assert desk.status == 422
    assert "Type at least two letters." in desk.text
    await desk.get("/tickets/support/find?q=nobody")
    assert "Nothing found" in desk.text
