"""Holding tickets for a buyer: one pending order each, in one short transaction.

The same selection again finds the same order. Another one replaces it; an order whose payment
page may still be open is closed first, outside of any transaction, and kept if it proves paid.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from handstamp.kit.clock import HOUR, MINUTE, Millis
from handstamp.kit.ids import base32_encode, new_id, random_int
from handstamp.orders import hold_rows, rules
from handstamp.orders.buyers import Buyer
from handstamp.orders.hold_rows import Offer
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.refusals import refused
from handstamp.orders.settle_order import EXPIRE_JOB, close_order
from handstamp.plumbing import job_queue
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.metrics import ORDERS_CREATED
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services
from handstamp.tickets import stock

ATTEMPTS = 4
NUMBER_LETTERS = 6
_log = structlog.get_logger("handstamp.orders")


@dataclass(frozen=True)
class Held:
    """A pending order with its lines; `resumed` tells that it was there already."""

    order: Order
    items: list[OrderItem]
    resumed: bool = False


@dataclass(frozen=True)
class _InTheWay:
    """The buyer's other order, whose payment page must be closed first."""

    order_id: str


@dataclass(frozen=True)
class _Asked:
    buyer: Buyer
    event_id: str
    wants: dict[str, int]
    now: Millis
    hold_for: Millis
    most_by_network: int


@dataclass
class _Closing:
    """What closing the buyer's other order gives back."""

    order: Order | None = None
    moves: list[stock.Move] = field(default_factory=list)


async def hold(
    services: Services,
    buyer: Buyer,
    event_id: str,
    wants: Mapping[str, int],
    *,
    access_codes: Collection[str] = (),
) -> Order:
    """Hold tickets by tier for `ticket_payment_timeout` minutes; return the pending order.

    `access_codes` will open hidden tiers; none does yet.

    Raises:
        NotFound: there is no such event.
        Conflict: `code` says why (sold_out, limit, not_on_sale, not_yet, ended, cannot_sell …)
            and `errors` name tiers; or the buyer's other payment cannot be settled now.
    """
    return (await hold_order(services, buyer, event_id, wants, access_codes=access_codes)).order


async def hold_order(
    services: Services,
    buyer: Buyer,
    event_id: str,
    wants: Mapping[str, int],
    *,
    access_codes: Collection[str] = (),
) -> Held:
    """Do what `hold` does, and return the lines too."""
    del access_codes
    asked = _Asked(
        buyer=buyer,
        event_id=event_id,
        wants={tier: qty for tier, qty in wants.items() if qty},
        now=services.clock(),
        hold_for=services.settings.ticket_payment_timeout * MINUTE,
        most_by_network=services.settings.holds_per_network,
    )
    for _attempt in range(ATTEMPTS):
        try:
            found = await services.db.write_in_thread(lambda link: _hold(link, asked))
        except IntegrityError:  # the buyer's twin request was first, or a number was taken
            continue
        if isinstance(found, _InTheWay):
            await close_order(services, found.order_id, reason="replaced")
            continue
        if not found.resumed:
            ORDERS_CREATED.inc()
            _log.info("order_held", order=found.order.id, of_event=event_id)
        return found
    raise Conflict(_("Your order was changed at the same time elsewhere. Try again."))


def _hold(connection: Connection, asked: _Asked) -> Held | _InTheWay:
    offer = hold_rows.offer(connection, asked.event_id) if asked.event_id.isprintable() else None
    if offer is None:
        raise NotFound(_("There is no such event."))
    buyer = asked.buyer
    old = hold_rows.pending_order(connection, buyer.keys or (buyer.key,))
    items = hold_rows.items_of(connection, old.id) if old else []
    if old and not rules.is_due(old.expires_at, asked.now) and _is_same(old, items, asked):
        return Held(old, items, resumed=True)
    if old and old.checkout_state in hold_rows.OPEN_STATES:
        return _InTheWay(old.id)
    _check_selection(offer, asked)
    _check_limits(connection, offer, asked, old)
    moves = _close(connection, old, items, asked.now) if old else []
    held = _new_order(offer, asked)
    _write(connection, held, asked.now)
    wanted = [stock.Move(asked.event_id, tier, held=qty) for tier, qty in asked.wants.items()]
    gone = stock.move(connection, [*moves, *wanted])
    if gone is not None:
        names = {tier.id: tier.name for tier in offer.tiers.values()}
        raise refused([rules.sold_out_refusal(gone.tier_id, gone.remaining)], names)
    return held


def _is_same(order: Order, items: list[OrderItem], asked: _Asked) -> bool:
    held = {item.tier_id: item.qty for item in items}
    return order.event_id == asked.event_id and held == asked.wants


def _check_selection(offer: Offer, asked: _Asked) -> None:
    closed = rules.event_refusal(offer.status, offer.end_at, asked.now)
    if closed is not None:
        raise refused([closed])
    refusals = rules.selection_refusals(
        asked.wants, offer.tiers, currency=offer.currency, now=asked.now
    )
    if refusals:
        names = {tier.id: tier.name for tier in offer.tiers.values() if not tier.hidden}
        raise refused(refusals, names)
    costs = any(offer.tiers[tier].unit_price for tier in asked.wants)
    if costs and not offer.can_charge:
        raise Conflict(
            _("This organizer cannot take payments yet, so nothing can be bought now."),
            code="cannot_sell",
        )


def _check_limits(connection: Connection, offer: Offer, asked: _Asked, old: Order | None) -> None:
    buyer = asked.buyer
    hold_rows.lock_network(connection, buyer.network)
    by_network = hold_rows.NetworkHolds(0, {})
    if buyer.network:
        by_network = hold_rows.network_holds(
            connection, buyer.network, asked.event_id, old.id if old else ""
        )
    refusal = rules.holds_refusal(
        by_buyer=hold_rows.recent_orders(connection, buyer.key, asked.now - HOUR),
        by_network=by_network.orders,
        most_by_network=asked.most_by_network,
    )
    if refusal is None and buyer.network:
        refusal = _share_refusal(offer, asked, by_network.tickets)
    if refusal is not None:
        raise refused([refusal])


def _share_refusal(offer: Offer, asked: _Asked, held: Mapping[str, int]) -> rules.Refusal | None:
    sums = [(held.get(tier, 0), qty, offer.capacities[tier]) for tier, qty in asked.wants.items()]
    sums.append((sum(held.values()), sum(asked.wants.values()), offer.capacity))
    return next((found for one in sums if (found := rules.share_refusal(*one))), None)


def _close(
    connection: Connection, old: Order, items: list[OrderItem], now: Millis
) -> list[stock.Move]:
    due = rules.is_due(old.expires_at, now)
    values = {
        "status": "expired" if due else "cancelled",
        "close_reason": "timed_out" if due else "replaced",
    }
    if not hold_rows.close_unstarted(connection, old, now, values):
        raise Conflict(_("Your order was changed at the same time elsewhere. Try again."))
    return [stock.Move(old.event_id, item.tier_id, held=-item.qty) for item in items]


def _new_order(offer: Offer, asked: _Asked) -> Held:
    lines = [
        rules.Line(tier, qty, offer.tiers[tier].unit_price) for tier, qty in asked.wants.items()
    ]
    priced = rules.price(lines)
    buyer = asked.buyer
    order = Order(
        id=new_id("ord"),
        number=f"HS-{base32_encode(random_int(5 * NUMBER_LETTERS), NUMBER_LETTERS)}",
        event_id=asked.event_id,
        organizer_id=offer.organizer_id,
        buyer_key=buyer.key,
        user_id=buyer.user_id,
        network=buyer.network,
        status="pending",
        email=buyer.email,
        language=buyer.language,
        currency=offer.currency,
        subtotal=priced.subtotal,
        discount=priced.discount,
        fees=priced.fees,
        tax=priced.tax,
        total=priced.total,
        application_fee=priced.application_fee,
        expires_at=asked.now + asked.hold_for,
        created_at=asked.now,
    )
    items = [
        OrderItem(
            id=new_id("oi"),
            order_id=order.id,
            position=position,
            tier_name=offer.tiers[line.tier_id].name,
            **line._asdict(),
        )
        for position, line in enumerate(priced.lines)
    ]
    _fill_defaults(order)
    for item in items:
        _fill_defaults(item)
    return Held(order, items)


def _fill_defaults(row: Order | OrderItem) -> None:
    """Give a row that no session inserts the values that its columns begin with."""
    for column in row.__table__.columns:
        if getattr(row, column.key) is None and column.default is not None:
            setattr(row, column.key, column.default.arg)


def _write(connection: Connection, held: Held, now: Millis) -> None:
    hold_rows.add_order(connection, _values(held.order), [_values(item) for item in held.items])
    job_queue.add_on(connection, EXPIRE_JOB, {"order": held.order.id}, run_at=held.order.expires_at)


def _values(row: Order | OrderItem) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}
