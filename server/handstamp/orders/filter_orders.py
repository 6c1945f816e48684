"""Which of an event's orders are wanted: the page, the API and the export ask the same way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, literal, select

from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.rules import CLOSED_UNPAID, STATUSES
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.local_time import EARLIEST_YEAR, LATEST_YEAR, day_start
from handstamp.plumbing.search import found_in
from handstamp.plumbing.texts import _

NAMES = ("words", "status", "since", "until", "tier", "code", "origin")
ORIGINS = ("checkout", "comp", "manual")


@dataclass(frozen=True)
class OrderFilter:
    """What an order must be like; what is empty asks for nothing.

    `words` is a part of a number, name or e-mail. Without a status, orders that were abandoned
    stay out. `since` and `until` are days of the event's time zone, both included, on which the
    order was begun. `tier` and `code` are ids; a code may be of either kind. `origin`: see `Order`.
    `ids`: these orders. `begun`: from when and before when they were begun.
    """

    words: str = ""
    status: str = ""
    since: date | None = None
    until: date | None = None
    tier: str = ""
    code: str = ""
    origin: str = ""
    ids: tuple[str, ...] = ()
    begun: tuple[Millis, Millis] | None = None


def read_filter(asked: Mapping[str, str]) -> OrderFilter:
    """Read a filter from a query, under the names in `NAMES`; days are `YYYY-MM-DD`.

    Raises:
        BadInput: there is no such status or day, or the last day is before the first.
    """
    status = asked.get("status", "")
    if status and status not in STATUSES:
        raise BadInput(_("There is no such status of orders."))
    origin = asked.get("origin", "")
    if origin and origin not in ORIGINS:
        raise BadInput(_("There is no such kind of orders."))
    since, until = (_day(asked.get(name, ""), name) for name in ("since", "until"))
    if since and until and until < since:
        raise BadInput(
            _("The last day is before the first."), errors=[{"field": "until", "message": "early"}]
        )
    return OrderFilter(
        words=asked.get("words", "").strip()[:100],
        status=status,
        since=since,
        until=until,
        tier=asked.get("tier", "")[:60],
        code=asked.get("code", "")[:60],
        origin=origin,
    )


def _day(text: str, name: str) -> date | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = date.min
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise BadInput(
            _("Write a day like 2026-11-21."), errors=[{"field": name, "message": "no day"}]
        )
    return day


def fitting(event: Event, wanted: OrderFilter) -> ColumnElement[bool]:
    """Return the condition under which an order of the event fits."""
    shown = [one for one in STATUSES if one not in CLOSED_UNPAID or wanted.ids]
    parts = [
        Order.event_id == event.id,
        Order.status.in_([wanted.status] if wanted.status else shown),
    ]
    if wanted.ids:
        parts.append(Order.id.in_(wanted.ids))
    if wanted.begun:
        since, before = wanted.begun
        parts += [Order.created_at >= since, Order.created_at < before]
    if wanted.words:
        parts.append(found_in(wanted.words, Order.number, Order.name, Order.email))
    if wanted.since:
        parts.append(Order.created_at >= day_start(wanted.since, event.time_zone))
    if wanted.until:
        after = wanted.until + timedelta(days=1)
        parts.append(Order.created_at < day_start(after, event.time_zone))
    if wanted.origin:
        parts.append(Order.origin == wanted.origin)
    if wanted.tier:
        lines = select(OrderItem.order_id).where(OrderItem.order_id == Order.id)
        parts.append(lines.where(OrderItem.tier_id == wanted.tier).exists())
    if wanted.code:
        # Not two conditions: SQLite would look up all of a code's orders, and sort them.
        parts.append(literal(wanted.code).in_([Order.discount_code_id, Order.access_code_id]))
    return and_(*parts)
