"""The API of organizers' accounts for payments."""

from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from handstamp.auth.find_organizers import organizers_of
from handstamp.auth.find_profile import Profile, profiles_of
from handstamp.auth.models import Organizer
from handstamp.auth.profile_routes import ProfileBody
from handstamp.kit.clock import HOUR
from handstamp.payments.connect_organizer import start
from handstamp.payments.models import PaymentAccount
from handstamp.payments.payment_accounts import (
    accounts_of,
    requirements_of,
    state_of,
    why_not_selling,
)
from handstamp.plumbing.api import answers, spec
from handstamp.plumbing.limits import hit
from handstamp.plumbing.web import require_organizer, require_payouts, require_user, services

_TAGS = ["organizers"]
LINKS_PER_HOUR = 60


class ConnectRequest(BaseModel):
    """Whose account to connect."""

    organizer_id: str


class Onboarding(BaseModel):
    """Where to send the person now; the address works once, within a few minutes."""

    url: str


class PaymentsBody(BaseModel):
    """How an organizer's account for payments stands.

    `state`: none, disconnected, unfinished, rejected, review, asked, or ready. `reason` says in
    plain words why nothing can be sold, `requirements` what Stripe asks for.
    """

    state: str
    may_sell: bool
    reason: str
    requirements: list[str]
    payouts_enabled: bool
    kind: str
    country: str
    currency: str
    checked_at: int | None


class MyOrganizer(BaseModel):
    """An organizer of the signed-in person: profile and status."""

    id: str
    name: str
    code: str
    status: str
    profile: ProfileBody
    payments: PaymentsBody


class MyOrganizers(BaseModel):
    """Every organizer the signed-in person works for; an administrator sees all."""

    organizers: list[MyOrganizer]


@spec.validate(json=ConnectRequest, resp=answers(HTTP_200=Onboarding), tags=_TAGS)
async def connect(request: Request, json: ConnectRequest) -> Response:
    """Begin or continue an organizer's onboarding at Stripe.

    Safe to repeat: there is one account however often it is asked, and a fresh address each
    time, which no Idempotency-Key keeps back.
    """
    who = require_organizer(request, json.organizer_id)
    require_payouts(request)
    await hit(services(request), f"connect/{who.id}", limit=LINKS_PER_HOUR, window_ms=HOUR)
    started = await start(services(request), who, json.organizer_id)
    return JSONResponse({"url": started.url}, headers={"Cache-Control": "no-store"})


@spec.validate(resp=answers(HTTP_200=MyOrganizers), tags=_TAGS)
async def mine(request: Request) -> Response:
    """Return the signed-in person's organizers with profile and state of payments."""
    who = require_user(request)
    async with services(request).db.read() as session:
        found = await organizers_of(session, who)
        ids = [organizer.id for organizer in found]
        profiles, accounts = await profiles_of(session, ids), await accounts_of(session, ids)
    told = [_body(one, profiles[one.id], accounts.get(one.id)) for one in found]
    return JSONResponse({"organizers": told})


def _body(organizer: Organizer, profile: Profile, account: PaymentAccount | None) -> dict[str, Any]:
    return {
        "id": organizer.id,
        "name": organizer.name,
        "code": organizer.code,
        "status": organizer.status,
        "profile": ProfileBody.model_validate(profile).model_dump(),
        "payments": _payments(account),
    }


def _payments(account: PaymentAccount | None) -> dict[str, Any]:
    reason = why_not_selling(account)
    return {
        "state": state_of(account),
        "may_sell": not reason,
        "reason": reason,
        "requirements": requirements_of(account) if account else [],
        "payouts_enabled": bool(account and account.payouts_enabled),
        "kind": account.kind if account else "",
        "country": account.country if account else "",
        "currency": account.default_currency if account else "",
        "checked_at": account.checked_at if account else None,
    }


routes: list[BaseRoute] = [
    Route("/api/tickets/organizers/connect", connect, methods=["POST"]),
    Route("/api/tickets/organizers/me", mine, methods=["GET"]),
]
