"""What rows that are not counted yet come to, read from the ledger and from what was sold."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.analytics import store
from handstamp.analytics.rules import (
    NOTHING,
    Happening,
    Line,
    Moved,
    Place,
    Sale,
    Sums,
    of_money,
    of_placing,
    places,
)
from handstamp.events.find_events import events_by_id
from handstamp.kit.clock import Millis
from handstamp.ledger.models import LedgerTransaction, Uncounted
from handstamp.orders.models import Order, OrderItem
from handstamp.plumbing.local_time import local
from handstamp.preorders.models import PreOrder
from handstamp.refunds.models import Refund
from handstamp.refunds.parts import divided_of

Counted = dict[Place, Sums]


async def gather(session: AsyncSession, rows: Sequence[Uncounted]) -> Counted:
    """Return what the rows add, by sum.

    What is about neither an order nor a pre-order (a payout) adds nothing.
    """
    money = await store.transactions(session, [int(r.ref) for r in rows if r.kind == "money"])
    subjects = [(_SOLD.get(row.kind, row.kind), row.ref) for row in rows if row.kind != "money"]
    subjects += [_subject(one) for one, _moved in money.values()]
    sales = await _sales(session, subjects)
    back = [one.ref for one, _moved in money.values() if one.kind.startswith("refund")]
    refunds = await store.refunds(session, back)
    found: Counted = {}
    for row in rows:
        if row.kind != "money":
            known = sales.get((_SOLD.get(row.kind, row.kind), row.ref))
            _count_placing(found, known, back=row.kind in _SOLD)
        elif int(row.ref) in money:
            one, moved = money[int(row.ref)]
            known = sales.get(_subject(one))
            if known is not None:
                day = known.day(one.happened_at)
                happening = _happening(one, moved, day, refunds.get(one.ref))
                _add(found, known.sale, day, of_money(known.sale, happening))
    return found


class _Known:
    """A sale, when it was placed, and the zone that its days are of."""

    def __init__(self, sale: Sale, placed_at: Millis | None, zone: str) -> None:
        self.sale, self.placed_at, self.zone = sale, placed_at, zone

    def day(self, at: Millis) -> str:
        return local(at, self.zone).date().isoformat()


_SOLD = {"taken_back": "order"}  # what is counted no more, by what it was counted as


def _count_placing(found: Counted, known: _Known | None, *, back: bool) -> None:
    if known is not None and known.placed_at is not None:
        counted = of_placing(known.sale)
        if back:
            counted = {tier_id: -sums for tier_id, sums in counted.items()}
        _add(found, known.sale, known.day(known.placed_at), counted)


def _add(found: Counted, sale: Sale, day: str, by_tier: dict[str, Sums]) -> None:
    for tier_id, sums in by_tier.items():
        for place in places(sale, day, tier_id):
            found[place] = found.get(place, NOTHING) + sums


async def _sales(
    session: AsyncSession, subjects: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], _Known]:
    orders, items = await store.orders(session, {ref for kind, ref in subjects if kind == "order"})
    wanted = {ref for kind, ref in subjects if kind == "preorder"}
    preorders = await store.preorders(session, wanted)
    sold: list[Order | PreOrder] = [*orders.values(), *preorders.values()]
    events = await events_by_id(session, {one.event_id for one in sold})
    zones = {event.id: event.time_zone for event in events.values()}
    found: dict[tuple[str, str], _Known] = {}
    for order in orders.values():
        sale = _of_order(order, items[order.id])
        found["order", order.id] = _Known(sale, order.placed_at, zones[order.event_id])
    for wish in preorders.values():
        found["preorder", wish.id] = _Known(_of_preorder(wish), wish.paid_at, zones[wish.event_id])
    return found


def _of_order(order: Order, items: Sequence[OrderItem]) -> Sale:
    return Sale(
        event_id=order.event_id,
        organizer_id=order.organizer_id,
        currency=order.currency,
        origin=order.origin,
        code_id=order.discount_code_id,
        passed_on=order.charge_type == "destination",
        lines=[
            Line(
                item.id,
                item.tier_id,
                item.qty,
                item.discount,
                item.total - item.fee - item.tax,
                item.fee,
                item.tax,
            )
            for item in items
        ],
    )


def _of_preorder(wish: PreOrder) -> Sale:
    return Sale(
        event_id=wish.event_id,
        organizer_id=wish.organizer_id,
        currency=wish.currency,
        origin="checkout",
        code_id=None,
        passed_on=wish.charge_type == "destination",
        lines=[
            Line(
                wish.id,
                wish.tier_id,
                1,
                wish.discount,
                wish.total - wish.fee - wish.tax,
                wish.fee,
                wish.tax,
            )
        ],
    )


def _happening(
    one: LedgerTransaction, moved: Sequence[Moved], day: str, refund: Refund | None
) -> Happening:
    divided = divided_of(refund) if refund is not None else None
    return Happening(one.book, one.kind, day, moved, divided.lines if divided else {})


def _subject(one: LedgerTransaction) -> tuple[str, str]:
    kind, _, ref = one.subject.partition(":")
    return kind, ref
