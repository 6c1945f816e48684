"""The live board of the doors, and its big screen: pages whose inner part is fetched anew."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.checkin.door_board import board
from handstamp.kit.clock import Millis
from handstamp.plumbing.web import services
from handstamp.portal import words
from handstamp.portal.event_frame import event_of, frame
from handstamp.portal.pages import fragment, page, render

CHART_HEIGHT = 100
BAR_WIDTH = 10


@dataclass(frozen=True)
class Bar:
    """One minute in the chart, in the units of its picture; `count` admitted from `at` on."""

    at: Millis
    count: int
    x: int
    y: int
    height: int


def bars(minutes: list[tuple[Millis, int]]) -> list[Bar]:
    """Draw minutes as bars; the tallest fills the chart, an empty one is a thin line."""
    most = max((count for _at, count in minutes), default=0) or 1
    drawn = []
    for place, (at, count) in enumerate(minutes):
        height = max(round(count * CHART_HEIGHT / most), 1)
        drawn.append(Bar(at, count, place * BAR_WIDTH, CHART_HEIGHT - height, height))
    return drawn


async def _figures(request: Request) -> dict[str, Any]:
    now = services(request).clock()
    async with services(request).db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "door")
        state = await board(session, event.id, now)
    return {
        **around,
        "board": state,
        "list_names": {row.list_no: row.name for row in state.lists},
        "bars": bars(state.minutes),
        "busiest": max(state.minutes, key=lambda minute: minute[1]),
        "last_hour": sum(count for _at, count in state.minutes),
        "denied": state.refused,
        "denied_total": sum(count for _verdict, count in state.refused),
        "verdict_names": words.verdicts(),
    }


@page
async def door(request: Request) -> Response:
    """Show the board."""
    return render(request, "board.html", **await _figures(request))


@page
async def live(request: Request) -> Response:
    """Return the part of the board that changes."""
    return fragment(request, "board_live.html", **await _figures(request))


@page
async def screen(request: Request) -> Response:
    """Show the figures for a monitor: huge, dark, and naming nobody."""
    return render(request, "big_screen.html", **await _figures(request))


@page
async def screen_live(request: Request) -> Response:
    """Return the part of the big screen that changes."""
    return fragment(request, "big_screen_live.html", **await _figures(request))


_DOOR = "/organizer/events/{event_id}/door"
routes = [
    Route(_DOOR, door),
    Route(_DOOR + "/live", live),
    Route(_DOOR + "/screen", screen),
    Route(_DOOR + "/screen/live", screen_live),
]
