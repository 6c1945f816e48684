"""The API of sales figures: of one event, and of all of an organizer's."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.analytics.find_metrics import By
from handstamp.analytics.look_at_sales import sales_of_event, sales_of_organizer
from handstamp.analytics.rules import NO_TIER
from handstamp.analytics.shapes import (
    CodeFigures,
    CurrencyMetrics,
    DayFigures,
    EventMetrics,
    Figures,
    MetricsQuery,
    OrganizerMetrics,
    SoldEvent,
    TierFigures,
)
from handstamp.events.find_events import owned_event
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_organizer, require_user, services

_TAGS = ["sales"]
_FRESH = {"Cache-Control": "no-store"}


@spec.validate(query=MetricsQuery, resp=answers(HTTP_200=EventMetrics), tags=_TAGS)
async def of_event(request: Request, query: MetricsQuery) -> Response:
    """Tell what one of your events sold: in all, by day, by tier and by code."""
    who, of = require_user(request), services(request)
    async with of.db.read() as session:
        event = await owned_event(session, who, str(request.path_params["event_id"]))
        found = await sales_of_event(
            session, event, of.clock(), query.since or "", query.until or ""
        )
    told = EventMetrics(
        event_id=event.id,
        currency=event.currency,
        time_zone=event.time_zone,
        complete=not found.metrics.behind,
        remaining=found.remaining,
        total=Figures.of(found.metrics.total),
        series=_series(found.metrics.days),
        tiers=[
            TierFigures(
                id=row.id or None,
                name=row.name if row.id != NO_TIER else _("No single tier"),
                remaining=row.remaining,
                figures=Figures.of(row.sums),
            )
            for row in found.tiers
        ],
        codes=[
            CodeFigures(id=row.id, code=row.name, figures=Figures.of(row.sums))
            for row in found.codes
        ],
    )
    return JSONResponse(told.model_dump(), headers=_FRESH)


@spec.validate(query=MetricsQuery, resp=answers(HTTP_200=OrganizerMetrics), tags=_TAGS)
async def of_organizer(request: Request, query: MetricsQuery) -> Response:
    """Tell what all events of one of your organizers sold: by day, and which sold the most."""
    organizer_id = str(request.path_params["organizer_id"])
    require_organizer(request, organizer_id)
    async with services(request).db.read() as session:
        found = await sales_of_organizer(
            session, organizer_id, query.since or "", query.until or ""
        )
    told = OrganizerMetrics(
        organizer_id=organizer_id,
        currencies=[
            CurrencyMetrics(
                currency=one.metrics.currency,
                complete=not one.metrics.behind,
                total=Figures.of(one.metrics.total),
                series=_series(one.metrics.days),
                events=[
                    SoldEvent(
                        id=event.id,
                        title=event.title,
                        start_at=event.start_at,
                        figures=Figures.of(sums),
                    )
                    for event, sums in one.events
                ],
            )
            for one in found
        ],
    )
    return JSONResponse(told.model_dump(), headers=_FRESH)


def _series(days: By) -> list[DayFigures]:
    return [DayFigures(day=day, figures=Figures.of(sums)) for day, sums in days.items()]


routes: list[BaseRoute] = [
    Route("/api/tickets/events/{event_id}/metrics", of_event, methods=["GET"]),
    Route("/api/tickets/organizers/{organizer_id}/metrics", of_organizer, methods=["GET"]),
]
