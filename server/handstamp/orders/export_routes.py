"""The API that hands an event's orders out as a file."""

from dataclasses import replace

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from handstamp.orders.export_orders import (
    USUAL,
    begin_order_export,
    order_file,
    order_file_name,
)
from handstamp.orders.filter_orders import read_filter
from handstamp.orders.shapes import FilterQuery
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.file_answer import CSV_TYPE, XLSX_TYPE, file_answer
from handstamp.plumbing.web import require_user, services

_TAGS = ["orders"]


class OrderExportQuery(FilterQuery):
    """The columns to export and which orders; `orders` are ids. Commas between."""

    columns: str = Field(default=",".join(USUAL), max_length=500)
    orders: str = Field(default="", max_length=4000)


@spec.validate(query=OrderExportQuery, resp=answers("HTTP_200"), tags=_TAGS)
async def export_csv(request: Request, query: OrderExportQuery) -> Response:
    """Export an event's orders as CSV."""
    return await _export(request, query, "csv")


@spec.validate(query=OrderExportQuery, resp=answers("HTTP_200"), tags=_TAGS)
async def export_xlsx(request: Request, query: OrderExportQuery) -> Response:
    """Export an event's orders as XLSX."""
    return await _export(request, query, "xlsx")


async def _export(request: Request, query: OrderExportQuery, suffix: str) -> Response:
    who, of = require_user(request), services(request)
    wanted = replace(read_filter(query.members()), ids=tuple(_split(query.orders)))
    columns = _split(query.columns)
    async with of.db.write(actor=f"user:{who.id}") as session:
        event_id = str(request.path_params["event_id"])
        export = await begin_order_export(session, who, event_id, columns=columns, wanted=wanted)
    kind = XLSX_TYPE if suffix == "xlsx" else CSV_TYPE
    return file_answer(order_file(of, export, suffix), order_file_name(export.event, suffix), kind)


def _split(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


_EVENT = "/api/tickets/events/{event_id}"

routes: list[BaseRoute] = [
    Route(f"{_EVENT}/export.csv", export_csv, methods=["GET"]),
    Route(f"{_EVENT}/export.xlsx", export_xlsx, methods=["GET"]),
]
