"""What the stub of Stripe.js talks to: the frame with the card, and confirming from it."""

import json

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from fakestripe import cards, checkout_payment, customers, pages, payment_intents, setup_intents
from fakestripe.problems import Problem, invalid
from fakestripe.spec import Obj
from fakestripe.world import World, shown

_KINDS = ("checkout.session", "payment_intent", "setup_intent")
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'"
)


def _named(world: World, said: Obj) -> Obj:
    """Return what a client secret opens.

    Raises:
        Problem: the key is no test key, or the secret opens nothing.
    """
    if not str(said.get("key", "")).startswith("pk_test_"):
        raise invalid("Invalid API Key provided.")
    secret = str(said.get("secret", ""))
    found = world.anywhere(secret.partition("_secret_")[0])
    if found is None or found["object"] not in _KINDS or found["client_secret"] != secret:
        raise invalid("No such object.", code="resource_missing")
    return found


def _summary(session: Obj) -> Obj:
    """Return a session as the browser may see it."""
    total = session["amount_total"] or 0
    return {
        "id": session["id"],
        "status": {"type": session["status"], "paymentStatus": session["payment_status"]},
        "currency": session["currency"],
        "total": {"total": {"amount": pages.money(total, session["currency"] or "eur"),
                            "minorUnitsAmount": total}},
        "email": session["customer_email"],
        "canConfirm": session["status"] == "open",
    }  # fmt: skip


async def _session(request: Request) -> Response:
    said = json.loads(await request.body())
    try:
        return JSONResponse({"session": _summary(_named(pages.double_of(request).world, said))})
    except Problem as problem:
        return JSONResponse({"error": problem.error})


async def _confirm(request: Request) -> Response:
    said, double = json.loads(await request.body()), pages.double_of(request)
    try:
        return JSONResponse(_confirmed(double.world, said))
    except Problem as problem:
        return JSONResponse({"error": {**problem.error, "type": problem.error["type"]}})
    finally:
        double.commit()


def _confirmed(world: World, said: Obj) -> Obj:
    named, card = _named(world, said), cards.by_number(said.get("card", ""))
    if card is None:
        raise invalid("Your card number is invalid.", code="invalid_number")
    if named["object"] == "checkout.session":
        intent = checkout_payment.pay(world, named, card, email=said.get("email"))
        seen: Obj = {"session": _summary(named), "return_url": checkout_payment.back_url(named)}
    else:
        method = customers.of_card(world, named["_account"], card)
        of = payment_intents if named["object"] == "payment_intent" else setup_intents
        intent = of.confirm(world, named, method, return_url=said.get("return_url"))
        seen = {"intent": shown(intent)}
    if intent["status"] == "requires_action":
        seen["redirect"] = f"{world.base_url}/3ds/{intent['id']}"
    return seen


async def _frame(request: Request) -> Response:
    return pages.show("element.html", policy=_POLICY)


async def _script(request: Request) -> Response:
    return FileResponse(pages.HERE / "static" / "stripe.js", media_type="text/javascript")


routes: list[BaseRoute] = [
    Route("/v3/", _script),
    Route("/v3/element", _frame),
    Route("/v3/session", _session, methods=["POST"]),
    Route("/v3/confirm", _confirm, methods=["POST"]),
    Route("/{release}/stripe.js", _script),
]
