"""A shop that really sells, and an order in every state that a buyer can meet."""

import asyncio
import threading
from collections.abc import Awaitable, Collection, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import BrowserContext, Route
from sqlalchemy import update
from tests.factories.events import make_event, make_tier
from tests.factories.orders import make_buyer
from tests.factories.payments import selling_settings
from tests.flows.buyer import Buyer, a_buyer
from tests.flows.sale_world import Sale, open_sale

from handstamp.auth.models import OrganizerProfile
from handstamp.events.edit_event import edit_event
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.events.publish_event import cancel_for_good, publish_event
from handstamp.events.shapes import EventChange
from handstamp.kit.clock import DAY, HOUR, MINUTE
from handstamp.orders.buyers import COOKIE
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order
from handstamp.orders.order_access import link_for
from handstamp.orders.settle_order import settle_order
from handstamp.payments.gateway import close_gateway
from handstamp.plumbing.web import SYSTEM
from handstamp.tickets.revoke_ticket import change_status

Result = TypeVar("Result")
COVERS = "https://images.example"
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="900"><defs><linearGradient '
    'id="g" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="{0}"/><stop offset="1" '
    'stop-color="{1}"/></linearGradient></defs><rect width="1600" height="900" fill="url(#g)"/>'
    '<circle cx="1150" cy="380" r="260" fill="{2}" opacity=".85"/>'
    '<circle cx="1020" cy="520" r="330" fill="{3}" opacity=".35"/></svg>'
)
_COLORS = {
    "lanterns": ("#2b1650", "#7b2f6b", "#ffb35c", "#ff7a59"),
    "ink": ("#0d2b3a", "#14606b", "#f4d58d", "#8fd3c8"),
}


def cover(route: Route) -> None:
    """Answer for the picture server, which no test may reach."""
    name = route.request.url.rpartition("/")[2]
    route.fulfill(content_type="image/svg+xml", body=_SVG.format(*_COLORS[name]))


@dataclass
class Shop:
    """A running installation on a loop of its own, and the paths of its orders by state."""

    sale: Sale
    loop: asyncio.AbstractEventLoop
    paths: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where the server answers."""
        return self.sale.address

    @property
    def event(self) -> Event:
        """What is sold."""
        return self.sale.event

    def run(self, act: Coroutine[Any, Any, Result]) -> Result:
        """Do something to the installation from a test."""
        waiting: Future[Result] = asyncio.run_coroutine_threadsafe(act, self.loop)
        return waiting.result(120)

    def enter(self, context: BrowserContext, state: str) -> None:
        """Give a browser the cookie of the buyer whose order is in that state."""
        value = self.cookies.get(state)
        if value:
            context.add_cookies([{"name": COOKIE, "value": value, "url": self.address}])

    async def order(self, buyer: Buyer) -> Order:
        """Return a buyer's order as it is stored."""
        async with self.sale.services.db.read() as session:
            return await session.get_one(Order, buyer.order_id)

    async def keep(self, state: str, buyer: Buyer) -> None:
        """Remember how to see a buyer's order."""
        self.paths[state] = f"/tickets/order/{buyer.order_id}"
        self.cookies[state] = buyer.http.cookies[COOKIE]

    async def link(self, state: str) -> str:
        """Return the address that the mail about an order holds."""
        order_id = self.paths[state].rpartition("/")[2]
        async with self.sale.services.db.read() as session:
            return link_for(self.sale.services, await session.get_one(Order, order_id))


async def furnish(shop: Shop, states: Collection[str]) -> None:
    """Make events of every kind, and an order in every state."""
    sale = shop.sale
    await sale.sell(title="Paper Lanterns", capacity=400)
    await _describe(sale)
    await _other_events(sale)
    for state in states:
        act = _STATES[state]
        async with a_buyer(sale, email=f"{state}@example.org") as buyer:
            await act(shop, buyer)
            await shop.keep(state, buyer)


async def _describe(sale: Sale) -> None:
    now = sale.services.clock()
    change = EventChange(
        summary="An evening of folded paper and small lights on the water.",
        description="Bring a coat: we walk down to the water at nine.\n\nDoors open at seven. "
        "There is tea, there is soup, and there are three hundred lanterns to fold.",
        venue="Trout Lake Pavilion",
        city="Vancouver",
        province="BC",
        cover_url=f"{COVERS}/lanterns",
        start_at=now + 9 * DAY,
        end_at=now + 9 * DAY + 4 * HOUR,
        refund_until=now + 7 * DAY,
        refund_policy="Full refund until two days before. After that, give your ticket to a "
        "friend: it is not bound to a name.",
        ask_phone=True,
    )
    async with sale.services.db.write() as session:
        await edit_event(session, sale.services, SYSTEM, sale.event.id, change)
        session.add(
            OrganizerProfile(
                organizer_id=sale.organizer_id,
                legal_name="Moon Gallery Society",
                legal_address="12 Lantern Lane\nVancouver BC V5N 1A1",
                tax_number="GST 12345 6789 RT0001",
                contact_email="hello@moongallery.example",
                website="https://moongallery.example",
                updated_at=now,
            )
        )
        coming = now + 3 * DAY
        few = await make_tier(
            session, sale.services, sale.event, "Front row", price_cents=6_500, capacity=3
        )
        await make_tier(
            session, sale.services, sale.event, "Late entry", price_cents=1_500,
            sales_start_at=coming,
        )  # fmt: skip
        named = await make_tier(
            session, sale.services, sale.event, "Workshop seat", price_cents=3_000,
            max_per_order=4, ask_names=True,
        )  # fmt: skip
        free = await make_tier(
            session, sale.services, sale.event, "Under 12", price_cents=0, max_per_order=6
        )
        await make_tier(session, sale.services, sale.event, "Gone", price_cents=900, capacity=0)
        sale.tiers = [*sale.tiers, few, named, free]


async def _other_events(sale: Sale) -> None:
    now, services = sale.services.clock(), sale.services
    kinds: dict[str, dict[str, Any]] = {
        "Ink and Echo": {"venue": "The Cinema", "city": "Victoria", "cover_url": f"{COVERS}/ink"},
        "A Night of Very Long Titles and Even Longer Introductions": {"city": "Vancouver"},
        "Sold-out Soup": {"venue": "Kitchen", "city": "Burnaby", "capacity": 0},
        "Too Early": {"venue": "Hall", "city": "Vancouver"},
        "Not Paid Yet": {"city": "Squamish", "slug": "not-paid-yet"},
    }
    async with services.db.write() as session:
        for place, (title, others) in enumerate(kinds.items()):
            opens = now + 2 * DAY if title == "Too Early" else None
            owner = None if title == "Not Paid Yet" else sale.organizer_id
            start = now + (12 + place) * DAY
            event = await make_event(
                session, services, organizer_id=owner, title=title, published=False, tiers=(),
                lists=(), start_at=start, end_at=start + 3 * HOUR, **others,
            )  # fmt: skip
            await make_tier(
                session, services, event, "Seat", price_cents=1_800, sales_start_at=opens
            )
            await publish_event(session, services, SYSTEM, event.id, "published")
    await _called_off(sale)


async def _called_off(sale: Sale) -> None:
    """Cancel an event of which somebody had ordered."""
    services, start = sale.services, sale.services.clock() + 30 * DAY
    async with services.db.write() as session:
        event = await make_event(
            session, services, organizer_id=sale.organizer_id, title="Called Off", tiers=("Seat",),
            slug="called-off", start_at=start, end_at=start + 3 * HOUR, city="Victoria",
        )  # fmt: skip
        (tier,) = await tiers_of(session, event.id)
    await hold(services, make_buyer("early"), event.id, {tier.id: 1})
    async with services.db.write() as session:
        await cancel_for_good(session, services, SYSTEM, event.id)


async def _held(_shop: Shop, buyer: Buyer) -> None:
    await buyer.hold(2, 0, 0, 1, 0)


async def _open(shop: Shop, buyer: Buyer) -> None:
    await buyer.hold(1, 1, 1, 0, 0)
    await buyer.check_out()
    await settle_order(shop.sale.services, buyer.order_id)


async def _declined(shop: Shop, buyer: Buyer) -> None:
    await buyer.hold(1, 0, 0, 0, 0)
    await shop.sale.double.pay(await buyer.check_out(), card="4000000000009995")
    await settle_order(shop.sale.services, buyer.order_id)


async def _returned(_shop: Shop, buyer: Buyer) -> None:
    """Only on the way to Stripe; a test says whether Stripe answers."""
    await buyer.hold(1, 0, 0, 0, 0)
    await buyer.check_out()


async def _paid(shop: Shop, buyer: Buyer) -> None:
    await buyer.buy(2, 1, 0, 0, 0)
    await settle_order(shop.sale.services, buyer.order_id)
    await buyer.becomes("paid")
    await buyer.mailed("order_confirmation")


async def _free(shop: Shop, buyer: Buyer) -> None:
    await buyer.hold(0, 0, 0, 0, 2)
    body = {"email": buyer.email, "name": "Grace Hopper", "terms": True}
    await buyer.ask("POST", f"/api/tickets/orders/{buyer.order_id}/checkout", body)
    await buyer.becomes("paid")


async def _expired(shop: Shop, buyer: Buyer) -> None:
    await buyer.hold(1, 1, 0, 0, 0)
    past = shop.sale.services.clock() - MINUTE
    async with shop.sale.services.db.write() as session:
        await session.execute(
            update(Order).where(Order.id == buyer.order_id).values(expires_at=past)
        )
    await settle_order(shop.sale.services, buyer.order_id)


async def _cancelled(_shop: Shop, buyer: Buyer) -> None:
    await buyer.hold(1, 0, 0, 0, 0)
    await buyer.cancel()


async def _refunded(shop: Shop, buyer: Buyer) -> None:
    await _paid(shop, buyer)
    await buyer.refund()
    await buyer.becomes("refunded")


async def _disputed(shop: Shop, buyer: Buyer) -> None:
    await _paid(shop, buyer)
    await _mark_tickets(shop, buyer, "disputed", all_of_them=True)


async def _partly(shop: Shop, buyer: Buyer) -> None:
    await _paid(shop, buyer)
    await _mark_tickets(shop, buyer, "refunded", all_of_them=False)
    async with shop.sale.services.db.write() as session:
        await session.execute(
            update(Order)
            .where(Order.id == buyer.order_id)
            .values(status="partially_refunded", refunded=2_500)
        )


async def _mark_tickets(shop: Shop, buyer: Buyer, status: str, *, all_of_them: bool) -> None:
    from handstamp.orders.find_orders import order_view

    services = shop.sale.services
    async with services.db.write() as session:
        view = await order_view(session, await session.get_one(Order, buyer.order_id))
        for ticket in view.tickets if all_of_them else view.tickets[:1]:
            await change_status(session, services, SYSTEM, ticket, status)


async def _late(shop: Shop, buyer: Buyer) -> None:
    await _cancelled(shop, buyer)
    late = update(Order).where(Order.id == buyer.order_id)
    async with shop.sale.services.db.write() as session:
        await session.execute(late.values(status="late_refunded", email=buyer.email))


_STATES: dict[str, Any] = {
    "held": _held,
    "open": _open,
    "declined": _declined,
    "returned": _returned,
    "paid": _paid,
    "free": _free,
    "expired": _expired,
    "cancelled": _cancelled,
    "refunded": _refunded,
    "disputed": _disputed,
    "partly": _partly,
    "late": _late,
}


def open_shop(
    folder: Path, *, states: Collection[str] | None = None, **settings: str
) -> Iterator[Shop]:
    """Run a shop on a loop in a thread until the caller is done; with orders in all states."""
    environment: dict[str, Any] = {
        f"HANDSTAMP_{name.upper()}": value for name, value in settings.items()
    }
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    stack = AsyncExitStack()

    async def begin() -> Shop:
        url = f"sqlite+aiosqlite:///{folder / 'shop.db'}"
        sale = await stack.enter_async_context(open_sale(folder, url, **environment))
        sale.services.settings = selling_settings(
            url, sale.double, public_url=sale.address, **settings
        )
        stack.push_async_callback(close_gateway, sale.services)
        shop = Shop(sale, loop)
        await furnish(shop, _STATES if states is None else states)
        return shop

    def run(act: Awaitable[Result]) -> Result:
        async def whole() -> Result:
            return await act

        return asyncio.run_coroutine_threadsafe(whole(), loop).result(180)

    try:
        yield run(begin())
    finally:
        run(stack.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop for a file of tests."""
    yield from open_shop(tmp_path_factory.mktemp("shop"))


def signed_in(shop: Shop, email: str) -> str:
    """Return the session token of somebody with that address."""
    from handstamp.auth.create_user import create_user
    from handstamp.auth.sessions import start_session

    async def act() -> str:
        async with shop.sale.services.db.write() as session:
            return await start_session(session, (await create_user(session, email)).id)

    return shop.run(act())
