"""Selling on pages: the account at Stripe, orders and refunds, why an event cannot sell yet."""

import re

import httpx2
import pytest
from sqlalchemy import update
from tests.factories.auth import Person, make_owner
from tests.factories.events import make_event, make_tier
from tests.factories.orders import ADA, make_buyer
from tests.factories.payments import connect_account, selling_settings
from tests.fixtures.jobs import run_jobs
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.portal.conftest import Desk

from handstamp.auth.models import Organizer
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event, Tier
from handstamp.kit.clock import HOUR
from handstamp.mail.models import Mail
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order
from handstamp.orders.settle_order import settle_order
from handstamp.orders.start_checkout import BuyerDetails, start_checkout
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(database_url: str, stripe_double: StripeDouble) -> Settings:
    """Settings of a server that sells through the double."""
    return selling_settings(database_url, stripe_double)


@pytest.fixture
async def event(services: Services, owner: tuple[Person, Organizer]) -> Event:
    """A published event with a priced tier of ten and a free one."""
    async with services.db.write() as session:
        made = await make_event(
            session, services, organizer_id=owner[1].id, tiers=("Guest",), capacity=50
        )
        await make_tier(session, services, made, "Stalls", price_cents=2_500, capacity=10)
    return made


def base(event: Event, tail: str = "") -> str:
    return f"/tickets/organizer/events/{event.id}{tail}"


def payments(organizer: Organizer, tail: str = "") -> str:
    return f"/tickets/organizer/payments/{organizer.id}{tail}"


async def buy(
    services: Services, double: StripeDouble, event: Event, qty: int = 2, name: str = "ada"
) -> Order:
    """Buy tickets of the priced tier as a buyer does."""
    details = BuyerDetails(f"{name}@example.org", f"{name.title()} Lovelace", terms=True)
    async with services.db.read() as session:
        tiers = {tier.name: tier.id for tier in await tiers_of(session, event.id)}
    order = await hold(services, make_buyer(name), event.id, {tiers["Stalls"]: qty})
    await start_checkout(services, order.id, details)
    async with services.db.read() as session:
        order = await session.get_one(Order, order.id)
    assert order.checkout_session_id
    await double.pay(order.checkout_session_id)
    assert await settle_order(services, order.id) == "paid"
    return order


async def to_stripe(desk: Desk, path: str) -> str:
    """Press the button that leads to Stripe and return where it leads."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', desk.html)
    assert found
    assert desk.person
    answer = await desk.http.post(path, data={"csrf_token": found[1]}, headers=desk.person.headers)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_an_account_is_connected_and_its_state_told_in_plain_words(
    desk: Desk, owner: tuple[Person, Organizer], stripe_double: StripeDouble
) -> None:
    organizer = owner[1]
    await desk.get("/tickets/organizer/payments")
    assert desk.path == payments(organizer)
    assert "Connect an account to sell tickets" in desk.text
    assert stripe_double.url in desk.headers["content-security-policy"]
    first = await to_stripe(desk, payments(organizer, "/connect"))
    assert first.startswith(f"{stripe_double.url}/setup/acct_")
    account = first.split("/")[4]
    await desk.get(payments(organizer))
    second = await to_stripe(desk, payments(organizer, "/connect"))
    assert second.split("/")[4] == account
    assert second != first
    await desk.get(payments(organizer, "/refresh"))
    assert "That link to Stripe was used or too old." in desk.text
    await stripe_double.onboard(account, "missing")
    await desk.get(payments(organizer, "/return"))
    assert "Stripe needs more from you" in desk.text
    assert "What Stripe still asks for" in desk.text
    await stripe_double.onboard(account, "finish")
    await desk.post(payments(organizer, "/check"), on=payments(organizer))
    assert "Stripe has confirmed the account." in desk.text
    assert "Ready to sell" in desk.text
    await stripe_double.deauthorize(account)
    await desk.post(payments(organizer, "/check"))
    assert "disconnected at Stripe" in desk.text
    assert "Connect again" in desk.text


async def test_stripe_out_of_reach_is_said_and_the_last_state_kept(
    desk: Desk, services: Services, owner: tuple[Person, Organizer], stripe_double: StripeDouble
) -> None:
    await connect_account(services, stripe_double, owner[1])
    await stripe_double.fail("503", path="/v1/", method="GET", times=-1)
    services.clock.advance(60_000)  # type: ignore[attr-defined]
    await desk.post(payments(owner[1], "/check"), on=payments(owner[1]))
    assert "Stripe gives no answer at the moment." in desk.text
    assert "Ready to sell" in desk.text
    await stripe_double.heal()
    await stripe_double.fail("503", path="/v1/account", times=-1)
    await desk.post(payments(owner[1], "/connect"))
    assert desk.status == 503
    assert "Stripe gives no answer at the moment." in desk.text
    await stripe_double.heal()


async def test_another_organizers_payments_are_not_there(
    desk: Desk, services: Services, owner: tuple[Person, Organizer]
) -> None:
    eve = Desk(desk.http, (await make_owner(services, "eve@example.org"))[0])
    for tail in ("", "/return", "/refresh"):
        assert (await eve.get(payments(owner[1], tail))).status == 404
    for tail in ("/connect", "/check"):
        await eve.get("/tickets/organizer/payments")
        assert (await eve.post(payments(owner[1], tail))).status == 404


async def test_an_event_says_why_it_cannot_sell_and_where_to_mend_it(
    desk: Desk,
    services: Services,
    event: Event,
    owner: tuple[Person, Organizer],
    stripe_double: StripeDouble,
) -> None:
    await desk.get(base(event))
    assert "This event cannot sell yet" in desk.text
    assert "No account for payments is connected yet." in desk.text
    assert f'href="{payments(owner[1])}"' in desk.html
    await connect_account(services, stripe_double, owner[1])
    await desk.get(base(event))
    assert "This event cannot sell yet" not in desk.text
    assert "On sale" in desk.text
    await desk.post(base(event, "/status"), {"status": "draft"})
    assert "Ready: tickets are on sale as soon as you publish." in desk.text
    await desk.post(base(event, "/status"), {"status": "published"})
    assert "its tickets are on sale" in desk.text


async def test_an_event_whose_sale_has_not_begun_says_from_when(
    desk: Desk, services: Services, event: Event
) -> None:
    async with services.db.write() as session:
        later = services.clock() + HOUR
        await session.execute(update(Tier).values(sales_start_at=later))
    await desk.get(base(event))
    assert desk.status == 200
    assert "Not yet on sale" in desk.text
    assert "· from " in desk.text


async def test_free_tickets_need_no_account(
    desk: Desk, services: Services, owner: tuple[Person, Organizer]
) -> None:
    async with services.db.write() as session:
        made = await make_event(session, services, organizer_id=owner[1].id, tiers=("Guest",))
    await desk.get(base(made))
    assert "This event cannot sell yet" not in desk.text
    assert "All tickets are free of charge" in desk.text


async def test_orders_are_summed_searched_and_shown(
    desk: Desk,
    services: Services,
    event: Event,
    owner: tuple[Person, Organizer],
    stripe_double: StripeDouble,
) -> None:
    await connect_account(services, stripe_double, owner[1])
    await desk.get(base(event, "/orders"))
    assert "No orders yet" in desk.text
    first = await buy(services, stripe_double, event, 2, "ada")
    other = await buy(services, stripe_double, event, 3, "grace")
    await run_jobs(services)
    await desk.get(base(event, "/orders"))
    assert "2 Orders 5 Tickets sold CA$125.00 Taken in CA$0.00 Refunded" in _reversed(desk)
    for words in (first.number.lower(), "ada love", "ada@"):
        await desk.get(base(event, f"/orders?q={words}"))
        assert first.number in desk.text
        assert other.number not in desk.text
    await desk.get(base(event, "/orders?status=refunded"))
    assert "No order fits that search." in desk.text
    await desk.get(base(event, f"/orders/{first.id}"))
    for part in ("Ada Lovelace", "2 × Stalls", "CA$50.00", "Tickets and receipt", "Paid, tickets"):
        assert part in desk.text
    assert "pi_" in desk.text
    assert "dashboard" not in desk.html
    await desk.get(base(event))
    assert "5 taken · 5 left · room for 10" in desk.text


def _reversed(desk: Desk) -> str:
    """Read the tiles as they are seen: the number first."""
    tiles = re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", desk.html)
    return " ".join(f"{number} {name}" for name, number in tiles)


async def test_a_refund_is_asked_for_once_and_told(
    desk: Desk,
    services: Services,
    event: Event,
    owner: tuple[Person, Organizer],
    stripe_double: StripeDouble,
) -> None:
    await connect_account(services, stripe_double, owner[1])
    order = await buy(services, stripe_double, event)
    page = base(event, f"/orders/{order.id}")
    await desk.get(page)
    assert "Refund CA$50.00?" in desk.text
    await desk.post(f"{page}/refund", {"note": "They asked."})
    assert "CA$50.00 is on its way back." in desk.text
    await desk.post(f"{page}/refund")
    await run_jobs(services)
    assert len(await stripe_double.objects("refund", account=order.account)) == 1
    await desk.get(page)
    assert "Given back" in desk.text
    assert "Refund CA$50.00?" not in desk.text
    assert desk.text.count("Refunded") >= 3


async def test_tickets_are_sent_again_but_not_for_ever(
    desk: Desk,
    services: Services,
    event: Event,
    owner: tuple[Person, Organizer],
    stripe_double: StripeDouble,
) -> None:
    await connect_account(services, stripe_double, owner[1])
    order = await buy(services, stripe_double, event)
    page = base(event, f"/orders/{order.id}")
    for _time in range(3):
        await desk.post(f"{page}/resend", on=page)
        assert f"mailed again to {order.email}" in desk.text
    await desk.post(f"{page}/resend", on=page)
    assert desk.status == 429


async def test_a_mail_that_came_back_is_marked(
    desk: Desk,
    services: Services,
    event: Event,
    owner: tuple[Person, Organizer],
    stripe_double: StripeDouble,
) -> None:
    await connect_account(services, stripe_double, owner[1])
    order = await buy(services, stripe_double, event)
    async with services.db.write() as session:
        session.add(
            Mail(
                id="mail_lost",
                kind="order_confirmation",
                to_email=ADA.email,
                args_json="{}",
                about=f"order:{order.id}",
                status="sent",
                delivery="bounced",
                created_at=services.clock(),
            )
        )
    await desk.get(base(event, "/orders"))
    assert "Mail came back" in desk.text
    await desk.get(base(event, f"/orders/{order.id}"))
    assert "did not arrive" in desk.text
    assert "Came back" in desk.text


async def test_a_disputed_order_is_marked_until_it_is_won(
    desk: Desk,
    services: Services,
    event: Event,
    owner: tuple[Person, Organizer],
    stripe_double: StripeDouble,
) -> None:
    await connect_account(services, stripe_double, owner[1])
    order = await buy(services, stripe_double, event)
    (charge,) = await stripe_double.objects("charge", account=order.account)
    dispute = await stripe_double.open_dispute(charge["id"])
    await _hear(services, stripe_double, desk.http)
    await desk.get(base(event, "/orders"))
    assert "Disputed" in desk.text
    page = base(event, f"/orders/{order.id}")
    await desk.get(page)
    assert "The cardholder's bank asks for CA$50.00 back." in desk.text
    assert "Refund CA$50.00?" not in desk.text
    await stripe_double.close_dispute(dispute["id"], won=True)
    await _hear(services, stripe_double, desk.http)
    await desk.get(page)
    assert "was won" in desk.text


async def _hear(services: Services, double: StripeDouble, http: httpx2.AsyncClient) -> None:
    """Take in what the double has to tell, and work it off."""
    for event in await double.take_webhooks():
        tail = "/connect" if event.endpoint == "connect" else ""
        answer = await http.post(
            f"/api/tickets/webhooks/stripe{tail}", content=event.body, headers=event.headers
        )
        assert answer.status_code == 200, answer.text
    await run_jobs(services)


async def test_an_order_of_another_organizer_is_not_there(
    desk: Desk,
    services: Services,
    event: Event,
    owner: tuple[Person, Organizer],
    stripe_double: StripeDouble,
) -> None:
    await connect_account(services, stripe_double, owner[1])
    order = await buy(services, stripe_double, event)
    stranger, theirs = await make_owner(services, "eve@example.org")
    async with services.db.write() as session:
        own = await make_event(session, services, organizer_id=theirs.id)
    eve = Desk(desk.http, stranger)
    for path in (base(event, f"/orders/{order.id}"), base(own, f"/orders/{order.id}")):
        assert (await eve.get(path)).status == 404
        for act in ("refund", "resend"):
            await eve.get(base(own))
            assert (await eve.post(f"{path}/{act}")).status == 404
    assert (await eve.get(base(own, f"/orders?after={order.id}"))).status == 404
    async with services.db.read() as session:
        assert (await session.get_one(Order, order.id)).status == "paid"
