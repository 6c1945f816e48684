"""An event's orders as CSV or XLSX: chosen columns, filtered, made piece by piece."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.discounts.find_codes import codes_of
from handstamp.events.find_events import owned_event
from handstamp.events.models import Event
from handstamp.orders import store
from handstamp.orders.filter_orders import OrderFilter, fitting
from handstamp.orders.models import Order
from handstamp.plumbing.money_text import amount
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.tickets.export_guests import Cell, chosen_columns, csv_file, local_text, xlsx_file

N_ = str  # marks text for the catalogues; it is translated where it is shown
PIECE = 500
COLUMNS: Mapping[str, str] = {
    "number": N_("Order"),
    "status": N_("Status"),
    "origin": N_("Origin"),
    "paid_by": N_("Paid elsewhere by"),
    "name": N_("Name"),
    "email": N_("Email"),
    "phone": N_("Phone number"),
    "tickets": N_("Tickets"),
    "count": N_("Number of tickets"),
    "code": N_("Code"),
    "currency": N_("Currency"),
    "subtotal": N_("Price of the tickets"),
    "discount": N_("Discount"),
    "fees": N_("Fees"),
    "tax": N_("Tax"),
    "total": N_("Total"),
    "refunded": N_("Refunded"),
    "net": N_("Left after refunds"),
    "created_at": N_("Begun"),
    "placed_at": N_("Paid"),
}
USUAL = ("number", "status", "name", "email", "tickets", "total", "refunded", "placed_at")


@dataclass(frozen=True)
class OrderExport:
    """What to export: an event, columns by their keys, which orders, and its codes by id."""

    event: Event
    columns: Sequence[str]
    wanted: OrderFilter
    codes: Mapping[str, str]


async def begin_order_export(
    session: AsyncSession,
    actor: Actor,
    event_id: str,
    *,
    columns: Sequence[str] = USUAL,
    wanted: OrderFilter | None = None,
) -> OrderExport:
    """Check who exports what, and write it into the audit log.

    Raises:
        NotFound: the event is not the actor's.
        BadInput: a column is not known.
    """
    event = await owned_event(session, actor, event_id)
    chosen = chosen_columns(columns, COLUMNS, USUAL)
    codes = {code.id: code.code for code in await codes_of(session, actor, event.id)}
    await record(
        session,
        actor,
        "orders.export",
        "event",
        event.id,
        organizer_id=event.organizer_id,
        meta={"columns": chosen},
    )
    return OrderExport(event, chosen, wanted or OrderFilter(), codes)


def order_file(services: Services, export: OrderExport, suffix: str) -> AsyncIterator[bytes]:
    """Yield the orders, the newest first, as `csv` or `xlsx`; no cell begins a formula.

    Amounts are numbers in major units, times are the event's local ones.
    """
    headings = [_(COLUMNS[name]) for name in export.columns]
    make = xlsx_file if suffix == "xlsx" else csv_file
    return make(headings, _pieces(services, export))


def order_file_name(event: Event, suffix: str) -> str:
    """Return the name under which a browser saves the orders."""
    return f"{event.slug}-orders.{suffix}"


async def _pieces(services: Services, export: OrderExport) -> AsyncIterator[list[list[Cell]]]:
    where, after = fitting(export.event, export.wanted), None
    while True:
        async with services.db.read() as session:
            orders = await store.page_rows(session, _READ, where, after=after, limit=PIECE)
            items = await store.sold_rows(session, [order.id for order in orders])
        if not orders:
            return
        yield await asyncio.to_thread(_rows, export, orders, items)
        after = (orders[-1].created_at, orders[-1].id)


Sold = Sequence[tuple[int, str]]  # of each line: how many, and of which tier
MakeCell = Callable[[OrderExport, Any, Sold], Cell]


def _rows(
    export: OrderExport, orders: Sequence[Any], items: Mapping[str, Sold]
) -> list[list[Cell]]:
    makers = [_CELLS[name] for name in export.columns]
    return [[make(export, order, items[order.id]) for make in makers] for order in orders]


def _amount(name: str) -> MakeCell:
    read = attrgetter(name)
    return lambda _export, order, _items: amount(read(order), order.currency)


def _text(name: str) -> MakeCell:
    read = attrgetter(name)
    return lambda _export, order, _items: str(read(order))


def _time(name: str) -> MakeCell:
    def cell(export: OrderExport, order: Any, _items: Sold) -> str:
        at = getattr(order, name)
        return "" if at is None else local_text(at, export.event.time_zone)

    return cell


def _codes(export: OrderExport, order: Any, _items: Sold) -> str:
    taken = (order.discount_code_id, order.access_code_id)
    texts = [export.codes.get(code, "") for code in taken if code]
    return " ".join(dict.fromkeys(text for text in texts if text))


_AS_STORED = ("number", "status", "origin", "paid_by", "name", "email", "phone", "currency")
_AMOUNTS = ("subtotal", "discount", "fees", "tax", "total", "refunded")
_OTHERS = ("id", "created_at", "placed_at", "discount_code_id", "access_code_id")
_READ = [getattr(Order, name) for name in (*_AS_STORED, *_AMOUNTS, *_OTHERS)]
_CELLS: Mapping[str, MakeCell] = {
    **{name: _text(name) for name in _AS_STORED},
    **{name: _amount(name) for name in _AMOUNTS},
    "tickets": lambda _export, _order, items: ", ".join(f"{qty} × {tier}" for qty, tier in items),
    "count": lambda _export, _order, items: Decimal(sum(qty for qty, _tier in items)),
    "code": _codes,
    "net": lambda _export, order, _items: amount(order.total - order.refunded, order.currency),
    "created_at": _time("created_at"),
    "placed_at": _time("placed_at"),
}
