"""Pages about an organizer's account at Stripe: connecting it, and how it stands."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from handstamp.auth.find_profile import owned_profile
from handstamp.payments.connect_organizer import come_back, start
from handstamp.payments.payment_accounts import (
    account_of,
    requirements_of,
    state_of,
    why_not_selling,
)
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.pages import content_policy
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import require_payouts, require_user, services
from handstamp.portal.organizer_frame import frame, organizer_path
from handstamp.portal.pages import go, page, render


@page
async def first(request: Request) -> Response:
    """Lead on to the payments of the organizer that is chosen, or of the first."""
    async with services(request).db.read() as session:
        around = await frame(session, request, "payments")
    if around["organizer"] is None:
        return go(request, "/tickets/organizer/new")
    return go(request, organizer_path("payments", around["organizer"].id))


@page
async def payments(request: Request) -> Response:
    """Show how the account stands, as Stripe last said."""
    require_user(request)
    require_payouts(request)
    return await _shown(request)


async def _shown(request: Request, problem: Problem | None = None) -> Response:
    async with services(request).db.read() as session:
        around = await frame(session, request, "payments")
        actor = require_user(request)
        profile = await owned_profile(session, actor, around["organizer"].id)
        account = await account_of(session, profile.organizer_id)
    answer = render(
        request,
        "payments.html",
        status=problem.status if problem else 200,
        problem=problem,
        account=account,
        state=state_of(account),
        why=why_not_selling(account),
        requirements=requirements_of(account) if account else [],
        profile=profile,
        **around,
    )
    # The form's answer leads on to Stripe, and browsers hold that to the form's policy too.
    onboarding = _onboarding_sites(services(request).settings)
    answer.headers["Content-Security-Policy"] = content_policy({"form-action": onboarding})
    return answer


def _onboarding_sites(settings: Settings) -> str:
    double = urlsplit(settings.stripe_api_url)
    return (
        f"https://connect.stripe.com {double.scheme}://{double.netloc}"
        if double.netloc
        else ("https://connect.stripe.com")
    )


@page
async def connect(request: Request) -> Response:
    """Send the person to Stripe, by an address made for this click."""
    actor = require_user(request)
    require_payouts(request)
    try:
        begun = await start(services(request), actor, request.path_params["organizer_id"])
    except Problem as error:
        if error.status == 404:
            raise
        return await _shown(request, error)
    return RedirectResponse(begun.url, status_code=303)


@page
async def returned(request: Request) -> Response:
    """Look how the account stands now that Stripe has sent the person back."""
    return await _look(request)


@page
async def check(request: Request) -> Response:
    """Ask Stripe again."""
    return await _look(request)


async def _look(request: Request) -> Response:
    actor = require_user(request)
    require_payouts(request)
    organizer_id = request.path_params["organizer_id"]
    asked_at = services(request).clock()
    account = await come_back(services(request), actor, organizer_id)
    here = organizer_path("payments", organizer_id)
    if account is None:
        return go(request, here)
    if (account.checked_at or 0) < asked_at:
        return go(
            request,
            here,
            _("Stripe gives no answer at the moment. This is what it said last."),
            tone="warn",
        )
    if account.charges_enabled:
        return go(request, here, _("Stripe has confirmed the account. You can sell tickets."))
    return go(request, here, why_not_selling(account), tone="warn")


@page
async def refresh(request: Request) -> Response:
    """Say that the address to Stripe was used or too old, and offer a fresh one."""
    actor = require_user(request)
    require_payouts(request)
    organizer_id = request.path_params["organizer_id"]
    async with services(request).db.read() as session:
        await owned_profile(session, actor, organizer_id)
    said = _("That link to Stripe was used or too old. Continue with a fresh one below.")
    return go(request, organizer_path("payments", organizer_id), said, tone="warn")


_PAYMENTS = "/organizer/payments/{organizer_id}"
routes = [
    Route("/organizer/payments", first),
    Route(_PAYMENTS, payments),
    Route(_PAYMENTS + "/connect", connect, methods=["POST"]),
    Route(_PAYMENTS + "/return", returned),
    Route(_PAYMENTS + "/refresh", refresh),
    Route(_PAYMENTS + "/check", check, methods=["POST"]),
]
