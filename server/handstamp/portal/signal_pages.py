"""The administrator's page of purchases that looked odd, and of the domains that are watched."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.fraud.find_signals import (
    PAGE,
    forget_domain,
    known_domains,
    signals,
    watch_domain,
    watched_domains,
)
from handstamp.fraud.routes import next_place
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.paging import link, place_of
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_admin, services
from handstamp.portal.organizer_frame import frame
from handstamp.portal.pages import go, page, render

HOME = "/tickets/admin/signals"


def kind_names() -> dict[str, tuple[str, str]]:
    """Name the kinds of signals, and say what was counted."""
    return {
        "unpaid_network": (
            _("Many unpaid orders"), _("orders begun from one network within an hour, unpaid")
        ),
        "declined_network": (
            _("Cards declined, one network"), _("orders of one network within an hour, declined")
        ),
        "declined_email": (
            _("Cards declined, one address"), _("orders of one address within an hour, declined")
        ),
        "attempts_order": (_("Many tries to pay"), _("payment pages begun for one order")),
        "fast_network": (
            _("Fast buying, one network"), _("orders paid from one network within an hour")
        ),
        "fast_email": (
            _("Fast buying, one address"), _("orders paid under one address within an hour")
        ),
        "fast_card": (_("Fast buying, one card"), _("orders paid with one card within an hour")),
        "shared_card": (
            _("One card, many addresses"), _("addresses that paid with one card within a day")
        ),
        "domain": (_("Watched domain"), _("orders under addresses of this domain within a day")),
    }  # fmt: skip


@page
async def show(request: Request) -> Response:
    """List what looked odd, the latest first, and the domains."""
    return await _show(request)


async def _show(request: Request, problem: str = "", typed: str = "") -> Response:
    who, query = require_admin(request), request.query_params
    kind = query.get("kind", "")
    wanted = kind if kind in kind_names() else ""
    before = place_of(query.get("before", ""))
    async with services(request).db.read() as session:
        around = await frame(session, request, "signals")
        rows = await signals(session, who, kind=wanted, before=before)
        domains = await watched_domains(session, who)
    return render(
        request,
        "signals.html",
        status=422 if problem else 200,
        rows=rows[:PAGE],
        kinds=kind_names(),
        wanted=wanted,
        domains=domains,
        known=known_domains(),
        problem=problem,
        typed=typed,
        first=link(request, before=None) if before else None,
        more=link(request, before=next_place(rows)) if len(rows) > PAGE else None,
        **around,
    )


@page
async def watch(request: Request) -> Response:
    """Have addresses of a domain pointed out."""
    who, sent = require_admin(request), await request.form()
    domain, note = str(sent.get("domain", "")), str(sent.get("note", ""))
    try:
        async with services(request).db.write(actor=who.id) as session:
            made = await watch_domain(session, services(request), who, domain, note)
    except BadInput as wrong:
        return await _show(request, wrong.detail, domain)
    said = _("Orders under addresses of %(domain)s are pointed out from now on.")
    return go(request, HOME, said % {"domain": made.domain})


@page
async def forget(request: Request) -> Response:
    """Watch a domain no longer."""
    who, sent = require_admin(request), await request.form()
    async with services(request).db.write(actor=who.id) as session:
        await forget_domain(session, who, str(sent.get("domain", "")))
    return go(request, HOME, _("Watched no longer."))


_SIGNALS = "/admin/signals"
routes = [
    Route(_SIGNALS, show),
    Route(_SIGNALS + "/domains", watch, methods=["POST"]),
    Route(_SIGNALS + "/domains/forget", forget, methods=["POST"]),
]
