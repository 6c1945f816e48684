"""An event's disputes: what the bank wants and until when, how others ended, the evidence sheet."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.kit.clock import DAY
from handstamp.payments.gateway import configured, gateway
from handstamp.pdf.drawing_pool import DrawingFailed
from handstamp.pdf.plain_pdf import draw_plain
from handstamp.plumbing.duration_text import days_left
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.file_answer import PDF_TYPE, file_answer
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Services, require_user, services
from handstamp.portal.dispute_words import reason_of, stages
from handstamp.portal.event_frame import event_of, frame
from handstamp.portal.evidence_sheet import evidence_sheet
from handstamp.portal.pages import page, render
from handstamp.refunds.find_disputes import DisputeView, closed_disputes, open_disputes
from handstamp.refunds.gather_evidence import gather_evidence

SOON = 2 * DAY
DASHBOARD = "https://dashboard.stripe.com"


@page
async def disputes(request: Request) -> Response:
    """List what banks ask for, the next deadline first, then how the others ended."""
    shared = services(request)
    async with shared.db.read() as session:
        event = await event_of(session, request)
        around = await frame(session, event, "orders")
        still_open = await open_disputes(session, event.id)
        closed = await closed_disputes(session, event.id)
    return render(
        request,
        "disputes.html",
        open_ones=still_open,
        closed=closed,
        at=shared.clock(),
        soon=SOON,
        days_left=days_left,
        reason_of=reason_of,
        stages=stages(),
        links={one.dispute.id: _link(shared, one) for one in [*still_open, *closed]},
        **around,
    )


def _link(shared: Services, view: DisputeView) -> str:
    """Return where a dispute stands at Stripe, in the pages of the account that was paid."""
    if not configured(shared.settings):
        return ""
    mode = "" if gateway(shared).is_live else "/test"
    return f"{DASHBOARD}{mode}/disputes/{view.dispute.id}"


@page
async def evidence(request: Request) -> Response:
    """Hand out the evidence sheet of a dispute."""
    shared, actor = services(request), require_user(request)
    ids = request.path_params["event_id"], request.path_params["dispute_id"]
    async with shared.db.write(actor=actor.id) as session:
        found = await gather_evidence(session, actor, *ids)
    try:
        drawn = await draw_plain(shared, evidence_sheet(found, shared.clock()))
    except DrawingFailed as error:
        raise Conflict(_("The sheet cannot be drawn on this server at the moment.")) from error
    return file_answer(drawn.content, f"evidence-{found.view.number}.pdf", PDF_TYPE)


_DISPUTES = "/organizer/events/{event_id}/disputes"
routes = [
    Route(_DISPUTES, disputes),
    Route(_DISPUTES + "/{dispute_id}/evidence", evidence, methods=["POST"]),
]
