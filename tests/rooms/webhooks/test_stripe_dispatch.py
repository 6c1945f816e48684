"""Events are worked off in any order, by any number of workers; what fails stays visible."""

import asyncio
import json
from collections.abc import Sequence

import httpx2
from sqlalchemy import select, update
from tests.factories.auth import make_owner, make_person
from tests.factories.payments import connect_account, earn
from tests.fixtures.jobs import run_jobs
from tests.fixtures.stripe_double import Delivery, StripeDouble

from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.ledger.models import LedgerTransaction
from handstamp.payments.gateway import close_gateway
from handstamp.payments.models import Payout
from handstamp.payments.payment_accounts import account_of
from handstamp.plumbing.jobs import Worker, enqueue
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import Services, build_services
from handstamp.webhooks import catch_up, prune_events
from handstamp.webhooks.models import StripeEvent, WebhookCursor
from handstamp.webhooks.stripe_inbox import JOB
from handstamp.worker import JOBS

PATHS = {
    "platform": "/api/tickets/webhooks/stripe",
    "connect": "/api/tickets/webhooks/stripe/connect",
}
LETTERS = "/api/tickets/admin/dead-letters"


async def deliver(client: httpx2.AsyncClient, deliveries: Sequence[Delivery]) -> None:
    """Deliver as Stripe does."""
    for one in deliveries:
        answer = await client.post(PATHS[one.endpoint], content=one.body, headers=one.headers)
        assert answer.status_code == 200, answer.text


async def statuses(services: Services) -> dict[str, str]:
    """Return the state of every stored event, by type; of one type only one."""
    async with services.db.read() as session:
        return {one.type: one.status for one in await session.scalars(select(StripeEvent))}


async def run_later(services: Services) -> None:
    """Run every job, also those that wait after a failure."""
    async with services.db.write() as session:
        await session.execute(update(Job).where(Job.state == "ready").values(run_at=0))
    await run_jobs(services)


async def test_payouts_are_stored_and_posted_once_in_whatever_order_they_are_told(
    client: httpx2.AsyncClient, services: Services, stripe_double: StripeDouble
) -> None:
    _person, organizer = await make_owner(services)
    account = await connect_account(services, stripe_double, organizer)
    await earn(services, stripe_double, account)
    sent = await stripe_double.payout(
        account=account, amount=3000, status="pending", available_now=True
    )
    await stripe_double.settle_payout(sent["id"], "failed")
    for one in await stripe_double.take_webhooks("newest"):
        await deliver(client, [one, one])
        await run_jobs(services)
    async with services.db.read() as session:
        (payout,) = (await session.scalars(select(Payout))).all()
        kinds = (await session.scalars(select(LedgerTransaction.kind))).all()
    assert (payout.status, payout.amount, payout.organizer_id) == ("failed", 3000, organizer.id)
    assert sorted(kinds) == ["payout", "payout_failed"]


async def test_an_event_of_a_type_nobody_asked_for_is_ignored(
    client: httpx2.AsyncClient, services: Services, stripe_double: StripeDouble
) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.post(
            f"{stripe_double.url}/v1/customers",
            headers={
                "Authorization": f"Bearer {stripe_double.key}",
                "Stripe-Version": "2026-10-28.endive",
            },
            data={"email": "buyer@example.com"},
        )
    assert answer.status_code == 200
    await deliver(client, await stripe_double.take_webhooks())
    await run_jobs(services)
    assert await statuses(services) == {"customer.created": "ignored"}


async def test_what_an_event_says_is_not_believed(
    client: httpx2.AsyncClient, services: Services, stripe_double: StripeDouble
) -> None:
    _person, organizer = await make_owner(services)
    account = await connect_account(services, stripe_double, organizer, ready=False)
    await stripe_double.onboard(account, "finish")
    await stripe_double.onboard(account, "missing")
    told = [d for d in await stripe_double.take_webhooks("newest") if d.account == account]
    assert [json.loads(d.body)["data"]["object"]["charges_enabled"] for d in told][:2] == [
        False,
        True,
    ]
    await deliver(client, told)  # the older one, "enabled", comes last
    await run_jobs(services)
    async with services.db.read() as session:
        stored = await account_of(session, organizer.id)
    assert stored is not None and not stored.charges_enabled


async def test_two_workers_on_one_backlog(
    client: httpx2.AsyncClient, services: Services, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    _person, organizer = await make_owner(services)
    account = await connect_account(services, stripe_double, organizer)
    for outcome in ("missing", "finish") * 4:
        await stripe_double.onboard(account, outcome)
    await deliver(client, await stripe_double.take_webhooks("shuffled"))
    other = build_services(services.settings, clock)
    await other.signals.start()
    await asyncio.gather(*(Worker(one, JOBS).drain() for one in (services, other, services)))
    await close_gateway(other)
    await other.signals.stop()
    await other.db.close()
    await run_later(services)
    async with services.db.read() as session:
        found = (await session.scalars(select(StripeEvent.status))).all()
        stored = await account_of(session, organizer.id)
    assert set(found) == {"done"}
    assert stored is not None and stored.charges_enabled


async def test_a_dead_letter_is_seen_and_replayed(
    client: httpx2.AsyncClient, services: Services, stripe_double: StripeDouble
) -> None:
    person, organizer = await make_owner(services)
    admin = await make_person(services, "root@example.org", is_admin=True)
    account = await connect_account(services, stripe_double, organizer, ready=False)
    await stripe_double.onboard(account, "finish")
    await deliver(client, [(await stripe_double.take_webhooks("newest"))[0]])
    async with services.db.write() as session:
        await session.execute(update(Job).where(Job.kind == JOB).values(max_attempts=2))
    await stripe_double.fail("503", path="/v1/accounts", times=-1)
    await run_later(services)
    assert (await client.get(LETTERS, headers=admin.headers)).json() == {"letters": []}
    await run_later(services)
    assert await statuses(services) == {"account.updated": "dead"}
    (letter,) = (await client.get(LETTERS, headers=admin.headers)).json()["letters"]
    assert (letter["what"], letter["attempts"]) == ("account.updated", 2)
    assert account in letter["about"]
    assert "GatewayBroken" in letter["error"]
    path = f"{LETTERS}/{letter['id']}/replay"
    assert (await client.post(path)).status_code == 401
    assert (await client.post(path, headers=person.headers)).status_code == 403
    await stripe_double.heal()
    assert (await client.post(path, headers=admin.headers)).status_code == 200
    assert (await client.post(path, headers=admin.headers)).status_code == 404
    await run_jobs(services)
    assert await statuses(services) == {"account.updated": "done"}
    async with services.db.read() as session:
        stored = await account_of(session, organizer.id)
    assert stored is not None and stored.charges_enabled


async def test_any_dead_job_is_seen_and_replayed(
    client: httpx2.AsyncClient, services: Services
) -> None:
    admin = await make_person(services, "root@example.org", is_admin=True)
    async with services.db.write() as session:
        await enqueue(session, "webhooks.prune", {})
    async with services.db.write() as session:
        await session.execute(update(Job).values(state="dead", attempt=20, error="KeyError"))
    (letter,) = (await client.get(LETTERS, headers=admin.headers)).json()["letters"]
    assert (letter["what"], letter["error"]) == ("webhooks.prune", "KeyError")
    key = {**admin.headers, "Idempotency-Key": "once"}
    for _ in range(2):
        answer = await client.post(f"{LETTERS}/{letter['id']}/replay", headers=key)
        assert answer.status_code == 200
    assert await run_jobs(services) == 1
    for nobody in ("9" * 30, "evt_none", "²"):
        path = f"{LETTERS}/{nobody}/replay"
        assert (await client.post(path, headers=admin.headers)).status_code == 404


async def test_an_event_that_stripe_refuses_to_speak_of_is_given_up_at_once(
    client: httpx2.AsyncClient, services: Services, stripe_double: StripeDouble
) -> None:
    _person, organizer = await make_owner(services)
    account = await connect_account(services, stripe_double, organizer)
    await earn(services, stripe_double, account)
    await stripe_double.payout(account=account, amount=3000, available_now=True)
    told = [d for d in await stripe_double.take_webhooks() if d.type == "payout.paid"]
    await stripe_double.deauthorize(account)
    await deliver(client, told)
    await run_jobs(services)
    assert await statuses(services) == {"payout.paid": "dead"}


async def test_dropped_events_are_caught_up_with_from_every_account(
    services: Services, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    _person, organizer = await make_owner(services)
    account = await connect_account(services, stripe_double, organizer, ready=False)
    await stripe_double.webhooks("drop")
    await stripe_double.onboard(account, "finish")
    await earn(services, stripe_double, "")
    await stripe_double.payout(amount=4000, available_now=True)
    await look(services)
    assert (await statuses(services))["account.updated"] == "done"
    async with services.db.read() as session:
        stored = await account_of(session, organizer.id)
        (payout,) = (await session.scalars(select(Payout))).all()
        cursors = {one.account: one.checked_until for one in await session.scalars(_CURSORS)}
    assert stored is not None and stored.charges_enabled
    assert (payout.account, payout.status) == ("", "paid")
    assert cursors == {"": clock(), account: clock()}
    count = len(await ids(services))
    clock.advance(HOUR)
    await stripe_double.advance(HOUR // 1000)
    await look(services)
    assert len(await ids(services)) == count


async def test_a_search_that_fails_leaves_the_cursor_where_it_was(
    services: Services, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    await look(services)
    began = clock()
    clock.advance(HOUR)
    await stripe_double.advance(HOUR // 1000)
    await stripe_double.webhooks("drop")
    await stripe_double.account()
    await stripe_double.fail("503", path="/v1/events", times=-1)
    await look(services)
    async with services.db.read() as session:
        (cursor,) = (await session.scalars(_CURSORS)).all()
    assert cursor.checked_until == began


async def test_an_event_whose_job_went_missing_is_found_and_one_that_kills_workers_is_buried(
    client: httpx2.AsyncClient, services: Services, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    _person, organizer = await make_owner(services)
    account = await connect_account(services, stripe_double, organizer, ready=False)
    await stripe_double.onboard(account, "finish")
    await stripe_double.onboard(account, "missing")
    told = [d for d in await stripe_double.take_webhooks() if d.type == "account.updated"][-2:]
    await deliver(client, told)
    async with services.db.write() as session:
        first, second = told[0].event_id, told[1].event_id
        await session.execute(update(Job).where(Job.dedupe == first).values(state="cancelled"))
        await session.execute(update(Job).where(Job.dedupe == second).values(state="dead"))
    clock.advance(HOUR)
    await look(services)
    async with services.db.read() as session:
        found = {e.id: e.status for e in await session.scalars(select(StripeEvent))}
    assert (found[first], found[second]) == ("done", "dead")


async def test_old_bodies_are_emptied_and_old_events_forgotten_but_dead_letters_stay(
    client: httpx2.AsyncClient, services: Services, stripe_double: StripeDouble, clock: FakeClock
) -> None:
    account = await stripe_double.account()
    for outcome in ("missing", "finish"):
        await stripe_double.onboard(account, outcome)
    told = await stripe_double.take_webhooks()
    await deliver(client, told)
    await run_jobs(services)
    dead = told[0].event_id
    async with services.db.write() as session:
        await session.execute(
            update(StripeEvent).where(StripeEvent.id == dead).values(status="dead")
        )
    clock.advance(15 * DAY)
    await prune_events.prune_now(services)
    async with services.db.read() as session:
        kept = {e.id: bool(e.payload) for e in await session.scalars(select(StripeEvent))}
    assert kept == {d.event_id: d.event_id == dead for d in told}
    clock.advance(80 * DAY)
    await prune_events.prune_now(services)
    assert await ids(services) == {dead}


async def look(services: Services) -> None:
    """Search for missed events now."""
    async with services.db.write() as session:
        await enqueue(session, catch_up.JOB, {})
    await run_jobs(services)


async def ids(services: Services) -> set[str]:
    """Return which events are stored."""
    async with services.db.read() as session:
        return set(await session.scalars(select(StripeEvent.id)))


_CURSORS = select(WebhookCursor)
