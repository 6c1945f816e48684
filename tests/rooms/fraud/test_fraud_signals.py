"""Odd purchases are written down by a job, shown to administrators, and forgotten."""

import httpx2
import pytest
import structlog
from sqlalchemy import select, update
from tests.factories.auth import make_person
from tests.factories.orders import make_buyer, make_paid_order, make_sale
from tests.rooms.portal.conftest import Desk

from handstamp.auth.find_person import find_person
from handstamp.events.models import Event
from handstamp.fraud.look_for_signals import look_now
from handstamp.fraud.models import FraudSignal
from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order
from handstamp.orders.start_checkout import BuyerDetails
from handstamp.payments.facts import PaymentFacts
from handstamp.payments.record_payment import record_payment
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.privacy.erase_person import erase_person
from handstamp.privacy.export_person import gather

pytestmark = pytest.mark.anyio
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SIGNALS = "/api/tickets/admin/signals"


async def bought(services: Services, event: Event, tier: str, email: str, count: int) -> list[str]:
    details = BuyerDetails(email, "Max Muster", terms=True)
    orders = []
    for number in range(count):
        name = f"{email}-{number}"
        orders.append((await make_paid_order(services, event, {tier: 1}, name, details=details)).id)
    return orders


async def stored(services: Services) -> list[FraudSignal]:
    async with services.db.read() as session:
        return list(await session.scalars(select(FraudSignal).order_by(FraudSignal.kind)))


async def test_what_is_odd_is_written_once_a_day_and_goes_after_a_month(
    services: Services, clock: FakeClock
) -> None:
    event, tiers = await make_sale(services, prices={"Free": 0})
    orders = await bought(services, event, tiers[0].id, "max@yopmail.com", 5)
    await look_now(services)
    await look_now(services)
    kinds = {one.kind: one for one in await stored(services)}
    assert set(kinds) == {"fast_email", "domain"}
    assert kinds["fast_email"].n == 5
    assert kinds["domain"].subject == "yopmail.com"
    assert "max" not in str([vars(one) for one in kinds.values()])
    async with services.db.read() as session:
        paid = await session.scalars(select(Order.status).where(Order.id.in_(orders)))
        assert set(paid) == {"paid"}
    clock.advance(2 * HOUR)
    await look_now(services)
    assert {one.kind: one.n for one in await stored(services)}["fast_email"] == 5
    clock.advance(31 * DAY)
    await look_now(services)
    assert await stored(services) == []


async def test_holds_of_one_network_that_nobody_pays_are_told(services: Services) -> None:
    event, tiers = await make_sale(services, capacity=400)
    for number in range(10):
        buyer = make_buyer(f"b{number}", network="ab" * 16)
        await hold(services, buyer, event.id, {tiers[0].id: 1})
    found = await look_now(services)
    assert [(one.kind, one.n) for one in found] == [("unpaid_network", 10)]
    async with services.db.write() as session:
        await session.execute(update(Order).values(payment_error="card_declined"))
    assert {one.kind for one in await look_now(services)} == {"unpaid_network", "declined_network"}


@ONE
async def test_one_card_of_many_buyers_is_told(services: Services) -> None:
    event, tiers = await make_sale(services, prices={"Free": 0})
    for number in range(3):
        email = f"buyer{number}@example.org"
        (order_id,) = await bought(services, event, tiers[0].id, email, 1)
        facts = PaymentFacts(f"pi_{number}", "succeeded", 100, 100, "CAD", card="fp_secret")
        async with services.db.write() as session:
            await record_payment(
                session, subject_kind="order", subject_id=order_id, account="", destination="",
                organizer_id=event.organizer_id, charge_type="direct", facts=facts,
            )  # fmt: skip
    with structlog.testing.capture_logs() as logs:
        found = await look_now(services)
    assert [(one.kind, one.n) for one in found] == [("shared_card", 3)]
    told = [(one["event"], one["log_level"]) for one in logs if one["event"] == "fraud_signal"]
    assert told == [("fraud_signal", "info")], "it waits on its page: nobody is called"
    assert "fp_secret" not in str([vars(one) for one in await stored(services)])


@ONE
async def test_a_person_is_told_of_signals_and_takes_them_along(services: Services) -> None:
    event, tiers = await make_sale(services, prices={"Free": 0})
    await bought(services, event, tiers[0].id, "max@example.org", 5)
    await look_now(services)
    async with services.db.read() as session:
        person = await find_person(session, "max@example.org")
        told = await gather(session, services, person)
    assert [one["kind"] for one in told["fraud_signals"]] == ["fast_email"]
    await erase_person(services, SYSTEM, "max@example.org")
    assert await stored(services) == []


async def test_administrators_read_them_and_add_domains(
    services: Services, client: httpx2.AsyncClient
) -> None:
    root = await make_person(services, "root@example.org", is_admin=True)
    event, tiers = await make_sale(services, prices={"Free": 0})
    await bought(services, event, tiers[0].id, "max@odd.example", 1)
    assert await look_now(services) == []
    desk = Desk(client, root)
    here = "/tickets/admin/signals"
    await desk.get(here)
    assert "Nothing odd" in desk.text
    await desk.post(f"{here}/domains", {"domain": "nonsense"}, on=here)
    assert desk.status == 422
    assert "Write a domain like example.org." in desk.text
    await desk.post(f"{here}/domains", {"domain": "Odd.Example", "note": "resold"}, on=here)
    assert "odd.example are pointed out" in desk.text
    await look_now(services)
    await desk.get(here)
    assert "Watched domain odd.example" in desk.text
    assert 'href="/tickets/support/orders/' in desk.html
    await desk.get(f"{here}?kind=fast_card")
    assert "Nothing odd" in desk.text
    told = (await client.get(f"{SIGNALS}?kind=domain", headers=root.headers)).json()
    assert [(one["subject"], one["n"]) for one in told["signals"]] == [("odd.example", 1)]
    assert told["next"] is None
    wrong = await client.get(f"{SIGNALS}?kind=no", headers=root.headers)
    assert wrong.status_code == 400
    path = f"{SIGNALS}/domains"
    listed = (await client.get(path, headers=root.headers)).json()
    assert listed["domains"] == [{"domain": "odd.example", "note": "resold"}]
    refused = await client.post(path, json={"domain": "no"}, headers=root.headers)
    assert refused.status_code == 400
    for _ in range(2):
        gone = await client.delete(f"{path}/odd.example", headers=root.headers)
        assert gone.status_code == 204
    await desk.post(f"{here}/domains", {"domain": "b.example"}, on=here)
    await desk.post(f"{here}/domains/forget", {"domain": "b.example"}, on=here)
    assert "Watched no longer." in desk.text
    async with services.db.write() as session:
        for number in range(51):
            day = {"day": f"{number}", "first_at": 1, "last_at": number, "n": 1}
            session.add(FraudSignal(id=f"sig_{number}", kind="fast_card", subject="x", **day))
    first = (await client.get(f"{SIGNALS}?kind=fast_card", headers=root.headers)).json()
    rest = await client.get(
        SIGNALS, params={"kind": "fast_card", "before": first["next"]}, headers=root.headers
    )
    assert [one["id"] for one in rest.json()["signals"]] == ["sig_0"]
