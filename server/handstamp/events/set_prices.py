"""What is added to an event's prices: the platform's fee, who pays it, and taxes."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.events import store
from handstamp.events.find_events import owned_event
from handstamp.events.models import Event, TaxRate
from handstamp.events.price_rules import FeeRule, Terms
from handstamp.events.price_rules import TaxRate as Rate
from handstamp.events.rules import MINIMUM_CHARGE
from handstamp.events.shapes import PricesChange
from handstamp.plumbing.errors import BadInput, Forbidden
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services

_AMOUNTS = ("fee_bp", "fee_fixed")


async def set_prices(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, change: PricesChange
) -> Event:
    """Change the members that are set; orders that exist keep their prices.

    How much the platform keeps is for its administrators to say; who pays it, and taxes, are for
    the organizer.

    Raises:
        NotFound: the event is not the actor's.
        Forbidden: the fee is not theirs to change.
        BadInput: taxes shall be charged, and there are none.
    """
    await owned_event(session, actor, event_id)
    await store.lock_event(session, event_id)
    event = await owned_event(session, actor, event_id)  # whose fee is whose is judged as it stays
    values = change.model_dump(exclude_unset=True, exclude_none=True, exclude={"rates"})
    raised = [
        name for name in _AMOUNTS if values.get(name, getattr(event, name)) != getattr(event, name)
    ]
    if raised and actor.kind not in ("admin", "system"):
        raise Forbidden(_("Only an administrator of this server may change what it keeps."))
    rates = change.rates
    if rates is not None:
        kept = [Rate(rate.name, rate.ppm, rate.compound) for rate in rates]
        await store.replace_rates(session, event.id, kept)
    if values.get("tax_mode", event.tax_mode) == "rates" and not await store.rates(
        session, [event.id]
    ):
        raise BadInput(_("Name at least one tax."), errors=[{"field": "rates", "message": "empty"}])
    if not values and rates is None:
        return event
    values["updated_at"] = services.clock()
    await store.change_prices(session, event.id, values)
    await record(
        session,
        actor,
        "event.prices",
        "event",
        event.id,
        organizer_id=event.organizer_id,
        meta=_told(values, rates),
    )
    return await owned_event(session, actor, event_id)


async def rates_of(session: AsyncSession, event_id: str) -> list[Rate]:
    """Return an event's tax rates, in order, whether or not they are charged."""
    return [_rate(row) for row in await store.rates(session, [event_id])]


async def terms_of(session: AsyncSession, event: Event) -> Terms:
    """Return what is added to an event's prices as it is now."""
    return (await terms_of_many(session, [event]))[event.id]


async def terms_of_many(session: AsyncSession, events: Collection[Event]) -> dict[str, Terms]:
    """Return what is added to the prices of several events as they are now, by event id."""
    taxed = [event.id for event in events if event.tax_mode == "rates"]
    rates: dict[str, list[Rate]] = {}
    for row in await store.rates(session, taxed) if taxed else ():
        rates.setdefault(row.event_id, []).append(_rate(row))
    return {
        event.id: Terms(
            FeeRule(event.fee_bp, event.fee_fixed, event.fee_payer),
            tuple(rates.get(event.id, ())),
            MINIMUM_CHARGE.get(event.currency.upper(), 0),
        )
        for event in events
    }


def _rate(row: TaxRate) -> Rate:
    return Rate(row.name, row.ppm, row.compound)


def _told(values: dict[str, Any], rates: Sequence[Any] | None) -> dict[str, Any]:
    told = {name: value for name, value in values.items() if name != "updated_at"}
    if rates is not None:
        told["rates"] = [[rate.name, rate.ppm, rate.compound] for rate in rates]
    return told
