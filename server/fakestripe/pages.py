"""The hosted pages: paying, signing up, 3D Secure. Small, without scripts, good on a phone."""

from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from fakestripe import accounts, cards, checkout_payment, control
from fakestripe.api import Double
from fakestripe.problems import Problem
from fakestripe.spec import Obj
from fakestripe.world import PLATFORM, World

HERE = Path(__file__).parent
_ENV = Environment(
    loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
_SHOWN_CARDS = (
    ("4242 4242 4242 4242", "pays"),
    ("4000 0000 0000 0002", "is declined"),
    ("4000 0000 0000 9995", "has insufficient funds"),
    ("4000 0025 0000 3155", "asks for 3D Secure"),
    ("4000 0000 0000 0259", "pays, then is disputed"),
)
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
_NO_DECIMALS = ("jpy", "krw")


def money(amount: int, currency: str) -> str:
    """Return an amount of minor units as people read it."""
    if currency in _NO_DECIMALS:
        return f"{amount} {currency.upper()}"
    return f"{amount // 100}.{amount % 100:02d} {currency.upper()}"


_ENV.filters["money"] = money


def double_of(request: Request) -> Double:
    """Return the running double."""
    double: Double = request.app.state.double
    return double


def show(name: str, status: int = 200, *, policy: str = _POLICY, **values: object) -> Response:
    """Return a page."""
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": policy}
    page = _ENV.get_template(name).render(cards=_SHOWN_CARDS, **values)
    return HTMLResponse(page, status, headers=headers)


def _go(url: str) -> Response:
    return RedirectResponse(url, 303)


def _gone(text: str, status: int = 404) -> Response:
    return show("told.html", status, title="Nothing to do here", text=text)


def _session(request: Request) -> Obj | None:
    found = double_of(request).world.anywhere(request.path_params["session"])
    return found if found is not None and found["object"] == "checkout.session" else None


async def _pay_page(request: Request) -> Response:
    session = _session(request)
    if session is None:
        return _gone("This page does not exist.")
    return _pay_form(double_of(request).world, session)


def _pay_form(world: World, session: Obj, *, error: str = "", typed: Obj | None = None) -> Response:
    if session["status"] == "complete":
        return _gone("You have paid already. Thank you.", 200)
    if session["status"] == "expired":
        return _gone("This checkout page has expired. Please go back and start again.", 410)
    owner = world.find(PLATFORM, session["_account"]) or {}
    profile = owner.get("business_profile") or {}
    return show(
        "pay.html", 402 if error else 200, session=session, error=error,
        lines=session["_includes"]["line_items"]["data"],
        seller=profile.get("name") or owner.get("email") or "Test seller",
        typed=typed or {"email": session["customer_email"] or "", "name": "",
                        "card": "4242 4242 4242 4242"},
    )  # fmt: skip


async def _pay(request: Request) -> Response:
    session, double = _session(request), double_of(request)
    if session is None:
        return _gone("This page does not exist.")
    typed = {key: str(value) for key, value in (await request.form()).items()}
    card = cards.by_number(typed.get("card", ""))
    free = session["mode"] == "payment" and session["amount_total"] == 0
    if session["status"] == "open" and card is None and not free:
        return _pay_form(double.world, session, error="Your card number is invalid.",
                         typed={"email": "", "name": "", "card": "", **typed})  # fmt: skip
    try:
        intent = checkout_payment.pay(double.world, session, card, email=typed.get("email"),
                                      name=typed.get("name"))  # fmt: skip
    except Problem as problem:
        return _pay_form(double.world, session, error=problem.error["message"],
                         typed={"email": "", "name": "", "card": "", **typed})  # fmt: skip
    finally:
        double.commit()
    if intent["status"] == "requires_action":
        return _go(f"/3ds/{intent['id']}")
    return _go(checkout_payment.back_url(session))


async def _question(request: Request) -> Response:
    intent = double_of(request).world.anywhere(request.path_params["intent"])
    if intent is None or intent.get("status") != "requires_action":
        return _gone("There is nothing to confirm.")
    return show("challenge.html", intent=intent)


async def _answer(request: Request) -> Response:
    double = double_of(request)
    world = double.world
    intent = world.anywhere(request.path_params["intent"])
    if intent is None or intent.get("status") != "requires_action":
        return _gone("There is nothing to confirm.")
    ok = (await request.form()).get("answer") == "yes"
    url = ((intent["next_action"] or {}).get("redirect_to_url") or {}).get("return_url")
    session = checkout_payment.session_of(world, intent)
    try:
        control.authenticate(world, intent, ok=ok)
    except Problem as problem:
        if session is not None and session["ui_mode"] == "hosted_page":
            return _pay_form(world, session, error=problem.error["message"])
    finally:
        double.commit()
    if session is not None:
        return _go(checkout_payment.back_url(session))
    return _go(_told_of(url, intent)) if url else _gone("Done. You may close this page.", 200)


def _told_of(url: str, intent: Obj) -> str:
    """Return a return address with what Stripe adds to it."""
    kind = intent["object"]
    state = "succeeded" if intent["status"] == "succeeded" else "failed"
    told = {kind: intent["id"], f"{kind}_client_secret": intent["client_secret"],
            "redirect_status": state}  # fmt: skip
    return f"{url}{'&' if '?' in url else '?'}{urlencode(told)}"


def _link(request: Request) -> tuple[Obj, Obj] | None:
    account = double_of(request).world.find(PLATFORM, request.path_params["account"])
    link = (account or {}).get("_links", {}).get(request.path_params["token"])
    return (account, link) if account is not None and link is not None else None


async def _setup_page(request: Request) -> Response:
    found, world = _link(request), double_of(request).world
    if found is None:
        return _gone("This link does not exist.")
    account, link = found
    if link["used"] or link["expires_at"] < world.clock.now():
        return _go(link["refresh_url"])
    link["used"] = True
    world.change(account)
    world.save()
    return show("setup.html", account=account, link=link)


async def _setup(request: Request) -> Response:
    found, double = _link(request), double_of(request)
    if found is None:
        return _gone("This link does not exist.")
    account, link = found
    form = await request.form()
    name = str(form.get("name") or "").strip()
    if name:
        profile = account["business_profile"] | {"name": name}
        double.world.change(account, business_profile=profile)
    accounts.onboard(double.world, account, str(form.get("outcome")))
    double.commit()
    return _go(link["return_url"])


async def _dashboard(request: Request) -> Response:
    return _gone("Here an Express account would see its payments and payouts.", 200)


routes: list[BaseRoute] = [
    Route("/pay/{session}", _pay_page),
    Route("/pay/{session}", _pay, methods=["POST"]),
    Route("/3ds/{intent}", _question),
    Route("/3ds/{intent}", _answer, methods=["POST"]),
    Route("/setup/{account}/{token}", _setup_page),
    Route("/setup/{account}/{token}", _setup, methods=["POST"]),
    Route("/express/{account}", _dashboard),
    Mount("/static", StaticFiles(directory=HERE / "static")),
]
