"""The page of an organizer's payouts: how much, how far, and what moved the balance before."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.payments.find_payouts import payouts_of
from handstamp.plumbing.paging import link
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_payouts, require_user, services
from handstamp.portal.organizer_frame import frame, organizer_path
from handstamp.portal.pages import go, page, render

TONES = {"paid": "valid", "pending": "used", "in_transit": "used", "failed": "refused"}


def statuses() -> dict[str, str]:
    """Name the statuses of a payout."""
    return {
        "pending": _("Being made"),
        "in_transit": _("On its way to the bank"),
        "paid": _("At the bank"),
        "failed": _("Failed, back on the balance"),
        "canceled": _("Cancelled, back on the balance"),
    }


def what_names() -> dict[str, str]:
    """Name what moves a balance, in the order in which it is shown."""
    return {
        "sales": _("Sales, with fees and tax"),
        "refunds": _("Refunds"),
        "platform_fees": _("The platform's fees"),
        "stripe_fees": _("Stripe's fees"),
        "disputes": _("Disputes"),
        "other": _("Other"),
    }


@page
async def first(request: Request) -> Response:
    """Lead on to the payouts of the organizer that is chosen, or of the first."""
    async with services(request).db.read() as session:
        around = await frame(session, request, "payouts")
    if around["organizer"] is None:
        return go(request, "/tickets/organizer/new")
    return go(request, organizer_path("payouts", around["organizer"].id))


@page
async def payouts(request: Request) -> Response:
    """Show the payouts, the newest first."""
    actor = require_user(request)
    require_payouts(request)
    after = request.query_params.get("after", "")
    async with services(request).db.read() as session:
        around = await frame(session, request, "payouts")
        found = await payouts_of(session, actor, around["organizer"].id, after=after)
    return render(
        request,
        "payouts.html",
        found=found,
        statuses=statuses(),
        tones=TONES,
        what_names=what_names(),
        first=link(request, after=None) if after else None,
        more=link(request, after=found.payouts[-1].payout.id) if found.more else None,
        **around,
    )


routes = [
    Route("/organizer/payouts", first),
    Route("/organizer/payouts/{organizer_id}", payouts),
]
