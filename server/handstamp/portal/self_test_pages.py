"""The administrator's page of the self-test: begun with a button, each step green or red."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.plumbing.errors import Problem
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_admin, require_checkout, services
from handstamp.portal.organizer_frame import frame
from handstamp.portal.pages import fragment, go, page, render
from handstamp.selftest.begin import (
    begin_self_test,
    is_test_mode,
    self_tests,
    sellers,
    state_of,
    steps_of,
)
from handstamp.selftest.models import SelfTest
from handstamp.selftest.steps import advice, names

HOME = "/tickets/admin/self-test"
TONES = {
    "green": "valid", "red": "refused", "running": "used", "broken_off": "refused",
    "waiting": "", "skipped": "unknown",
}  # fmt: skip


def state_names() -> dict[str, str]:
    """Name the states of a run and of its steps."""
    return {
        "green": _("Works"),
        "red": _("Does not work"),
        "running": _("At work"),
        "broken_off": _("Broken off"),
        "waiting": _("Waits"),
        "skipped": _("Not tried"),
    }


def _shown(request: Request, tests: list[SelfTest]) -> dict[str, Any]:
    now = services(request).clock()
    return {
        "last": tests[0] if tests else None,
        "state": state_of(tests[0], now) if tests else "",
        "steps": steps_of(tests[0]) if tests else [],
        "names": names(),
        "advice": advice,
        "states": state_names(),
        "tones": TONES,
        "earlier": [(one, state_of(one, now)) for one in tests[1:]],
    }


@page
async def show(request: Request) -> Response:
    """Show the last run with its steps."""
    who = require_admin(request)
    async with services(request).db.read() as session:
        around = await frame(session, request, "self_test")
        tests = list(await self_tests(session, who))
        able = await sellers(session)
    of = services(request).settings
    return render(
        request,
        "self_test.html",
        able=able,
        may_run=is_test_mode(of) and of.enable_checkout,
        **_shown(request, tests),
        **around,
    )


@page
async def live(request: Request) -> Response:
    """Show the steps of the last run as they are now."""
    who = require_admin(request)
    async with services(request).db.read() as session:
        tests = list(await self_tests(session, who))
    return fragment(request, "self_test_live.html", **_shown(request, tests))


@page
async def begin(request: Request) -> Response:
    """Begin a run."""
    who, sent = require_admin(request), await request.form()
    require_checkout(request)
    chosen = str(sent.get("seller", ""))
    try:
        async with services(request).db.write(actor=who.id) as session:
            await begin_self_test(session, services(request), who, organizer_id=chosen)
    except Problem as problem:
        return go(request, HOME, problem.detail, tone="warn")
    return go(request, HOME, _("Begun. It takes a minute at most."))


_SELF_TEST = "/admin/self-test"
routes = [
    Route(_SELF_TEST, show),
    Route(_SELF_TEST + "/live", live),
    Route(_SELF_TEST, begin, methods=["POST"]),
]
