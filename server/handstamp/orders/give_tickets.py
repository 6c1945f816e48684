"""An organizer gives tickets, or sells them by hand: one transaction, no money through Stripe."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.auth.find_profile import profile_of
from handstamp.auth.rules import clean_email
from handstamp.events.find_events import owned_event, tiers_of
from handstamp.events.models import Event, Tier
from handstamp.events.price_rules import NO_TERMS, Terms, Wanted, take_apart
from handstamp.events.rules import limit_of
from handstamp.events.set_prices import terms_of
from handstamp.events.tax_lines import written
from handstamp.kit.ids import new_id
from handstamp.orders import store
from handstamp.orders.fulfil_order import holders_of
from handstamp.orders.give_rules import BY_HAND, GivenLine, Giving, event_problem, what_is_wrong
from handstamp.orders.keep_sales import note_placed
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.order_access import hash_of, secret_of
from handstamp.orders.order_mails import queue_confirmation
from handstamp.orders.order_number import new_order_number
from handstamp.plumbing.errors import BadInput, Conflict, Forbidden
from handstamp.plumbing.texts import SOURCE, _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets import stock
from handstamp.tickets.issue_tickets import issue_rows

TRIES = 3  # to hold what came free while it was counted


async def give_tickets(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, giving: Giving
) -> Order:
    """Make an order by hand with its tickets, and mail them where there is an address.

    Its prices bear the event's taxes and no fee. An order that is there already under
    `order_id` is returned as it is.

    Raises:
        NotFound: the event is not the actor's.
        BadInput: something is missing or not right; `errors` says where.
        Conflict: the event is over, or not so many tickets are left (code `sold_out`).
        Forbidden: more than are left may be given by the team's owner or an administrator alone.
    """
    event = await owned_event(session, actor, event_id)
    if giving.order_id and (made := await _made(session, event, giving.order_id)):
        return made
    if problem := event_problem(event.status, event.end_at, services.clock()):
        raise Conflict(_(problem))
    tiers = {tier.id: tier for tier in await tiers_of(session, event.id, archived=True)}
    giving = _clean(giving, tiers)
    order, items = await _order(session, services, event, giving, tiers)
    try:
        async with session.begin_nested():
            session.add(order)
            await session.flush()
    except IntegrityError:  # the same form, sent twice in the same moment
        if made := await _made(session, event, giving.order_id):
            return made
        raise
    over = await _take_stock(session, actor, event, giving, tiers)
    session.add_all(items)
    await session.flush()
    note_placed(session, order, items)
    rows = [(tiers[item.tier_id], one) for item in items for one in holders_of(order, item)]
    await issue_rows(
        session, services, event, rows, source=order.origin, actor=actor, were_held=not over
    )
    if order.email:
        await queue_confirmation(session, order)
    await _note(session, actor, order, items, over)
    return order


def may_give_over(actor: Actor, organizer_id: str) -> bool:
    """Tell whether an actor may give more tickets of an organizer's events than are left."""
    return actor.kind in ("admin", "system") or actor.organizers.get(organizer_id) == "owner"


async def _made(session: AsyncSession, event: Event, order_id: str) -> Order | None:
    order = await store.order(session, order_id)
    if order is not None and (order.event_id != event.id or order.origin not in BY_HAND):
        raise Conflict(_("This form was used for something else. Open it again."))
    return order


def _clean(giving: Giving, tiers: Mapping[str, Tier]) -> Giving:
    email = giving.email.strip()
    wrong = what_is_wrong(giving, {tier.id: tier.archived_at is None for tier in tiers.values()})
    errors = [{"field": one.field, "message": _(one.message)} for one in wrong]
    try:
        email = clean_email(email) if email else ""
    except ValueError:
        message = _("That does not look like an e-mail address.")
        errors.append({"field": "email", "message": message})
    if errors:
        raise BadInput(errors[0]["message"], errors=errors)
    return replace(giving, email=email)


async def _take_stock(
    session: AsyncSession,
    actor: Actor,
    event: Event,
    giving: Giving,
    tiers: Mapping[str, Tier],
) -> dict[str, int]:
    """Hold what is given; else return how many are given over the capacity, by tier ('' is all)."""
    wants = {line.tier_id: line.qty for line in giving.lines}
    for _again in range(TRIES):
        if await stock.reserve_in(session, event.id, wants):
            return {}
        over, left = await _too_many(session, event, wants, tiers)
        if over:  # else some came free since
            break
    else:
        text = _("This was changed at the same time elsewhere. Try again.")
        raise Conflict(text, code="sold_out")
    if not giving.over:
        text = _("Not so many tickets are left (%(left)s).") % {"left": ", ".join(left)}
        raise Conflict(text, code="sold_out")
    if not may_give_over(actor, event.organizer_id):
        raise Forbidden(_("Only an owner of the team may give more tickets than are left."))
    return over


async def _too_many(
    session: AsyncSession, event: Event, wants: Mapping[str, int], tiers: Mapping[str, Tier]
) -> tuple[dict[str, int], list[str]]:
    """Return by how many the wants are over, by tier, and in words how many are left there."""
    taken = await stock.counts(session, [event.id])
    over, left = {}, []
    for tier, qty in {**wants, stock.WHOLE_EVENT: sum(wants.values())}.items():
        capacity = limit_of(event, tiers[tier].capacity if tier else event.capacity)
        had = taken.get((event.id, tier), stock.Count()).taken
        if capacity is not None and had + qty > capacity:
            over[tier] = had + qty - capacity
            name = tiers[tier].name if tier else _("the whole event")
            left.append(f"{name}: {max(0, capacity - had)}")
    return over, left


async def _order(
    session: AsyncSession,
    services: Services,
    event: Event,
    giving: Giving,
    tiers: Mapping[str, Tier],
) -> tuple[Order, list[OrderItem]]:
    terms, now = NO_TERMS, services.clock()
    if giving.origin == "manual":
        terms = Terms(rates=(await terms_of(session, event)).rates)
    parts = take_apart([_wanted(giving, line, tiers) for line in giving.lines], terms)
    order = Order(
        id=giving.order_id or new_id("ord"),
        number=await _new_number(session),
        event_id=event.id,
        organizer_id=event.organizer_id,
        origin=giving.origin,
        paid_by=giving.paid_by,
        note=giving.note,
        status="paid",
        email=giving.email,
        name=giving.name,
        language=(await profile_of(session, event.organizer_id)).language or SOURCE,
        currency=event.currency,
        subtotal=sum(part.gross for part in parts),
        tax=sum(part.tax for part in parts),
        total=sum(part.total for part in parts),
        expires_at=now,
        created_at=now,
        placed_at=now,
    )
    order.buyer_key = f"by-hand:{order.id}"
    order.access_hash = hash_of(secret_of(services.settings, order.id, order.email))
    items = [
        OrderItem(
            id=new_id("oi"),
            order_id=order.id,
            position=position,
            tier_id=part.tier_id,
            tier_name=tiers[part.tier_id].name,
            qty=line.qty,
            unit_price=part.gross // line.qty,
            tax=part.tax,
            total=part.total,
            names_json=json.dumps(list(line.names), ensure_ascii=False),
            taxes_json=written(part.taxes),
        )
        for position, (line, part) in enumerate(zip(giving.lines, parts, strict=True))
    ]
    return order, items


async def _new_number(session: AsyncSession) -> str:
    while True:
        number = new_order_number()
        if not await session.scalar(select(Order.id).where(Order.number == number)):
            return number


def _wanted(giving: Giving, line: GivenLine, tiers: Mapping[str, Tier]) -> Wanted:
    if giving.origin == "comp":
        return Wanted(line.tier_id, line.qty, 0)
    price = tiers[line.tier_id].price_cents if line.unit_price is None else line.unit_price
    return Wanted(line.tier_id, line.qty, price)


async def _note(
    session: AsyncSession,
    actor: Actor,
    order: Order,
    items: Sequence[OrderItem],
    over: Mapping[str, int],
) -> None:
    """Write who gave what into the audit log; the note stays with the order, for it may be erased.

    What was given over the capacity is an entry of its own.
    """
    about = {"event": order.event_id, "tickets": sum(item.qty for item in items)}
    acts = {f"order.{order.origin}": {**about, "total": order.total}}
    if over:
        acts["stock.override"] = {**about, "over": dict(over)}
    for action, meta in acts.items():
        await record(
            session, actor, action, "order", order.id, organizer_id=order.organizer_id, meta=meta
        )
