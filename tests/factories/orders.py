"""Organizers that can sell, buyers, held and paid orders, made through the real use cases."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from tests.factories.events import make_event, make_tier

from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event, Tier
from handstamp.events.publish_event import publish_event
from handstamp.kit.ids import new_id
from handstamp.orders.buyers import Buyer
from handstamp.orders.fulfil_order import fulfil
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order
from handstamp.orders.start_checkout import BuyerDetails
from handstamp.payments.facts import PaymentFacts
from handstamp.payments.models import PaymentAccount
from handstamp.plumbing.web import SYSTEM, Services

ADA = BuyerDetails("ada@example.org", "Ada Lovelace", terms=True)


def make_buyer(name: str = "ada", *, network: str = "", **others: Any) -> Buyer:
    """Return a browser known by its cookie; every name is another one."""
    return Buyer(key=f"browser:{name}", network=network, **others)


async def make_account(
    session: AsyncSession, services: Services, organizer_id: str, account: str = "", **others: Any
) -> PaymentAccount:
    """Connect an organizer to an account that can take payments."""
    values = {
        "stripe_account_id": account or new_id("acct"),
        "kind": "standard",
        "charge_type": "direct",
        "country": "CA",
        "default_currency": "CAD",
        "charges_enabled": True,
        "payouts_enabled": True,
        "details_submitted": True,
        "created_at": services.clock(),
        **others,
    }
    made = PaymentAccount(organizer_id=organizer_id, **values)
    session.add(made)
    await session.flush()
    return made


async def make_sale(
    services: Services,
    *,
    prices: Mapping[str, int] | None = None,
    capacity: int | None = 100,
    account: str = "",
    tier: Mapping[str, Any] | None = None,
    **event: Any,
) -> tuple[Event, list[Tier]]:
    """Make a published event on sale: each tier with a price and so many tickets."""
    async with services.db.write() as session:
        made = await make_event(session, services, published=False, tiers=(), lists=(), **event)
        for name, price in (prices or {"General": 2_500, "Balcony": 4_000}).items():
            await make_tier(
                session,
                services,
                made,
                name,
                **{"price_cents": price, "capacity": capacity, **(tier or {})},
            )
        await make_account(session, services, made.organizer_id, account)
        made = await publish_event(session, services, SYSTEM, made.id, "published")
        return made, list(await tiers_of(session, made.id))


async def make_hold(
    services: Services, event: Event, wants: Mapping[str, int], name: str = "ada"
) -> Order:
    """Hold tickets for a buyer of that name."""
    return await hold(services, make_buyer(name), event.id, wants)


def paid_facts(order: Order, **others: Any) -> PaymentFacts:
    """Return what Stripe says of an order's payment that succeeded."""
    values: dict[str, Any] = {
        "id": f"pi_{order.id}",
        "status": "succeeded",
        "amount": order.total,
        "amount_received": order.total,
        "currency": order.currency,
        "charge_id": f"ch_{order.id}",
        "fee": 30,
        "fee_currency": order.currency,
        **others,
    }
    return PaymentFacts(**values)


async def make_paid_order(
    services: Services,
    event: Event,
    wants: Mapping[str, int],
    name: str = "ada",
    *,
    details: BuyerDetails = ADA,
) -> Order:
    """Hold tickets and have them paid, as if Stripe had said so."""
    order = await make_hold(services, event, wants, name)
    async with services.db.write() as session:
        found = await session.get(Order, order.id)
        assert found is not None
        found.email, found.name = details.email, details.name
        found.account, found.charge_type = await _account(session, event)
        await session.flush()
        facts = paid_facts(found) if found.total else None
        await fulfil(session, services, found, facts)
    async with services.db.read() as session:
        found = await session.get(Order, order.id)
        assert found is not None
    return found


async def _account(session: AsyncSession, event: Event) -> tuple[str, str]:
    account = await session.get(PaymentAccount, event.organizer_id)
    assert account is not None
    return account.stripe_account_id, account.charge_type
