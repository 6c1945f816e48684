"""From a webhook's arrival to tickets issued and their mail queued, one at a time and 16 at once.

Stripe is the double (a process of its own), the server a real process (`handstamp serve`, its
usual settings, the worker inside), the mail server a real one; PostgreSQL as Debian ships it. Each
order holds two tickets of two tiers and has been paid on the double; its webhook
`checkout.session.completed` is then handed to the server, signed, as Stripe does. Time runs from
the first byte sent until another process reads the paid order, its tickets and its queued mail
from the database, which it asks every 2 ms. In between the server stores the event, asks the
double how the payment stands, and writes everything in one transaction. PDFs and mails of earlier
orders are made meanwhile, as they would be. The first orders are not measured.
"""

import asyncio
import json
import time
from collections.abc import Sequence

import httpx2
from bench.figure import Figure, share
from bench.installation import DATABASES, Installation, installation, server
from sqlalchemy import func, select
from tests.factories.events import make_event, make_tier
from tests.fixtures.stripe_double import Delivery, StripeDouble
from tests.flows.sale_world import mail_server

from handstamp.events.models import Event
from handstamp.kit.ids import new_id
from handstamp.mail.models import Mail
from handstamp.orders.buyers import Buyer
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order
from handstamp.orders.start_checkout import BuyerDetails, start_checkout
from handstamp.payments.gateway import close_gateway
from handstamp.payments.models import PaymentAccount
from handstamp.tickets.models import Ticket

ORDERS = 120
AT_ONCE = 16
BURSTS = 6
WARM = 10
POLL_S = 0.002
INBOX = "/api/tickets/webhooks/stripe/connect"


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here, mail_server() as mails:
            double = StripeDouble(here.folder / "stripe.db", now=None)
            double.start()
            try:
                here.more = _names(double) | {"HANDSTAMP_MAIL_URL": mails.url}
                found |= await _measure(here, double, kind)
            finally:
                double.stop()
                await close_gateway(here.services)
    return found


def _names(double: StripeDouble) -> dict[str, str]:
    return {
        "HANDSTAMP_STRIPE_API_URL": double.url,
        "STRIPE_SECRET_KEY": double.key,
        "STRIPE_PUBLISHABLE_KEY": double.publishable_key,
        "STRIPE_WEBHOOK_SECRET": double.platform_secret,
        "STRIPE_CONNECT_WEBHOOK_SECRET": double.connect_secret,
    }


async def _measure(here: Installation, double: StripeDouble, kind: str) -> dict[str, Figure]:
    more = {"stripe_api_url": double.url, "stripe_secret_key": double.key, "enable_checkout": True}
    here.services.settings = here.settings.model_copy(update=more)
    event, tiers = await _event(here, await double.account())
    async with server(here) as running:
        await _wave(here, running.http, await _paid(here, double, event, tiers, WARM))
        alone: list[float] = []
        for _ in range(ORDERS):
            one = await _paid(here, double, event, tiers, 1)
            alone += await _wave(here, running.http, one)
        together: list[float] = []
        for _ in range(BURSTS):
            many = await _paid(here, double, event, tiers, AT_ONCE)
            together += await _wave(here, running.http, many)
    name = f"webhook to tickets and queued mail, {kind}"
    return {
        f"{name}, p50": Figure(share(alone, 0.5) * 1_000, "ms"),
        f"{name}, p95": Figure(share(alone, 0.95) * 1_000, "ms"),
        f"{name}, {AT_ONCE} at once, p95": Figure(share(together, 0.95) * 1_000, "ms"),
    }


async def _event(here: Installation, account: str) -> tuple[Event, list[str]]:
    async with here.services.db.write() as session:
        event = await make_event(session, here.services)
        tiers = [
            await make_tier(session, here.services, event, name, price_cents=2_500)
            for name in ("Floor", "Balcony")
        ]
        session.add(
            PaymentAccount(
                organizer_id=event.organizer_id,
                stripe_account_id=account,
                kind="standard",
                charge_type="direct",
                charges_enabled=True,
                created_at=here.services.clock(),
            )
        )
    return event, [tier.id for tier in tiers]


async def _paid(
    here: Installation, double: StripeDouble, event: Event, tiers: Sequence[str], count: int
) -> dict[str, Delivery]:
    """Return a paid order's webhook by order id, for so many new orders."""
    for _ in range(count):
        order = await hold(
            here.services, Buyer(key=new_id("buyer")), event.id, dict.fromkeys(tiers, 1)
        )
        who = BuyerDetails(email="guest@example.org", name="Grace Hopper", terms=True)
        await start_checkout(here.services, order.id, who)
        async with here.services.db.read() as session:
            page = (await session.get_one(Order, order.id)).checkout_session_id
        assert page is not None
        await double.pay(page)
    completed = "checkout.session.completed"
    webhooks = [one for one in await double.take_webhooks() if one.type == completed]
    return {json.loads(w.body)["data"]["object"]["metadata"]["order_id"]: w for w in webhooks}


async def _wave(
    here: Installation, http: httpx2.AsyncClient, webhooks: dict[str, Delivery]
) -> list[float]:
    return await asyncio.gather(*(_one(here, http, *pair) for pair in webhooks.items()))


async def _one(
    here: Installation, http: httpx2.AsyncClient, order_id: str, webhook: Delivery
) -> float:
    started = time.perf_counter()
    answer = await http.post(INBOX, content=webhook.body, headers=webhook.headers)
    assert answer.status_code == 200, answer.text
    async with asyncio.timeout(60):
        done = False
        while not done:
            await asyncio.sleep(POLL_S)
            done = await _is_done(here, order_id)
    return time.perf_counter() - started


async def _is_done(here: Installation, order_id: str) -> bool:
    tickets = select(func.count()).where(Ticket.order_id == order_id).scalar_subquery()
    mails = select(func.count()).where(Mail.about == f"order:{order_id}").scalar_subquery()
    async with here.services.db.read() as session:
        wanted = select(Order.status, tickets, mails).where(Order.id == order_id)
        status, issued, queued = (await session.execute(wanted)).one()
    return bool(status == "paid" and issued == 2 and queued >= 1)
