"""Giving back all that is left of several orders of an event: looked at first, then asked for."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.orders.find_orders import chosen_orders
from handstamp.orders.models import Order
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.refunds.look_at_refund import look_at_refund
from handstamp.refunds.models import Refund
from handstamp.refunds.plan_refund import Wish, check_deadline
from handstamp.refunds.refund_order import request_refund

MOST = 100
_LOOKING = "-"  # a look is not refused for want of a note


@dataclass(frozen=True)
class OrderLook:
    """What a refund of one order would do: minor units, tickets that turn red, or why not."""

    order: Order
    amount: int = 0
    tickets: int = 0
    problem: str = ""


@dataclass(frozen=True)
class ManyLook:
    """What a refund of several orders would do. `late`: the event's deadline is over."""

    orders: Sequence[OrderLook]
    late: bool

    @property
    def possible(self) -> list[OrderLook]:
        """Those of which something can go back."""
        return [one for one in self.orders if not one.problem]

    @property
    def totals(self) -> Counter[str]:
        """What would go back, in minor units by currency."""
        sums: Counter[str] = Counter()
        for one in self.possible:
            sums[one.order.currency] += one.amount
        return sums


async def look_at_many(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event_id: str,
    order_ids: Collection[str],
) -> ManyLook:
    """Return what a refund of all that is left of these orders would do now, the newest first.

    Raises:
        NotFound: the event is not the actor's, or one of the orders is not the event's.
        BadInput: there are none, or more than `MOST`.
    """
    _check(order_ids)
    event, orders = await chosen_orders(session, actor, event_id, order_ids)
    wish, found = Wish(override=True), []
    for order in orders:
        try:
            look = await look_at_refund(session, services, order, wish, note=_LOOKING)
            found.append(OrderLook(order, look.plan.amount, len(look.plan.tickets)))
        except Conflict as error:
            found.append(OrderLook(order, problem=error.detail))
    late = event.refund_until is not None and services.clock() >= event.refund_until
    return ManyLook(found, late)


@dataclass(frozen=True)
class ManyAsked:
    """What was asked for, and by order id why something else was not."""

    refunds: Sequence[Refund]
    refused: Mapping[str, str]


async def refund_many(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event_id: str,
    expected: Mapping[str, int | None],
    *,
    reason: str = "",
    note: str = "",
    override: bool = False,
) -> ManyAsked:
    """Ask for all that is left of several orders, in one transaction; each has its own job.

    `expected`: by order id what was left when somebody looked, None for whatever is. One that
    cannot be refunded, or of which something else is left now, stops none of the others.

    Raises:
        NotFound: the event is not the actor's, or one of the orders is not the event's.
        BadInput: there are none or too many, or a note is missing after the deadline.
        Conflict: the deadline is over, and nobody overrode it.
    """
    _check(expected)
    event, _orders = await chosen_orders(session, actor, event_id, expected)
    check_deadline(event, services.clock(), Wish(override=override), note)
    refunds, refused = [], {}
    for order_id in sorted(expected):  # so that two who chose the same never wait for each other
        wish = Wish(override=override, expected=expected[order_id])
        try:
            refunds.append(
                await request_refund(
                    session, services, actor, order_id, reason=reason, note=note, wish=wish
                )
            )
        except Conflict as error:
            refused[order_id] = error.detail
    return ManyAsked(refunds, refused)


def _check(order_ids: Collection[str]) -> None:
    if not order_ids:
        raise BadInput(_("Choose at least one order."))
    if len(order_ids) > MOST:
        raise BadInput(_("Choose at most %(most)s orders at once.") % {"most": MOST})
